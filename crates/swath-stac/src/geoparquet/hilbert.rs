use crate::LonLatBox;

/// How far along a Hilbert curve of the sixteenth order the middle of a box lies.
pub(super) fn distance(lonlat: &LonLatBox) -> u64 {
    let east = if lonlat.crosses_antimeridian() { lonlat.east + 360.0 } else { lonlat.east };
    let (lon, lat) = (f64::midpoint(lonlat.west, east), f64::midpoint(lonlat.south, lonlat.north));
    // The clamps keep both within 16 bits.
    let x = ((lon + 180.0).rem_euclid(360.0) / 360.0 * 65535.0).clamp(0.0, 65535.0) as u32;
    let y = ((lat + 90.0) / 180.0 * 65535.0).clamp(0.0, 65535.0) as u32;
    along(x, y)
}

/// The classic walk from the coarsest quadrant to the finest, turning the curve on the way.
fn along(mut x: u32, mut y: u32) -> u64 {
    let mut distance = 0;
    for bit in (0..16).rev() {
        let side = 1 << bit;
        let (right, up) = (u32::from(x & side != 0), u32::from(y & side != 0));
        distance += u64::from(side) * u64::from(side) * u64::from((3 * right) ^ up);
        if up == 0 {
            if right == 1 {
                x = 0xffff - x;
                y = 0xffff - y;
            }
            std::mem::swap(&mut x, &mut y);
        }
    }
    distance
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consecutive_distances_are_neighbours() {
        let mut cells: Vec<(u64, u32, u32)> = (0..32).flat_map(|x| (0..32).map(move |y| (along(x << 11, y << 11), x, y))).collect();
        cells.sort_unstable();
        for pair in cells.windows(2) {
            assert_eq!(pair[0].1.abs_diff(pair[1].1) + pair[0].2.abs_diff(pair[1].2), 1);
        }
    }
}
