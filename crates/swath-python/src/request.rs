use serde::Deserialize;
use swath::raster::crs::Crs;
use swath::raster::warp::Method;
use swath::raster::{Affine, Bounds, Grid, Shape};
use swath::stack::{GroupBy, OnError, Order, Over, Reduce, StackRequest, Values};
use swath::{Error, Result};

/// What array is wanted, as the package says it.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Asked {
    assets: Vec<String>,
    bbox: Option<[f64; 4]>,
    bounds: Option<[f64; 4]>,
    crs: Option<String>,
    resolution: Option<(f64, f64)>,
    grid: Option<AskedGrid>,
    resampling: Option<String>,
    groupby: Option<String>,
    steps: Option<Vec<Vec<usize>>>,
    order: Option<String>,
    errors: Option<String>,
    rescale: bool,
    /// Of the array, in the stead of what the files say.
    pub data_type: Option<String>,
    pub nodata: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedGrid {
    crs: String,
    transform: [f64; 6],
    /// Rows, columns.
    shape: (u32, u32),
}

impl Asked {
    /// # Errors
    /// Misuse, naming the argument and what it may be.
    pub fn request(self) -> Result<StackRequest> {
        let bounds = |[left, bottom, right, top]: [f64; 4]| Bounds { left, bottom, right, top };
        Ok(StackRequest {
            assets: self.assets,
            bbox: self.bbox.map(bounds),
            bounds: self.bounds.map(bounds),
            crs: self.crs.as_deref().map(Crs::parse).transpose()?,
            resolution: self.resolution,
            grid: self.grid.map(AskedGrid::grid).transpose()?,
            resampling: named("resampling", self.resampling, Method::parse, &Method::ALL.map(Method::name))?,
            groupby: named("groupby", self.groupby, GroupBy::parse, GroupBy::NAMES)?,
            steps: self.steps,
            order: named("order", self.order, Order::parse, Order::NAMES)?,
            reduce: Reduce::None,
            over: Over::All,
            errors: named("errors", self.errors, OnError::parse, OnError::NAMES)?,
            values: if self.rescale { Values::Rescaled } else { Values::Stored },
            limit_bytes: None,
        })
    }
}

impl AskedGrid {
    fn grid(self) -> Result<Grid> {
        let shape = Shape { width: self.shape.1, height: self.shape.0 };
        Ok(Grid { crs: Some(Crs::parse(&self.crs)?), transform: Affine::from_array(self.transform), shape })
    }
}

fn named<T: Default>(argument: &str, name: Option<String>, parse: fn(&str) -> Option<T>, names: &[&str]) -> Result<T> {
    let Some(name) = name else { return Ok(T::default()) };
    parse(&name).ok_or_else(|| Error::misuse(argument, format!("{name:?}"), format!("one of {}", names.join(", "))))
}
