//! What a codec is given instead of the samples: differences (TIFF 6.0, section 14; Technical Note 3 for floats).

use crate::wide::{Loop, wide};

/// How one row of samples is turned into the bytes that are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prediction {
    None,
    /// Each sample less the one before it of the same band.
    Horizontal,
    /// Bytes sorted by significance, then each less the one before it of the same band.
    Float,
}

/// Fills `out` from one row of `bands` interleaved samples of `size` bytes in the machine's order; both are equally long.
/// Files are little-endian.
pub(crate) fn predict(how: Prediction, row: &[u8], size: usize, bands: usize, out: &mut [u8]) {
    if how == Prediction::None {
        return out.copy_from_slice(row);
    }
    wide(Predicted { how, row, size, bands, out });
}

struct Predicted<'a> {
    how: Prediction,
    row: &'a [u8],
    size: usize,
    bands: usize,
    out: &'a mut [u8],
}

impl Loop for Predicted<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { how, row, size, bands, out } = self;
        match (how, size) {
            (Prediction::None, _) => out.copy_from_slice(row),
            (Prediction::Horizontal, 1) => difference::<u8>(row, bands, out, u8::wrapping_sub),
            (Prediction::Horizontal, 2) => difference::<u16>(row, bands, out, u16::wrapping_sub),
            (Prediction::Horizontal, 4) => difference::<u32>(row, bands, out, u32::wrapping_sub),
            (Prediction::Horizontal, _) => difference::<u64>(row, bands, out, u64::wrapping_sub),
            (Prediction::Float, 4) => by_significance::<4>(row, bands, out),
            (Prediction::Float, _) => by_significance::<8>(row, bands, out),
        }
    }
}

/// `row` and `out` may lie at any address: words are moved as bytes, which the compiler turns into plain loads and stores.
#[inline(always)]
fn difference<T: bytemuck::Pod>(row: &[u8], bands: usize, out: &mut [u8], less: impl Fn(T, T) -> T) {
    let size = size_of::<T>();
    let head = (bands * size).min(row.len());
    out[..head].copy_from_slice(&row[..head]);
    let (now, before) = (&row[head..], &row[..row.len() - head]);
    for ((out, now), before) in out[head..].chunks_exact_mut(size).zip(now.chunks_exact(size)).zip(before.chunks_exact(size)) {
        let value = less(bytemuck::pod_read_unaligned(now), bytemuck::pod_read_unaligned(before));
        out.copy_from_slice(bytemuck::bytes_of(&value));
    }
}

/// Little-endian samples of `N` bytes: plane 0 takes the most significant byte of each.
#[inline(always)]
fn by_significance<const N: usize>(row: &[u8], bands: usize, out: &mut [u8]) {
    let (samples, _) = row.as_chunks::<N>();
    let count = samples.len();
    if count < bands || count == 0 {
        return;
    }
    for plane in 0..N {
        let byte = N - 1 - plane;
        let to = &mut out[plane * count..(plane + 1) * count];
        for ((to, now), before) in to[bands..].iter_mut().zip(&samples[bands..]).zip(samples) {
            *to = now[byte].wrapping_sub(before[byte]);
        }
        for i in 0..bands {
            let before = if plane == 0 { 0 } else { samples[count - bands + i][byte + 1] };
            to[i] = samples[i][byte].wrapping_sub(before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undo_float(bytes: &[u8], size: usize, bands: usize) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for i in bands..bytes.len() {
            bytes[i] = bytes[i].wrapping_add(bytes[i - bands]);
        }
        let count = bytes.len() / size;
        (0..bytes.len()).map(|i| bytes[(size - 1 - i % size) * count + i / size]).collect()
    }

    fn undo_horizontal(bytes: &[u8], size: usize, bands: usize) -> Vec<u8> {
        let word = |b: &[u8]| b.iter().rev().fold(0u64, |w, &b| w << 8 | u64::from(b));
        let mut out = bytes.to_vec();
        for i in bands..bytes.len() / size {
            let sum = word(&out[i * size..][..size]).wrapping_add(word(&out[(i - bands) * size..][..size]));
            out[i * size..][..size].copy_from_slice(&sum.to_le_bytes()[..size]);
        }
        out
    }

    #[test]
    fn predictions_can_be_undone() {
        let row: Vec<u8> = (0..5 * 7 * 8 * 3u32).map(|i| (i.wrapping_mul(2654435761) >> 11) as u8).collect();
        for bands in [1, 2, 3, 5] {
            for pixels in [1, 2, 7, 16] {
                for size in [1, 2, 4, 8] {
                    let row = &row[..pixels * bands * size];
                    let mut out = vec![0; row.len()];
                    predict(Prediction::Horizontal, row, size, bands, &mut out);
                    assert_eq!(undo_horizontal(&out, size, bands), row, "{size} {bands}");
                    if size >= 4 {
                        predict(Prediction::Float, row, size, bands, &mut out);
                        assert_eq!(undo_float(&out, size, bands), row, "{size} {bands}");
                    }
                }
            }
        }
    }
}
