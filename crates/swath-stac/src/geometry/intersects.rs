use super::shape::{Position, Shape};

type Rings<'a> = &'a [Vec<Position>];

impl Shape {
    /// Whether the two shapes share a point; edges and corners count. Longitudes are plain numbers here: shapes that cross the
    /// antimeridian must have been cut there.
    ///
    /// ```
    /// # use swath_stac::geometry::Shape;
    /// let square = |x: f64| Shape::Polygon(vec![vec![[x, 0.0], [x + 1.0, 0.0], [x + 1.0, 1.0], [x, 1.0], [x, 0.0]]]);
    /// assert!(square(0.0).intersects(&square(0.5)));
    /// assert!(!square(0.0).intersects(&square(1.5)));
    /// ```
    pub fn intersects(&self, other: &Self) -> bool {
        let (a, b) = (self.parts(), other.parts());
        a.iter().any(|a| b.iter().any(|b| meet(a, b)))
    }

    fn parts(&self) -> Vec<Part<'_>> {
        match self {
            Self::Point(p) => vec![Part::Line(std::slice::from_ref(p))],
            Self::MultiPoint(points) => points.iter().map(|p| Part::Line(std::slice::from_ref(p))).collect(),
            Self::LineString(line) => vec![Part::Line(line)],
            Self::MultiLineString(lines) => lines.iter().map(|l| Part::Line(l)).collect(),
            Self::Polygon(rings) => vec![Part::Area(rings)],
            Self::MultiPolygon(polygons) => polygons.iter().map(|rings| Part::Area(rings)).collect(),
            Self::GeometryCollection(shapes) => shapes.iter().flat_map(Self::parts).collect(),
        }
    }
}

/// A point is a line of one position.
enum Part<'a> {
    Line(&'a [Position]),
    Area(Rings<'a>),
}

impl Part<'_> {
    fn edges(&self) -> Vec<(Position, Position)> {
        let of = |line: &[Position]| -> Vec<(Position, Position)> {
            if let [only] = line { vec![(*only, *only)] } else { line.windows(2).map(|w| (w[0], w[1])).collect() }
        };
        match self {
            Self::Line(line) => of(line),
            Self::Area(rings) => rings.iter().flat_map(|ring| of(ring)).collect(),
        }
    }
    fn first(&self) -> Option<Position> {
        match self {
            Self::Line(line) => line.first().copied(),
            Self::Area(rings) => rings.first()?.first().copied(),
        }
    }
    fn holds(&self, p: Position) -> bool {
        match self {
            Self::Line(_) => false,
            Self::Area(rings) => rings.iter().filter(|ring| inside(ring, p)).count() == 1,
        }
    }
}

fn meet(a: &Part<'_>, b: &Part<'_>) -> bool {
    let (ea, eb) = (a.edges(), b.edges());
    if ea.iter().any(|x| eb.iter().any(|y| cross(*x, *y))) {
        return true;
    }
    b.first().is_some_and(|p| a.holds(p)) || a.first().is_some_and(|p| b.holds(p))
}

/// Ray casting; points on the edge are found by [`cross`] before.
fn inside(ring: &[Position], p: Position) -> bool {
    ring.windows(2).filter(|w| (w[0][1] > p[1]) != (w[1][1] > p[1]) && p[0] < x_at(w[0], w[1], p[1])).count() % 2 == 1
}

fn x_at(a: Position, b: Position, y: f64) -> f64 {
    a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
}

/// Whether two segments share a point.
fn cross((a, b): (Position, Position), (c, d): (Position, Position)) -> bool {
    let apart = |i: usize| a[i].max(b[i]) < c[i].min(d[i]) || c[i].max(d[i]) < a[i].min(b[i]);
    if apart(0) || apart(1) {
        return false;
    }
    let side = |a: Position, b: Position, p: Position| (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
    side(a, b, c) * side(a, b, d) <= 0.0 && side(c, d, a) * side(c, d, b) <= 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, size: f64) -> Vec<Position> {
        vec![[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
    }

    #[track_caller]
    fn check(a: &Shape, b: &Shape, expected: bool) {
        assert_eq!(a.intersects(b), expected);
        assert_eq!(b.intersects(a), expected);
    }

    #[test]
    fn shapes_meet_by_edge_by_holding_and_by_touch() {
        let big = Shape::Polygon(vec![square(0.0, 0.0, 10.0)]);
        check(&big, &Shape::Polygon(vec![square(4.0, 4.0, 1.0)]), true);
        check(&big, &Shape::Polygon(vec![square(10.0, 0.0, 1.0)]), true);
        check(&big, &Shape::Polygon(vec![square(10.1, 0.0, 1.0)]), false);
        check(&big, &Shape::Point([5.0, 5.0]), true);
        check(&big, &Shape::Point([10.0, 5.0]), true);
        check(&big, &Shape::Point([11.0, 5.0]), false);
        check(&big, &Shape::LineString(vec![[-1.0, 5.0], [11.0, 5.0]]), true);
    }

    #[test]
    fn what_lies_in_a_hole_does_not_meet() {
        let ring = Shape::Polygon(vec![square(0.0, 0.0, 10.0), square(2.0, 2.0, 6.0)]);
        check(&ring, &Shape::Polygon(vec![square(4.0, 4.0, 1.0)]), false);
        check(&ring, &Shape::Polygon(vec![square(1.0, 4.0, 2.0)]), true);
    }

    #[test]
    fn a_slanted_footprint_does_not_fill_its_box() {
        let slanted = Shape::Polygon(vec![vec![[0.0, 5.0], [5.0, 0.0], [10.0, 5.0], [5.0, 10.0], [0.0, 5.0]]]);
        check(&slanted, &Shape::Polygon(vec![square(0.0, 0.0, 1.0)]), false);
    }
}
