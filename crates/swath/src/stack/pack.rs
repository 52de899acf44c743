//! A plan as few bytes: every name, grid and place once, the files as columns of numbers, all of it compressed.

use std::collections::HashMap;
use std::hash::Hash;
use std::io::{Read, Write};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use swath_raster::{Nodata, SampleType, Shape, Window};

use super::number;
use super::plan::{BandFrom, PlainGrid, Source, StackPlan, Time, Whole};
use crate::{Error, Family, Result};

const VERSION: u8 = 1;
/// More than this no plan unpacks to.
const LARGEST: u64 = 1 << 30;
const LEVEL: i32 = 6;

#[derive(Serialize, Deserialize)]
struct Packed {
    /// Without times and sources; its transforms stand below.
    head: StackPlan,
    /// Item ids, asset keys, folders and names of files.
    names: Vec<String>,
    times: Vec<PackedTime>,
    /// Scale and offset of each band, with every digit.
    scales: Vec<[Option<String>; 2]>,
    grids: Vec<PackedGrid>,
    places: Vec<Placed>,
    kinds: Vec<Kind>,
    sources: Columns,
}

#[derive(Serialize, Deserialize)]
struct PackedTime(DateTime<Utc>, Option<DateTime<Utc>>, Option<(DateTime<Utc>, DateTime<Utc>)>, Vec<usize>);

/// CRS, width, height, and the transform as text: every digit of it.
#[derive(Serialize, Deserialize, PartialEq, Eq, Hash, Clone)]
struct PackedGrid(String, u32, u32, String);

/// Grid, window, density and turns.
#[derive(Serialize, Deserialize, PartialEq, Eq, Hash, Clone)]
struct Placed(usize, [u32; 4], String, i8);

#[derive(Serialize, Deserialize)]
struct Kind {
    data_type: SampleType,
    #[serde(with = "number")]
    nodata: Option<Nodata>,
    bands: Vec<BandFrom>,
}

#[derive(Serialize, Deserialize, Default)]
struct Columns {
    item: Vec<usize>,
    asset: Vec<usize>,
    folder: Vec<usize>,
    file: Vec<usize>,
    size: Vec<Option<u64>>,
    header_size: Vec<Option<u64>>,
    place: Vec<usize>,
    kind: Vec<usize>,
    time: Vec<usize>,
}

impl StackPlan {
    /// The plan in few bytes, to be sent to workers. What an href carries as a secret stays behind: the reader's own credentials, or
    /// its signing hook, open the file.
    ///
    /// # Errors
    /// Misuse where the plan cannot be written down.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let failed = |e: &dyn std::fmt::Display| Error::misuse("", format!("the plan cannot be packed: {e}"), "");
        let text = serde_json::to_vec(&pack(self)).map_err(|e| failed(&e))?;
        let mut encoder = zstd::Encoder::new(vec![VERSION], LEVEL).map_err(|e| failed(&e))?;
        encoder.include_checksum(true).map_err(|e| failed(&e))?;
        encoder.write_all(&text).map_err(|e| failed(&e))?;
        encoder.finish().map_err(|e| failed(&e))
    }

    /// # Errors
    /// Unsupported for bytes of another version; Damaged where they are no plan, or not whole.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let damaged = |found: String| Error::new(Family::Damaged, "packed plan", found, "the bytes that StackPlan::to_bytes gave");
        let Some((version, rest)) = bytes.split_first() else { return Err(damaged("no bytes".into())) };
        if *version != VERSION {
            let found = format!("version {version}");
            return Err(Error::new(Family::Unsupported, "packed plan", found, format!("version {VERSION}"))
                .hint("the same version of swath on every machine"));
        }
        let mut text = Vec::new();
        let decoder = zstd::Decoder::new(rest).map_err(|e| damaged(e.to_string()))?;
        decoder.take(LARGEST).read_to_end(&mut text).map_err(|e| damaged(e.to_string()))?;
        let packed: Packed = serde_json::from_slice(&text).map_err(|e| damaged(e.to_string()))?;
        unpack(packed).ok_or_else(|| damaged("a number that points nowhere".into()))
    }
}

/// Values in the order of their first use, each once.
struct Table<T>(HashMap<T, usize>, Vec<T>);

impl<T: Hash + Eq + Clone> Table<T> {
    fn new() -> Self {
        Self(HashMap::new(), Vec::new())
    }
    fn index(&mut self, value: T) -> usize {
        if let Some(known) = self.0.get(&value) {
            return *known;
        }
        self.1.push(value.clone());
        self.0.insert(value, self.1.len() - 1);
        self.1.len() - 1
    }
}

/// Numbers as text that reads back to the same bits.
fn digits(numbers: &[f64]) -> String {
    numbers.iter().map(f64::to_string).collect::<Vec<_>>().join(" ")
}

fn numbers<const N: usize>(text: &str) -> Option<[f64; N]> {
    let read: Option<Vec<f64>> = text.split(' ').map(|n| n.parse().ok()).collect();
    read?.try_into().ok()
}

fn packed_grid(grid: &PlainGrid) -> PackedGrid {
    PackedGrid(grid.crs.clone(), grid.shape.width, grid.shape.height, digits(&grid.transform))
}

fn pack(plan: &StackPlan) -> Packed {
    let mut names = Table::new();
    let (mut grids, mut places) = (Table::new(), Table::new());
    let mut kinds: Vec<Kind> = Vec::new();
    let whole = plan.whole.unwrap_or(Whole { transform: [0.0; 6], shape: plan.grid.shape, col: 0, row: 0 });
    // The first two are the plan's own grid and the one that it was cut from.
    grids.index(packed_grid(&plan.grid));
    grids.index(PackedGrid("whole".into(), whole.shape.width, whole.shape.height, digits(&whole.transform)));
    let times = plan.times.iter().map(|t| {
        let items = t.items.iter().map(|id| names.index(id.clone())).collect();
        PackedTime(t.datetime, t.end, t.period, items)
    });
    let times = times.collect();
    let mut sources = Columns::default();
    for s in &plan.sources {
        let href = without_secret(&s.href);
        let (folder, file) = href.rsplit_once('/').map_or(("", href), |(folder, file)| (folder, file));
        let grid = grids.index(packed_grid(&s.grid));
        let window = [s.target.col, s.target.row, s.target.width, s.target.height];
        let same = |k: &Kind| k.data_type == s.data_type && k.nodata == s.nodata && k.bands == s.bands;
        let kind = kinds.iter().position(same).unwrap_or_else(|| {
            kinds.push(Kind { data_type: s.data_type, nodata: s.nodata, bands: s.bands.clone() });
            kinds.len() - 1
        });
        sources.item.push(names.index(s.item.clone()));
        sources.asset.push(names.index(s.asset.clone()));
        sources.folder.push(if href.contains('/') { names.index(folder.to_owned()) } else { usize::MAX });
        sources.file.push(names.index(file.to_owned()));
        sources.size.push(s.size);
        sources.header_size.push(s.header_size);
        sources.place.push(places.index(Placed(grid, window, digits(&s.density), s.turns)));
        sources.kind.push(kind);
        sources.time.push(s.time);
    }
    let head = StackPlan { times: Vec::new(), sources: Vec::new(), ..plan.clone() };
    let scales = plan.bands.iter().map(|b| [b.scale, b.offset].map(|number| number.as_ref().map(f64::to_string))).collect();
    Packed { head, names: names.1, times, scales, grids: grids.1, places: places.1, kinds, sources }
}

/// An href without the query that carries a secret.
fn without_secret(href: &str) -> &str {
    let Some((plain, query)) = href.split_once('?') else { return href };
    let query = query.to_ascii_lowercase();
    let secret = ["sig", "signature", "token", "key", "credential", "secret"];
    let carries = query.split('&').filter_map(|pair| pair.split('=').next()).any(|name| secret.iter().any(|s| name.ends_with(s)));
    if carries || swath_store::redact(href) != href { plain } else { href }
}

fn unpack(packed: Packed) -> Option<StackPlan> {
    let Packed { mut head, names, times, scales, grids, places, kinds, sources: columns } = packed;
    for (band, [scale, offset]) in head.bands.iter_mut().zip(scales) {
        band.scale = scale.map(|text| text.parse()).transpose().ok()?;
        band.offset = offset.map(|text| text.parse()).transpose().ok()?;
    }
    let name = |index: usize| names.get(index).cloned();
    let grids: Vec<PlainGrid> = grids
        .into_iter()
        .map(|PackedGrid(crs, width, height, text)| Some(PlainGrid { crs, transform: numbers(&text)?, shape: Shape { width, height } }))
        .collect::<Option<_>>()?;
    let times: Vec<Time> = times
        .into_iter()
        .map(|PackedTime(datetime, end, period, items)| {
            Some(Time { datetime, end, period, items: items.into_iter().map(name).collect::<Option<_>>()? })
        })
        .collect::<Option<_>>()?;
    let mut sources = Vec::with_capacity(columns.item.len());
    for i in 0..columns.item.len() {
        let Placed(grid, [col, row, width, height], density, turns) = places.get(*columns.place.get(i)?)?;
        let kind = kinds.get(*columns.kind.get(i)?)?;
        let (folder, file) = (*columns.folder.get(i)?, name(*columns.file.get(i)?)?);
        let time = *columns.time.get(i).filter(|t| **t < times.len())?;
        if kind.bands.iter().any(|b| b.array >= head.bands.len()) {
            return None;
        }
        sources.push(Source {
            item: name(columns.item[i])?,
            asset: name(*columns.asset.get(i)?)?,
            href: if folder == usize::MAX { file } else { format!("{}/{file}", name(folder)?) },
            size: *columns.size.get(i)?,
            header_size: *columns.header_size.get(i)?,
            grid: grids.get(*grid)?.clone(),
            data_type: kind.data_type,
            nodata: kind.nodata,
            time,
            bands: kind.bands.clone(),
            target: Window { col: *col, row: *row, width: *width, height: *height },
            density: numbers(density)?,
            turns: *turns,
        });
    }
    let (own, from) = (grids.first()?, grids.get(1)?);
    let whole = head.whole.map(|whole| Whole { transform: from.transform, ..whole });
    Some(StackPlan { grid: own.clone(), times, sources, whole, ..head })
}
