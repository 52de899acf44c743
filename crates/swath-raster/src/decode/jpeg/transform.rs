//! The inverse cosine transform in integers, after Loeffler, Ligtenberg and Moschytz, with 13 bits of fraction and two
//! more kept between the passes. A component of half the width or height is transformed to twice the size at once, as
//! libjpeg does since its version 7: the missing high frequencies are zeros.

const FRACTION: u32 = 13;
const BETWEEN: u32 = 2;

/// `value * 2^13`, rounded.
const fn fixed(value: f64) -> i32 {
    (value * 8192.0 + 0.5) as i32
}

/// Samples of one block: 8 or 16 each way.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub width: usize,
    pub height: usize,
}

/// A block of which only the mean is not zero.
pub(super) fn flat(mean: i32, size: Size, out: &mut [u8], stride: usize) {
    let value = level(mean.wrapping_shl(BETWEEN), BETWEEN + 3);
    for row in 0..size.height {
        out[row * stride..row * stride + size.width].fill(value);
    }
}

/// Coefficients in natural order to samples, row by row `stride` apart.
pub(super) fn inverse(block: &[i32; 64], size: Size, out: &mut [u8], stride: usize) {
    // Rows of eight columns, as many as the block will have.
    let mut between = [0_i32; 128];
    let half = 1 << (FRACTION - BETWEEN - 1);
    for col in 0..8 {
        let column: [i32; 8] = std::array::from_fn(|row| block[row * 8 + col]);
        if column[1..] == [0; 7] {
            let value = column[0].wrapping_shl(BETWEEN);
            (0..size.height).for_each(|row| between[row * 8 + col] = value);
            continue;
        }
        let mut keep = |values: &[i32]| {
            for (row, value) in values.iter().enumerate() {
                between[row * 8 + col] = value.wrapping_add(half) >> (FRACTION - BETWEEN);
            }
        };
        if size.height == 16 { keep(&sixteen(column)) } else { keep(&eight(column)) }
    }
    for (row, values) in between.as_chunks::<8>().0.iter().enumerate().take(size.height) {
        let target = &mut out[row * stride..row * stride + size.width];
        let mut keep =
            |values: &[i32]| target.iter_mut().zip(values).for_each(|(target, value)| *target = level(*value, FRACTION + BETWEEN + 3));
        if size.width == 16 { keep(&sixteen(*values)) } else { keep(&eight(*values)) }
    }
}

#[inline(always)]
fn level(value: i32, shift: u32) -> u8 {
    ((value.wrapping_add(1 << (shift - 1)) >> shift) + 128).clamp(0, 255) as u8
}

// Wrapping: damaged coefficients may be anything.
#[inline(always)]
fn mul(a: i32, b: i32) -> i32 {
    a.wrapping_mul(b)
}
#[inline(always)]
fn add(a: i32, b: i32) -> i32 {
    a.wrapping_add(b)
}
#[inline(always)]
fn sub(a: i32, b: i32) -> i32 {
    a.wrapping_sub(b)
}

/// One dimension; results carry 13 bits of fraction.
#[inline(always)]
fn eight(x: [i32; 8]) -> [i32; 8] {
    let z = mul(add(x[2], x[6]), fixed(0.541_196_1));
    let even_2 = sub(z, mul(x[6], fixed(1.847_759_065)));
    let even_3 = add(z, mul(x[2], fixed(0.765_366_865)));
    let even_0 = add(x[0], x[4]).wrapping_shl(FRACTION);
    let even_1 = sub(x[0], x[4]).wrapping_shl(FRACTION);
    let even = [add(even_0, even_3), add(even_1, even_2), sub(even_1, even_2), sub(even_0, even_3)];

    let z5 = mul(add(add(x[7], x[3]), add(x[5], x[1])), fixed(1.175_875_602));
    let z1 = mul(add(x[7], x[1]), fixed(0.899_976_223)).wrapping_neg();
    let z2 = mul(add(x[5], x[3]), fixed(2.562_915_447)).wrapping_neg();
    let z3 = sub(z5, mul(add(x[7], x[3]), fixed(1.961_570_56)));
    let z4 = sub(z5, mul(add(x[5], x[1]), fixed(0.390_180_644)));
    let odd = [
        add(mul(x[1], fixed(1.501_321_11)), add(z1, z4)),
        add(mul(x[3], fixed(3.072_711_026)), add(z2, z3)),
        add(mul(x[5], fixed(2.053_119_869)), add(z2, z4)),
        add(mul(x[7], fixed(0.298_631_336)), add(z1, z3)),
    ];
    std::array::from_fn(|i| if i < 4 { add(even[i], odd[i]) } else { sub(even[7 - i], odd[7 - i]) })
}

/// The same to twice as many samples. `c(k)` is `sqrt(2) * cos(k * pi / 32)`.
#[inline(always)]
fn sixteen(x: [i32; 8]) -> [i32; 16] {
    let mean = x[0].wrapping_shl(FRACTION);
    let (four, twelve) = (mul(x[4], fixed(1.306_562_965)), mul(x[4], fixed(0.541_196_1)));
    let base = [add(mean, four), add(mean, twelve), sub(mean, twelve), sub(mean, four)];
    let difference = sub(x[2], x[6]);
    let (c14, c2) = (mul(difference, fixed(0.275_899_379)), mul(difference, fixed(1.387_039_845)));
    let turned = [
        add(c2, mul(x[6], fixed(2.562_915_447))),
        add(c14, mul(x[2], fixed(0.899_976_223))),
        sub(c2, mul(x[2], fixed(0.601_344_887))),
        sub(c14, mul(x[6], fixed(0.509_795_579))),
    ];
    let odd = sixteen_odd([x[1], x[3], x[5], x[7]]);
    let even: [i32; 8] = std::array::from_fn(|i| if i < 4 { add(base[i], turned[i]) } else { sub(base[7 - i], turned[7 - i]) });
    std::array::from_fn(|i| if i < 8 { add(even[i], odd[i]) } else { sub(even[15 - i], odd[15 - i]) })
}

#[inline(always)]
fn sixteen_odd([z1, z2, z3, z4]: [i32; 4]) -> [i32; 8] {
    let c3 = mul(add(z1, z2), fixed(1.353_318_001));
    let c5 = mul(add(z1, z3), fixed(1.247_225_013));
    let c7 = mul(add(z1, z4), fixed(1.093_201_867));
    let c9 = mul(sub(z1, z4), fixed(0.897_167_586));
    let c11 = mul(add(z1, z3), fixed(0.666_655_658));
    let c13 = mul(sub(z1, z2), fixed(0.410_524_528));
    let first = sub(add(add(c3, c5), c7), mul(z1, fixed(2.286_341_144)));
    let last = sub(add(add(c9, c11), c13), mul(z1, fixed(1.835_730_603)));
    let c15 = mul(add(z2, z3), fixed(0.138_617_169));
    let c1 = mul(sub(z3, z2), fixed(1.407_403_738));
    let both = add(z2, z4);
    let minus_c11 = mul(both, fixed(0.666_655_658)).wrapping_neg();
    let minus_c5 = mul(both, fixed(1.247_225_013)).wrapping_neg();
    let minus_c3 = mul(add(z3, z4), fixed(1.353_318_001)).wrapping_neg();
    let plus_c13 = mul(sub(z4, z3), fixed(0.410_524_528));
    let sum = |parts: &[i32]| parts.iter().fold(0, |a, b| add(a, *b));
    [
        first,
        sum(&[c3, c15, mul(z2, fixed(0.071_888_074)), minus_c11]),
        sub(sum(&[c5, c15, minus_c3]), mul(z3, fixed(1.125_726_048))),
        sum(&[c7, minus_c11, mul(z4, fixed(1.065_388_962)), minus_c3]),
        sum(&[c9, minus_c5, mul(z4, fixed(3.141_271_809)), plus_c13]),
        sub(sum(&[c11, c1, plus_c13]), mul(z3, fixed(0.766_367_282))),
        sum(&[c13, c1, mul(z2, fixed(1.971_951_411)), minus_c5]),
        last,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transform_is_within_one_level_of_the_exact_one_at_every_size() {
        let mut block = [0_i32; 64];
        for (at, value) in [(0, 300), (1, -120), (8, 77), (10, 40), (27, -33), (63, 15), (38, 50), (52, -20)] {
            block[at] = value;
        }
        for (width, height) in [(8, 8), (16, 16), (16, 8), (8, 16)] {
            let exact = |y: usize, x: usize| {
                let mut sum = 0.0;
                for v in 0..8 {
                    for u in 0..8 {
                        let c = |k: usize| if k == 0 { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 };
                        let angle =
                            |p: usize, k: usize, n: usize| ((2 * p + 1) as f64 * k as f64 * std::f64::consts::PI / (2 * n) as f64).cos();
                        sum += c(u) * c(v) * f64::from(block[v * 8 + u]) * angle(x, u, width) * angle(y, v, height);
                    }
                }
                sum / 4.0 + 128.0
            };
            let mut out = vec![0; width * height];
            inverse(&block, Size { width, height }, &mut out, width);
            for (at, found) in out.iter().enumerate() {
                let expected = exact(at / width, at % width).clamp(0.0, 255.0);
                assert!((f64::from(*found) - expected).abs() < 1.0, "{width} x {height} at {at}: {found}, {expected}");
            }
            flat(300, Size { width, height }, &mut out, width);
            assert!(out.iter().all(|v| *v == 166));
        }
    }
}
