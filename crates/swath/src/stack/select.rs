use super::facts::ItemFacts;
use crate::{Error, Result};

/// One band of the array: a band of an asset that items share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picked {
    pub label: String,
    pub asset: String,
    /// 0-based, inside the asset's file.
    pub band: usize,
}

/// An asset key with the names of its bands.
type Known = (String, Vec<Option<String>>);

/// The bands that `wanted` names: asset keys, band names, or `asset:band` (by name or number); all of them where it is empty.
pub(super) fn pick(items: &[ItemFacts], wanted: &[String]) -> Result<Vec<Picked>> {
    let known = known(items);
    if known.is_empty() {
        return Err(Error::misuse("", "no item has a GeoTIFF asset", "assets of type image/tiff"));
    }
    let mut picked = Vec::new();
    if wanted.is_empty() {
        known.iter().for_each(|asset| picked.extend(all_of(asset)));
    }
    for name in wanted {
        picked.extend(named(&known, name)?);
    }
    Ok(labelled(picked, &known))
}

fn known(items: &[ItemFacts]) -> Vec<Known> {
    let mut known: Vec<Known> = Vec::new();
    for asset in items.iter().flat_map(|i| &i.assets) {
        match known.iter_mut().find(|(key, _)| *key == asset.key) {
            Some((_, bands)) if bands.len() >= asset.bands.len() => {}
            Some((_, bands)) => *bands = asset.bands.iter().map(|b| b.name.clone()).collect(),
            None => known.push((asset.key.clone(), asset.bands.iter().map(|b| b.name.clone()).collect())),
        }
    }
    known
}

fn all_of((key, bands): &Known) -> impl Iterator<Item = Picked> {
    (0..bands.len()).map(|band| Picked { label: String::new(), asset: key.clone(), band })
}

fn named(known: &[Known], name: &str) -> Result<Vec<Picked>> {
    if let Some(asset) = known.iter().find(|(key, _)| key == name) {
        return Ok(all_of(asset).collect());
    }
    let one = |asset: &str, band: usize| vec![Picked { label: String::new(), asset: asset.to_owned(), band }];
    if let Some((key, band)) = name.rsplit_once(':')
        && let Some((_, bands)) = known.iter().find(|(k, _)| k == key)
    {
        let by_name = bands.iter().position(|b| b.as_deref() == Some(band));
        let by_number = band.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|n| *n < bands.len());
        return by_name.or(by_number).map(|at| one(key, at)).ok_or_else(|| {
            let names = bands.iter().enumerate().map(|(i, b)| b.clone().unwrap_or_else(|| (i + 1).to_string()));
            Error::misuse(
                "--assets",
                format!("asset {key:?} has no band {band:?}"),
                format!("its bands: {}", names.collect::<Vec<_>>().join(", ")),
            )
        });
    }
    let holders: Vec<(&str, usize)> =
        known.iter().filter_map(|(key, bands)| Some((key.as_str(), bands.iter().position(|b| b.as_deref() == Some(name))?))).collect();
    match holders.as_slice() {
        [(key, band)] => Ok(one(key, *band)),
        [] => Err(unknown(known, name)),
        many => {
            let ways: Vec<String> = many.iter().map(|(key, _)| format!("{key}:{name}")).collect();
            Err(Error::misuse("--assets", format!("band {name:?} is in {} assets", many.len()), format!("one of {}", ways.join(", "))))
        }
    }
}

fn unknown(known: &[Known], name: &str) -> Error {
    let names: Vec<&str> =
        known.iter().flat_map(|(key, bands)| std::iter::once(key.as_str()).chain(bands.iter().filter_map(|b| b.as_deref()))).collect();
    let likely =
        names.iter().map(|n| (strsim::jaro_winkler(&n.to_lowercase(), &name.to_lowercase()), *n)).max_by(|a, b| a.0.total_cmp(&b.0));
    let keys: Vec<&str> = known.iter().map(|k| k.0.as_str()).collect();
    let error = Error::misuse("--assets", format!("no asset or band is called {name:?}"), format!("assets: {}", keys.join(", ")));
    match likely {
        Some((score, n)) if score > 0.8 => error.hint(format!("did you mean {n:?}?")),
        _ => error,
    }
}

/// Labels: the asset's key where it has one band, else the band's name where that is unique, else `asset:band`.
fn labelled(mut picked: Vec<Picked>, known: &[Known]) -> Vec<Picked> {
    let names = |asset: &str| known.iter().find(|(k, _)| k == asset).map(|(_, b)| b.as_slice()).unwrap_or_default();
    let taken =
        |name: &str, asset: &str| known.iter().any(|(k, b)| k == name || (k != asset && b.iter().any(|n| n.as_deref() == Some(name))));
    for p in &mut picked {
        let bands = names(&p.asset);
        let name = bands.get(p.band).cloned().flatten();
        p.label = match name {
            _ if bands.len() <= 1 => p.asset.clone(),
            Some(name) if !taken(&name, &p.asset) => name,
            Some(name) => format!("{}:{name}", p.asset),
            None => format!("{}:{}", p.asset, p.band + 1),
        };
    }
    let mut seen = std::collections::HashSet::new();
    picked.retain(|p| seen.insert((p.asset.clone(), p.band)));
    picked
}

#[cfg(test)]
mod tests {
    use super::super::facts::{AssetFacts, BandFacts};
    use super::*;

    fn items() -> Vec<ItemFacts> {
        let asset = |key: &str, bands: &[Option<&str>]| AssetFacts {
            key: key.into(),
            href: String::new(),
            grid: None,
            bands: bands.iter().map(|b| BandFacts { name: b.map(str::to_owned), ..BandFacts::default() }).collect(),
            size: None,
            header_size: None,
        };
        let assets = vec![asset("B4", &[Some("red")]), asset("rgb", &[Some("r"), Some("g"), Some("x")]), asset("two", &[Some("x"), None])];
        vec![ItemFacts { id: "i".into(), datetime: chrono::DateTime::UNIX_EPOCH, period: None, longitude: 0.0, assets }]
    }

    fn check(wanted: &[&str], expected: &[&str]) {
        let wanted: Vec<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
        let got: Vec<String> = match pick(&items(), &wanted) {
            Ok(picked) => picked.into_iter().map(|p| format!("{}={}/{}", p.label, p.asset, p.band)).collect(),
            Err(e) => vec![format!("{e} {}", e.hint.clone().unwrap_or_default()).trim().to_owned()],
        };
        assert_eq!(got, expected);
    }

    #[test]
    fn bands_are_found_by_asset_by_name_and_by_both() {
        check(&["B4"], &["B4=B4/0"]);
        check(&["red"], &["B4=B4/0"]);
        check(&["g", "rgb:r", "rgb:3", "two:x"], &["g=rgb/1", "r=rgb/0", "rgb:x=rgb/2", "two:x=two/0"]);
        check(&[], &["B4=B4/0", "r=rgb/0", "g=rgb/1", "rgb:x=rgb/2", "two:x=two/0", "two:2=two/1"]);
        check(&["rgb", "r"], &["r=rgb/0", "g=rgb/1", "rgb:x=rgb/2"]);
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_right_ones() {
        check(&["b4"], &["--assets: no asset or band is called \"b4\"; assets: B4, rgb, two did you mean \"B4\"?"]);
        check(&["x"], &["--assets: band \"x\" is in 2 assets; one of rgb:x, two:x"]);
        check(&["rgb:q"], &["--assets: asset \"rgb\" has no band \"q\"; its bands: r, g, x"]);
    }
}
