use bytemuck::Pod;

use super::header::Reader;

/// How a number of a tile becomes a sample: the number times the step, added to the least, but never more than the most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Steps {
    pub least: f64,
    pub step: f64,
    pub most: f64,
}

/// A sample type of LERC.
pub(super) trait Value: Pod + PartialOrd {
    /// As `as` converts: to the nearest that there is.
    fn from_f64(value: f64) -> Self;
    fn to_f64(self) -> f64;
    /// The samples of numbers of so many bits.
    fn restore(numbers: &[u32], bits: u32, steps: &Steps, out: &mut [Self]);

    fn read(reader: &mut Reader) -> Option<Self> {
        // Blobs are little-endian, and so is the machine, or the blob is not read here.
        reader.take(size_of::<Self>()).map(bytemuck::pod_read_unaligned)
    }
}

impl Steps {
    /// In the double precision that the format is defined in.
    fn precisely<T: Value>(&self, numbers: &[u32], out: &mut [T]) {
        let Self { least, step, most } = *self;
        let first_over = if step == 0.0 { f64::INFINITY } else { ((most - least) / step).ceil() };
        for (out, number) in out.iter_mut().zip(numbers) {
            let number = f64::from(*number);
            *out = T::from_f64(if number < first_over { least + number * step } else { most });
        }
    }

    /// Least, step and most where whole numbers say the same, and neither they nor the largest of so many bits overflow.
    fn whole<T: Value>(&self, bits: u32, most_bits: u32) -> Option<(i64, i64, i64)> {
        let fits = |value: f64| T::from_f64(value).to_f64() == value;
        let step = Some(self.step as i64).filter(|step| *step as f64 == self.step && (1..=1 << 13).contains(step))?;
        (bits <= most_bits && fits(self.least) && fits(self.most)).then_some((self.least as i64, step, self.most as i64))
    }
}

macro_rules! integers {
    ($($ty:ty, $wide:ty, $most_bits:literal;)*) => {$(
        impl Value for $ty {
            fn from_f64(value: f64) -> Self {
                value as $ty
            }
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            fn restore(numbers: &[u32], bits: u32, steps: &Steps, out: &mut [Self]) {
                let Some((least, step, most)) = steps.whole::<Self>(bits, $most_bits) else {
                    return steps.precisely(numbers, out);
                };
                let (least, step, most) = (least as $wide, step as $wide, most as $wide);
                for (out, number) in out.iter_mut().zip(numbers) {
                    *out = (least + *number as $wide * step).min(most) as $ty;
                }
            }
        }
    )*};
}

// 16 bits times 2^13 and the least stay within 31 bits; 31 bits times 2^13 within 63.
integers! {
    i8, i32, 16;
    u8, i32, 16;
    i16, i32, 16;
    u16, i32, 16;
    i32, i64, 31;
    u32, i64, 31;
}

macro_rules! floats {
    ($($ty:ty)*) => {$(
        impl Value for $ty {
            fn from_f64(value: f64) -> Self {
                value as $ty
            }
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            fn restore(numbers: &[u32], _: u32, steps: &Steps, out: &mut [Self]) {
                steps.precisely(numbers, out);
            }
        }
    )*};
}

floats! { f32 f64 }

/// The least sample of a tile, stored in the smallest type that holds it: `shrunk` says how much smaller than the blob's.
pub(super) fn least(reader: &mut Reader, type_code: u32, shrunk: u8) -> Option<f64> {
    let shrunk = u32::from(shrunk);
    let code = match (type_code, shrunk) {
        (2 | 4, _) => type_code.checked_sub(shrunk)?,
        (3 | 5, _) => type_code.checked_sub(2 * shrunk)?,
        (6, 1) => 2,
        (6, 2..) => 1,
        (7, 1..) => 8 - 2 * shrunk,
        _ => type_code,
    };
    Some(match code {
        0 => i8::read(reader)?.to_f64(),
        1 => u8::read(reader)?.to_f64(),
        2 => i16::read(reader)?.to_f64(),
        3 => u16::read(reader)?.to_f64(),
        4 => i32::read(reader)?.to_f64(),
        5 => u32::read(reader)?.to_f64(),
        6 => f32::read(reader)?.to_f64(),
        _ => f64::read(reader)?,
    })
}
