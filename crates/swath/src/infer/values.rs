use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use swath_raster::{BandInfo, RasterInfo, SampleType};

use super::draft::Draft;
use super::inference::{InferredVariable, NodataFinding};
use super::look::{self, Look, Suggestion};
use super::roles::Naming;
use crate::lattice::{fit, natural, nodata_text};
use crate::open_raw;

/// A band of one variable in one file.
struct Seen<'h> {
    path: &'h Path,
    raster: usize,
    band: usize,
    info: &'h Arc<RasterInfo>,
}

impl Seen<'_> {
    fn band(&self) -> Option<&BandInfo> {
        self.info.bands.get(self.band)
    }
}

/// A file's path with its headers.
pub(super) type Opened<'h> = (&'h Path, &'h [Arc<RasterInfo>]);

/// The variables of a draft in their order, with what headers and a few pixels say of each.
pub(super) fn of(draft: &Draft<'_>, opened: &[Opened<'_>], bands: &[String]) -> Vec<InferredVariable> {
    let mut by_name: BTreeMap<String, Vec<Seen<'_>>> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    for (member, (path, infos)) in draft.members.iter().zip(opened) {
        for (raster, info) in infos.iter().enumerate() {
            let several = !bands.is_empty();
            let last = if several { info.bands.len().min(bands.len()) } else { info.bands.len().min(1) };
            for band in 0..last {
                let name = match (&draft.naming, bands.get(band)) {
                    (_, Some(name)) => name.clone(),
                    (Naming::Rasters, None) => fit(&info.name),
                    _ => fit(&member.variable),
                };
                if !order.contains(&name) {
                    order.push(name.clone());
                }
                by_name.entry(name).or_default().push(Seen { path, raster, band, info });
            }
        }
    }
    if draft.naming == Naming::Captured && bands.is_empty() {
        order.sort_by_key(|name| natural(name));
    }
    order.par_iter().filter_map(|name| by_name.get(name).map(|seen| one(name, seen))).collect()
}

fn one(name: &str, seen: &[Seen<'_>]) -> InferredVariable {
    let first = &seen[0];
    let sample = first.info.sample;
    let header = |key: &str| first.band().and_then(|b| b.metadata.get(key)).or_else(|| first.info.metadata.get(key)).cloned();
    let looks = looks(seen);
    let classed = seen.iter().filter_map(Seen::band).find(|b| !b.categories.is_empty());
    let palette = first.band().is_some_and(|b| b.palette.is_some());
    let by_name = sounds_categorical(name) && sample.is_integer();
    let few = look::few_values(sample, &looks);
    let why_categorical = match (classed, palette, by_name, &few) {
        (Some(_), ..) => Some("its header names categories".to_owned()),
        (_, true, ..) => Some("it has a palette".to_owned()),
        (_, _, true, _) => Some("its name says flags or classes".to_owned()),
        (.., Some(values)) => {
            Some(format!("only the values {} were seen", values.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")))
        }
        _ => None,
    };
    let unique = |texts: BTreeSet<String>| texts.into_iter().collect::<Vec<_>>();
    InferredVariable {
        name: name.to_owned(),
        title: header("long_name").or_else(|| first.band().and_then(|b| b.name.clone()).filter(|n| fit(n) != name)),
        unit: first.band().and_then(|b| b.unit.clone()).filter(|u| !u.is_empty()),
        types: unique(seen.iter().map(|s| s.info.sample.name().to_owned()).collect()),
        sizes: unique(seen.iter().map(|s| format!("{} x {}", s.info.grid.shape.width, s.info.grid.shape.height)).collect()),
        nodata: nodata(sample, seen, &looks, why_categorical.is_some()),
        classes: classed.map_or_else(Vec::new, |band| {
            band.categories.iter().enumerate().filter(|(_, n)| !n.trim().is_empty()).map(|(i, n)| (i as i64, n.trim().to_owned())).collect()
        }),
        why_categorical,
    }
}

/// Pixels of the first, the middle and the last file, where none has a nodata tag or a mask.
fn looks(seen: &[Seen<'_>]) -> Vec<Look> {
    let mut rows = vec![0, seen.len() / 2, seen.len() - 1];
    rows.dedup();
    rows.iter()
        .filter_map(|r| {
            let seen = &seen[*r];
            let rasters = open_raw(seen.path).ok()?;
            look::at(rasters.get(seen.raster)?.as_ref(), seen.band)
        })
        .collect()
}

fn nodata(sample: SampleType, seen: &[Seen<'_>], looks: &[Look], categorical: bool) -> NodataFinding {
    let tags: BTreeSet<String> =
        seen.iter().map(|s| s.band().and_then(|b| b.nodata).map_or_else(|| "none".to_owned(), |n| nodata_text(n, s.info.sample))).collect();
    let masked = seen.iter().all(|s| matches!(s.info.mask, swath_raster::MaskKind::PerDataset | swath_raster::MaskKind::Alpha));
    match (tags.len(), tags.first()) {
        (1, Some(tag)) if tag != "none" => NodataFinding::Tag(tag.clone()),
        (2.., _) => NodataFinding::Differs(tags.into_iter().collect()),
        _ if masked => NodataFinding::Masked,
        _ if categorical => NodataFinding::None("no nodata tag; none is proposed for flags and classes".to_owned()),
        _ if looks.is_empty() => NodataFinding::None("no nodata tag, and no pixels were looked at".to_owned()),
        _ => match look::fill(sample, looks) {
            Suggestion::Nothing => NodataFinding::None("no nodata tag, and no fill value at the edges".to_owned()),
            Suggestion::Plain { value, reason } => NodataFinding::Proposed { value, reason },
            Suggestion::Perhaps { value, reason } => NodataFinding::Suspected { value, reason },
        },
    }
}

/// Words in a variable's name that mean flags or classes.
fn sounds_categorical(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "qa",
        "bqa",
        "qc",
        "flag",
        "flags",
        "mask",
        "fmask",
        "class",
        "classes",
        "classification",
        "scl",
        "landcover",
        "lulc",
        "lc",
        "category",
        "categories",
        "quality",
        "pixelqa",
        "cloudmask",
    ];
    let lower = name.to_lowercase();
    lower.split(|c: char| !c.is_ascii_alphabetic()).any(|word| WORDS.contains(&word))
}
