use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;
use std::sync::Arc;

use swath_raster::{Format, RasterInfo};

use super::header::Header;
use super::moment::{self, When};
use super::naming::{fit, plain};
use super::resolved::{IgnoredFile, ResolvedAsset, ResolvedItem, UnreadableFile};
use crate::plan_file::{Captures, CogTable, DatasetTable, TimeAxis};
use crate::view::off_grid;
use crate::{Error, Geolocation, Result, View};

/// A readable raster at its place in the lattice.
pub(super) struct Sighting {
    pub rel: String,
    pub variable: String,
    pub tile: String,
    pub info: Arc<RasterInfo>,
}

/// A dataset while its files are put in their places.
pub(super) struct Gather<'p> {
    dataset: &'p DatasetTable,
    cog: CogTable,
    items: BTreeMap<String, ResolvedItem>,
    pub sightings: Vec<Sighting>,
    pub unreadable: Vec<UnreadableFile>,
    pub ignored: Vec<IgnoredFile>,
    pub overlaps: Vec<String>,
    /// (item, variable) of files that cannot be read: no holes, since they are listed already.
    pub lost: Vec<(String, String)>,
    duplicates: Vec<String>,
}

/// One raster of one file with what its name says.
struct Piece<'a> {
    path: &'a Path,
    rel: &'a str,
    captures: &'a Captures,
    info: &'a Arc<RasterInfo>,
}

impl<'p> Gather<'p> {
    pub(super) fn new(dataset: &'p DatasetTable, base: &CogTable) -> Self {
        Self {
            dataset,
            cog: dataset.cog.over(base),
            items: BTreeMap::new(),
            sightings: Vec::new(),
            unreadable: Vec::new(),
            ignored: Vec::new(),
            overlaps: Vec::new(),
            lost: Vec::new(),
            duplicates: Vec::new(),
        }
    }

    /// Puts one file in its places.
    ///
    /// # Errors
    /// Misuse where the plan gives it no date or no id.
    pub(super) fn take(&mut self, header: &Header, captures: &Captures) -> Result<()> {
        let rasters = match &header.rasters {
            Ok(rasters) => rasters,
            Err(e) => {
                self.lose(&header.found.path, e, captures);
                return Ok(());
            }
        };
        let many = rasters.len() > 1;
        for info in rasters {
            let piece = Piece { path: &header.found.path, rel: &header.found.rel, captures, info };
            if !self.selects(&piece, many) {
                continue;
            }
            if let Some(error) = off_grid(info).filter(|_| self.dataset.view.geolocation == Geolocation::Refuse) {
                let reason = format!("{}; {}", error.found, error.hint.unwrap_or_default());
                self.ignored.push(IgnoredFile { path: format!("{}:{}", piece.rel, info.name), reason });
                continue;
            }
            let variable = self.variable(&piece, many);
            let steps = info.bands.iter().any(|b| b.time.is_some());
            self.sightings.push(Sighting {
                rel: piece.rel.to_owned(),
                variable: variable.clone(),
                tile: captures.text("tile").unwrap_or("").to_owned(),
                info: Arc::clone(info),
            });
            if steps && self.dataset.time == TimeAxis::Items {
                self.take_steps(&piece, &variable)?;
            } else if steps {
                self.take_as_bands(&piece, &variable)?;
            } else if many && rasters.iter().any(|r| r.bands.iter().any(|b| b.time.is_some())) && self.dataset.datetime.is_none() {
                let reason =
                    "has no time axis while its siblings in the file do; give it a [[dataset]] of its own with a `datetime`".to_owned();
                self.ignored.push(IgnoredFile { path: format!("{}:{}", piece.rel, info.name), reason });
            } else {
                let when = moment::of_file(self.dataset, captures, piece.rel, info)?;
                self.place(&piece, &variable, (0..info.bands.len()).collect(), when)?;
            }
        }
        Ok(())
    }

    /// The items by id, each with its assets in `order`.
    ///
    /// # Errors
    /// Misuse where two files claim one place, naming both.
    pub(super) fn into_items(self, order: &[String]) -> Result<Vec<ResolvedItem>> {
        if !self.duplicates.is_empty() {
            let more = self.duplicates.len().saturating_sub(3);
            let mut found = self.duplicates[..self.duplicates.len().min(3)].join("; ");
            if more > 0 {
                found.push_str(&format!("; and {more} more"));
            }
            let right = "each place in items x variables takes one file";
            let hint = "capture in `files` what tells them apart, use it in `item_id`, or move one away";
            return Err(Error::misuse(self.dataset.place.clone(), format!("[[dataset]] {}: {found}", self.dataset.id), right).hint(hint));
        }
        let mut items: Vec<ResolvedItem> = self.items.into_values().collect();
        for item in &mut items {
            item.assets.sort_by_key(|a| order.iter().position(|v| *v == a.variable).unwrap_or(usize::MAX));
        }
        Ok(items)
    }

    fn lose(&mut self, path: &Path, error: &Error, captures: &Captures) {
        let when = ["date", "start"].iter().find_map(|n| captures.text(n)).map(str::to_owned);
        if let (Ok(id), Some(variable)) = (self.item_id(captures, when.as_deref(), path), captures.text("variable")) {
            self.lost.push((id, fit(variable)));
        }
        let error = error.to_string();
        self.unreadable.push(UnreadableFile { path: path.to_path_buf(), error });
    }

    /// Whether the plan wants this raster of a file.
    fn selects(&mut self, piece: &Piece<'_>, many: bool) -> bool {
        if piece.info.format != Format::NetCdf || !many {
            return true;
        }
        let wanted = &self.dataset.variables;
        let by_name = piece.captures.text("variable").is_none_or(|v| v == piece.info.name);
        if !wanted.is_empty() && !wanted.iter().any(|(name, _)| *name == piece.info.name) {
            let reason = "not among [dataset.variables]".to_owned();
            self.ignored.push(IgnoredFile { path: format!("{}:{}", piece.rel, piece.info.name), reason });
            return false;
        }
        // `tas_2000.nc` with rasters `tas` and `height`: the name says which is meant, unless it is no raster's name.
        by_name || !wanted.is_empty() || piece.captures.text("variable").is_none()
    }

    fn variable(&self, piece: &Piece<'_>, many: bool) -> String {
        let only = || match self.dataset.variables.as_slice() {
            [(name, _)] if piece.info.bands.len() <= 1 => Some(name.as_str()),
            _ => None,
        };
        let named = if many && !piece.info.name.is_empty() {
            Some(piece.info.name.as_str())
        } else {
            let inside = Some(piece.info.name.as_str()).filter(|n| !n.is_empty());
            piece.captures.text("variable").or(inside).or_else(only)
        };
        fit(named.unwrap_or("data"))
    }

    fn take_steps(&mut self, piece: &Piece<'_>, variable: &str) -> Result<()> {
        let mut steps: Vec<(&swath_raster::TimeStep, Vec<usize>)> = Vec::new();
        let mut at: BTreeMap<&str, usize> = BTreeMap::new();
        for (i, band) in piece.info.bands.iter().enumerate() {
            let Some(time) = &band.time else {
                let reason = format!("band {} has no time: the file leaves it empty", i + 1);
                self.ignored.push(IgnoredFile { path: piece.rel.to_owned(), reason });
                continue;
            };
            match at.entry(time.label.as_str()) {
                Entry::Occupied(known) => steps[*known.get()].1.push(i),
                Entry::Vacant(new) => {
                    new.insert(steps.len());
                    steps.push((time, vec![i]));
                }
            }
        }
        for (step, bands) in steps {
            match When::step(step) {
                Some(when) => self.place(piece, variable, bands, when)?,
                None => {
                    let reason = format!("time step {} is no date from year 0 to 9999, so that no item can have it", step.label);
                    self.ignored.push(IgnoredFile { path: piece.rel.to_owned(), reason });
                }
            }
        }
        Ok(())
    }

    fn take_as_bands(&mut self, piece: &Piece<'_>, variable: &str) -> Result<()> {
        let whens: Vec<When> = piece.info.bands.iter().filter_map(|b| When::step(b.time.as_ref()?)).collect();
        let first = whens.iter().map(|w| w.span.map_or(w.datetime, |s| s.0)).min();
        let last = whens.iter().map(|w| w.span.map_or(w.datetime, |s| s.1)).max();
        let (Some(first), Some(last)) = (first, last) else { return Ok(()) };
        let text = format!("{}_{}", first.format("%Y%m%d"), last.format("%Y%m%d"));
        let when = When { datetime: first, span: (first < last).then_some((first, last)), text };
        self.place(piece, variable, (0..piece.info.bands.len()).collect(), when)
    }

    fn item_id(&self, captures: &Captures, date: Option<&str>, path: &Path) -> Result<String> {
        let value = |name: &str| match name {
            "date" => date.map(str::to_owned).or_else(|| captures.text("date").map(str::to_owned)),
            _ => captures.text(name).map(str::to_owned),
        };
        let id = match &self.dataset.item_id {
            Some(template) => template.fill(value).map_err(|name| {
                let found = format!("`item_id` of [[dataset]] {} uses {{{name}}}, which {} does not give", self.dataset.id, path.display());
                Error::misuse(self.dataset.place.clone(), found, "a captured name or {date} is expected")
            })?,
            None => {
                let skip = ["variable", "date", "start", "end"];
                let mut parts: Vec<String> =
                    captures.texts().iter().filter(|(n, _)| !skip.contains(&n.as_str())).map(|(_, v)| v.clone()).collect();
                parts.extend(date.map(str::to_owned));
                if parts.is_empty() { self.dataset.id.clone() } else { parts.join("_") }
            }
        };
        Ok(plain(&id))
    }

    fn place(&mut self, piece: &Piece<'_>, variable: &str, bands: Vec<usize>, when: When) -> Result<()> {
        let dataset = self.dataset;
        let mut id = self.item_id(piece.captures, Some(&when.text), piece.path)?;
        let steps = piece.info.bands.iter().any(|b| b.time.is_some()) && dataset.time == TimeAxis::Items;
        if steps && !dataset.item_id.as_ref().is_none_or(|t| t.names().any(|n| n == "date")) {
            id = plain(&format!("{id}_{}", when.text));
        }
        let names = match band_names(dataset, piece, variable, &bands) {
            Ok(names) => names,
            Err(e) => {
                self.unreadable.push(UnreadableFile { path: piece.path.to_path_buf(), error: e.to_string() });
                return Ok(());
            }
        };
        let assets = self.assets(piece, variable, &bands, names);
        let known = ["variable", "tile", "date", "start", "end"];
        let fields = piece.captures.texts().iter().filter(|(n, _)| !known.contains(&n.as_str()));
        let item = self.items.entry(id.clone()).or_insert_with(|| ResolvedItem {
            id: id.clone(),
            tile: piece.captures.text("tile").map(str::to_owned),
            datetime: when.datetime,
            span: when.span,
            fields: fields.map(|(n, v)| (n.clone(), v.clone())).collect(),
            assets: Vec::new(),
        });
        for asset in assets {
            match item.assets.iter().find(|a| a.variable == asset.variable) {
                None => item.assets.push(asset),
                Some(first) if steps && first.path != asset.path => {
                    let (kept, left) = (file_name(&first.path), file_name(&asset.path));
                    self.overlaps.push(format!(
                        "time step {} of {} is in {kept} and in {left}; the one in {kept} is taken",
                        when.text, asset.variable
                    ));
                }
                Some(first) => {
                    let claim =
                        format!("{} and {} both claim item {id}, variable {}", first.path.display(), asset.path.display(), asset.variable);
                    self.duplicates.push(claim);
                }
            }
        }
        Ok(())
    }

    fn assets(&self, piece: &Piece<'_>, variable: &str, bands: &[usize], names: Vec<String>) -> Vec<ResolvedAsset> {
        let asset = |variable: String, bands: Vec<usize>, band_names: Vec<String>| {
            let words = |name: &str| self.dataset.variables.iter().find(|(n, _)| fit(n) == name).map(|(_, t)| t.clone());
            let whole =
                words(&variable).or_else(|| band_names.first().filter(|_| bands.len() == 1).and_then(|n| words(n))).unwrap_or_default();
            let first = bands.first().and_then(|b| piece.info.bands.get(*b));
            let header = |key: &str| first.and_then(|b| b.metadata.get(key)).or_else(|| piece.info.metadata.get(key)).cloned();
            let classed = first.is_some_and(|b| b.palette.is_some() || !b.categories.is_empty());
            ResolvedAsset {
                path: piece.path.to_path_buf(),
                raster: piece.info.name.clone(),
                band_words: band_names.iter().map(|n| words(n).unwrap_or_default()).collect(),
                title: whole.title.clone().or_else(|| header("long_name")),
                unit: whole.unit.clone().or_else(|| first.and_then(|b| b.unit.clone())),
                nodata: whole.nodata,
                categorical: whole.categorical.unwrap_or(classed || !whole.classes.is_empty()),
                crs: self.dataset.crs.clone(),
                view: View { unscale: whole.unscale.unwrap_or(self.dataset.view.unscale), ..self.dataset.view },
                cog: self.cog.clone(),
                header: Arc::clone(piece.info),
                variable,
                bands,
                band_names,
            }
        };
        if !self.dataset.split_bands || bands.len() < 2 {
            return vec![asset(variable.to_owned(), bands.to_vec(), names)];
        }
        let named = piece.captures.text("variable").is_some() || !piece.info.name.is_empty();
        let key = |name: &str| if named { format!("{variable}_{name}") } else { name.to_owned() };
        bands.iter().zip(names).map(|(b, name)| asset(key(&name), vec![*b], vec![name])).collect()
    }
}

fn band_names(dataset: &DatasetTable, piece: &Piece<'_>, variable: &str, bands: &[usize]) -> Result<Vec<String>> {
    if !dataset.bands.is_empty() && (bands.len() > 1 || dataset.bands.len() == 1) {
        if dataset.bands.len() != bands.len() {
            let found = format!("has {} bands", bands.len());
            return Err(Error::misuse(piece.rel, found, format!("`bands` of [[dataset]] {} names {}", dataset.id, dataset.bands.len())));
        }
        return Ok(dataset.bands.iter().map(|b| fit(b)).collect());
    }
    if bands.len() == 1 {
        return Ok(vec![variable.to_owned()]);
    }
    let given = |b: &usize| piece.info.bands.get(*b).and_then(|i| i.name.as_deref()).filter(|n| !n.trim().is_empty()).map(fit);
    let mut names: Vec<String> = bands.iter().map(|b| given(b).unwrap_or_else(|| format!("b{}", b + 1))).collect();
    if (1..names.len()).any(|i| names[..i].contains(&names[i])) {
        names = bands.iter().map(|b| format!("b{}", b + 1)).collect();
    }
    Ok(names)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
