use std::collections::BTreeMap;

use super::gather::Sighting;
use super::header::crs_label;
use super::odd::{Verdict, judge};
use super::resolved::OddFile;
use super::summary::pixel_size;

/// Grids of one variable: the same tile should keep its grid over time, and tiles should lie on one lattice.
pub(super) fn find(files: &[&Sighting], odd: &mut Vec<OddFile>, broad: &mut BTreeMap<&'static str, Vec<String>>) {
    let variable = &files[0].variable;
    let mut tiles: BTreeMap<&str, Vec<&Sighting>> = BTreeMap::new();
    for file in files {
        tiles.entry(&file.tile).or_default().push(file);
    }
    let tiled = tiles.len() > 1 || tiles.keys().any(|t| !t.is_empty());
    let mut wandering = Vec::new();
    for (tile, files) in tiles.iter().filter(|_| tiled) {
        match judge(files, &|s| grid_label(s)) {
            Verdict::Same => {}
            Verdict::Few { usual, differing } => odd.extend(differing.into_iter().map(|(file, found)| of(file, "grid", found, &usual))),
            Verdict::Many(_) => wandering.push(*tile),
        }
    }
    if !wandering.is_empty() {
        let tail = if wandering.len() > 3 { ", ..." } else { "" };
        let text = format!(
            "{variable}: {} of {} tiles change their grid from item to item ({}{tail})",
            wandering.len(),
            tiles.len(),
            wandering[..wandering.len().min(3)].join(", ")
        );
        broad.entry("grid").or_default().push(text);
        return;
    }
    let mut lattices: BTreeMap<(String, String), Vec<&Sighting>> = BTreeMap::new();
    for file in files {
        lattices.entry((crs_label(&file.info), pixel_size(file))).or_default().push(file);
    }
    for files in lattices.values() {
        match judge(files, &|s| phase_label(s)) {
            Verdict::Same => {}
            Verdict::Few { usual, differing } => odd.extend(differing.into_iter().map(|(file, found)| of(file, "origin", found, &usual))),
            Verdict::Many(text) => broad.entry("origin within the pixel lattice").or_default().push(format!("{variable}: {text}")),
        }
    }
}

fn of(file: &Sighting, what: &'static str, found: String, usual: &str) -> OddFile {
    OddFile { path: file.rel.clone(), variable: file.variable.clone(), what, found, usual: usual.to_owned() }
}

fn grid_label(s: &Sighting) -> String {
    let (t, shape) = (s.info.grid.transform, s.info.grid.shape);
    format!("{} x {} from ({}, {})", shape.width, shape.height, t.c, t.f)
}

/// Where within a pixel the origin lies, in hundredths: tiles of one lattice agree.
fn phase_label(s: &Sighting) -> String {
    let t = s.info.grid.transform;
    let phase = |origin: f64, step: f64| {
        if step == 0.0 || !step.is_finite() {
            return 0.0;
        }
        let hundredths = ((origin / step).rem_euclid(1.0) * 100.0).round();
        if hundredths >= 100.0 { 0.0 } else { hundredths.abs() / 100.0 }
    };
    format!("({:.2}, {:.2}) pixels off", phase(t.c, t.a), phase(t.f, t.e))
}
