//! A CRS put together from parts, as GeoTIFF's keys and CF's attributes give them, through PROJJSON.

use serde_json::{Value, json};

use super::Crs;
use super::method::{self, LATITUDE, Measure, Method, PARAMETERS, POLAR_PARALLEL, ParameterCode};
use crate::{Error, Result};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ellipsoid {
    pub name: String,
    pub semi_major: f64,
    /// 0 for a sphere.
    pub inverse_flattening: f64,
}

/// A unit by name and size: metres for lengths, radians for angles.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unit {
    pub name: String,
    pub size: f64,
}

impl Unit {
    pub fn metre() -> Self {
        Self { name: "metre".to_owned(), size: 1.0 }
    }
    pub fn degree() -> Self {
        Self { name: "degree".to_owned(), size: 1f64.to_radians() }
    }
    fn json(&self, kind: &str) -> Value {
        match self.name.as_str() {
            "metre" | "degree" => json!(self.name),
            name => json!({ "type": kind, "name": name, "conversion_factor": self.size }),
        }
    }
}

/// The geographic CRS that a projected one is built on, or that stands for itself.
#[derive(Debug, Clone)]
pub(crate) struct Geographic {
    pub name: String,
    pub datum: String,
    pub ellipsoid: Ellipsoid,
    pub prime_meridian: String,
    /// Degrees east of Greenwich.
    pub prime_meridian_longitude: f64,
    pub unit: Unit,
}

#[derive(Debug, Clone)]
pub(crate) enum Base {
    /// As PROJJSON.
    Known(Value),
    Own(Geographic),
}

impl Base {
    pub fn crs(crs: &Crs) -> Result<Self> {
        serde_json::from_str(crs.projjson()).map(Self::Known).map_err(|e| Error::damaged("PROJJSON", e.to_string(), "PROJ wrote it"))
    }
    pub fn json(&self) -> Value {
        match self {
            Self::Known(json) => {
                let mut json = json.clone();
                if let Some(fields) = json.as_object_mut() {
                    fields.remove("$schema");
                }
                json
            }
            Self::Own(geographic) => geographic.json(),
        }
    }
}

impl Geographic {
    fn json(&self) -> Value {
        let mut ellipsoid = json!({ "name": self.ellipsoid.name });
        if self.ellipsoid.inverse_flattening == 0.0 {
            ellipsoid["radius"] = json!(self.ellipsoid.semi_major);
        } else {
            ellipsoid["semi_major_axis"] = json!(self.ellipsoid.semi_major);
            ellipsoid["inverse_flattening"] = json!(self.ellipsoid.inverse_flattening);
        }
        let unit = self.unit.json("AngularUnit");
        json!({
            "type": "GeographicCRS",
            "name": self.name,
            "datum": {
                "type": "GeodeticReferenceFrame",
                "name": self.datum,
                "ellipsoid": ellipsoid,
                "prime_meridian": { "name": self.prime_meridian, "longitude": self.prime_meridian_longitude },
            },
            "coordinate_system": { "subtype": "ellipsoidal", "axis": [
                { "name": "Latitude", "abbreviation": "lat", "direction": "north", "unit": unit },
                { "name": "Longitude", "abbreviation": "lon", "direction": "east", "unit": unit },
            ] },
        })
    }
    /// # Errors
    /// Misuse where PROJ refuses the parts.
    pub fn crs(&self) -> Result<Crs> {
        Crs::parse(&self.json().to_string())
    }
}

/// A projection and its parameters: angles in degrees, lengths in the unit of the axes. What is missing counts as 0, a scale as 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Conversion {
    pub name: String,
    pub method: Method,
    pub values: Vec<(ParameterCode, f64)>,
}

impl Conversion {
    pub fn new(method: Method) -> Self {
        Self { name: "unnamed".to_owned(), method, values: Vec::new() }
    }
    #[must_use]
    pub fn with(mut self, parameter: ParameterCode, value: f64) -> Self {
        self.values.push((parameter, value));
        self
    }
    pub fn value(&self, parameter: ParameterCode) -> Option<f64> {
        self.values.iter().find(|(code, _)| *code == parameter).map(|(_, value)| *value)
    }
    fn json(&self, unit: &Unit) -> Value {
        let parameters: Vec<Value> = self.method.parameters.iter().filter_map(|&code| self.parameter(code, unit)).collect();
        json!({ "name": self.name, "method": identified(self.method.name, self.method.code), "parameters": parameters })
    }
    fn parameter(&self, code: ParameterCode, unit: &Unit) -> Option<Value> {
        let (_, name, measure) = PARAMETERS.iter().find(|(known, _, _)| *known == code)?;
        let mut out = identified(name, code);
        out["value"] = json!(self.value(code).unwrap_or(if *measure == Measure::Scale { 1.0 } else { 0.0 }));
        out["unit"] = match measure {
            Measure::Angle => json!("degree"),
            Measure::Length => unit.json("LinearUnit"),
            Measure::Metres => json!("metre"),
            Measure::Scale => json!("unity"),
        };
        Some(out)
    }
    /// The CRS made by this projection on `base`.
    ///
    /// # Errors
    /// Misuse where PROJ refuses the parts.
    pub fn crs(&self, name: &str, base: &Base, unit: &Unit) -> Result<Crs> {
        projected(name, base, self.json(unit), unit, self.directions())
    }
    /// On a polar map both axes point away from the pole, or towards it.
    fn directions(&self) -> [&'static str; 2] {
        let polar = [method::POLAR_STEREOGRAPHIC_A, method::POLAR_STEREOGRAPHIC_B, method::LAMBERT_AZIMUTHAL];
        let latitude = self.value(POLAR_PARALLEL).or_else(|| self.value(LATITUDE)).unwrap_or(0.0);
        let at_pole = self.method == method::POLAR_STEREOGRAPHIC_B || (latitude.abs() - 90.0).abs() < 1e-9;
        match (polar.contains(&self.method) && at_pole, latitude > 0.0) {
            (true, true) => ["south", "south"],
            (true, false) => ["north", "north"],
            _ if self.method == method::TRANSVERSE_MERCATOR_SOUTH => ["west", "south"],
            _ => ["east", "north"],
        }
    }
}

/// A projected CRS from a conversion that is PROJJSON already, as the EPSG registry's zones are.
///
/// # Errors
/// Misuse where PROJ refuses the parts.
pub(crate) fn projected(name: &str, base: &Base, conversion: Value, unit: &Unit, [first, second]: [&str; 2]) -> Result<Crs> {
    let unit = unit.json("LinearUnit");
    let json = json!({
        "type": "ProjectedCRS",
        "name": name,
        "base_crs": base.json(),
        "conversion": conversion,
        "coordinate_system": { "subtype": "Cartesian", "axis": [
            { "name": "Easting", "abbreviation": "E", "direction": first, "unit": unit },
            { "name": "Northing", "abbreviation": "N", "direction": second, "unit": unit },
        ] },
    });
    Crs::parse(&json.to_string())
}

/// A PROJJSON value that is a number in `unit`, or an object with a unit of its own, in metres or radians.
pub(super) fn quantity(json: &Value, unit: f64) -> f64 {
    match json {
        Value::Object(_) => {
            let factor = match json["unit"].as_str() {
                Some("degree") => 1f64.to_radians(),
                Some(_) => 1.0,
                None => json["unit"]["conversion_factor"].as_f64().unwrap_or(unit),
            };
            json["value"].as_f64().unwrap_or(0.0) * factor
        }
        json => json.as_f64().unwrap_or(0.0) * unit,
    }
}

fn identified(name: &str, code: u16) -> Value {
    // Our own numbers mean nothing to others.
    if code < 100 { json!({ "name": name }) } else { json!({ "name": name, "id": { "authority": "EPSG", "code": code } }) }
}

/// A geographic CRS around a pole of its own, in CF's three angles (degrees).
///
/// # Errors
/// Misuse where PROJ refuses the parts.
pub(crate) fn rotated_pole(name: &str, base: &Base, [latitude, longitude, grid_longitude]: [f64; 3]) -> Result<Crs> {
    let angle = |name: &str, value: f64| json!({ "name": format!("{name} (netCDF CF convention)"), "value": value, "unit": "degree" });
    let mut json = base.json();
    let base = json.clone();
    if let Some(fields) = json.as_object_mut() {
        ["id", "datum", "datum_ensemble", "scope", "area", "bbox", "usages", "remarks"].iter().for_each(|key| {
            fields.remove(*key);
        });
    }
    json["type"] = json!("DerivedGeographicCRS");
    json["name"] = json!(name);
    json["base_crs"] = base;
    json["conversion"] = json!({
        "name": "Pole rotation (netCDF CF convention)",
        "method": { "name": "Pole rotation (netCDF CF convention)" },
        "parameters": [
            angle("Grid north pole latitude", latitude),
            angle("Grid north pole longitude", longitude),
            angle("North pole grid longitude", grid_longitude),
        ],
    });
    Crs::parse(&json.to_string())
}
