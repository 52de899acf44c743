use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use reqwest::Method;
use roxmltree::{Document, Node};

use super::Container;
use super::container::with_query;
use crate::names::percent_decode;
use crate::refusal::Action;
use crate::store::Entry;
use crate::wire::request;
use crate::{Error, Family, Result};

impl Container {
    /// Every blob whose name begins with a prefix, with its whole name; pages are followed to the end.
    pub async fn list(&self, prefix: &str, shown: &str) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut marker = String::new();
        loop {
            let mut query = vec![("comp", "list"), ("maxresults", "5000")];
            if !prefix.is_empty() {
                query.push(("prefix", prefix));
            }
            if !marker.is_empty() {
                query.push(("marker", &marker));
            }
            let ask = request(Method::GET, &with_query(&self.place.container_url(), &query)).map_err(self.fail(shown, Action::List))?;
            let reply = self.wire.send(ask).await.map_err(self.fail(shown, Action::List))?;
            let page = page(&reply.body).map_err(|found| Error::new(Family::Damaged, shown, found, "an XML listing is expected"))?;
            entries.extend(page.entries);
            match page.next {
                Some(next) if next != marker => marker = next,
                _ => return Ok(entries),
            }
        }
    }
}

pub(super) struct Page {
    pub entries: Vec<Entry>,
    pub next: Option<String>,
}

pub(super) fn page(body: &[u8]) -> std::result::Result<Page, String> {
    let text = std::str::from_utf8(body).map_err(|_| "the listing is no UTF-8")?.trim_start_matches('\u{feff}');
    let document = Document::parse(text).map_err(|e| format!("the listing is no XML: {e}"))?;
    let blobs = document.descendants().filter(|node| node.has_tag_name("Blob") && !is_folder(*node));
    let entries = blobs.map(entry).collect::<Option<Vec<_>>>().ok_or("a blob of the listing has no name or no size")?;
    let next = document.descendants().find(|node| node.has_tag_name("NextMarker")).and_then(|node| node.text());
    Ok(Page { entries, next: next.filter(|marker| !marker.is_empty()).map(str::to_owned) })
}

/// Accounts with a hierarchical namespace list their folders too.
fn is_folder(blob: Node<'_, '_>) -> bool {
    let kind = child(blob, "Properties").and_then(|properties| child(properties, "ResourceType"));
    kind.and_then(|node| node.text()) == Some("directory")
}

fn entry(blob: Node<'_, '_>) -> Option<Entry> {
    let name = child(blob, "Name")?;
    let spelled = name.text().unwrap_or_default();
    // Names that XML cannot hold come percent-encoded and marked.
    let path = if name.attribute("Encoded") == Some("true") { percent_decode(spelled) } else { spelled.to_owned() };
    let properties = child(blob, "Properties")?;
    let text = |tag: &str| child(properties, tag).and_then(|node| node.text()).filter(|text| !text.is_empty());
    // The listing spells the ETag without the quotes that belong to it.
    let etag = text("Etag").map(|etag| if etag.starts_with('"') { etag.to_owned() } else { format!("\"{etag}\"") });
    let md5 = text("Content-MD5").and_then(|sum| BASE64.decode(sum).ok()?.try_into().ok());
    Some(Entry { path, size: text("Content-Length")?.parse().ok()?, etag, md5, content_type: text("Content-Type").map(str::to_owned) })
}

fn child<'a, 'input>(node: Node<'a, 'input>, tag: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.has_tag_name(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_gives_names_sizes_etags_and_checksums_and_no_folders() {
        let text = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Blobs>\
            <Blob><Name>map4</Name><Properties><Content-Length>0</Content-Length><ResourceType>directory</ResourceType></Properties></Blob>\
            <Blob><Name>map4/a &amp; b.tif</Name><Properties><Etag>0x8D</Etag><Content-Length>5</Content-Length>\
            <Content-MD5>AAAAAAAAAAAAAAAAAAAAAA==</Content-MD5></Properties></Blob>\
            <Blob><Name Encoded=\"true\">x%EF%BF%BE</Name><Properties><Etag>\"q\"</Etag><Content-Length>0</Content-Length>\
            <Content-MD5 /></Properties></Blob></Blobs><NextMarker>m1</NextMarker></EnumerationResults>";
        let page = page(text.as_bytes()).unwrap();
        let found: Vec<_> = page.entries.iter().map(|e| (e.path.as_str(), e.size, e.etag.as_deref(), e.md5)).collect();
        assert_eq!(found, [("map4/a & b.tif", 5, Some("\"0x8D\""), Some([0; 16])), ("x\u{fffe}", 0, Some("\"q\""), None)]);
        assert_eq!(page.next.as_deref(), Some("m1"));
    }

    #[test]
    fn what_is_no_listing_is_said_to_be_none() {
        for text in ["", "<html>", "<R><Blob/></R>", "<R><Blob><Name>a</Name><Properties/></Blob></R>"] {
            assert!(page(text.as_bytes()).is_err(), "{text}");
        }
    }
}
