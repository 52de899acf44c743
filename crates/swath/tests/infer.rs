//! What `swath init` makes of folders that scientists have.

mod tiny;

use std::path::Path;

use swath::infer::{WriteOptions, infer};
use swath::lattice::{Resolved, resolve};
use swath::plan_file::PlanFile;
use tiny::{Tiny, shared};

/// Writes the plan of `dir` and resolves it: `id | item x variable counts | pattern | item_id | first item`, a line per dataset.
fn understood(dir: &Path, datetime: Option<&str>) -> (Vec<String>, Resolved, String) {
    let out = tempfile::tempdir().unwrap();
    let plan_path = out.path().join("swath.toml");
    let inference = infer(dir).unwrap();
    let written = inference.plan_text(WriteOptions { plan: &plan_path, datetime }).unwrap();
    assert_eq!(written.problems, Vec::<String>::new(), "{}", written.text);
    std::fs::write(&plan_path, &written.text).unwrap();
    let plan = PlanFile::read(&plan_path).unwrap();
    let resolved = resolve(&plan, out.path()).unwrap();
    let lines = resolved
        .datasets
        .iter()
        .zip(&inference.datasets)
        .map(|(d, i)| {
            let variables: Vec<&str> = d.summary.variables.iter().map(|v| v.name.as_str()).collect();
            format!("{} | {} x {} | {} | {}", d.id, d.items.len(), variables.join(","), i.patterns.join(" + "), d.items[0].id)
        })
        .collect();
    (lines, resolved, written.text)
}

fn check(files: &[(String, Tiny)], datetime: Option<&str>, expected: &[&str]) -> (Resolved, String) {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("project/raw");
    for (name, tiny) in files {
        tiny.write(&dir.join(name));
    }
    let (lines, resolved, text) = understood(&dir, datetime);
    assert_eq!(lines, expected, "{text}");
    (resolved, text)
}

fn tiles(names: &dyn Fn(i32, i32) -> Vec<String>) -> Vec<(String, Tiny)> {
    let mut files = Vec::new();
    for (column, row) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        files.extend(names(column, row).into_iter().map(|n| (n, Tiny::at(column, row))));
    }
    files
}

#[test]
fn a_map_of_tiles_and_bands() {
    let files = tiles(&|c, r| vec![format!("ndvi_b1_2020_r{r}c{c}.tif"), format!("ndvi_b2_2020_r{r}c{c}.tif")]);
    let (resolved, _) = check(&files, None, &["ndvi | 4 x b1,b2 | ndvi_{variable}_{date:%Y}_{tile}.tif | r0c0_2020"]);
    let item = &resolved.datasets[0].items[0];
    assert_eq!(item.datetime.to_rfc3339(), "2020-01-01T00:00:00+00:00");
    assert_eq!(item.span.unwrap().1.to_rfc3339(), "2020-12-31T23:59:59+00:00");
}

#[test]
fn a_folder_for_each_band() {
    let files = tiles(&|c, r| ["B02", "B03", "B8A"].map(|b| format!("{b}/3263{c}{r}_20200105.tif")).to_vec());
    check(&files, None, &["project | 4 x B02,B03,B8A | {variable}/{tile}_{date:%Y%m%d}.tif | 326300_20200105"]);
}

#[test]
fn a_folder_for_each_tile() {
    let files = tiles(&|c, r| vec![format!("tile_{c}_{r}/height.tif"), format!("tile_{c}_{r}/slope.tif")]);
    check(&files, Some("2019"), &["project | 4 x height,slope | tile_{tile}/{variable}.tif | 0_0"]);
}

#[test]
fn one_multi_band_file_for_each_tile() {
    let files = tiles(&|c, r| vec![format!("tile_{c}{r}.tif")]).into_iter().map(|(n, t)| (n, Tiny { bands: 3, ..t })).collect::<Vec<_>>();
    let (resolved, text) = check(&files, Some("2019"), &["project | 4 x data | tile_{tile}.tif | 00"]);
    assert!(text.contains("bands = [\"b1\", \"b2\", \"b3\"]"), "{text}");
    assert_eq!(resolved.datasets[0].items[0].assets[0].bands, [0, 1, 2]);
}

#[test]
fn a_single_file() {
    let (resolved, text) = check(
        &[("world height.tif".to_owned(), Tiny::default())],
        Some("2019-05-17"),
        &["world-height | 1 x world_height | world height.tif | world-height"],
    );
    assert!(text.contains("datetime = \"2019-05-17\""));
    assert_eq!(resolved.datasets[0].items[0].span, None);
}

#[test]
fn a_date_spread_over_folders() {
    let files: Vec<(String, Tiny)> = ["2020/01/05", "2020/02/06", "2021/02/06"]
        .iter()
        .flat_map(|d| ["red", "nir"].map(|v| (format!("{d}/{v}.tif"), Tiny::default())))
        .collect();
    check(&files, None, &["project | 3 x nir,red | {date:%Y}/{date:%m}/{date:%d}/{variable}.tif | project_20200105"]);
}

#[test]
fn a_number_that_moves_the_place_is_no_month() {
    let files = tiles(&|c, r| vec![format!("cover_2020_0{}_0{}.tif", c + 1, r + 1)]);
    check(&files, None, &["cover | 4 x cover | {variable}_{date:%Y}_{tile}.tif | 01_01_2020"]);
}

#[test]
fn two_datasets_in_one_tree() {
    let mut files = tiles(&|c, r| ["b1", "b2", "b3", "b4"].map(|b| format!("map4/{b}_r{r}c{c}.tif")).to_vec());
    files.extend(
        tiles(&|c, r| ["cover", "conf"].map(|b| format!("map260/{b}_r{}c{c}.tif", r + 3)).to_vec())
            .into_iter()
            .map(|(n, t)| (n, Tiny { pixel: 20.0, ..t })),
    );
    files.push(("height.tif".to_owned(), Tiny { pixel: 100.0, size: (20, 20), ..Tiny::default() }));
    let expected = [
        "height | 1 x height | height.tif | height",
        "map260 | 4 x conf,cover | map260/{variable}_{tile}.tif | r3c0",
        "map4 | 4 x b1,b2,b3,b4 | map4/{variable}_{tile}.tif | r0c0",
    ];
    check(&files, Some("2020"), &expected);
}

#[test]
fn places_with_names_are_tiles_and_unlike_maps_are_datasets() {
    let places = [("site_amazon.tif", 0), ("site_congo.tif", 5), ("site_borneo.tif", 9)];
    let files: Vec<(String, Tiny)> = places.iter().map(|(n, c)| ((*n).to_owned(), Tiny::at(*c, 0))).collect();
    check(&files, Some("2020"), &["project | 3 x data | site_{tile}.tif | amazon"]);
    let maps = [("biomass.tif", Tiny { pixel: 30.0, ..Tiny::at(0, 0) }), ("roads.tif", Tiny { sample: "uint8", ..Tiny::at(50, 50) })];
    let files: Vec<(String, Tiny)> = maps.into_iter().map(|(n, t)| (n.to_owned(), t)).collect();
    check(&files, Some("2020"), &["biomass | 1 x biomass | biomass.tif | biomass", "roads | 1 x roads | roads.tif | roads"]);
}

#[test]
fn one_odd_sibling_does_not_break_up_its_dataset() {
    type Change = fn(Tiny) -> Tiny;
    let rows: [(&str, Change); 4] = [
        ("pixel size", |t| Tiny { pixel: 20.0, ..t }),
        ("type", |t| Tiny { sample: "float32", ..t }),
        ("crs", |t| Tiny { epsg: 32634, ..t }),
        ("bands", |t| Tiny { bands: 3, ..t }),
    ];
    let places = ["t1", "t2", "t3", "t4", "t5", "t6"];
    let words = ["amazon", "borneo", "congo", "daintree", "everglades", "faroe"];
    for (what, change) in rows {
        let tiny = |i: usize, odd: bool| if odd { change(Tiny::at(i as i32, 0)) } else { Tiny::at(i as i32, 0) };
        let each = |name: &dyn Fn(usize) -> String| (0..6).map(|i| (name(i), tiny(i, i == 5))).collect::<Vec<_>>();
        let bands = |only: &str| {
            let file = |(i, b): (usize, &str)| (format!("map_{b}_{}.tif", places[i]), tiny(i, i == 5 && b.contains(only)));
            (0..6).flat_map(|i| ["b1", "b2"].map(|b| (i, b))).map(file).collect::<Vec<_>>()
        };
        let cases = [
            (each(&|i| format!("map_{}.tif", places[i])), "project | 6 x data | map_{tile}.tif | t1"),
            (each(&|i| format!("site_{}.tif", words[i])), "project | 6 x data | site_{tile}.tif | amazon"),
            (bands("b"), "project | 6 x b1,b2 | map_{variable}_{tile}.tif | t1"),
            (bands("b2"), "project | 6 x b1,b2 | map_{variable}_{tile}.tif | t1"),
        ];
        for (files, expected) in cases {
            let (resolved, _) = check(&files, Some("2020"), &[expected]);
            let odd = &resolved.datasets[0].odd;
            let last = |path: &str| path.contains("t6") || path.contains("faroe");
            assert!(!odd.is_empty() && odd.iter().all(|o| last(&o.path)) && odd.iter().any(|o| o.what == what), "{what}: {odd:?}");
        }
    }
}

#[test]
fn words_that_move_the_place_and_nothing_else_are_tiles() {
    let letters = |nodata: Option<&'static str>| {
        let file = |(i, c): (usize, char)| (format!("map_{c}.tif"), Tiny { nodata, ..Tiny::at(i as i32, 0) });
        "abcdef".chars().enumerate().map(file).collect::<Vec<_>>()
    };
    check(&letters(None), Some("2020"), &["project | 6 x data | map_{tile}.tif | a"]);
    check(&letters(Some("0")), Some("2020"), &["project | 6 x data | map_{tile}.tif | a"]);
}

#[test]
fn folders_of_tiles_of_two_kinds_stay_datasets() {
    let folder = |name: &'static str, first: i32, pixel: f64| {
        let tile = move |c: i32| (format!("{name}/r0c{c}.tif"), Tiny { pixel, ..Tiny::at(first + 3 * c, 0) });
        (0..4).map(tile)
    };
    let files: Vec<(String, Tiny)> = folder("north", 0, 10.0).chain(folder("roads", 20, 20.0)).chain(folder("south", 40, 10.0)).collect();
    let expected = |name: &str| format!("{name} | 4 x data | {name}/{{tile}}.tif | r0c0");
    check(&files, Some("2020"), &["north", "roads", "south"].map(expected).iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn instants_and_processing_dates() {
    let scenes =
        [(0, "20200105T101112", "20200301T000000"), (1, "20200105T101112", "20200302T000000"), (0, "20200110T101112", "20200302T000000")];
    let files: Vec<(String, Tiny)> = scenes
        .iter()
        .flat_map(|(c, d, p)| ["B02", "B03"].map(|b| (format!("S2_{d}_{p}_T32TQ{}_{b}.tif", ["M", "N"][*c as usize]), Tiny::at(*c, 0))))
        .collect();
    let pattern = "S2_{date:%Y%m%dT%H%M%S}_{date2:%Y%m%dT%H%M%S}_{tile}_{variable}.tif";
    let (resolved, _) = check(&files, None, &[&format!("S2 | 3 x B02,B03 | {pattern} | T32TQM_20200105T101112")]);
    assert_eq!(resolved.datasets[0].items[0].fields["date2"], "20200301T000000");
}

#[test]
fn fill_and_classes_are_noticed() {
    let scene = |value: fn(u16, u16) -> f64| Tiny { size: (64, 64), value, ..Tiny::default() };
    let files = vec![
        ("s_20200105_B1.tif".to_owned(), scene(|c, r| if c + r < 40 { 0.0 } else { 7000.0 + f64::from(c) })),
        ("s_20200105_B2.tif".to_owned(), scene(|c, r| f64::from((c * r) % 300))),
        ("s_20200105_QA.tif".to_owned(), scene(|c, _| f64::from(c % 2))),
    ];
    let (resolved, text) = check(&files, None, &["project | 1 x B1,B2,QA | s_{date:%Y%m%d}_{variable}.tif | project_20200105"]);
    assert!(text.contains("\nnodata = 0   # proposed: no nodata tag; 0 fills"), "{text}");
    assert!(text.contains("\n# nodata = 0   # perhaps: no nodata tag; 0 fills"), "{text}");
    assert!(text.contains("[dataset.variables.QA]   # uint16; no nodata tag; none is proposed"), "{text}");
    let assets = &resolved.datasets[0].items[0].assets;
    assert_eq!(
        assets.iter().map(|a| (a.nodata.is_some(), a.categorical)).collect::<Vec<_>>(),
        [(true, false), (false, false), (false, true)]
    );
}

#[test]
fn what_is_no_raster_is_ignored_with_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    for (c, name) in ["a_r0c0.tif", "a_r0c1.TIF", "a_r0c2.tiff"].iter().enumerate() {
        Tiny::at(i32::try_from(c).unwrap(), 0).write(&dir.path().join(name));
    }
    Tiny::default().write(&dir.path().join("a_r0c0 (1).tif"));
    Tiny::default().write(&dir.path().join("Copy of a_r0c0.tif"));
    Tiny::default().write(&dir.path().join("a_r0c0.tif.bak"));
    Tiny::default().write(&dir.path().join(".hidden.tif"));
    for (name, text) in [
        ("README.md", "hello"),
        ("a_r0c0.tif.aux.xml", "<PAMDataset></PAMDataset>"),
        ("big.tif", "version https://git-lfs.github.com/spec/v1\n"),
        ("bad.tif", "II*\0\u{1}"),
        ("empty.tif", ""),
    ] {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let inference = infer(dir.path()).unwrap();
    assert_eq!(inference.datasets.len(), 1);
    assert_eq!((inference.datasets[0].files, inference.datasets[0].patterns.len()), (3, 3));
    let reason = |name: &str| inference.ignored.iter().find(|i| i.path == name).map(|i| i.reason.as_str()).unwrap_or("");
    for (name, says) in [
        ("README.md", "not a raster"),
        ("a_r0c0.tif.aux.xml", "sidecar"),
        ("big.tif", "Git LFS"),
        ("a_r0c0 (1).tif", "copy of a_r0c0.tif"),
        ("Copy of a_r0c0.tif", "copy of a_r0c0.tif"),
        ("a_r0c0.tif.bak", "backup"),
        (".hidden.tif", "hidden"),
        ("empty.tif", "empty"),
    ] {
        assert!(reason(name).contains(says), "{name}: {}", reason(name));
    }
    assert_eq!(inference.unreadable.len(), 1);
    assert!(inference.unreadable[0].error.contains("bad.tif"), "{}", inference.unreadable[0].error);
}

#[test]
fn a_folder_without_rasters_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let error = infer(dir.path()).unwrap_err();
    assert!(error.found.contains("no raster"), "{error}");
    assert!(infer(&dir.path().join("absent")).is_err());
}

#[test]
fn without_any_date_the_plan_asks_for_one() {
    let dir = tempfile::tempdir().unwrap();
    Tiny::default().write(&dir.path().join("raw/l8_B2.tif"));
    Tiny::default().write(&dir.path().join("raw/l8_B3.tif"));
    let plan_path = dir.path().join("swath.toml");
    let text = infer(&dir.path().join("raw")).unwrap().plan_text(WriteOptions { plan: &plan_path, datetime: None }).unwrap().text;
    assert!(text.contains("\n# datetime = \"2020-05-17\""), "{text}");
    std::fs::write(&plan_path, &text).unwrap();
    let error = resolve(&PlanFile::read(&plan_path).unwrap(), dir.path()).unwrap_err();
    assert_eq!(error.family, swath::Family::Misuse);
    assert!(error.found.contains("has no date") && error.hint.unwrap().contains("datetime = "));
}

#[test]
fn the_time_of_the_header_is_used_when_all_files_have_it() {
    let files: Vec<(String, Tiny)> = ["B2", "B3"]
        .map(|b| (format!("l8_{b}.tif"), Tiny { datetime: Some("2018:01:31 15:40:11"), ..Tiny::default() }))
        .into_iter()
        .collect();
    let (resolved, _) = check(&files, None, &["l8 | 1 x B2,B3 | l8_{variable}.tif | l8"]);
    assert_eq!(resolved.datasets[0].items[0].datetime.to_rfc3339(), "2018-01-31T15:40:11+00:00");
}

#[test]
fn nineteen_scenes_of_twelve_bands() {
    let Some(dir) = shared("landsat8_ny_2018") else { return };
    let (lines, resolved, text) = understood(&dir, None);
    let pattern = "LC08_L1TP_{tile}_{date:%Y%m%d}_{date2:%Y%m%d}_01_T1/LC08_L1TP_{tile}_{date:%Y%m%d}_{variable}.TIF";
    assert_eq!(lines, [format!("landsat8_ny_2018 | 19 x B1,B2,B3,B4,B5,B6,B7,B8,B9,B10,B11,BQA | {pattern} | 013032_20180131")]);
    let dataset = &resolved.datasets[0];
    assert_eq!((dataset.summary.assets, dataset.holes.len(), dataset.odd.len(), dataset.unreadable.len()), (228, 0, 0, 0));
    assert_eq!(dataset.summary.tiles, ["013032", "014031", "014032"]);
    assert_eq!(text.matches("\nnodata = 0   # proposed").count(), 11);
}

#[test]
fn one_scene_without_a_date() {
    let Some(dir) = shared("landsat8_stest") else { return };
    let (lines, ..) = understood(&dir, Some("2013-06-20"));
    assert_eq!(lines, ["landsat8_stest | 1 x B2,B3,B4,B5,B8,B10,BQA | l8_{variable}.tif | landsat8_stest"]);
}

#[test]
fn cubes_and_a_map_side_by_side() {
    let Some(dir) = shared("sentinel2_romania") else { return };
    let (lines, resolved, _) = understood(&dir, None);
    assert_eq!(
        lines,
        [
            "sentinel2_cube_subset_romania_20m | 140 x B11,B3,B4,B8A,SCL | sentinel2_cube_subset_romania_20m.nc | sentinel2_cube_subset_romania_20m_20150801",
            "sentinel2_subset | 146 x B11,B3,B4,B8A,SCL | sentinel2_subset.nc | sentinel2_subset_20170219",
            "tree_cover_density_2018_romania | 1 x tree_cover_density | tree_cover_density_{date:%Y}_romania.tif | tree_cover_density_2018_romania_2018",
        ]
    );
    let item = &resolved.datasets[0].items[3];
    assert_eq!(
        item.assets.iter().map(|a| (a.raster.as_str(), a.bands.clone())).collect::<Vec<_>>()[..2],
        [("B11", vec![3]), ("B3", vec![3])]
    );
}

#[test]
fn a_series_over_many_files_notices_the_step_that_two_share() {
    let Some(dir) = shared("cmip5_hadgem2_series") else { return };
    let (lines, resolved, _) = understood(&dir, None);
    assert_eq!(lines, ["cmip5_hadgem2_series | 3529 x tas | tas_Amon_HadGEM2-ES_rcp85_r1i1p1_*.nc | cmip5_hadgem2_series_20051216"]);
    assert!(resolved.datasets[0].notes[0].contains("time step 20991216 of tas is in"), "{:?}", resolved.datasets[0].notes);
}
