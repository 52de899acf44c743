//! Predictors undone (TIFF 6.0, section 14; TIFF technical note 3).

use crate::{Error, Result};

/// Each sample becomes its sum with the same sample of the pixel to the left. Samples are in the machine's byte order.
///
/// # Errors
/// Unsupported for samples that are not 8, 16, 32 or 64 bits wide.
pub(super) fn horizontal(bytes: &mut [u8], row_bytes: usize, per_pixel: usize, bits: u16) -> Result<()> {
    if row_bytes == 0 {
        return Ok(());
    }
    for row in bytes.chunks_exact_mut(row_bytes) {
        match bits {
            8 => sum_bytes(row, per_pixel),
            16 => sum::<2>(row, per_pixel, |a, b| u16::from_ne_bytes(a).wrapping_add(u16::from_ne_bytes(b)).to_ne_bytes()),
            32 => sum::<4>(row, per_pixel, |a, b| u32::from_ne_bytes(a).wrapping_add(u32::from_ne_bytes(b)).to_ne_bytes()),
            64 => sum::<8>(row, per_pixel, |a, b| u64::from_ne_bytes(a).wrapping_add(u64::from_ne_bytes(b)).to_ne_bytes()),
            _ => {
                let found = format!("predictor 2 with {bits} bits per sample");
                return Err(Error::unsupported("", found, "supported: 8, 16, 32, 64"));
            }
        }
    }
    Ok(())
}

fn sum<const N: usize>(row: &mut [u8], per_pixel: usize, add: impl Fn([u8; N], [u8; N]) -> [u8; N]) {
    let (samples, _) = row.as_chunks_mut::<N>();
    if per_pixel == 1 {
        let mut left = [0; N];
        for sample in samples {
            left = add(left, *sample);
            *sample = left;
        }
        return;
    }
    for at in per_pixel..samples.len() {
        samples[at] = add(samples[at - per_pixel], samples[at]);
    }
}

fn sum_bytes(row: &mut [u8], per_pixel: usize) {
    match per_pixel {
        3 => sum_pixels::<3>(row),
        4 => sum_pixels::<4>(row),
        _ => sum::<1>(row, per_pixel, |[a], [b]| [a.wrapping_add(b)]),
    }
}

fn sum_pixels<const N: usize>(row: &mut [u8]) {
    let mut left = [0_u8; N];
    for pixel in row.as_chunks_mut::<N>().0 {
        for (sum, sample) in left.iter_mut().zip(pixel.iter_mut()) {
            *sum = sum.wrapping_add(*sample);
            *sample = *sum;
        }
    }
}

/// Rows hold the highest byte of every sample, then the next, each byte less the one `per_pixel` before it;
/// afterwards they hold samples in the machine's byte order.
///
/// # Errors
/// Unsupported for samples that are not 16, 24, 32 or 64 bits wide.
pub(super) fn float(bytes: &mut [u8], row_bytes: usize, per_pixel: usize, bits: u16) -> Result<()> {
    let mut planes = vec![0; row_bytes];
    if row_bytes == 0 {
        return Ok(());
    }
    for row in bytes.chunks_exact_mut(row_bytes) {
        sum_bytes(row, per_pixel);
        planes.copy_from_slice(row);
        match bits {
            16 => join::<2>(&planes, row),
            24 => join::<3>(&planes, row),
            32 => join::<4>(&planes, row),
            64 => join::<8>(&planes, row),
            _ => {
                let found = format!("predictor 3 with {bits} bits per sample");
                return Err(Error::unsupported("", found, "supported: 16, 24, 32, 64"));
            }
        }
    }
    Ok(())
}

fn join<const N: usize>(planes: &[u8], row: &mut [u8]) {
    let count = planes.len() / N;
    let planes: [&[u8]; N] = std::array::from_fn(|i| &planes[i * count..(i + 1) * count]);
    for (at, sample) in row.as_chunks_mut::<N>().0.iter_mut().enumerate().take(count) {
        for (byte, plane) in planes.iter().enumerate() {
            // The first plane is the most significant byte.
            let to = if cfg!(target_endian = "little") { N - 1 - byte } else { byte };
            sample[to] = plane[at];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn horizontal_sums_run_per_sample_of_a_pixel_and_wrap() {
        let mut row = vec![250, 1, 10, 1, 5, 5];
        horizontal(&mut row, 6, 2, 8).unwrap();
        assert_eq!(row, [250, 1, 4, 2, 9, 7]);
        let mut wide: Vec<u8> = [u64::MAX, 2, 3].iter().flat_map(|v| v.to_ne_bytes()).collect();
        horizontal(&mut wide, 24, 1, 64).unwrap();
        assert_eq!(wide, [u64::MAX, 1, 4].iter().flat_map(|v| v.to_ne_bytes()).collect::<Vec<u8>>());
        assert!(horizontal(&mut [0; 3], 3, 1, 12).is_err());
    }

    #[test]
    fn float_planes_are_joined_highest_byte_first() {
        let values = [1.5_f32, -2.25, 1e30];
        let mut row = vec![0; 12];
        for (at, value) in values.iter().enumerate() {
            for (plane, byte) in value.to_be_bytes().iter().enumerate() {
                row[plane * 3 + at] = *byte;
            }
        }
        for at in (1..12).rev() {
            row[at] = row[at].wrapping_sub(row[at - 1]);
        }
        float(&mut row, 12, 1, 32).unwrap();
        assert_eq!(row, values.iter().flat_map(|v| v.to_ne_bytes()).collect::<Vec<u8>>());
    }
}
