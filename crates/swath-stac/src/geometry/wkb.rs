//! Well-known binary of the shapes (OGC 06-103r4, section 8.2), as GeoParquet stores them.

use super::shape::{Position, Shape};

const DEEPEST: usize = 8;

impl Shape {
    /// Little-endian, two dimensions.
    pub fn to_wkb(&self) -> Vec<u8> {
        let mut out = Vec::new();
        write(self, &mut out);
        out
    }

    /// Reads ISO or extended WKB of either byte order; heights are dropped. `None` where the bytes are not WKB.
    pub fn from_wkb(bytes: &[u8]) -> Option<Self> {
        let mut cursor = Cursor { bytes, at: 0, little: true };
        cursor.shape(0)
    }
}

fn write(shape: &Shape, out: &mut Vec<u8>) {
    let kind: u32 = match shape {
        Shape::Point(_) => 1,
        Shape::LineString(_) => 2,
        Shape::Polygon(_) => 3,
        Shape::MultiPoint(_) => 4,
        Shape::MultiLineString(_) => 5,
        Shape::MultiPolygon(_) => 6,
        Shape::GeometryCollection(_) => 7,
    };
    out.push(1);
    out.extend(kind.to_le_bytes());
    match shape {
        Shape::Point(p) => position(*p, out),
        Shape::LineString(line) => positions(line, out),
        Shape::Polygon(rings) => {
            count(rings.len(), out);
            rings.iter().for_each(|ring| positions(ring, out));
        }
        Shape::MultiPoint(points) => many(points.iter().map(|p| Shape::Point(*p)), out),
        Shape::MultiLineString(lines) => many(lines.iter().map(|l| Shape::LineString(l.clone())), out),
        Shape::MultiPolygon(polygons) => many(polygons.iter().map(|p| Shape::Polygon(p.clone())), out),
        Shape::GeometryCollection(shapes) => many(shapes.iter().cloned(), out),
    }
}

fn many(shapes: impl ExactSizeIterator<Item = Shape>, out: &mut Vec<u8>) {
    count(shapes.len(), out);
    shapes.for_each(|shape| write(&shape, out));
}

fn count(n: usize, out: &mut Vec<u8>) {
    out.extend(u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes());
}

fn position(p: Position, out: &mut Vec<u8>) {
    out.extend(p[0].to_le_bytes());
    out.extend(p[1].to_le_bytes());
}

fn positions(line: &[Position], out: &mut Vec<u8>) {
    count(line.len(), out);
    line.iter().for_each(|p| position(*p, out));
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    little: bool,
}

impl Cursor<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let end = self.at.checked_add(N)?;
        let bytes = self.bytes.get(self.at..end)?.try_into().ok()?;
        self.at = end;
        Some(bytes)
    }
    fn u32(&mut self) -> Option<u32> {
        let bytes = self.take()?;
        Some(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }
    fn f64(&mut self) -> Option<f64> {
        let bytes = self.take()?;
        Some(if self.little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    }
    /// How many parts follow; never more than the bytes that are left could hold.
    fn count(&mut self) -> Option<usize> {
        let n = usize::try_from(self.u32()?).ok()?;
        (n <= self.bytes.len().saturating_sub(self.at)).then_some(n)
    }
    fn position(&mut self, dimensions: usize) -> Option<Position> {
        let p = [self.f64()?, self.f64()?];
        for _ in 2..dimensions {
            self.f64()?;
        }
        Some(p)
    }
    fn positions(&mut self, dimensions: usize) -> Option<Vec<Position>> {
        (0..self.count()?).map(|_| self.position(dimensions)).collect()
    }
    fn shapes(&mut self, depth: usize) -> Option<Vec<Shape>> {
        (0..self.count()?).map(|_| self.shape(depth + 1)).collect()
    }
    fn shape(&mut self, depth: usize) -> Option<Shape> {
        if depth > DEEPEST {
            return None;
        }
        self.little = self.take::<1>()?[0] == 1;
        let raw = self.u32()?;
        if raw & 0x2000_0000 != 0 {
            self.u32()?;
        }
        let (kind, iso) = ((raw & 0xff_ffff) % 1000, (raw & 0xff_ffff) / 1000);
        let dimensions =
            2 + usize::from(raw & 0x8000_0000 != 0 || iso == 1 || iso == 3) + usize::from(raw & 0x4000_0000 != 0 || iso == 2 || iso == 3);
        Some(match kind {
            1 => Shape::Point(self.position(dimensions)?),
            2 => Shape::LineString(self.positions(dimensions)?),
            3 => Shape::Polygon((0..self.count()?).map(|_| self.positions(dimensions)).collect::<Option<_>>()?),
            4 => Shape::MultiPoint(
                self.shapes(depth)?.into_iter().filter_map(|s| if let Shape::Point(p) = s { Some(p) } else { None }).collect(),
            ),
            5 => Shape::MultiLineString(
                self.shapes(depth)?.into_iter().filter_map(|s| if let Shape::LineString(l) = s { Some(l) } else { None }).collect(),
            ),
            6 => Shape::MultiPolygon(
                self.shapes(depth)?.into_iter().filter_map(|s| if let Shape::Polygon(p) = s { Some(p) } else { None }).collect(),
            ),
            7 => Shape::GeometryCollection(self.shapes(depth)?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_comes_back_from_its_bytes() {
        let ring = vec![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]];
        let shapes = [
            Shape::Point([1.5, -2.0]),
            Shape::LineString(ring.clone()),
            Shape::Polygon(vec![ring.clone(), ring.clone()]),
            Shape::MultiPoint(ring.clone()),
            Shape::MultiLineString(vec![ring.clone()]),
            Shape::MultiPolygon(vec![vec![ring.clone()], vec![ring]]),
        ];
        for shape in shapes {
            assert_eq!(Shape::from_wkb(&shape.to_wkb()).as_ref(), Some(&shape));
        }
    }

    #[test]
    fn a_count_beyond_the_bytes_is_refused() {
        let mut bytes = vec![1, 3, 0, 0, 0];
        bytes.extend(u32::MAX.to_le_bytes());
        assert_eq!(Shape::from_wkb(&bytes), None);
    }
}
