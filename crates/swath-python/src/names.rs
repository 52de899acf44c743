use serde_json::{Map, Value};

/// What the engine calls the assets and bands that a person names: a name that no asset and no band has may be the eo extension's word
/// for a colour (`red`), or odc-stac's `asset.2`.
pub struct Names(Vec<(String, Kind)>);

enum Kind {
    Unknown,
    /// Of an asset or a band.
    Own,
    Of(String),
}

impl Names {
    pub fn new(wanted: &[String]) -> Self {
        let kind = |name: &String| if name.contains(':') { Kind::Own } else { Kind::Unknown };
        Self(wanted.iter().map(|name| (name.clone(), kind(name))).collect())
    }

    /// Looks for names in more items.
    pub fn look(&mut self, items: &[Value]) {
        for (name, kind) in self.0.iter_mut().filter(|(_, kind)| !matches!(kind, Kind::Own)) {
            let known = |(key, asset): (&String, &Map<String, Value>)| key == name || bands(asset).any(|b| text(b, "name") == Some(name));
            if items.iter().any(|item| assets(item).any(known)) {
                *kind = Kind::Own;
            } else if matches!(kind, Kind::Unknown)
                && let Some(other) = coloured(items, name).or_else(|| numbered(items, name))
            {
                *kind = Kind::Of(other);
            }
        }
    }

    pub fn into_names(self) -> Vec<String> {
        let one = |(name, kind)| if let Kind::Of(other) = kind { other } else { name };
        self.0.into_iter().map(one).collect()
    }
}

/// Of several with this colour the one of the asset with the fewest bands, then the first by its key, as odc-stac has it.
fn coloured(items: &[Value], name: &str) -> Option<String> {
    let (_, key, at, count) = items.iter().find_map(|item| {
        let found = assets(item).filter_map(|(key, asset)| {
            let at = bands(asset).position(|b| ["eo:common_name", "common_name"].iter().any(|field| text(b, field) == Some(name)))?;
            let count = bands(asset).count();
            Some((count, key, at, count))
        });
        found.min()
    })?;
    Some(if count == 1 { key.clone() } else { format!("{key}:{}", at + 1) })
}

fn numbered(items: &[Value], name: &str) -> Option<String> {
    let (key, number) = name.rsplit_once('.')?;
    let number: usize = number.parse().ok()?;
    items.iter().any(|item| assets(item).any(|(k, _)| k == key)).then(|| format!("{key}:{number}"))
}

fn assets(item: &Value) -> impl Iterator<Item = (&String, &Map<String, Value>)> {
    item.get("assets").and_then(Value::as_object).into_iter().flatten().filter_map(|(key, asset)| Some((key, asset.as_object()?)))
}

/// Bands by the common field, else by the older extension.
fn bands(asset: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    ["bands", "eo:bands"].iter().find_map(|field| asset.get(*field)?.as_array().filter(|list| !list.is_empty())).into_iter().flatten()
}

fn text<'a>(band: &'a Value, field: &str) -> Option<&'a str> {
    band.get(field)?.as_str()
}
