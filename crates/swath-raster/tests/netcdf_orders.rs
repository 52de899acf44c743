//! NetCDF files made here: every order of dimensions and every direction of axes gives the same map.

use std::sync::Arc;

use bytes::Bytes;
use swath_raster::{Error, Family, Georeference, Limits, Nodata, RasterSource, SampleType, Samples, Window, netcdf};

/// A classic NetCDF file (CDF-1) in the making.
#[derive(Default)]
struct File {
    dimensions: Vec<(&'static str, u32)>,
    variables: Vec<Variable>,
}

struct Variable {
    name: &'static str,
    dimensions: Vec<usize>,
    attributes: Vec<(&'static str, Attribute)>,
    /// NC_BYTE = 1, NC_DOUBLE = 6.
    kind: u32,
    data: Vec<u8>,
}

enum Attribute {
    Text(&'static str),
    Byte(i8),
}

fn word(out: &mut Vec<u8>, value: usize) {
    out.extend(u32::try_from(value).unwrap().to_be_bytes());
}

fn padded(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(bytes);
    out.resize(out.len().next_multiple_of(4), 0);
}

fn named(out: &mut Vec<u8>, name: &str) {
    word(out, name.len());
    padded(out, name.as_bytes());
}

impl File {
    fn dimension(mut self, name: &'static str, size: u32) -> Self {
        self.dimensions.push((name, size));
        self
    }
    fn doubles(self, name: &'static str, over: &[&str], attributes: &[(&'static str, &'static str)], data: &[f64]) -> Self {
        let attributes = attributes.iter().map(|&(name, text)| (name, Attribute::Text(text))).collect();
        self.variable(name, over, attributes, 6, data.iter().flat_map(|v| v.to_be_bytes()).collect())
    }
    fn variable(mut self, name: &'static str, over: &[&str], attributes: Vec<(&'static str, Attribute)>, kind: u32, data: Vec<u8>) -> Self {
        let dimensions = over.iter().map(|name| self.dimensions.iter().position(|(known, _)| known == name).unwrap()).collect();
        self.variables.push(Variable { name, dimensions, attributes, kind, data });
        self
    }
    fn axis(self, name: &'static str, units: &'static str, values: &[f64]) -> Self {
        let size = u32::try_from(values.len()).unwrap();
        self.dimension(name, size).doubles(name, &[name], &[("units", units)], values)
    }
    fn header(&self, begins: &[usize]) -> Vec<u8> {
        let mut out = b"CDF\x01\0\0\0\0".to_vec();
        word(&mut out, 10);
        word(&mut out, self.dimensions.len());
        for (name, size) in &self.dimensions {
            named(&mut out, name);
            word(&mut out, *size as usize);
        }
        out.extend([0; 8]);
        word(&mut out, 11);
        word(&mut out, self.variables.len());
        for (index, variable) in self.variables.iter().enumerate() {
            named(&mut out, variable.name);
            word(&mut out, variable.dimensions.len());
            variable.dimensions.iter().for_each(|&id| word(&mut out, id));
            word(&mut out, if variable.attributes.is_empty() { 0 } else { 12 });
            word(&mut out, variable.attributes.len());
            for (name, attribute) in &variable.attributes {
                named(&mut out, name);
                let (kind, bytes) = match attribute {
                    Attribute::Text(text) => (2, text.as_bytes().to_vec()),
                    Attribute::Byte(value) => (1, value.to_be_bytes().to_vec()),
                };
                word(&mut out, kind);
                word(&mut out, bytes.len());
                padded(&mut out, &bytes);
            }
            word(&mut out, variable.kind as usize);
            word(&mut out, variable.data.len().next_multiple_of(4));
            word(&mut out, begins.get(index).copied().unwrap_or(0));
        }
        out
    }
    fn bytes(&self) -> Vec<u8> {
        let mut at = self.header(&[]).len();
        let mut begins = Vec::new();
        for variable in &self.variables {
            begins.push(at);
            at += variable.data.len().next_multiple_of(4);
        }
        let mut out = self.header(&begins);
        self.variables.iter().for_each(|variable| padded(&mut out, &variable.data));
        out
    }
    fn open(&self) -> Result<Vec<Arc<dyn RasterSource>>, Error> {
        netcdf::open("made.nc", Arc::new(Bytes::from(self.bytes())), &Limits::default())
    }
    fn only(&self) -> Arc<dyn RasterSource> {
        let mut all = self.open().unwrap();
        assert_eq!(all.len(), 1);
        all.remove(0)
    }
}

const LATITUDES: [f64; 3] = [50.0, 49.0, 48.0];
const LONGITUDES: [f64; 4] = [10.0, 12.0, 14.0, 16.0];

/// A value that names its place and time.
fn at(latitude: f64, longitude: f64, time: usize) -> f64 {
    latitude * 1000.0 + longitude + time as f64 / 10.0
}

/// The same field over axes in a given order and direction.
fn field(order: [&str; 3], latitudes: &[f64], longitudes: &[f64]) -> File {
    let times = [0.0, 1.0];
    let size = |name: &str| match name {
        "lat" => latitudes.len(),
        "lon" => longitudes.len(),
        _ => times.len(),
    };
    let mut data = Vec::new();
    for a in 0..size(order[0]) {
        for b in 0..size(order[1]) {
            for c in 0..size(order[2]) {
                let index = |name: &str| [a, b, c][order.iter().position(|o| *o == name).unwrap()];
                data.push(at(latitudes[index("lat")], longitudes[index("lon")], index("time")));
            }
        }
    }
    let file = File::default().axis("lat", "degrees_north", latitudes).axis("lon", "degrees_east", longitudes);
    file.axis("time", "days since 2000-02-28", &times).doubles("v", &order, &[], &data)
}

#[test]
fn every_order_of_dimensions_and_axes_gives_the_same_map() {
    let reversed = |values: &[f64]| values.iter().rev().copied().collect::<Vec<_>>();
    for order in [["time", "lat", "lon"], ["time", "lon", "lat"], ["lat", "lon", "time"], ["lon", "time", "lat"], ["lon", "lat", "time"]] {
        for latitudes in [LATITUDES.to_vec(), reversed(&LATITUDES)] {
            for longitudes in [LONGITUDES.to_vec(), reversed(&LONGITUDES)] {
                let raster = field(order, &latitudes, &longitudes).only();
                let info = raster.info();
                assert_eq!(info.grid.transform.to_array(), [2.0, 0.0, 9.0, 0.0, -1.0, 50.5], "{order:?}");
                assert_eq!(info.grid.crs.as_ref().unwrap().code(), Some("EPSG:4326"));
                let labels: Vec<_> = info.bands.iter().map(|band| band.time.as_ref().unwrap().label.as_str()).collect();
                assert_eq!(labels, ["2000-02-28T00:00:00", "2000-02-29T00:00:00"]);
                for window in [Window::whole(info.grid.shape), Window { col: 1, row: 1, width: 2, height: 1 }] {
                    let bands = raster.read(&[1, 0], window).unwrap();
                    for (samples, time) in bands.iter().zip([1, 0]) {
                        let rows = (window.row..window.row + window.height).map(|row| LATITUDES[row as usize]);
                        let columns = || (window.col..window.col + window.width).map(|col| LONGITUDES[col as usize]);
                        let right: Vec<f64> = rows.flat_map(|y| columns().map(move |x| at(y, x, time))).collect();
                        assert_eq!(*samples, Samples::F64(right), "{order:?} {latitudes:?} {longitudes:?} {window:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn longitudes_stay_as_the_file_counts_them_unless_all_lie_beyond_180() {
    for (longitudes, west) in [([350.0, 354.0, 358.0, 362.0], -12.0), ([170.0, 174.0, 178.0, 182.0], 168.0), ([356.0, 0.0, 4.0, 8.0], -6.0)]
    {
        let raster = field(["time", "lat", "lon"], &LATITUDES, &longitudes).only();
        assert_eq!(raster.info().grid.transform.to_array(), [4.0, 0.0, west, 0.0, -1.0, 50.5]);
    }
}

#[test]
fn one_pixel_takes_its_size_from_the_bounds() {
    let axis = |file: File, name: &'static str, units: &'static str, value: f64, bounds: &'static str, limits: [f64; 2]| {
        let file = file.dimension(name, 1).doubles(name, &[name], &[("units", units), ("bounds", bounds)], &[value]);
        file.doubles(bounds, &[name, "bnds"], &[], &limits)
    };
    let file = axis(File::default().dimension("bnds", 2), "lat", "degrees_north", 45.0, "lat_bnds", [44.5, 45.5]);
    let file = axis(file, "lon", "degrees_east", 10.0, "lon_bnds", [9.0, 11.0]).doubles("v", &["lat", "lon"], &[], &[7.0]);
    assert_eq!(file.only().info().grid.transform.to_array(), [2.0, 0.0, 9.0, 0.0, -1.0, 45.5]);
}

#[test]
fn axes_too_uneven_for_a_grid_become_points() {
    let raster = field(["time", "lat", "lon"], &[50.0, 40.0, 10.0], &LONGITUDES).only();
    assert_eq!(raster.info().georeference, Georeference::Uneven { axis: "lat".into() });
    // Points tie it instead: the centres of pixels, at their own latitudes.
    let points = raster.control_points().unwrap().unwrap();
    assert_eq!(points.crs.code(), Some("EPSG:4326"));
    let latitude = |row: f64| points.points.iter().find(|p| p[1] == row).map(|p| p[3]);
    assert_eq!([latitude(0.5), latitude(1.5), latitude(2.5)], [Some(50.0), Some(40.0), Some(10.0)]);
}

#[test]
fn a_grid_mapping_that_means_nothing_costs_the_crs_alone() {
    let text = |pairs: &[(&'static str, &'static str)]| pairs.iter().map(|&(name, text)| (name, Attribute::Text(text))).collect::<Vec<_>>();
    let mapping = text(&[("grid_mapping_name", "transverse_mercator"), ("latitude_of_projection_origin", "nan")]);
    let file = File::default().axis("y", "m", &LATITUDES).axis("x", "m", &LONGITUDES).variable("crs", &[], mapping, 6, vec![0; 8]);
    let raster = file.doubles("v", &["y", "x"], &[("grid_mapping", "crs")], &[1.0; 12]).only();
    assert_eq!(raster.info().grid.crs, None);
    assert!(raster.info().metadata["SWATH_CRS"].contains("is not understood"), "{:?}", raster.info().metadata);
}

#[test]
fn bytes_that_count_without_sign_read_so() {
    let attributes = vec![("_Unsigned", Attribute::Text("true")), ("_FillValue", Attribute::Byte(-1))];
    let file = File::default().axis("lat", "degrees_north", &LATITUDES[..2]).axis("lon", "degrees_east", &LONGITUDES[..2]);
    let raster = file.variable("v", &["lat", "lon"], attributes, 1, vec![0, 127, 128, 255]).only();
    assert_eq!((raster.info().sample, raster.info().bands[0].nodata), (SampleType::U8, Some(Nodata::Float(255.0))));
    assert_eq!(raster.read(&[0], Window::whole(raster.info().grid.shape)).unwrap(), [Samples::U8(vec![0, 127, 128, 255])]);
}

#[test]
fn what_holds_no_raster_says_what_it_holds() {
    let error = File::default().axis("x", "m", &LONGITUDES).open().map(|_| ()).unwrap_err();
    assert_eq!(error.family, Family::Unsupported);
    assert!(error.to_string().starts_with("made.nc: no rows and columns of numbers in its variables [x]"), "{error}");
}

#[test]
fn a_header_that_claims_more_than_the_file_holds_is_damaged() {
    let file = File::default().dimension("y", 1 << 20).dimension("x", 1 << 20).doubles("v", &["y", "x"], &[], &[1.0]);
    let error = file.open().map(|_| ()).unwrap_err();
    assert_eq!((error.family, error.at.as_str()), (Family::Damaged, "made.nc: variable v"), "{error}");
    let whole = field(["time", "lat", "lon"], &LATITUDES, &LONGITUDES).bytes();
    for len in 4..whole.len() {
        let cut = netcdf::open("cut.nc", Arc::new(Bytes::copy_from_slice(&whole[..len])), &Limits::default());
        let read =
            cut.and_then(|all| all.iter().try_for_each(|raster| raster.read(&[0, 1], Window::whole(raster.info().grid.shape)).map(|_| ())));
        assert!(read.is_err(), "{len} of {}", whole.len());
    }
}
