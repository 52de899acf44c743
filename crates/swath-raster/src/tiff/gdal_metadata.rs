use std::collections::BTreeMap;

use roxmltree::Node;

use crate::{Domains, tiff::xml::document};

/// What tag 42112 says: `<GDALMetadata><Item name="..." sample="0" role="scale">...</Item></GDALMetadata>`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct GdalMetadata {
    pub dataset: BTreeMap<String, String>,
    pub domains: Domains,
    pub bands: BTreeMap<usize, BandMetadata>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct BandMetadata {
    pub description: Option<String>,
    pub unit: Option<String>,
    pub scale: Option<f64>,
    pub offset: Option<f64>,
    pub color: Option<String>,
    /// Names of classes by their values.
    pub categories: BTreeMap<u16, String>,
    pub items: BTreeMap<String, String>,
    pub domains: Domains,
}

/// A list of names has a place for every class up to its last; all bands together have no more than this.
const MOST_CLASSES: usize = 1 << 18;

/// Items by their domains, but those that describe the file and not the data. Broken XML says nothing.
pub(crate) fn parse(text: &str) -> GdalMetadata {
    let mut metadata = GdalMetadata::default();
    let Some(document) = document(text) else { return metadata };
    for item in document.root_element().children().filter(|n| n.has_tag_name("Item")) {
        let Some(name) = item.attribute("name") else { continue };
        let value = unescaped(&text_of(item));
        if value.is_empty() {
            continue;
        }
        let domain = item.attribute("domain").unwrap_or_default();
        let Some(band) = item.attribute("sample").and_then(|s| s.trim().parse::<usize>().ok()) else {
            match domain {
                "" => drop(metadata.dataset.insert(name.to_owned(), value)),
                domain => keep(&mut metadata.domains, domain, name, value),
            }
            continue;
        };
        let band = metadata.bands.entry(band).or_default();
        match item.attribute("role") {
            Some("description") => band.description = Some(value),
            Some("unittype") => band.unit = Some(value),
            Some("scale") => band.scale = value.trim().parse().ok(),
            Some("offset") => band.offset = value.trim().parse().ok(),
            Some("colorinterp") => band.color = Some(value),
            _ if domain.is_empty() => drop(band.items.insert(name.to_owned(), value)),
            _ if domain == "CATEGORIES" => {
                if let Some(class) = name.strip_prefix("CATEGORY_").and_then(|class| class.parse().ok()) {
                    band.categories.insert(class, value);
                }
            }
            _ => keep(&mut band.domains, domain, name, value),
        }
    }
    let places = |band: &BandMetadata| band.categories.last_key_value().map_or(0, |(last, _)| usize::from(*last) + 1);
    if metadata.bands.values().map(places).sum::<usize>() > MOST_CLASSES {
        metadata.bands.values_mut().for_each(|band| band.categories.clear());
    }
    metadata
}

/// Domains that say how a file is stored or was made; a copy is stored otherwise.
const OF_THE_FILE: &[&str] = &[
    "IMAGE_STRUCTURE",
    "DERIVED_SUBDATASETS",
    "SUBDATASETS",
    "COLOR_PROFILE",
    "TIFF",
    "TILING_SCHEME",
    "rio_creation_kwds",
    "rio_overview",
];

/// Documents as items (`xml:...`, `json:...`) are not kept.
pub(crate) fn keep(domains: &mut Domains, domain: &str, name: &str, value: String) {
    if !OF_THE_FILE.contains(&domain) && !domain.contains(':') {
        domains.entry(domain.to_owned()).or_default().insert(name.to_owned(), value);
    }
}

/// GDAL escapes a text once more before it becomes XML.
fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    plain.iter().fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

pub(crate) fn text_of(node: Node) -> String {
    node.children().filter_map(|child| child.text()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_become_fields_and_other_items_metadata() {
        let metadata = parse(
            r#"<GDALMetadata><Item name="A">1 &lt; 2</Item><Item name="SCALE" sample="1" role="scale">0.5</Item>
            <Item name="DESCRIPTION" sample="0" role="description">red</Item><Item name="X" domain="IMAGE_STRUCTURE">n</Item>
            <Item name="STATISTICS_MEAN" sample="0">3</Item></GDALMetadata>"#,
        );
        assert_eq!(metadata.dataset, BTreeMap::from([("A".to_owned(), "1 < 2".to_owned())]));
        assert_eq!(metadata.bands[&1].scale, Some(0.5));
        assert_eq!(metadata.bands[&0].description.as_deref(), Some("red"));
        assert_eq!(metadata.bands[&0].items["STATISTICS_MEAN"], "3");
        assert!(metadata.domains.is_empty(), "how the file is stored");
    }

    #[test]
    fn other_domains_are_kept_and_texts_are_escaped_twice() {
        let metadata = parse(
            r#"<GDALMetadata><Item name="a" domain="FOO">&amp;lt;x&amp;gt; &amp;amp;amp; y</Item><Item name="b" sample="1" domain="FOO">1 &amp; 2</Item></GDALMetadata>"#,
        );
        assert_eq!(metadata.domains["FOO"]["a"], "<x> &amp; y");
        assert_eq!(metadata.bands[&1].domains["FOO"]["b"], "1 & 2");
    }

    #[test]
    fn broken_xml_says_nothing() {
        assert_eq!(parse("<GDALMetadata><Item"), GdalMetadata::default());
    }
}
