use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::finding::{Finding, at, clip};
use super::tree::{Parsed, links, text};
use crate::json::Object;
use crate::layout::{decode, encode, is_absolute, join};
use crate::link::{GEOJSON, JSON};

/// Links and asset hrefs: that they lead somewhere, to the right kind of thing, by its right name, and back.
pub(super) fn check(tree: &Parsed<'_>, findings: &mut Vec<Finding>) {
    let base = tree.base();
    let mut reached = BTreeSet::new();
    for (path, document) in &tree.documents {
        let one = One { tree, base: base.as_deref(), path, document };
        one.links(&mut reached, findings);
        one.required(findings);
        one.assets(findings);
        one.name(findings);
    }
    unique(tree, findings);
    for (path, document) in &tree.documents {
        let is_root = !path.contains('/');
        if !is_root && !reached.contains(*path) && matches!(text(document, "type"), Some("Feature" | "Collection" | "Catalog")) {
            findings.push(
                Finding::warning("STAC-ORPHAN", *path, "no document links to it", "an item or child link in its parent")
                    .fix("build the catalog again, or remove the file"),
            );
        }
    }
}

/// Where in the tree a reference leads; `None` where it leads out of it.
pub(super) fn local(from: &str, href: &str, base: Option<&str>) -> Option<String> {
    let bare = href.split(['?', '#']).next().unwrap_or_default();
    if is_absolute(bare) {
        return Some(decode(bare.strip_prefix(base?)?));
    }
    join(from, bare).ok()
}

struct One<'a> {
    tree: &'a Parsed<'a>,
    base: Option<&'a str>,
    path: &'a str,
    document: &'a Object,
}

impl One<'_> {
    fn links(&self, reached: &mut BTreeSet<String>, findings: &mut Vec<Finding>) {
        for (i, link) in links(self.document).into_iter().enumerate() {
            let (Some(rel), Some(href)) = (text(link, "rel"), text(link, "href")) else { continue };
            let index = i.to_string();
            let place = at(self.path, &["links", &index]);
            let structural = matches!(rel, "root" | "parent" | "child" | "item" | "collection");
            if rel == "self" {
                self.own(href, &place, findings);
            } else if is_absolute(href) && local(self.path, href, self.base).is_none() {
                if structural {
                    self.outside(rel, href, &place, findings);
                }
            } else {
                match local(self.path, href, self.base) {
                    Some(target) if self.tree.has(&target) => {
                        if structural {
                            self.target(rel, link, &target, &place, findings);
                        }
                        if matches!(rel, "item" | "child") {
                            reached.insert(target);
                        }
                    }
                    _ => findings.push(
                        Finding::error(
                            "STAC-LINK-BROKEN",
                            place,
                            format!("{rel} leads to {}, which is not there", clip(href, 120)),
                            "a document of this tree",
                        )
                        .fix("build the catalog again"),
                    ),
                }
            }
        }
    }

    /// STAC best practices: `self` is absolute, and is where the document is.
    fn own(&self, href: &str, place: &str, findings: &mut Vec<Finding>) {
        if !is_absolute(href) {
            findings.push(
                Finding::error("STAC-LINK-SELF", place, "self is relative", "an absolute address, or no self link")
                    .fix("build the catalog again"),
            );
        } else if let Some(base) = self.base
            && href != base.to_owned() + &encode(self.path)
        {
            let right = base.to_owned() + &encode(self.path);
            findings.push(Finding::error("STAC-LINK-SELF", place, clip(href, 160), right).fix("build the catalog again"));
        }
    }

    fn outside(&self, rel: &str, href: &str, place: &str, findings: &mut Vec<Finding>) {
        let found = format!("{rel} leads to {}", clip(href, 120));
        let finding = if self.base.is_none() {
            Finding::error("STAC-HREF-ABSOLUTE", place, found, "a relative reference: the catalog is self-contained")
        } else {
            Finding::warning("STAC-LINK-OUTSIDE", place, found, "a document under the address of the root")
        };
        findings.push(finding.fix("build the catalog again"));
    }

    fn target(&self, rel: &str, link: &Object, target: &str, place: &str, findings: &mut Vec<Finding>) {
        let right = if rel == "item" { GEOJSON } else { JSON };
        match text(link, "type") {
            Some(found) if found == right => {}
            found => findings.push(
                Finding::error("STAC-LINK-TYPE", place, format!("{rel} has type {}", found.unwrap_or("none")), right)
                    .fix("build the catalog again"),
            ),
        }
        let Some(there) = self.tree.documents.get(target) else { return };
        let kind = text(there, "type").unwrap_or_default();
        if (kind == "Feature") != (rel == "item") {
            findings.push(Finding::error(
                "STAC-LINK-KIND",
                place,
                format!("{rel} leads to a {kind}"),
                if rel == "item" { "a Feature" } else { "a Collection" },
            ));
        }
        let title = if kind == "Feature" { there.get("properties").and_then(|p| p.get("title")) } else { there.get("title") };
        let title = title.and_then(Value::as_str);
        if let Some(said) = text(link, "title")
            && Some(said) != title
        {
            let right = title.map_or("no title: the target has none".to_owned(), |t| format!("{t:?}, the title of the target"));
            findings.push(Finding::warning("STAC-LINK-TITLE", place, format!("{said:?}"), right).fix("build the catalog again"));
        }
        if rel == "collection" && text(self.document, "collection") != text(there, "id") {
            let found = format!("collection is {:?}", text(self.document, "collection").unwrap_or_default());
            findings.push(Finding::error(
                "STAC-COLLECTION-ID",
                at(self.path, &["collection"]),
                found,
                format!("{:?}", text(there, "id").unwrap_or_default()),
            ));
        }
        if matches!(rel, "item" | "child") {
            let back = links(there)
                .into_iter()
                .find(|l| text(l, "rel") == Some("parent"))
                .and_then(|l| local(target, text(l, "href")?, self.base));
            if back.is_some_and(|back| back != self.path) {
                findings.push(
                    Finding::error("STAC-LINK-PARENT", target, "its parent is not the document that links to it", self.path)
                        .fix("build the catalog again"),
                );
            }
        }
    }

    /// STAC best practices: every document leads to the root; items and children to their parent; items to their collection.
    fn required(&self, findings: &mut Vec<Finding>) {
        let is_root = !self.path.contains('/');
        let needed: &[&str] = match text(self.document, "type") {
            Some("Feature") if !is_root => &["root", "parent", "collection"],
            Some("Collection" | "Catalog") if !is_root => &["root", "parent"],
            Some("Collection" | "Catalog") => &["root"],
            _ => return,
        };
        for rel in needed {
            let count = links(self.document).into_iter().filter(|l| text(l, "rel") == Some(rel)).count();
            if count != 1 {
                let found = format!("{count} links with rel {rel}");
                findings.push(
                    Finding::error("STAC-LINK-MISSING", at(self.path, &["links"]), found, "exactly one").fix("build the catalog again"),
                );
            }
        }
    }

    fn assets(&self, findings: &mut Vec<Finding>) {
        for (key, asset) in self.document.get("assets").and_then(Value::as_object).into_iter().flatten() {
            let Some(href) = asset.get("href").and_then(Value::as_str) else { continue };
            let place = at(self.path, &["assets", key, "href"]);
            match local(self.path, href, self.base) {
                Some(target) if self.tree.has(&target) => {}
                None if is_absolute(href) && self.base.is_some() => {}
                None if is_absolute(href) => findings.push(
                    Finding::error("STAC-HREF-ABSOLUTE", place, clip(href, 120), "a relative reference: the catalog is self-contained")
                        .fix("build the catalog again"),
                ),
                _ => findings.push(
                    Finding::error("STAC-ASSET-MISSING", place, format!("{} is not there", clip(href, 120)), "a file of this tree")
                        .fix("build the item again"),
                ),
            }
        }
    }

    /// An item lies in a folder of its name, in a file of its name.
    fn name(&self, findings: &mut Vec<Finding>) {
        let (Some("Feature"), Some(id)) = (text(self.document, "type"), text(self.document, "id")) else { return };
        let mut parts = self.path.rsplit('/');
        let (file, folder) = (parts.next().unwrap_or_default(), parts.next());
        if file.strip_suffix(".json") != Some(id) || folder.is_some_and(|f| f != id) {
            findings.push(
                Finding::error("STAC-ID-PATH", at(self.path, &["id"]), format!("{id:?}"), "the name of its folder and of its file")
                    .fix("build the item again"),
            );
        }
    }
}

/// STAC 1.1.0, collection-spec: ids of collections are unique in a catalog, nested ones too; ids of items in their collection.
fn unique(tree: &Parsed<'_>, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for (path, document) in &tree.documents {
        let Some(id) = text(document, "id") else { continue };
        let within = match text(document, "type") {
            Some("Feature") => text(document, "collection").unwrap_or_default(),
            Some("Collection" | "Catalog") => "\0",
            _ => continue,
        };
        if let Some(first) = seen.insert((within, id), path) {
            findings.push(Finding::error(
                "STAC-ID-TWICE",
                at(path, &["id"]),
                format!("{id:?} is also the id of {first}"),
                "an id of its own",
            ));
        }
    }
}
