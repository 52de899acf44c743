use std::collections::BTreeMap;

use super::gather::Sighting;
use super::header::crs_label;
use super::odd_grid;
use super::resolved::OddFile;
use super::summary::{nodata_label, pixel_size};

/// Files that differ from their siblings, and notes on what differs in so many files that no one of them is odd.
pub(super) fn find(sightings: &[Sighting]) -> (Vec<OddFile>, Vec<String>) {
    let mut odd = Vec::new();
    let mut broad: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let mut by_variable: BTreeMap<&str, Vec<&Sighting>> = BTreeMap::new();
    for sighting in sightings {
        by_variable.entry(&sighting.variable).or_default().push(sighting);
    }
    let all: Vec<&Sighting> = sightings.iter().collect();
    let mut look = |what: &'static str, files: &[&Sighting], label: &dyn Fn(&Sighting) -> String| match judge(files, label) {
        Verdict::Same => {}
        Verdict::Few { usual, differing } => odd.extend(differing.into_iter().map(|(file, found)| OddFile {
            path: file.rel.clone(),
            variable: file.variable.clone(),
            what,
            found,
            usual: usual.clone(),
        })),
        Verdict::Many(text) => broad.entry(what).or_default().push(format!("{}: {text}", files[0].variable)),
    };
    look("crs", &all, &|s| crs_label(&s.info));
    for files in by_variable.values() {
        look("type", files, &|s| s.info.sample.name().to_owned());
        look("bands", files, &|s| {
            if s.info.bands.iter().any(|b| b.time.is_some()) { String::new() } else { s.info.bands.len().to_string() }
        });
        look("nodata", files, &nodata_label);
        look("pixel size", files, &pixel_size);
        look("georeference", files, &|s| {
            if s.info.georeference == swath_raster::Georeference::None { "none" } else { "present" }.to_owned()
        });
    }
    for files in by_variable.values() {
        odd_grid::find(files, &mut odd, &mut broad);
    }
    odd.sort_by(|a, b| (&a.path, a.what).cmp(&(&b.path, b.what)));
    odd.dedup();
    (odd, broad.into_iter().map(|(what, texts)| note(what, &texts)).collect())
}

fn note(what: &str, texts: &[String]) -> String {
    let first = &texts[0];
    match (what, texts.len()) {
        ("crs", _) => format!("the CRS differs between files, {}", first.split_once(": ").map_or(first.as_str(), |(_, t)| t)),
        (_, 1) => format!("{what} differs between files of {first}"),
        (_, n) => format!("{what} differs between files in {n} variables, as in {first}"),
    }
}

pub(super) enum Verdict<'s> {
    Same,
    /// Few enough to be called odd, each with its own value.
    Few {
        usual: String,
        differing: Vec<(&'s Sighting, String)>,
    },
    Many(String),
}

/// Few: at most three, or a tenth, of at least three files.
pub(super) fn judge<'s>(files: &[&'s Sighting], label: &dyn Fn(&Sighting) -> String) -> Verdict<'s> {
    let mut groups: BTreeMap<String, Vec<&'s Sighting>> = BTreeMap::new();
    for file in files {
        groups.entry(label(file)).or_default().push(file);
    }
    if groups.len() < 2 {
        return Verdict::Same;
    }
    let mut ranked: Vec<(String, Vec<&Sighting>)> = groups.into_iter().collect();
    ranked.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.1[0].rel.cmp(&b.1[0].rel)));
    let rest = files.len() - ranked[0].1.len();
    if files.len() >= 3 && rest * 2 < files.len() && rest <= (files.len() / 10).max(3) {
        let usual = ranked[0].0.clone();
        let differing = ranked.into_iter().skip(1).flat_map(|(value, files)| files.into_iter().map(move |f| (f, value.clone()))).collect();
        return Verdict::Few { usual, differing };
    }
    if ranked.len() > 3 {
        let (most, least) = (&ranked[0], &ranked[ranked.len() - 1]);
        return Verdict::Many(format!(
            "{} values, from {} in {} of {} files to {} in {}",
            ranked.len(),
            most.0,
            most.1.len(),
            files.len(),
            least.0,
            least.1.len()
        ));
    }
    let shown: Vec<String> = ranked.iter().map(|(value, f)| format!("{value} in {} ({})", f.len(), f[0].rel)).collect();
    Verdict::Many(shown.join(", "))
}
