use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::gather::Sighting;
use super::header::{crs_label, nodata_text};
use super::resolved::ResolvedItem;
use crate::plan_file::NodataValue;

/// A dataset in a few numbers, for a table.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct DatasetSummary {
    pub files: usize,
    pub items: usize,
    pub assets: usize,
    /// In natural order; empty where names have no tile.
    pub tiles: Vec<String>,
    pub first: Option<DateTime<Utc>>,
    pub last: Option<DateTime<Utc>>,
    pub crs: Vec<String>,
    pub variables: Vec<VariableSummary>,
}

/// What the files of one variable have; several values where they differ.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct VariableSummary {
    pub name: String,
    /// Items that have it.
    pub items: usize,
    pub types: Vec<String>,
    pub bands: Vec<usize>,
    pub nodata: Vec<String>,
    /// The plan's, which takes the place of the files' own; `None` where it has none or several for the bands.
    pub planned_nodata: Option<NodataValue>,
    /// What holds once the plan is applied: `0 (plan)`, else the files' own.
    pub effective_nodata: Vec<String>,
    pub pixel_sizes: Vec<String>,
    /// `width x height`.
    pub sizes: Vec<String>,
}

pub(super) fn of(order: &[String], sightings: &[Sighting], files: usize) -> DatasetSummary {
    let unique = |texts: &mut dyn Iterator<Item = String>| texts.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>();
    let variables = order.iter().filter_map(|name| {
        let mine: Vec<&Sighting> = sightings.iter().filter(|s| s.variable == *name).collect();
        (!mine.is_empty()).then(|| VariableSummary {
            name: name.clone(),
            items: 0,
            planned_nodata: None,
            effective_nodata: Vec::new(),
            types: unique(&mut mine.iter().map(|s| s.info.sample.name().to_owned())),
            bands: mine.iter().map(|s| s.info.bands.len()).collect::<BTreeSet<_>>().into_iter().collect(),
            nodata: unique(&mut mine.iter().map(|s| nodata_label(s))),
            pixel_sizes: unique(&mut mine.iter().map(|s| pixel_size(s))),
            sizes: unique(&mut mine.iter().map(|s| format!("{} x {}", s.info.grid.shape.width, s.info.grid.shape.height))),
        })
    });
    let crs = unique(&mut sightings.iter().map(|s| crs_label(&s.info)));
    DatasetSummary { files, crs, variables: variables.collect(), ..DatasetSummary::default() }
}

impl DatasetSummary {
    pub(super) fn with_items(mut self, items: &[ResolvedItem]) -> Self {
        self.items = items.len();
        self.assets = items.iter().map(|i| i.assets.len()).sum();
        let tiles: BTreeSet<&str> = items.iter().filter_map(|i| i.tile.as_deref()).collect();
        self.tiles = tiles.into_iter().map(str::to_owned).collect();
        self.tiles.sort_by_key(|t| super::resolve::natural(t));
        self.first = items.iter().map(|i| i.span.map_or(i.datetime, |s| s.0)).min();
        self.last = items.iter().map(|i| i.span.map_or(i.datetime, |s| s.1)).max();
        for variable in &mut self.variables {
            // With split bands the assets are called after the bands, not after the file's variable.
            variable.items = items.iter().filter(|i| i.assets.iter().any(|a| a.variable == variable.name)).count();
        }
        if self.variables.iter().any(|v| v.items == 0) {
            self.split(items);
        }
        for variable in &mut self.variables {
            variable.plan_nodata(items);
        }
        self
    }

    fn split(&mut self, items: &[ResolvedItem]) {
        let mut names: Vec<&str> = Vec::new();
        for asset in items.iter().flat_map(|i| &i.assets) {
            if !names.contains(&asset.variable.as_str()) {
                names.push(&asset.variable);
            }
        }
        let like = self.variables.first().cloned().unwrap_or_default();
        let count = |name: &str| items.iter().filter(|i| i.assets.iter().any(|a| a.variable == name)).count();
        self.variables =
            names.iter().map(|n| VariableSummary { name: (*n).to_owned(), items: count(n), bands: vec![1], ..like.clone() }).collect();
    }
}

impl VariableSummary {
    /// Sets what the plan says of nodata, of the whole asset or of its bands.
    fn plan_nodata(&mut self, items: &[ResolvedItem]) {
        let asset = items.iter().flat_map(|i| &i.assets).find(|a| a.variable == self.name);
        let mut planned: Vec<Option<NodataValue>> = Vec::new();
        for words in asset.iter().flat_map(|a| &a.band_words) {
            let nodata = words.nodata.or(asset.and_then(|a| a.nodata));
            if !planned.contains(&nodata) {
                planned.push(nodata);
            }
        }
        self.planned_nodata = match planned.as_slice() {
            [one] => *one,
            _ => None,
        };
        self.effective_nodata = planned.iter().flatten().map(|n| format!("{} (plan)", n.0)).collect();
        if planned.is_empty() || planned.contains(&None) {
            self.effective_nodata.extend(self.nodata.iter().cloned());
        }
    }
}

pub(super) fn nodata_label(sighting: &Sighting) -> String {
    let values: BTreeSet<String> =
        sighting.info.bands.iter().map(|b| b.nodata.map_or_else(|| "none".to_owned(), |n| nodata_text(n, sighting.info.sample))).collect();
    values.into_iter().collect::<Vec<_>>().join(", ")
}

/// `30` or `30 x 60`, to seven digits.
pub(super) fn pixel_size(sighting: &Sighting) -> String {
    let t = sighting.info.grid.transform;
    let (x, y) = (t.a.hypot(t.d), t.b.hypot(t.e));
    let (x, y) = (digits(x), digits(y));
    if x == y { x } else { format!("{x} x {y}") }
}

fn digits(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let places = (6.0 - value.abs().log10().floor()).clamp(0.0, 15.0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let text = format!("{value:.*}", places as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
