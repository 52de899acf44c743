use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::native::{Kind, Object, Wkt};
use crate::{Error, Result};

/// A coordinate reference system, resolved once; a clone costs nothing.
#[derive(Debug, Clone)]
pub struct Crs(Arc<Definition>);

#[derive(Debug)]
struct Definition {
    /// Tells definitions apart in the caches of transformers.
    serial: u64,
    code: Option<String>,
    wkt2: String,
    projjson: String,
    geographic: bool,
    unit: String,
    unit_size: f64,
    name: String,
}

impl PartialEq for Crs {
    /// The same code, or the same WKT where there is none.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || match (&self.0.code, &other.0.code) {
                (Some(a), Some(b)) => a == b,
                (None, None) => self.0.wkt2 == other.0.wkt2,
                _ => false,
            }
    }
}

/// No CRS is written in more bytes than this.
const LONGEST_TEXT: usize = 1 << 20;
/// Texts remembered; beyond it the memory starts anew.
const REMEMBERED: usize = 1024;

static KNOWN: LazyLock<Mutex<HashMap<String, Crs>>> = LazyLock::new(Mutex::default);
static SERIAL: AtomicU64 = AtomicU64::new(0);

impl Crs {
    /// From `EPSG:32633`, `ESRI:54009`, `OGC:CRS84`, WKT 1 or 2, PROJJSON or a PROJ string.
    ///
    /// A definition that carries no code is looked up in the EPSG registry, and takes on the code and the registered definition where
    /// exactly one entry fits best with a confidence of 70 % or more. A code that its own definition contradicts is dropped.
    /// The answer is remembered, since PROJ needs up to a tenth of a second for it.
    ///
    /// # Errors
    /// Misuse, naming the text, where PROJ cannot make a CRS of it.
    ///
    /// ```
    /// # use swath_raster::crs::Crs;
    /// let utm = Crs::parse("+proj=utm +zone=33 +datum=WGS84")?;
    /// assert_eq!(utm.code(), Some("EPSG:32633"));
    /// assert_eq!((utm.unit(), utm.is_geographic()), ("metre", false));
    /// assert!(Crs::parse("EPSG:1").is_err());
    /// # Ok::<(), swath_raster::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim().trim_end_matches('\0');
        if text.is_empty() || text.len() > LONGEST_TEXT {
            return Err(refused(text, "no text, or far too long"));
        }
        if let Some(crs) = known().get(text) {
            return Ok(crs.clone());
        }
        let crs = resolve(&spelled_out(text)).map_err(|reason| refused(text, &reason))?;
        let mut known = known();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(text.to_owned(), crs.clone());
        Ok(crs)
    }
    /// `EPSG:32633`, where exactly one code is meant.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }
    /// WKT2:2019 on one line.
    pub fn wkt2(&self) -> &str {
        &self.0.wkt2
    }
    /// PROJJSON text on one line.
    pub fn projjson(&self) -> &str {
        &self.0.projjson
    }
    /// Whether its coordinates are angles (longitude and latitude, be it around a rotated pole).
    pub fn is_geographic(&self) -> bool {
        self.0.geographic
    }
    /// Of the first horizontal axis: `metre`, `degree`, `US survey foot`.
    pub fn unit(&self) -> &str {
        &self.0.unit
    }
    /// Metres in one unit of the horizontal axes, or radians in one where it is geographic.
    pub fn unit_size(&self) -> f64 {
        self.0.unit_size
    }
    pub fn name(&self) -> &str {
        &self.0.name
    }
    /// Whether both describe the same system to PROJ, the order of axes aside.
    pub fn is_equivalent(&self, other: &Self) -> bool {
        self == other
            || match (self.object(), other.object()) {
                (Ok(a), Ok(b)) => same_but_for_axes(&a, &b),
                _ => false,
            }
    }
    /// The geographic CRS that this one is built on; itself where it is geographic.
    ///
    /// # Errors
    /// Unsupported where it is built on none, as an engineering CRS.
    pub fn geographic(&self) -> Result<Self> {
        let json: serde_json::Value = serde_json::from_str(self.projjson()).unwrap_or_default();
        let mut inner = &json;
        for _ in 0..4 {
            inner = match inner["type"].as_str() {
                Some("GeographicCRS") => return Self::parse(&inner.to_string()),
                Some("CompoundCRS") => &inner["components"][0],
                Some("BoundCRS") => &inner["source_crs"],
                _ => &inner["base_crs"],
            };
        }
        Err(Error::unsupported("", format!("CRS {:?} is built on no geographic CRS", self.name()), ""))
    }
    /// WKT 1 in ESRI's dialect and in GDAL's, as far as they can say it: what GDAL reads from a GeoTIFF citation.
    pub(super) fn wkt1(&self) -> Vec<String> {
        let Ok(object) = self.object() else { return Vec::new() };
        [Wkt::V1Esri, Wkt::V1Gdal].into_iter().filter_map(|dialect| object.wkt(dialect)).collect()
    }
    pub(super) fn serial(&self) -> u64 {
        self.0.serial
    }
    /// In PROJ's memory, for this thread.
    pub(super) fn object(&self) -> Result<Object> {
        let text = self.0.code.as_deref().unwrap_or(&self.0.wkt2);
        Object::parse(text).map_err(|reason| refused(text, &reason))
    }
}

fn known() -> std::sync::MutexGuard<'static, HashMap<String, Crs>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refused(text: &str, reason: &str) -> Error {
    let shown: String = text.chars().take(80).collect();
    let more = if shown.len() < text.len() { " ..." } else { "" };
    Error::misuse("", format!("CRS {shown:?}{more} is not understood: {reason}"), "right: EPSG:4326, WKT, PROJJSON or a PROJ string")
}

/// Short ways to say a CRS, as PROJ wants them.
fn spelled_out(text: &str) -> String {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return format!("EPSG:{text}");
    }
    if text.eq_ignore_ascii_case("CRS84") {
        return "OGC:CRS84".to_owned();
    }
    let lacks_type = ["proj=", "init="].iter().any(|word| text.contains(word)) && !text.contains(['[', '{']);
    let has_type = ["type=crs", "pipeline"].iter().any(|word| text.contains(word));
    if lacks_type && !has_type { format!("{text} +type=crs") } else { text.to_owned() }
}

fn resolve(text: &str) -> std::result::Result<Crs, String> {
    let mut object = Object::parse(text)?;
    if object.kind() == Kind::NotACrs {
        return Err("it describes an operation, not a CRS".to_owned());
    }
    if let Some(source) = needless_binding(&object) {
        object = source;
    }
    let code = claimed_code(&object).or_else(|| identified_code(&object));
    if let Some(code) = &code {
        object = Object::parse(code)?;
    }
    let (geographic, unit, unit_size) = horizontal(&object);
    let wkt2 = object.wkt(Wkt::V2).ok_or("it cannot be written as WKT")?;
    let projjson = object.projjson().ok_or("it cannot be written as PROJJSON")?;
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    Ok(Crs(Arc::new(Definition { serial, code, wkt2, projjson, geographic, unit, unit_size, name: object.name() })))
}

/// What a bound CRS binds, where the binding adds nothing: a shift of zero, or one that a registered CRS has no need of.
fn needless_binding(object: &Object) -> Option<Object> {
    if object.kind() != Kind::Bound {
        return None;
    }
    let source = object.source()?;
    (claimed_code(&source).is_some() || shifts_by_nothing(object)).then_some(source)
}

fn shifts_by_nothing(bound: &Object) -> bool {
    let Some(json) = bound.projjson().and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok()) else { return false };
    let Some(parameters) = json["transformation"]["parameters"].as_array() else { return false };
    !parameters.is_empty()
        && parameters.iter().all(|parameter| {
            let scale = parameter["name"].as_str().is_some_and(|name| name.starts_with("Scale"));
            parameter["value"].as_f64().is_some_and(|value| value == 0.0 || (scale && value == 1.0))
        })
}

/// The code a definition claims, if the registry agrees that it means this.
fn claimed_code(object: &Object) -> Option<String> {
    let (authority, code) = object.id()?;
    let code = format!("{authority}:{code}");
    let registered = Object::parse(&code).ok()?;
    same_but_for_axes(object, &registered).then_some(code)
}

/// The confidence, in percent, from which a lookup is believed; the threshold of GDAL's and pyproj's users.
const BELIEVED: i32 = 70;

/// The one entry of the registry that fits best and well, or the only one that means the same with its axes in another order:
/// files order easting before northing where the registry does not.
fn identified_code(object: &Object) -> Option<String> {
    let found = object.identify("EPSG");
    let best = found.iter().map(|(_, confidence)| *confidence).max()?;
    let fits: Vec<&Object> = if best >= BELIEVED {
        found.iter().filter(|(_, confidence)| *confidence == best).map(|(entry, _)| entry).collect()
    } else {
        found.iter().map(|(entry, _)| entry).filter(|entry| same_but_for_axes(object, entry)).collect()
    };
    let [entry] = fits[..] else { return None };
    let (authority, code) = entry.id()?;
    Some(format!("{authority}:{code}"))
}

fn same_but_for_axes(a: &Object, b: &Object) -> bool {
    match (a.x_first(), b.x_first()) {
        (Some(a), Some(b)) => a.is_equivalent(&b),
        _ => a.is_equivalent(b),
    }
}

/// Whether the horizontal part is geographic, and its unit.
fn horizontal(object: &Object) -> (bool, String, f64) {
    let inner = match object.kind() {
        Kind::Compound => object.part(0),
        Kind::Bound => object.source(),
        _ => None,
    };
    if let Some(inner) = inner {
        return horizontal(&inner);
    }
    let axes = object.axes();
    let (unit, size) = axes.first().map_or((String::new(), 1.0), |axis| (axis.unit.clone(), axis.unit_size));
    (object.kind() == Kind::Geographic, unit, size)
}

/// An entry of the EPSG registry that is no CRS (`datum`, `ellipsoid`, `meridian`, `coordinateOperation`), as PROJJSON.
pub(super) fn registered(kind: &str, code: u16) -> Option<serde_json::Value> {
    let object = Object::parse(&format!("urn:ogc:def:{kind}:EPSG::{code}")).ok()?;
    let mut json: serde_json::Value = serde_json::from_str(&object.projjson()?).ok()?;
    json.as_object_mut()?.remove("$schema");
    Some(json)
}
