use serde::{Deserialize, Serialize};

use super::href::{encode, is_absolute, join, relative};
use crate::link::{GEOJSON, JSON};
use crate::{Collection, Error, Item, Link, Result};

/// The three kinds of catalog (STAC best practices, "Catalog types").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Links {
    /// Every reference is relative, none names itself: the tree can be copied anywhere.
    #[default]
    SelfContained,
    /// The same, and the root names the address where it is published.
    RelativePublished,
    /// Every reference is absolute, every document names itself.
    AbsolutePublished,
}

/// How references are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    kind: Links,
    /// Ends with a slash.
    base: Option<String>,
}

impl Layout {
    /// # Errors
    /// Misuse where a published kind has no base, or the base is no absolute address without a query.
    ///
    /// ```
    /// # use swath_stac::layout::{Layout, Links};
    /// assert!(Layout::new(Links::AbsolutePublished, Some("https://a.blob.core.windows.net/c/p")).is_ok());
    /// assert!(Layout::new(Links::AbsolutePublished, None).is_err());
    /// assert!(Layout::new(Links::RelativePublished, Some("https://host/c?sig=secret")).is_err());
    /// ```
    pub fn new(kind: Links, base: Option<&str>) -> Result<Self> {
        let base = match (kind, base) {
            (Links::SelfContained, _) => None,
            (_, None) => {
                return Err(Error::misuse("links", "no address to publish to", "published links need the absolute URL of the root"));
            }
            (_, Some(base)) if base.contains(['?', '#']) => {
                let bare = base.split(['?', '#']).next().unwrap_or_default();
                return Err(Error::misuse(bare, "the address has a query", "an address without token or fragment"));
            }
            (_, Some(base)) if !is_absolute(base) => {
                return Err(Error::misuse(base, "is not absolute", "an address such as https://host/path"));
            }
            (_, Some(base)) => Some(format!("{}/", base.trim_end_matches('/'))),
        };
        Ok(Self { kind, base })
    }

    pub fn kind(&self) -> Links {
        self.kind
    }

    /// How the document at `from` points at the tree path `to`.
    pub fn href(&self, from: &str, to: &str) -> String {
        match (self.kind, &self.base) {
            (Links::AbsolutePublished, Some(base)) => base.clone() + &encode(to),
            _ => relative(from, to),
        }
    }

    fn self_href(&self, path: &str) -> Option<String> {
        let named = match self.kind {
            Links::SelfContained => false,
            Links::RelativePublished => path == ROOT,
            Links::AbsolutePublished => true,
        };
        self.base.as_ref().filter(|_| named).map(|base| base.clone() + &encode(path))
    }

    fn link(&self, rel: &str, from: &str, to: &str, title: Option<&str>) -> Link {
        Link::new(rel, self.href(from, to)).media_type(if rel == "item" { GEOJSON } else { JSON }).title(title)
    }

    /// Gives an item its links and its assets their hrefs. Asset hrefs that are relative are taken as lying beside the item.
    ///
    /// # Errors
    /// Misuse where an id cannot be the name of a folder.
    pub fn place_item(&self, item: &mut Item, dataset: &Collection, root: &Collection) -> Result<()> {
        let path = item_path(&dataset.id, &item.id)?;
        let above = collection_path(&dataset.id)?;
        item.collection = Some(dataset.id.clone());
        let mut links = vec![
            self.link("root", &path, ROOT, root.title.as_deref()),
            self.link("parent", &path, &above, dataset.title.as_deref()),
            self.link("collection", &path, &above, dataset.title.as_deref()),
        ];
        links.extend(self.self_href(&path).map(|href| Link::new("self", href).media_type(GEOJSON)));
        links.extend(item.links.drain(..).filter(|link| !link.is_structural()));
        item.links = links;
        for asset in item.assets.values_mut() {
            if !is_absolute(&asset.href) {
                let target = beside(&path, &asset.href)?;
                asset.href = self.href(&path, &target);
            }
        }
        Ok(())
    }

    /// Gives a dataset's collection its links.
    ///
    /// # Errors
    /// Misuse where an id cannot be the name of a folder.
    pub fn place_dataset(&self, dataset: &mut Collection, items: &[Item], root: &Collection) -> Result<()> {
        let path = collection_path(&dataset.id)?;
        let mut links =
            vec![self.link("root", &path, ROOT, root.title.as_deref()), self.link("parent", &path, ROOT, root.title.as_deref())];
        links.extend(self.self_href(&path).map(|href| Link::new("self", href).media_type(JSON)));
        for item in items {
            let title = item.properties.get("title").and_then(serde_json::Value::as_str);
            links.push(self.link("item", &path, &item_path(&dataset.id, &item.id)?, title));
        }
        links.extend(dataset.links.drain(..).filter(|link| !link.is_structural()));
        dataset.links = links;
        Ok(())
    }

    /// Gives the root its links.
    ///
    /// # Errors
    /// Misuse where an id cannot be the name of a folder.
    pub fn place_root<'a>(&self, root: &mut Collection, datasets: impl IntoIterator<Item = &'a Collection>) -> Result<()> {
        let mut links = vec![self.link("root", ROOT, ROOT, root.title.as_deref())];
        links.extend(self.self_href(ROOT).map(|href| Link::new("self", href).media_type(JSON)));
        for dataset in datasets {
            links.push(self.link("child", ROOT, &collection_path(&dataset.id)?, dataset.title.as_deref()));
        }
        links.extend(root.links.drain(..).filter(|link| !link.is_structural()));
        root.links = links;
        Ok(())
    }
}

/// The tree path of the root document.
pub(crate) const ROOT: &str = "collection.json";

/// The tree path of a dataset's document.
pub(crate) fn collection_path(dataset: &str) -> Result<String> {
    Ok(format!("{}/{ROOT}", folder(dataset)?))
}

/// The tree path of an item's document.
///
/// # Errors
/// Misuse where an id cannot be the name of a folder.
pub fn item_path(dataset: &str, item: &str) -> Result<String> {
    Ok(format!("{}/{item}/{}.json", folder(dataset)?, folder(item)?))
}

/// The tree path of a dataset's `items.parquet`.
///
/// # Errors
/// Misuse where the id cannot be the name of a folder.
pub fn mirror_path(dataset: &str) -> Result<String> {
    Ok(format!("{}/items.parquet", folder(dataset)?))
}

/// STAC best practices: ids without `/` and `:`; here also nothing a file system could misread.
fn folder(id: &str) -> Result<&str> {
    let bad = id.is_empty() || id == "." || id == ".." || id.contains(['/', '\\', ':']) || id.chars().any(char::is_control);
    if bad {
        return Err(Error::misuse(format!("id {id:?}"), "cannot be the name of a folder", "letters, digits, `-`, `_` and `.`"));
    }
    Ok(id)
}

/// The tree path of a relative asset href, which may be encoded already or be a plain file name.
fn beside(path: &str, href: &str) -> Result<String> {
    if href.starts_with("./") || href.starts_with("../") {
        return join(path, href);
    }
    Ok(path.rsplit_once('/').map_or_else(|| href.to_owned(), |(folder, _)| format!("{folder}/{href}")))
}
