//! One square tile as swath writes it: a COG and its item.

use std::path::Path;

use serde_json::Value;
use swath::export::{Output, Overwrite, Provenance, write_tif};
use swath::raster::crs::Crs;
use swath::raster::{Affine, Grid, Nodata, Samples, Shape};
use swath::stack::{Band, Over, Reduce, Stack, Time};

/// A tile of one band whose pixels are 30 units of its CRS wide.
pub struct Tile<'a> {
    pub id: &'a str,
    /// Of January 2020.
    pub day: u32,
    pub band: &'a str,
    pub crs: &'a str,
    pub corner: (f64, f64),
    pub size: u32,
    pub data: Samples,
    pub nodata: Nodata,
}

impl Tile<'_> {
    /// Writes it into a folder; its item, with an absolute link.
    pub fn write(self, folder: &Path) -> Value {
        let band = Band {
            name: self.band.into(),
            asset: self.band.into(),
            unit: None,
            scale: None,
            offset: None,
            classes: Vec::new(),
            common_name: None,
        };
        let datetime = format!("2020-01-{:02}T00:00:00Z", self.day).parse().unwrap();
        let made = Stack {
            times: vec![Time { datetime, end: None, period: None, items: vec![self.id.into()] }],
            bands: vec![band],
            grid: Grid {
                crs: Some(Crs::parse(self.crs).unwrap()),
                transform: Affine::north_up(self.corner.0, self.corner.1, 30.0, 30.0),
                shape: Shape { width: self.size, height: self.size },
            },
            data: self.data,
            nodata: Some(self.nodata),
            valid: None,
            reduce: Reduce::None,
            over: Over::All,
        };
        let path = folder.join(format!("{}.tif", self.id));
        write_tif(&made, &Output::new(&path, Overwrite::Replace).unwrap(), &Provenance::default()).unwrap();
        let mut item: Value = serde_json::from_slice(&std::fs::read(path.with_extension("json")).unwrap()).unwrap();
        item["assets"]["data"]["href"] = path.to_str().unwrap().into();
        item
    }
}
