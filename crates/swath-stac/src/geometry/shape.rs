use serde_json::Value;

use crate::extent::LonLatBox;

/// Longitude, latitude in degrees.
pub type Position = [f64; 2];

/// The shape of a GeoJSON geometry (RFC 7946, section 3.1), without heights.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Point(Position),
    MultiPoint(Vec<Position>),
    LineString(Vec<Position>),
    MultiLineString(Vec<Vec<Position>>),
    /// The outer ring, then its holes.
    Polygon(Vec<Vec<Position>>),
    MultiPolygon(Vec<Vec<Vec<Position>>>),
    GeometryCollection(Vec<Shape>),
}

/// Geometry collections inside geometry collections, at most.
const DEEPEST: usize = 8;

impl Shape {
    /// Reads a GeoJSON geometry, or the geometry of a Feature, or those of a FeatureCollection; `None` if it is neither.
    ///
    /// ```
    /// # use swath_stac::geometry::Shape;
    /// let point = Shape::from_json(&serde_json::json!({"type": "Point", "coordinates": [1, 2, 30]}));
    /// assert_eq!(point, Some(Shape::Point([1.0, 2.0])));
    /// ```
    pub fn from_json(value: &Value) -> Option<Self> {
        read(value, 0)
    }

    /// The shape of a rectangle; two of them where it crosses the antimeridian.
    pub fn of_box(lonlat: &LonLatBox) -> Self {
        let ring = |w: f64, e: f64| vec![[w, lonlat.south], [e, lonlat.south], [e, lonlat.north], [w, lonlat.north], [w, lonlat.south]];
        if lonlat.crosses_antimeridian() {
            Self::MultiPolygon(vec![vec![ring(lonlat.west, 180.0)], vec![ring(-180.0, lonlat.east)]])
        } else {
            Self::Polygon(vec![ring(lonlat.west, lonlat.east)])
        }
    }

    pub fn to_json(&self) -> Value {
        let (kind, coordinates) = match self {
            Self::Point(p) => ("Point", serde_json::json!(p)),
            Self::MultiPoint(p) => ("MultiPoint", serde_json::json!(p)),
            Self::LineString(p) => ("LineString", serde_json::json!(p)),
            Self::MultiLineString(p) => ("MultiLineString", serde_json::json!(p)),
            Self::Polygon(p) => ("Polygon", serde_json::json!(p)),
            Self::MultiPolygon(p) => ("MultiPolygon", serde_json::json!(p)),
            Self::GeometryCollection(shapes) => {
                let geometries: Vec<Value> = shapes.iter().map(Self::to_json).collect();
                return serde_json::json!({ "type": "GeometryCollection", "geometries": geometries });
            }
        };
        serde_json::json!({ "type": kind, "coordinates": coordinates })
    }

    /// The box around it; longitudes are plain numbers here. `None` where there is no position.
    pub fn bounds(&self) -> Option<LonLatBox> {
        let positions = self.positions();
        let ends = |axis: usize| {
            let values = positions.iter().map(|p| p[axis]);
            values.fold(None, |ends: Option<(f64, f64)>, v| Some(ends.map_or((v, v), |(least, most)| (least.min(v), most.max(v)))))
        };
        let ((west, east), (south, north)) = (ends(0)?, ends(1)?);
        Some(LonLatBox { west, south, east, north })
    }

    /// Every position of the shape.
    pub fn positions(&self) -> Vec<Position> {
        match self {
            Self::Point(p) => vec![*p],
            Self::MultiPoint(p) | Self::LineString(p) => p.clone(),
            Self::MultiLineString(p) | Self::Polygon(p) => p.concat(),
            Self::MultiPolygon(p) => p.concat().concat(),
            Self::GeometryCollection(shapes) => shapes.iter().flat_map(Self::positions).collect(),
        }
    }
}

fn read(value: &Value, depth: usize) -> Option<Shape> {
    if depth > DEEPEST {
        return None;
    }
    let many = |key: &str| -> Option<Vec<Shape>> { value.get(key)?.as_array()?.iter().map(|v| read(v, depth + 1)).collect() };
    let coordinates = || value.get("coordinates");
    Some(match value.get("type")?.as_str()? {
        "Point" => Shape::Point(position(coordinates()?)?),
        "MultiPoint" => Shape::MultiPoint(line(coordinates()?)?),
        "LineString" => Shape::LineString(line(coordinates()?)?),
        "MultiLineString" => Shape::MultiLineString(lines(coordinates()?)?),
        "Polygon" => Shape::Polygon(lines(coordinates()?)?),
        "MultiPolygon" => Shape::MultiPolygon(coordinates()?.as_array()?.iter().map(lines).collect::<Option<_>>()?),
        "GeometryCollection" => Shape::GeometryCollection(many("geometries")?),
        "Feature" => read(value.get("geometry")?, depth + 1)?,
        "FeatureCollection" => Shape::GeometryCollection(many("features")?),
        _ => return None,
    })
}

fn position(value: &Value) -> Option<Position> {
    let array = value.as_array()?;
    let at = |i: usize| array.get(i).and_then(Value::as_f64).filter(|v| v.is_finite());
    Some([at(0)?, at(1)?])
}

fn line(value: &Value) -> Option<Vec<Position>> {
    value.as_array()?.iter().map(position).collect()
}

fn lines(value: &Value) -> Option<Vec<Vec<Position>>> {
    value.as_array()?.iter().map(line).collect()
}
