/// Planes to pixels; three of luma and colour differences to red, green, blue (ITU-R BT.601, 16 bits of fraction).
pub(super) fn interleave(planes: &[Vec<u8>], to_rgb: bool) -> Vec<u8> {
    match planes {
        [one] => one.clone(),
        [y, cb, cr] if to_rgb => rgb(y, cb, cr),
        [a, b, c] => a.iter().zip(b).zip(c).flat_map(|((a, b), c)| [*a, *b, *c]).collect(),
        [a, b, c, d] => a.iter().zip(b).zip(c).zip(d).flat_map(|(((a, b), c), d)| [*a, *b, *c, *d]).collect(),
        planes => {
            let len = planes.first().map_or(0, Vec::len);
            (0..len).flat_map(|at| planes.iter().map(move |plane| plane[at])).collect()
        }
    }
}

fn rgb(y: &[u8], cb: &[u8], cr: &[u8]) -> Vec<u8> {
    const HALF: i32 = 1 << 15;
    const fn fixed(value: f64) -> i32 {
        (value * 65536.0 + 0.5) as i32
    }
    let mut out = vec![0; y.len() * 3];
    for (pixel, ((y, cb), cr)) in out.as_chunks_mut::<3>().0.iter_mut().zip(y.iter().zip(cb).zip(cr)) {
        let (y, cb, cr) = (i32::from(*y), i32::from(*cb) - 128, i32::from(*cr) - 128);
        let red = y + ((fixed(1.402) * cr + HALF) >> 16);
        let green = y + ((HALF - fixed(0.344_136_286) * cb - fixed(0.714_136_286) * cr) >> 16);
        let blue = y + ((fixed(1.772) * cb + HALF) >> 16);
        *pixel = [red, green, blue].map(|v| v.clamp(0, 255) as u8);
    }
    out
}
