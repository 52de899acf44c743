//! A small array for tests.

use swath_raster::crs::Crs;
use swath_raster::{Affine, Grid, Nodata, Samples, Shape};

use crate::stack::{Band, Over, Reduce, Stack, Time};

/// Two times, one band, two rows, three columns of int16 in UTM; -1 is nodata.
pub fn stack() -> Stack {
    let time = |day: &str| Time { datetime: format!("{day}T00:00:00Z").parse().unwrap(), end: None, period: None, items: vec![day.into()] };
    let band = Band {
        name: "b".into(),
        asset: "b".into(),
        unit: Some("m".into()),
        scale: None,
        offset: None,
        classes: Vec::new(),
        common_name: None,
    };
    Stack {
        times: vec![time("2020-01-01"), time("2020-02-01")],
        bands: vec![band],
        grid: Grid {
            crs: Some(Crs::parse("EPSG:32633").unwrap()),
            transform: Affine::north_up(500_000.0, 5_000_000.0, 30.0, 30.0),
            shape: Shape { width: 3, height: 2 },
        },
        data: Samples::I16((0..12).collect()),
        nodata: Some(Nodata::Int(-1)),
        valid: None,
        reduce: Reduce::None,
        over: Over::All,
    }
}
