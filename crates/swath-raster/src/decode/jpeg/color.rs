use std::borrow::Cow;

/// Planes to pixels; three of luma and colour differences to red, green, blue (ITU-R BT.601, 16 bits of fraction).
pub(super) fn interleave(planes: &[Cow<'_, [u8]>], to_rgb: bool) -> Vec<u8> {
    match planes {
        [one] => one.to_vec(),
        [y, cb, cr] if to_rgb => rgb(y, cb, cr),
        [a, b, c] => a.iter().zip(&**b).zip(&**c).flat_map(|((a, b), c)| [*a, *b, *c]).collect(),
        [a, b, c, d] => a.iter().zip(&**b).zip(&**c).zip(&**d).flat_map(|(((a, b), c), d)| [*a, *b, *c, *d]).collect(),
        planes => {
            let len = planes.first().map_or(0, |plane| plane.len());
            (0..len).flat_map(|at| planes.iter().map(move |plane| plane[at])).collect()
        }
    }
}

/// As many pixels as are computed side by side before their components are laid together.
const LANES: usize = 16;

fn rgb(y: &[u8], cb: &[u8], cr: &[u8]) -> Vec<u8> {
    let mut out = vec![0; y.len() * 3];
    let whole = y.len() / LANES * LANES;
    let (to, rest) = out.split_at_mut(whole * 3);
    let of = |plane: &[u8], at: usize| -> [u8; LANES] { std::array::from_fn(|i| plane[at + i]) };
    for (group, to) in to.chunks_exact_mut(3 * LANES).enumerate() {
        let at = group * LANES;
        let (y, cb, cr) = (of(y, at), of(cb, at), of(cr, at));
        let (mut red, mut green, mut blue) = ([0; LANES], [0; LANES], [0; LANES]);
        for i in 0..LANES {
            [red[i], green[i], blue[i]] = pixel(y[i], cb[i], cr[i]);
        }
        for (i, to) in to.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            *to = [red[i], green[i], blue[i]];
        }
    }
    for (i, to) in rest.as_chunks_mut::<3>().0.iter_mut().enumerate() {
        *to = pixel(y[whole + i], cb[whole + i], cr[whole + i]);
    }
    out
}

#[inline(always)]
fn pixel(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    const fn fixed(value: f64) -> i32 {
        (value * 65536.0 + 0.5) as i32
    }
    let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    let red = y + ((fixed(1.402) * cr + HALF) >> 16);
    let green = y + ((HALF - fixed(0.344_136_286) * cb - fixed(0.714_136_286) * cr) >> 16);
    let blue = y + ((fixed(1.772) * cb + HALF) >> 16);
    [red, green, blue].map(|v| v.clamp(0, 255) as u8)
}
