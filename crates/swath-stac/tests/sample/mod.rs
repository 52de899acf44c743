//! Catalogs of every kind of item, for the tests.
#![allow(dead_code)]

use std::path::Path;

use serde_json::json;
use swath_stac::facts::{AssetFacts, BandFacts, Class, CollectionFacts, GridFacts, ItemFacts, Nodata, Provider, Source, Statistics, Time};
use swath_stac::layout::{Catalog, Dataset, Document, Layout, Links, documents};
use swath_stac::{Item, collection, item, time};

pub const BASE: &str = "https://account.blob.core.windows.net/maps/v 1";

fn band(name: &str, data_type: &str, nodata: Option<Nodata>) -> BandFacts {
    BandFacts {
        name: Some(name.into()),
        description: Some(format!("band {name}")),
        data_type: Some(data_type.into()),
        nodata,
        statistics: Some(Statistics {
            minimum: Some(1.0),
            maximum: Some(200.5),
            mean: Some(20.25),
            stddev: Some(3.0),
            count: Some(9_000),
            valid_percent: Some(90.0),
        }),
        ..BandFacts::default()
    }
}

fn asset(key: &str, grid: GridFacts, bands: Vec<BandFacts>) -> AssetFacts {
    AssetFacts {
        key: key.into(),
        href: format!("{key}.3fa94c21.tif"),
        title: Some(format!("Variable {key}")),
        grid,
        bands,
        size: Some(4321),
        sha256: Some([0x5a; 32]),
        header_size: Some(900),
        ..AssetFacts::default()
    }
}

fn utm(column: u32) -> GridFacts {
    let west = 500_007.0 + f64::from(column) * 3000.0;
    GridFacts {
        code: Some("EPSG:32618".into()),
        transform: Some([30.0, 0.0, west, 0.0, -30.0, 4_500_000.0]),
        shape: Some([100, 100]),
        bbox: Some([west, 4_497_000.0, west + 3000.0, 4_500_000.0]),
        ..GridFacts::default()
    }
}

/// Scenes of many variables in UTM: one asset per variable.
fn scenes() -> Vec<Item> {
    (0..4_u32)
        .map(|n| {
            let west = -75.0 + f64::from(n % 2) * 0.0354;
            let mut red = band("B4", "uint16", Some(Nodata::Uint(0)));
            red.eo = json!({"eo:common_name": "red", "eo:center_wavelength": 0.65}).as_object().unwrap().clone();
            let mut temperature = band("B10", "float32", Some(Nodata::Float(f64::NAN)));
            temperature.unit = Some("K".into());
            temperature.scale = Some(0.01);
            let mut red = asset("B4", utm(n % 2), vec![red]);
            red.spatial_resolution = Some(30.0);
            item::build(&ItemFacts {
                id: format!("p014r032_2018{:02}01", n + 1),
                title: Some(format!("Scene {n}")),
                ring: Some(vec![(west, 40.62), (west + 0.0354, 40.62), (west + 0.0354, 40.65), (west, 40.65)]),
                time: Time::at(time::parse(&format!("2018-{:02}-01", n + 1)).unwrap()),
                properties: json!({"gsd": 30, "tile": "014032"}).as_object().unwrap().clone(),
                assets: vec![red, asset("B10", utm(n % 2), vec![temperature])],
                ..ItemFacts::default()
            })
        })
        .collect()
}

/// A yearly map across the antimeridian in a CRS without a code, three bands in one file, and a map of classes beside it.
fn years() -> Vec<Item> {
    let grid = |west: f64| GridFacts {
        wkt2: Some(WKT2.into()),
        projjson: serde_json::from_str(PROJJSON).ok(),
        transform: Some([0.01, 0.0, west, 0.0, -0.01, -16.0]),
        shape: Some([300, 600]),
        bbox: Some([west, -19.0, west + 6.0, -16.0]),
        ..GridFacts::default()
    };
    (0..2)
        .map(|n| {
            let west = 171.0 + 6.0 * f64::from(n);
            let mut cover = band("cover", "uint8", Some(Nodata::Uint(255)));
            cover.classes = vec![
                Class { value: 1, description: "Open water".into(), color_hint: Some("0000FF".into()), ..Class::default() },
                Class { value: 2, description: "Forest".into(), ..Class::default() },
            ];
            let rgb = ["red", "green", "blue"].map(|name| band(name, "uint8", None)).to_vec();
            item::build(&ItemFacts {
                id: format!("tile_{n}"),
                ring: Some(vec![(west, -19.0), (west + 6.0, -19.0), (west + 6.0, -16.0), (west, -16.0)]),
                time: Time::between(time::parse("2020-01-01").unwrap(), time::parse("2020-12-31T23:59:59Z").unwrap()),
                assets: vec![asset("rgb", grid(west), rgb), asset("cover", grid(west), vec![cover])],
                ..ItemFacts::default()
            })
        })
        .collect()
}

/// A picture without any georeference.
fn bare() -> Vec<Item> {
    let grid = GridFacts { shape: Some([10, 20]), ..GridFacts::default() };
    vec![item::build(&ItemFacts {
        id: "only".into(),
        time: Time::at(time::parse("2001-02-03T04:05:06.5Z").unwrap()),
        assets: vec![asset("height", grid, vec![BandFacts { data_type: Some("float64".into()), ..BandFacts::default() }])],
        ..ItemFacts::default()
    })]
}

pub fn catalog() -> Catalog {
    let facts = |id: &str, title: Option<&str>| CollectionFacts {
        id: id.into(),
        title: title.map(Into::into),
        description: format!("What {id} shows."),
        license: "CC-BY-4.0".into(),
        keywords: vec!["map".into()],
        providers: vec![Provider {
            name: "Someone".into(),
            roles: vec!["producer".into()],
            url: Some("https://example.org".into()),
            ..Provider::default()
        }],
        source: Some(Source {
            url: Some("https://doi.org/10.5281/zenodo.1".into()),
            accessed: Some("2024-03-01".into()),
            citation: Some("Someone (2024)".into()),
        }),
        ..CollectionFacts::default()
    };
    let datasets: Vec<Dataset> =
        [("scenes", Some("Scenes of New York"), scenes()), ("fiji", Some("Fiji by year"), years()), ("bare", None, bare())]
            .map(|(id, title, items)| Dataset { collection: collection::build(&facts(id, title), &items), items })
            .into();
    let children: Vec<_> = datasets.iter().map(|d| d.collection.clone()).collect();
    Catalog { root: collection::root(&facts("maps", Some("My maps")), &children), datasets }
}

pub fn layout(kind: Links) -> Layout {
    Layout::new(kind, Some(&BASE.replace(' ', "%20"))).unwrap()
}

pub fn tree(kind: Links) -> Vec<Document> {
    documents(&mut catalog(), &layout(kind)).unwrap()
}

pub fn write(documents: &[Document], folder: &Path) {
    for document in documents {
        let path = folder.join(&document.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &document.bytes).unwrap();
    }
}

const WKT2: &str = r#"GEOGCRS["Own",DATUM["Own",ELLIPSOID["Own",6378000,300,LENGTHUNIT["metre",1]]],CS[ellipsoidal,2],AXIS["latitude",north],AXIS["longitude",east],ANGLEUNIT["degree",0.0174532925199433]]"#;
const PROJJSON: &str = r#"{"$schema":"https://proj.org/schemas/v0.7/projjson.schema.json","type":"GeographicCRS","name":"Own","datum":{"type":"GeodeticReferenceFrame","name":"Own","ellipsoid":{"name":"Own","semi_major_axis":6378000,"inverse_flattening":300}},"coordinate_system":{"subtype":"ellipsoidal","axis":[{"name":"Latitude","abbreviation":"lat","direction":"north","unit":"degree"},{"name":"Longitude","abbreviation":"lon","direction":"east","unit":"degree"}]}}"#;
