//! What `swath plan` says of folders with holes, odd files and damage.

mod tiny;

use std::path::Path;

use swath::Family;
use swath::lattice::{Resolved, ResolvedDataset, resolve};
use swath::plan_file::PlanFile;
use tiny::{Tiny, shared};

fn resolved(dir: &Path, dataset: &str) -> swath::Result<Resolved> {
    let text = format!("[catalog]\nid = \"maps\"\n[cog]\ncompress = \"zstd\"\nlevel = 5\n[[dataset]]\nid = \"a\"\n{dataset}");
    resolve(&PlanFile::parse("swath.toml", &text)?, dir)
}

fn one(dir: &Path, dataset: &str) -> ResolvedDataset {
    resolved(dir, dataset).unwrap().datasets.remove(0)
}

const PLAN: &str = "files = \"{variable}_{tile}_{date:%Y%m%d}.tif\"\n";

/// Two variables x ten tiles x one date, with what `change` makes of each.
fn folder(change: &dyn Fn(&str, i32, Tiny) -> Option<Tiny>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for tile in 0..10 {
        for variable in ["b1", "b2"] {
            let plain = Tiny { nodata: Some("65535"), ..Tiny::at(tile, 0) };
            if let Some(tiny) = change(variable, tile, plain) {
                tiny.write(&dir.path().join(format!("{variable}_t{tile}_20200105.tif")));
            }
        }
    }
    dir
}

#[test]
fn a_whole_lattice_has_nothing_to_say() {
    let dir = folder(&|_, _, t| Some(t));
    let dataset = one(dir.path(), PLAN);
    assert_eq!((dataset.items.len(), dataset.summary.assets, dataset.summary.files), (10, 20, 20));
    assert_eq!((dataset.holes.len(), dataset.odd.len(), dataset.notes.len(), dataset.unreadable.len()), (0, 0, 0, 0));
    assert_eq!((dataset.items[0].id.as_str(), dataset.items[0].tile.as_deref()), ("t0_20200105", Some("t0")));
    assert_eq!(dataset.items[0].assets[0].cog.level, Some(5));
}

#[test]
fn holes_are_named() {
    let dir = folder(&|v, t, tiny| (!(v == "b2" && (t == 3 || t == 7))).then_some(tiny));
    let holes: Vec<String> = one(dir.path(), PLAN).holes.iter().map(|h| format!("{} {}", h.item, h.variable)).collect();
    assert_eq!(holes, ["t3_20200105 b2", "t7_20200105 b2"]);
}

#[test]
fn a_file_that_differs_from_its_siblings_is_odd() {
    type Change = fn(Tiny) -> Tiny;
    let rows: [(&str, Change, &str, &str); 6] = [
        ("type", |t| Tiny { sample: "float32", ..t }, "float32", "uint16"),
        ("nodata", |t| Tiny { nodata: Some("0"), ..t }, "0", "65535"),
        ("nodata", |t| Tiny { nodata: None, ..t }, "none", "65535"),
        ("crs", |t| Tiny { epsg: 32634, ..t }, "EPSG:32634", "EPSG:32633"),
        ("pixel size", |t| Tiny { pixel: 20.0, ..t }, "20", "10"),
        ("origin", |t| Tiny { origin: (t.origin.0 + 3.0, t.origin.1), ..t }, "(0.30, 0.00) pixels off", "(0.00, 0.00) pixels off"),
    ];
    for (what, change, found, usual) in rows {
        let dir = folder(&|v, t, tiny| Some(if v == "b1" && t == 4 { change(tiny) } else { tiny }));
        let odd = one(dir.path(), PLAN).odd;
        assert_eq!(odd.len(), 1, "{what}: {odd:?}");
        assert_eq!(
            (odd[0].path.as_str(), odd[0].what, odd[0].found.as_str(), odd[0].usual.as_str()),
            ("b1_t4_20200105.tif", what, found, usual)
        );
    }
}

#[test]
fn what_differs_in_half_of_the_files_is_a_note() {
    let dir = folder(&|_, t, tiny| Some(if t < 5 { Tiny { epsg: 32634, ..tiny } } else { tiny }));
    let dataset = one(dir.path(), PLAN);
    assert_eq!(dataset.odd, []);
    assert_eq!(dataset.notes.len(), 1, "{:?}", dataset.notes);
    assert!(dataset.notes[0].contains("EPSG:32633 in 10") && dataset.notes[0].contains("EPSG:32634 in 10"), "{:?}", dataset.notes);
}

#[test]
fn a_broken_file_costs_only_itself() {
    let dir = folder(&|_, _, t| Some(t));
    std::fs::write(dir.path().join("b1_t3_20200105.tif"), b"II*\0\xff\xff").unwrap();
    let dataset = one(dir.path(), PLAN);
    assert_eq!((dataset.summary.assets, dataset.holes.len(), dataset.unreadable.len()), (19, 0, 1));
    assert!(dataset.unreadable[0].error.contains("b1_t3_20200105.tif"));
}

#[test]
fn two_files_for_one_place_are_an_error_that_names_both() {
    let dir = folder(&|_, _, t| Some(t));
    Tiny::default().write(&dir.path().join("more/b1_t0_20200105.tif"));
    let error = resolved(dir.path(), "files = \"**/{variable}_{tile}_{date:%Y%m%d}.tif\"\n").unwrap_err();
    assert_eq!(error.family, Family::Misuse);
    assert!(error.found.contains("more/b1_t0_20200105.tif") && error.found.contains("item t0_20200105, variable b1"), "{error}");
}

#[test]
fn what_no_pattern_takes_is_ignored_with_a_reason() {
    let dir = folder(&|_, _, t| Some(t));
    std::fs::write(dir.path().join("notes.txt"), "x").unwrap();
    Tiny::default().write(&dir.path().join("other.tif"));
    Tiny::default().write(&dir.path().join("build/a/x/b1.tif"));
    std::fs::write(dir.path().join("build/collection.json"), "{}").unwrap();
    let ignored: Vec<String> = resolved(dir.path(), PLAN).unwrap().ignored.iter().map(|i| format!("{}: {}", i.path, i.reason)).collect();
    assert_eq!(
        ignored,
        [
            "build/: a catalog, not raw data (it has a collection.json)",
            "notes.txt: not a raster",
            "other.tif: a raster that no pattern of the plan matches"
        ]
    );
}

#[test]
fn plans_that_make_no_sense_here_say_what_would() {
    let dir = folder(&|_, _, t| Some(t));
    for (plan, says) in [
        ("files = \"{variable}_{tile}.TIF\"\n", "no file matches"),
        ("files = \"raw/{variable}.tif\"\n", "there is no folder"),
        ("files = \"{variable}_{tile}_*.tif\"\n", "has no date for"),
        ("files = \"{variable}_{tile}_{date}.tif\"\ndatetime = \"{date}\"\n", "captured as plain text"),
    ] {
        let error = resolved(dir.path(), plan).unwrap_err();
        assert_eq!((error.family, error.at.as_str()), (Family::Misuse, "swath.toml:6"), "{error}");
        assert!(error.found.contains(says), "{error}");
    }
}

#[test]
fn dates_are_instants_years_or_intervals() {
    let dir = tempfile::tempdir().unwrap();
    Tiny::default().write(&dir.path().join("x_201801_201912.tif"));
    let rows = [
        ("files = \"{variable}_*_*.tif\"\ndatetime = \"2019\"\n", "a_2019", "2019-01-01 2019-12-31"),
        ("files = \"{variable}_*_*.tif\"\ndatetime = 2019-05-17\n", "a_20190517", "2019-05-17"),
        ("files = \"{variable}_*_*.tif\"\ndatetime = 2019-05-17T10:00:00Z\nitem_id = \"one\"\n", "one", "2019-05-17"),
        ("files = \"{variable}_{start:%Y%m}_{end:%Y%m}.tif\"\n", "a_201801_201912", "2018-01-01 2019-12-31"),
        (
            "files = \"{variable}_*_*.tif\"\ndatetime = [\"2018-01-01\", \"2018-03-31\"]\nitem_id = \"x_{date}\"\n",
            "x_20180101_20180331",
            "2018-01-01 2018-03-31",
        ),
    ];
    for (plan, id, when) in rows {
        let plan = if plan.contains("item_id") { plan.to_owned() } else { format!("{plan}item_id = \"a_{{date}}\"\n") };
        let item = one(dir.path(), &plan).items.remove(0);
        let day = |t: chrono::DateTime<chrono::Utc>| t.format("%Y-%m-%d").to_string();
        let found = item.span.map_or_else(|| day(item.datetime), |(a, b)| format!("{} {}", day(a), day(b)));
        assert_eq!((item.id.as_str(), found.as_str()), (id, when), "{plan}");
    }
}

#[test]
fn bands_are_named_or_split() {
    let dir = tempfile::tempdir().unwrap();
    Tiny { bands: 2, ..Tiny::default() }.write(&dir.path().join("t1.tif"));
    let plan = "files = \"{tile}.tif\"\ndatetime = \"2020\"\nbands = [\"red\", \"nir\"]\n";
    let words = "[dataset.variables.nir]\ntitle = \"Near infrared\"\nnodata = 0\n";
    let whole = one(dir.path(), &format!("{plan}{words}")).items.remove(0).assets;
    assert_eq!(
        (whole.len(), whole[0].variable.as_str(), whole[0].band_names.clone()),
        (1, "data", vec!["red".to_owned(), "nir".to_owned()])
    );
    assert_eq!(whole[0].band_words[1].title.as_deref(), Some("Near infrared"));
    let split = one(dir.path(), &format!("{plan}split_bands = true\n{words}")).items.remove(0).assets;
    let split: Vec<_> = split.iter().map(|a| (a.variable.as_str(), a.bands.clone(), a.title.is_some(), a.nodata.is_some())).collect();
    assert_eq!(split, [("nir", vec![1], true, true), ("red", vec![0], false, false)]);
    let wrong = one(dir.path(), "files = \"{tile}.tif\"\ndatetime = \"2020\"\nbands = [\"a\", \"b\", \"c\"]\n");
    assert!(wrong.unreadable[0].error.contains("has 2 bands"), "{:?}", wrong.unreadable);
}

#[test]
fn nodata_is_shown_as_the_plan_makes_it() {
    let dir = tempfile::tempdir().unwrap();
    Tiny { bands: 2, nodata: Some("7"), ..Tiny::default() }.write(&dir.path().join("t1.tif"));
    let plan = "files = \"{tile}.tif\"\ndatetime = \"2020\"\nbands = [\"red\", \"nir\"]\n";
    for (words, shown) in [
        ("", vec!["data: 7"]),
        ("[dataset.variables.nir]\nnodata = 0\n", vec!["data: 0 (plan), 7"]),
        ("[dataset.variables.red]\nnodata = 0\n[dataset.variables.nir]\nnodata = 0\n", vec!["data: 0 (plan)"]),
        ("[dataset.variables.data]\nnodata = 3\n", vec!["data: 3 (plan)"]),
    ] {
        let show = |d: ResolvedDataset| {
            d.summary.variables.iter().map(|v| format!("{}: {}", v.name, v.effective_nodata.join(", "))).collect::<Vec<_>>()
        };
        assert_eq!(show(one(dir.path(), &format!("{plan}{words}"))), shown, "{words}");
    }
    let split = one(dir.path(), &format!("{plan}split_bands = true\n[dataset.variables.nir]\nnodata = 0\n"));
    let shown: Vec<String> = split.summary.variables.iter().map(|v| format!("{}: {}", v.name, v.effective_nodata.join(", "))).collect();
    assert_eq!(shown, ["nir: 0 (plan)", "red: 7"]);
}

#[test]
fn a_cube_is_items_or_bands_and_its_variables_are_chosen() {
    let Some(dir) = shared("sentinel2_romania") else { return };
    let file = "files = \"sentinel2_cube_subset_romania_20m.nc\"\nitem_id = \"cube\"\n";
    let items = one(&dir, &format!("{file}[dataset.variables.B4]\n[dataset.variables.SCL]\ncategorical = true\n"));
    assert_eq!((items.items.len(), items.summary.assets), (140, 280));
    assert_eq!(items.items[0].id, "cube_20150801");
    let left_out: Vec<&str> = items.ignored.iter().map(|i| i.path.rsplit(':').next().unwrap()).collect();
    assert_eq!(left_out, ["B11", "B3", "B8A"]);
    let bands = one(&dir, &format!("{file}time = \"bands\"\n"));
    assert_eq!((bands.items.len(), bands.items[0].assets.len(), bands.items[0].assets[0].bands.len()), (1, 5, 140));
}
