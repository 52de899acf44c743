use super::{
    header::{Header, Reader},
    stuffed::{Meaning, Numbers},
};

/// Codes up to this many bits are found in one look.
const LOOK: u32 = 12;

/// How samples of 8 bits are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coded {
    /// As they are, pixel by pixel.
    Plain,
    /// By their difference from the left neighbour, or from the one above where that is none, dimension by dimension.
    Differences,
}

/// Samples of 8 bits behind a Huffman table (ESRI's `Huffman`), as bytes; `None` where they are not.
pub(super) fn decode(reader: &mut Reader, header: &Header, coded: Coded, mask: Option<&[u8]>, out: &mut [u8]) -> Option<()> {
    let table = Table::read(reader)?;
    let mut codes = Codes::new(reader.take(reader.0.len())?);
    let samples = Samples { width: header.width, depth: header.depth, shift: if header.type_code == 0 { 128 } else { 0 } };
    match (coded, mask) {
        (Coded::Plain, mask) => samples.plain(&table, &mut codes, mask, out)?,
        (Coded::Differences, None) => samples.differences(&table, &mut codes, |_| true, out)?,
        (Coded::Differences, Some(mask)) => samples.differences(&table, &mut codes, |pixel| mask[pixel] != 0, out)?,
    }
    codes.are_whole().then_some(())
}

struct Samples {
    width: usize,
    depth: usize,
    /// Added to a symbol: those of signed samples begin at -128.
    shift: u8,
}

impl Samples {
    fn plain(&self, table: &Table, codes: &mut Codes, mask: Option<&[u8]>, out: &mut [u8]) -> Option<()> {
        for (at, pixel) in out.chunks_exact_mut(self.depth).enumerate() {
            if mask.is_none_or(|mask| mask[at] != 0) {
                for sample in pixel {
                    *sample = table.next(codes)?.wrapping_add(self.shift);
                }
            }
        }
        Some(())
    }

    fn differences(&self, table: &Table, codes: &mut Codes, valid: impl Fn(usize) -> bool, out: &mut [u8]) -> Option<()> {
        let (width, depth) = (self.width, self.depth);
        for dim in 0..depth {
            let mut last = 0_u8;
            for first in (0..out.len() / depth).step_by(width) {
                for pixel in first..first + width {
                    if !valid(pixel) {
                        continue;
                    }
                    let has_left = pixel > first && valid(pixel - 1);
                    if !has_left && first > 0 && valid(pixel - width) {
                        last = out[(pixel - width) * depth + dim];
                    }
                    last = last.wrapping_add(table.next(codes)?).wrapping_add(self.shift);
                    out[pixel * depth + dim] = last;
                }
            }
        }
        Some(())
    }
}

/// A code longer than a look.
struct Long {
    code: u32,
    bits: u32,
    symbol: u8,
}

impl Long {
    fn begins(&self, next: u32) -> bool {
        next >> (32 - self.bits) == self.code
    }
}

struct Table {
    /// By the next bits: length above, symbol below; 0 where the code is longer, or there is none.
    look: Vec<u16>,
    long: Vec<Long>,
}

impl Table {
    /// Lengths are bit-stuffed, codes follow as they are; `None` where one begins another.
    fn read(reader: &mut Reader) -> Option<Self> {
        let (version, size, first, end) = (reader.u32()?, reader.count()?, reader.count()?, reader.count()?);
        let listed = end.checked_sub(first).filter(|listed| *listed > 0 && *listed <= size)?;
        if !(2..=i32::MAX as u32).contains(&version) || size > 256 || first >= size {
            return None;
        }
        let mut numbers = Numbers::new();
        let Meaning::Themselves(lengths, _) = numbers.read(reader, listed)? else { return None };
        if lengths.len() != listed {
            return None;
        }
        let mut table = Self { look: vec![0; 1 << LOOK], long: Vec::new() };
        let mut codes = Codes::new(reader.0);
        for (at, bits) in lengths.iter().enumerate().filter(|(_, bits)| **bits > 0) {
            let bits = Some(*bits).filter(|bits| *bits <= 32)?;
            table.add(codes.peek() >> (32 - bits), bits, ((first + at) % size) as u8)?;
            codes.advance(bits);
        }
        // What is coded begins with a new word.
        reader.take(codes.words_begun()?)?;
        Some(table)
    }

    fn add(&mut self, code: u32, bits: u32, symbol: u8) -> Option<()> {
        if bits <= LOOK {
            let first = (code << (LOOK - bits)) as usize;
            let room = &mut self.look[first..first + (1 << (LOOK - bits))];
            let free = room.iter().all(|entry| *entry == 0);
            room.fill((bits as u16) << 8 | u16::from(symbol));
            let none = !self.long.iter().any(|long| long.code >> (long.bits - bits) == code);
            return (free && none).then_some(());
        }
        let long = Long { code, bits, symbol };
        let apart = |other: &Long| {
            let common = bits.min(other.bits);
            code >> (bits - common) != other.code >> (other.bits - common)
        };
        let free = self.look[(code >> (bits - LOOK)) as usize] == 0 && self.long.iter().all(apart);
        self.long.push(long);
        free.then_some(())
    }

    #[inline(always)]
    fn next(&self, codes: &mut Codes) -> Option<u8> {
        let next = codes.peek();
        let entry = self.look[(next >> (32 - LOOK)) as usize];
        if entry != 0 {
            codes.advance(u32::from(entry >> 8));
            return Some(entry as u8);
        }
        let long = self.long.iter().find(|long| long.begins(next))?;
        codes.advance(long.bits);
        Some(long.symbol)
    }
}

/// Codes from the highest bit on, in little-endian words of 32 bits.
struct Codes<'a> {
    words: &'a [[u8; 4]],
    /// A last word that is not whole.
    rest: &'a [u8],
    begun: usize,
    /// The next bits, from the highest on; at least 32 are there.
    bits: u64,
    have: u32,
}

impl<'a> Codes<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let (words, rest) = bytes.as_chunks::<4>();
        let mut codes = Self { words, rest, begun: 0, bits: 0, have: 0 };
        codes.fill();
        codes
    }

    fn peek(&self) -> u32 {
        (self.bits >> 32) as u32
    }

    #[inline(always)]
    fn advance(&mut self, bits: u32) {
        self.bits <<= bits;
        self.have -= bits;
        if self.have < 32 {
            self.fill();
        }
    }

    /// Zeros stand behind the last word.
    #[inline(always)]
    fn fill(&mut self) {
        let word = match self.words.get(self.begun) {
            Some(word) => u32::from_le_bytes(*word),
            None if self.begun == self.words.len() => self.rest.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte)),
            None => 0,
        };
        self.bits |= u64::from(word) << (32 - self.have);
        self.have += 32;
        self.begun += 1;
    }

    /// Bytes of the words that were begun; `None` where there are not so many.
    fn words_begun(&self) -> Option<usize> {
        // Those of which no bit is used were only looked at.
        let used = (self.begun * 32).checked_sub(self.have as usize)?.div_ceil(32);
        self.are_whole().then_some((used * 4).min(self.words.len() * 4 + self.rest.len()))
    }

    /// Whether all bits used were there.
    fn are_whole(&self) -> bool {
        self.begun * 32 - self.have as usize <= (self.words.len() * 4 + self.rest.len()) * 8
    }
}
