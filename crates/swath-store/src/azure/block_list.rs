use std::collections::HashMap;

use reqwest::Method;
use roxmltree::Document;
use url::Url;

use crate::wire::{Failure, Wire, request};

/// Blocks that earlier uploads of a blob left behind, by their names.
#[derive(Debug, Default)]
pub(super) struct Left(HashMap<String, u64>);

impl Left {
    /// Asks for them: <https://learn.microsoft.com/rest/api/storageservices/get-block-list>. Who may write but not read
    /// finds none.
    pub async fn of(wire: &Wire, blob: &Url) -> Result<Self, Failure> {
        let mut url = blob.clone();
        url.query_pairs_mut().append_pair("comp", "blocklist").append_pair("blocklisttype", "uncommitted");
        match wire.send(request(Method::GET, &url)?).await {
            Ok(reply) => Ok(Self::read(&reply.body)),
            Err(Failure::Answer(answer)) if matches!(answer.status.as_u16(), 401 | 403 | 404) => Ok(Self::default()),
            Err(failure) => Err(failure),
        }
    }
    /// One of the names, when there are any: all have the same length.
    pub fn name(&self) -> Option<&str> {
        self.0.keys().next().map(String::as_str)
    }
    pub fn has(&self, id: &str, size: u64) -> bool {
        self.0.get(id) == Some(&size)
    }

    /// What is no list is as good as an empty one: everything is sent then.
    fn read(body: &[u8]) -> Self {
        let text = std::str::from_utf8(body).unwrap_or_default().trim_start_matches('\u{feff}');
        let Ok(document) = Document::parse(text) else { return Self::default() };
        let uncommitted = document.descendants().filter(|node| node.has_tag_name("UncommittedBlocks"));
        let blocks = uncommitted.flat_map(|list| list.children().filter(|node| node.has_tag_name("Block")));
        let block = |node: roxmltree::Node<'_, '_>| {
            let text = |tag: &str| node.children().find(|child| child.has_tag_name(tag))?.text();
            Some((text("Name")?.to_owned(), text("Size")?.parse().ok()?))
        };
        Self(blocks.filter_map(block).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Left;

    #[test]
    fn only_blocks_that_are_no_part_of_a_blob_are_left_behind() {
        let text = "\u{feff}<?xml version=\"1.0\"?><BlockList><CommittedBlocks><Block><Name>YQ==</Name><Size>5</Size></Block></CommittedBlocks>\
            <UncommittedBlocks><Block><Name>Yg==</Name><Size>7</Size></Block></UncommittedBlocks></BlockList>";
        let left = Left::read(text.as_bytes());
        assert_eq!(left.name(), Some("Yg=="));
        assert!(left.has("Yg==", 7) && !left.has("Yg==", 8) && !left.has("YQ==", 5));
        assert!(Left::read(b"<html>").name().is_none());
    }
}
