use super::{
    header::{Header, Reader},
    huffman::{self, Coded},
    mask, tiles,
    value::Value,
};
use crate::SampleType;

/// What a blob held: samples in the machine's byte order, those of a pixel together; and a byte for each pixel, 0 where it
/// is not valid, or none where all are.
#[derive(Debug, PartialEq)]
pub(super) struct Blob {
    pub depth: usize,
    pub samples: Vec<u8>,
    pub mask: Option<Vec<u8>>,
}

/// What the blob must hold to be the block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub sample: SampleType,
    pub width: usize,
    /// Rows at least, and at most.
    pub rows: (usize, usize),
    /// Samples of a pixel at least, and at most.
    pub depths: (usize, usize),
}

/// As much as `lerc-reader` makes room for.
const MOST_BYTES: usize = 512 << 20;

/// Exactly what `lerc-reader` makes of the blob; `None` where that must be asked: for a damaged one, for what is
/// rarely found in a TIFF, and for another one than wanted.
pub(super) fn decode(wanted: &Wanted, blob: &[u8]) -> Option<Blob> {
    let (header, mut reader) = Header::read(blob)?;
    let Wanted { sample, width, rows, depths } = *wanted;
    let fits = header.width == width && (rows.0..=rows.1).contains(&header.height) && (depths.0..=depths.1).contains(&header.depth);
    if !fits || cfg!(target_endian = "big") {
        return None;
    }
    let size = width.checked_mul(header.height)?.checked_mul(header.depth)?.checked_mul(sample.size())?;
    if size > MOST_BYTES {
        return None;
    }
    let mask = mask::read(&mut reader, &header)?;
    let body = Body { header: &header, mask: mask.as_deref(), size };
    let samples = match (sample, header.type_code) {
        (SampleType::I8, 0) => body.samples::<i8>(reader)?,
        (SampleType::U8, 1) => body.samples::<u8>(reader)?,
        (SampleType::I16, 2) => body.samples::<i16>(reader)?,
        (SampleType::U16, 3) => body.samples::<u16>(reader)?,
        (SampleType::I32, 4) => body.samples::<i32>(reader)?,
        (SampleType::U32, 5) => body.samples::<u32>(reader)?,
        (SampleType::F32, 6) => body.samples::<f32>(reader)?,
        (SampleType::F64, 7) => body.samples::<f64>(reader)?,
        _ => return None,
    };
    Some(Blob { depth: header.depth, samples, mask })
}

struct Body<'a> {
    header: &'a Header,
    mask: Option<&'a [u8]>,
    /// Bytes of all samples.
    size: usize,
}

impl Body<'_> {
    fn samples<T: Value>(&self, mut reader: Reader) -> Option<Vec<u8>> {
        let header = self.header;
        let samples = if header.valid_pixels == 0 {
            vec![0; self.size]
        } else if header.min == header.max {
            self.alike(&vec![T::from_f64(header.max); header.depth])
        } else {
            let most = if header.version >= 4 { ranges::<T>(&mut reader, header.depth)? } else { Ranges::Differ(vec![header.max]) };
            match most {
                Ranges::Alike(values) => self.alike(&values),
                Ranges::Differ(_) if reader.byte()? != 0 => self.as_they_are(&mut reader)?,
                Ranges::Differ(most) => self.packed::<T>(&mut reader, &most)?,
            }
        };
        reader.0.is_empty().then_some(samples)
    }

    /// Every valid pixel the same.
    fn alike<T: Value>(&self, pixel: &[T]) -> Vec<u8> {
        let pixel = bytemuck::cast_slice::<T, u8>(pixel);
        let Some(mask) = self.mask else { return pixel.repeat(self.size / pixel.len()) };
        let mut out = vec![0; self.size];
        let valid = out.chunks_exact_mut(pixel.len()).zip(mask).filter(|(_, valid)| **valid != 0);
        valid.for_each(|(out, _)| out.copy_from_slice(pixel));
        out
    }

    /// Valid pixels that are not packed.
    fn as_they_are(&self, reader: &mut Reader) -> Option<Vec<u8>> {
        let pixel = self.size / (self.header.width * self.header.height);
        let stored = reader.take(self.header.valid_pixels.checked_mul(pixel)?)?;
        let Some(mask) = self.mask else { return Some(stored.to_vec()) };
        let mut out = vec![0; self.size];
        let valid = out.chunks_exact_mut(pixel).zip(mask).filter(|(_, valid)| **valid != 0);
        valid.zip(stored.chunks_exact(pixel)).for_each(|((out, _), stored)| out.copy_from_slice(stored));
        Some(out)
    }

    fn packed<T: Value>(&self, reader: &mut Reader, most: &[f64]) -> Option<Vec<u8>> {
        let header = self.header;
        let mut out = vec![0; self.size];
        let how = if header.says_how() { reader.byte()? } else { 0 };
        match how {
            // An allocator that gives no room for a number where bytes were asked for is not known; there `lerc-reader` is asked.
            0 => tiles::decode::<T>(reader, header, most, self.mask, bytemuck::try_cast_slice_mut(&mut out).ok()?)?,
            1 if header.may_be_huffman() => huffman::decode(reader, header, Coded::Differences, self.mask, &mut out)?,
            2 if header.may_be_huffman() && header.version >= 4 => huffman::decode(reader, header, Coded::Plain, self.mask, &mut out)?,
            _ => return None,
        }
        Some(out)
    }
}

/// The least and largest sample of each dimension.
enum Ranges<T> {
    Alike(Vec<T>),
    /// The largest.
    Differ(Vec<f64>),
}

fn ranges<T: Value>(reader: &mut Reader, depth: usize) -> Option<Ranges<T>> {
    let mut values = || (0..depth).map(|_| T::read(reader)).collect::<Option<Vec<T>>>();
    let (least, most) = (values()?, values()?);
    let right = |(least, most): (&T, &T)| least.to_f64().is_finite() && most.to_f64().is_finite() && least <= most;
    if !least.iter().zip(&most).all(right) {
        return None;
    }
    Some(if least == most { Ranges::Alike(most) } else { Ranges::Differ(most.into_iter().map(T::to_f64).collect()) })
}
