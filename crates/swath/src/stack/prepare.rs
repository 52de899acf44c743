use std::collections::HashMap;

use futures::{StreamExt, stream};
use rayon::prelude::*;
use serde_json::{Map, Value, json};
use swath_raster::{Georeference, RasterInfo, Shape};

use super::facts::{self, AssetFacts, ItemFacts};
use super::fetch::Fetch;
use super::plan::{StackPlan, plan};
use super::{OnError, StackRequest, blocks, header};
use crate::{Error, Result};

/// Headers asked for at once, and what is read of each at first.
const AT_ONCE: usize = 256;
const LENGTH: u64 = 16 << 10;

/// As [`plan`], for items that may leave out where their pixels lie or of what type they are: the headers of those assets, and of no
/// others, are read for it.
///
/// # Errors
/// As [`plan`]; what the store and the TIFF reader say of a header, naming item and asset, unless errors are to leave pixels empty.
pub async fn prepare(items: &[Value], request: &StackRequest, fetch: &dyn Fetch) -> Result<StackPlan> {
    let Some(filled) = filled(items, request, fetch).await? else { return plan(items, request) };
    let mut made = plan(&filled.items, request)?;
    made.blocks = made.sources.first().and_then(|source| filled.blocks.get(&source.href).copied());
    made.reasons.extend(filled.reasons);
    Ok(made)
}

/// Items that say enough, the headers of some of their files having been read.
#[derive(Debug)]
pub struct Filled {
    pub items: Vec<Value>,
    /// What was read, and what could not be and is left out.
    pub reasons: Vec<String>,
    /// How files whose headers were read are cut, by href.
    pub blocks: HashMap<String, Shape>,
}

/// What [`prepare`] plans with, to be planned with more than once; `None` where the items say enough by themselves.
///
/// # Errors
/// As [`prepare`].
pub async fn filled(items: &[Value], request: &StackRequest, fetch: &dyn Fetch) -> Result<Option<Filled>> {
    let facts: Vec<ItemFacts> = items.par_iter().map(facts::read).collect::<Result<_>>()?;
    let silent = silent(&facts, request);
    if silent.is_empty() {
        return Ok(None);
    }
    let mut items = items.to_vec();
    let read = silent.len();
    let mut lost = Vec::new();
    let mut blocks = HashMap::new();
    let mut reading = stream::iter(silent)
        .map(|asset| async move {
            let opened = header::tiff(fetch, &asset.href, LENGTH).await;
            (asset, opened)
        })
        .buffered(AT_ONCE);
    while let Some((Silent { item, id, key, href }, opened)) = reading.next().await {
        let at = |e: Error| Error { at: format!("item {id}, asset {key}: {}", swath_store::redact(&e.at)), ..e };
        let filled = opened.and_then(|opened| {
            blocks.extend(blocks::of(&opened.tiff).map(|block| (href.clone(), block)));
            let asset = items.get_mut(item).and_then(|i| i.get_mut("assets")?.get_mut(&key)?.as_object_mut());
            asset.map_or(Ok(()), |asset| fill(asset, opened.tiff.info(), &href))
        });
        match filled.map_err(at) {
            Ok(()) => {}
            Err(e) if request.errors == OnError::Raise => return Err(e),
            Err(e) => {
                items.get_mut(item).and_then(|i| i.get_mut("assets")?.as_object_mut()).map(|assets| assets.remove(&key));
                lost.push(e.to_string());
            }
        }
    }
    let read = format!("{read} headers were read: their items do not say where the pixels lie, or of what type they are");
    let lost = lost.into_iter().map(|e| format!("left out: {e}"));
    Ok(Some(Filled { items, reasons: std::iter::once(read).chain(lost).collect(), blocks }))
}

/// An asset whose metadata does not say enough.
pub(super) struct Silent {
    /// Index of the item.
    item: usize,
    id: String,
    key: String,
    href: String,
}

/// The assets that a plan for this request cannot be made without reading.
pub(super) fn silent(facts: &[ItemFacts], request: &StackRequest) -> Vec<Silent> {
    let lacks = |a: &AssetFacts| a.grid.is_none() || a.bands.iter().any(|b| b.sample.is_none());
    let named = |a: &AssetFacts| {
        let band = |name: &String| a.bands.iter().any(|b| b.name.as_ref() == Some(name));
        request
            .assets
            .iter()
            .any(|name| *name == a.key || name.strip_prefix(&a.key).is_some_and(|rest| rest.starts_with(':')) || band(name))
    };
    let every: Vec<(usize, &ItemFacts, &AssetFacts)> =
        facts.iter().enumerate().flat_map(|(i, item)| item.assets.iter().map(move |a| (i, item, a))).collect();
    // A name that no metadata knows may be that of a band in any file.
    let known = request.assets.iter().all(|name| {
        every.iter().any(|(.., a)| {
            *name == a.key
                || name.strip_prefix(&a.key).is_some_and(|rest| rest.starts_with(':'))
                || a.bands.iter().any(|b| b.name.as_ref() == Some(name))
        })
    });
    let wanted = |a: &AssetFacts| request.assets.is_empty() || !known || named(a);
    let silent = every.iter().filter(|(.., a)| lacks(a) && wanted(a));
    silent.map(|(item, of, a)| Silent { item: *item, id: of.id.clone(), key: a.key.clone(), href: a.href.clone() }).collect()
}

/// Adds what the header says and the metadata does not.
fn fill(asset: &mut Map<String, Value>, info: &RasterInfo, href: &str) -> Result<()> {
    let (grid, at) = (&info.grid, swath_store::redact(href.split('?').next().unwrap_or(href)));
    let Some(crs) = grid.crs.as_ref().filter(|_| info.georeference == Georeference::Affine) else {
        let (found, hint) = match &info.georeference {
            Georeference::Gcps(points) => ("only ground control points say where its pixels lie", Some(points.len())),
            _ => ("neither its header nor its item says where its pixels lie", None),
        };
        let error = Error::new(crate::Family::Unsupported, at, found, "a CRS and a transform");
        return Err(match hint {
            Some(count) => error.hint(format!("`gdalwarp IN.tif OUT.tif` lays it on a grid by its {count} points")),
            None => error,
        });
    };
    let mut say = |field: &str, value: Value| {
        if asset.get(field).is_none_or(|v| v.is_null() || v == "other") {
            asset.insert(field.to_owned(), value);
        }
    };
    match crs.code() {
        Some(code) => say("proj:code", code.into()),
        None => say("proj:wkt2", crs.wkt2().into()),
    }
    say("proj:shape", json!([grid.shape.height, grid.shape.width]));
    say("proj:transform", json!(grid.transform.to_array()));
    say("data_type", info.sample.stac().into());
    let bands: Vec<Value> = info.bands.iter().map(|b| b.nodata.map_or_else(|| json!({}), |n| json!({ "nodata": n.to_string() }))).collect();
    let told = asset.entry("bands").or_insert_with(|| json!([]));
    let (Some(told), own) = (told.as_array_mut(), bands) else { return Ok(()) };
    for (i, band) in own.into_iter().enumerate() {
        match told.get_mut(i).and_then(Value::as_object_mut) {
            Some(known) => {
                if let (None, Some(nodata)) = (known.get("nodata"), band.get("nodata")) {
                    known.insert("nodata".into(), nodata.clone());
                }
            }
            None => told.push(band),
        }
    }
    Ok(())
}
