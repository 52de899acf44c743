use super::{
    header::{Header, Reader},
    stuffed::{MOST, Meaning, Numbers},
    value::{Steps, Value, least},
};

/// A tile of a blob.
#[derive(Debug, Clone, Copy)]
struct Tile {
    col: usize,
    row: usize,
    width: usize,
    height: usize,
}

/// The samples of one dimension of a tile, those of valid pixels alone.
enum Packed {
    Alike,
    Each(usize),
}

/// Pixels packed tile by tile into `out`, where the samples of a pixel lie together; `most` is the largest sample of each
/// dimension. `None` where the bytes are no such tiles, or differences between dimensions.
pub(super) fn decode<T: Value>(reader: &mut Reader, header: &Header, most: &[f64], mask: Option<&[u8]>, out: &mut [T]) -> Option<()> {
    let side = header.tile_side;
    let mut unpacking =
        Unpacking { numbers: Numbers::new(), samples: [T::zeroed(); MOST], type_code: header.type_code, step: 2.0 * header.max_error };
    for row in (0..header.height).step_by(side) {
        for col in (0..header.width).step_by(side) {
            let tile = Tile { col, row, width: side.min(header.width - col), height: side.min(header.height - row) };
            for (dim, most) in most.iter().enumerate() {
                let head = reader.byte()?;
                // A few bits of the place, to notice bytes that do not belong here.
                let (sign, is_difference) = if header.version >= 5 { (14, head & 4 != 0) } else { (15, false) };
                if head >> 2 & sign != (col >> 3) as u8 & sign || is_difference {
                    return None;
                }
                let valid = mask.map_or(tile.width * tile.height, |mask| tile.valid(mask, header.width));
                let packed = unpacking.read(reader, head, *most, valid)?;
                let place = Place { tile, width: header.width, depth: header.depth, dim, mask };
                match packed {
                    Packed::Alike => place.put(std::iter::repeat(unpacking.samples[0]), out),
                    Packed::Each(count) => place.copy(&unpacking.samples[..count], out),
                }
            }
        }
    }
    Some(())
}

struct Unpacking<T> {
    numbers: Numbers,
    samples: [T; MOST],
    type_code: u32,
    step: f64,
}

impl<T: Value> Unpacking<T> {
    fn read(&mut self, reader: &mut Reader, head: u8, most: f64, valid: usize) -> Option<Packed> {
        let samples = &mut self.samples;
        match head & 3 {
            0 => {
                let bytes = bytemuck::cast_slice_mut::<T, u8>(&mut samples[..valid]);
                bytes.copy_from_slice(reader.take(bytes.len())?);
                Some(Packed::Each(valid))
            }
            2 => {
                samples[0] = T::zeroed();
                Some(Packed::Alike)
            }
            3 => {
                samples[0] = T::from_f64(least(reader, self.type_code, head >> 6)?);
                Some(Packed::Alike)
            }
            _ => {
                let steps = Steps { least: least(reader, self.type_code, head >> 6)?, step: self.step, most };
                let count = match self.numbers.read(reader, valid)? {
                    Meaning::Themselves(numbers, 0) => {
                        samples[..numbers.len()].fill(T::from_f64(steps.least));
                        numbers.len()
                    }
                    Meaning::Themselves(numbers, bits) => {
                        T::restore(numbers, bits, &steps, samples);
                        numbers.len()
                    }
                    Meaning::Places(places, listed, bits) => {
                        let mut table = [T::from_f64(steps.least); 256];
                        T::restore(listed, bits, &steps, &mut table[1..=listed.len()]);
                        if places.iter().any(|place| *place as usize > listed.len()) {
                            return None;
                        }
                        samples.iter_mut().zip(places).for_each(|(sample, place)| *sample = table[*place as usize & 255]);
                        places.len()
                    }
                };
                (count == valid).then_some(Packed::Each(count))
            }
        }
    }
}

impl Tile {
    /// How many pixels of it are valid.
    fn valid(&self, mask: &[u8], width: usize) -> usize {
        self.rows(width).map(|row| mask[row].iter().map(|valid| usize::from(*valid)).sum::<usize>()).sum()
    }

    /// The pixels of each of its rows, in a picture so wide.
    fn rows(self, width: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
        (self.row..self.row + self.height).map(move |row| row * width + self.col).map(move |first| first..first + self.width)
    }
}

/// Where samples go.
struct Place<'a> {
    tile: Tile,
    width: usize,
    depth: usize,
    dim: usize,
    mask: Option<&'a [u8]>,
}

impl Place<'_> {
    fn copy<T: Value>(&self, samples: &[T], out: &mut [T]) {
        if self.depth > 1 || self.mask.is_some() {
            return self.put(samples.iter().copied(), out);
        }
        for (row, samples) in self.tile.rows(self.width).zip(samples.chunks_exact(self.tile.width)) {
            out[row].copy_from_slice(samples);
        }
    }

    fn put<T: Value>(&self, mut samples: impl Iterator<Item = T>, out: &mut [T]) {
        for row in self.tile.rows(self.width) {
            let out = out[row.start * self.depth..row.end * self.depth].chunks_exact_mut(self.depth);
            match self.mask {
                None => out.zip(&mut samples).for_each(|(pixel, sample)| pixel[self.dim] = sample),
                Some(mask) => {
                    let valid = out.zip(&mask[row]).filter(|(_, valid)| **valid != 0);
                    valid.zip(&mut samples).for_each(|((pixel, _), sample)| pixel[self.dim] = sample);
                }
            }
        }
    }
}
