use super::header::Reader;

/// Numbers of a tile at most: 32 x 32.
pub(super) const MOST: usize = 1024;
/// Numbers that are unpacked at once: that many times their bits are whole bytes.
const GROUP: usize = 8;
/// Bytes that a group of numbers of 31 bits is read from, 8 at a time.
const WINDOW: usize = 40;

/// Room for the numbers of one tile, used again for the next.
pub(super) struct Numbers {
    numbers: [u32; MOST],
    table: [u32; 256],
}

/// What bit-stuffed numbers stand for.
pub(super) enum Meaning<'a> {
    /// Each for itself, of so many bits.
    Themselves(&'a [u32], u32),
    /// Each for a place in a table, the first of which holds zero, the next these numbers of so many bits.
    Places(&'a [u32], &'a [u32], u32),
}

impl Numbers {
    pub fn new() -> Self {
        Self { numbers: [0; MOST], table: [0; 256] }
    }

    /// ESRI's `BitStuffer2` from version 3 on: a byte for their bits, their count, then the numbers from the lowest bit on.
    /// `None` where there are more than `most`, or fewer bytes.
    pub fn read(&mut self, reader: &mut Reader, most: usize) -> Option<Meaning<'_>> {
        let head = reader.byte()?;
        let bits = u32::from(head & 31);
        let count = match head >> 6 {
            0 => reader.count()?,
            1 => usize::from(u16::from_le_bytes(reader.array()?)),
            2 => usize::from(reader.byte()?),
            _ => return None,
        };
        let numbers = self.numbers[..most.min(MOST)].get_mut(..count)?;
        if head & 32 == 0 {
            unpack(reader, bits, numbers)?;
            return Some(Meaning::Themselves(numbers, bits));
        }
        let listed = usize::from(reader.byte()?).checked_sub(1)?;
        let table = &mut self.table[..listed];
        unpack(reader, bits, table)?;
        unpack(reader, usize::BITS - listed.leading_zeros(), numbers)?;
        Some(Meaning::Places(numbers, table, bits))
    }
}

/// Fills `out` with the next numbers of so many bits.
fn unpack(reader: &mut Reader, bits: u32, out: &mut [u32]) -> Option<()> {
    // Bytes behind the numbers are read with them, and dropped.
    let from = reader.0;
    reader.take((bits as usize).checked_mul(out.len())?.div_ceil(8))?;
    macro_rules! by_bits {
        ($($bits:literal)*) => {
            match bits {
                0 => out.fill(0),
                $($bits => groups::<$bits>(from, out),)*
                _ => return None,
            }
        };
    }
    by_bits!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);
    Some(())
}

fn groups<const BITS: usize>(from: &[u8], out: &mut [u32]) {
    let (whole, rest) = out.as_chunks_mut::<GROUP>();
    let mut at = 0;
    for group in whole {
        match from.get(at..).and_then(|from| from.first_chunk::<WINDOW>()) {
            Some(window) => *group = numbers::<BITS>(window),
            None => *group = numbers::<BITS>(&filled_up(from, at)),
        }
        at += BITS;
    }
    if !rest.is_empty() {
        let group = numbers::<BITS>(&filled_up(from, at));
        rest.copy_from_slice(&group[..rest.len()]);
    }
}

#[inline(always)]
fn numbers<const BITS: usize>(window: &[u8; WINDOW]) -> [u32; GROUP] {
    std::array::from_fn(|number| {
        let bit = number * BITS;
        let bytes: [u8; 8] = std::array::from_fn(|byte| window[bit / 8 + byte]);
        (u64::from_le_bytes(bytes) >> (bit % 8)) as u32 & ((1 << BITS) - 1)
    })
}

/// The last bytes of a blob, and zeros.
fn filled_up(from: &[u8], at: usize) -> [u8; WINDOW] {
    let left = from.get(at..).unwrap_or_default();
    let len = left.len().min(WINDOW);
    let mut window = [0; WINDOW];
    window[..len].copy_from_slice(&left[..len]);
    window
}
