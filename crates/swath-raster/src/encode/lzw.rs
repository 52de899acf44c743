//! LZW as TIFF has it (TIFF 6.0, section 13): most significant bit first, codes of 9 to 12 bits that grow one code early.

const CLEAR: u32 = 256;
const END: u32 = 257;
const FIRST: u32 = 258;
/// The table is emptied when this code has been given out.
const LAST: u32 = 4094;
const SLOT_BITS: u32 = 14;
const SLOTS: usize = 1 << SLOT_BITS;

/// The string table: open addressing, emptied by counting the generation up.
///
/// A slot is generation (32 bits), prefix code and next byte (20 bits), code (12 bits).
pub(crate) struct Lzw {
    slots: Vec<u64>,
    generation: u32,
}

impl Default for Lzw {
    fn default() -> Self {
        Self { slots: vec![0; SLOTS], generation: 0 }
    }
}

impl Lzw {
    /// Appends the encoded bytes to `out`.
    pub(crate) fn encode(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut codes = CodeWriter::new(out, bytes.len());
        codes.put(CLEAR);
        let Some((&first, rest)) = bytes.split_first() else {
            codes.put(END);
            return codes.finish();
        };
        self.forget();
        let slots: &mut [u64; SLOTS] = match self.slots.as_mut_slice().try_into() {
            Ok(slots) => slots,
            Err(_) => return,
        };
        let mut tag = u64::from(self.generation) << 32;
        let mut next = FIRST;
        let mut prefix = u32::from(first);
        for &byte in rest {
            let key = prefix << 8 | u32::from(byte);
            let wanted = tag | u64::from(key) << 12;
            let mut at = (key.wrapping_mul(0x9E37_79B1) >> (32 - SLOT_BITS)) as usize;
            let found = loop {
                let slot = slots[at];
                if slot & !0xFFF == wanted {
                    break Some((slot & 0xFFF) as u32);
                }
                if slot & 0xFFFF_FFFF_0000_0000 != tag {
                    break None;
                }
                at = (at + 1) & (SLOTS - 1);
            };
            if let Some(code) = found {
                prefix = code;
                continue;
            }
            codes.put(prefix);
            prefix = u32::from(byte);
            slots[at] = wanted | u64::from(next);
            next += 1;
            if next == LAST {
                codes.put(CLEAR);
                codes.width = 9;
                next = FIRST;
                self.generation = self.generation.wrapping_add(1);
                if self.generation == 0 {
                    slots.fill(0);
                    self.generation = 1;
                }
                tag = u64::from(self.generation) << 32;
            } else if next == 1 << codes.width {
                codes.width += 1;
            }
        }
        codes.put(prefix);
        next += 1;
        if next == LAST {
            codes.put(CLEAR);
            codes.width = 9;
        } else if next == 1 << codes.width {
            codes.width += 1;
        }
        codes.put(END);
        codes.finish();
    }

    fn forget(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        if self.generation == 0 {
            self.slots.fill(0);
            self.generation = 1;
        }
    }
}

struct CodeWriter<'a> {
    out: &'a mut Vec<u8>,
    at: usize,
    bits: u64,
    held: u32,
    width: u32,
}

impl<'a> CodeWriter<'a> {
    /// Room for the worst case: 12 bits for each byte, a clear code for each full table, and what is held back.
    fn new(out: &'a mut Vec<u8>, input: usize) -> Self {
        let at = out.len();
        out.resize(at + input + input / 2 + input / 1024 + 32, 0);
        Self { out, at, bits: 0, held: 0, width: 9 }
    }

    #[inline(always)]
    fn put(&mut self, code: u32) {
        self.bits = self.bits << self.width | u64::from(code);
        self.held += self.width;
        if self.held >= 32 {
            self.held -= 32;
            let word = ((self.bits >> self.held) as u32).to_be_bytes();
            self.out[self.at..self.at + 4].copy_from_slice(&word);
            self.at += 4;
        }
    }

    fn finish(self) {
        let left = (self.bits << (64 - self.held).min(63)).to_be_bytes();
        let bytes = self.held.div_ceil(8) as usize;
        self.out[self.at..self.at + bytes].copy_from_slice(&left[..bytes]);
        self.out.truncate(self.at + bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A decoder written from the specification, one code at a time.
    fn decode(bytes: &[u8]) -> Vec<u8> {
        let (mut out, mut table, mut width, mut at, mut old) = (Vec::new(), Vec::<Vec<u8>>::new(), 9, 0, None::<Vec<u8>>);
        loop {
            let code = (0..width).fold(0usize, |code, i| code << 1 | usize::from(bytes[(at + i) / 8] >> (7 - (at + i) % 8) & 1));
            at += width;
            match code as u32 {
                CLEAR => {
                    table = (0..258).map(|b| vec![b as u8]).collect();
                    (width, old) = (9, None);
                    continue;
                }
                END => return out,
                _ => {}
            }
            let word = match (&old, table.get(code)) {
                (_, Some(word)) => word.clone(),
                (Some(old), None) => [&old[..], &old[..1]].concat(),
                (None, None) => panic!("code {code} without a prefix"),
            };
            if let Some(old) = old {
                table.push([&old[..], &word[..1]].concat());
            }
            out.extend_from_slice(&word);
            old = Some(word);
            width = match table.len() + 1 {
                n if n >= 2048 => 12,
                n if n >= 1024 => 11,
                n if n >= 512 => 10,
                _ => 9,
            };
        }
    }

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        let noise = |n: usize, m: u64| -> Vec<u8> {
            let mut state = 1u64;
            (0..n)
                .map(|_| {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    ((state >> 40) % m) as u8
                })
                .collect()
        };
        let mut lzw = Lzw::default();
        for n in [0, 1, 2, 3, 254, 255, 256, 257, 3837, 3838, 3839, 3840, 5000, 60_000] {
            for m in [1, 2, 5, 256] {
                let bytes = noise(n, m);
                let mut out = Vec::new();
                lzw.encode(&bytes, &mut out);
                assert!(decode(&out) == bytes, "{n} bytes of {m} values");
            }
        }
    }

    #[test]
    fn every_length_up_to_a_full_table_ends_well() {
        let bytes: Vec<u8> = (0..9000u32).map(|i| (i.wrapping_mul(2654435761) >> 13) as u8).collect();
        let mut lzw = Lzw::default();
        for n in (0..bytes.len()).step_by(7).chain(3820..3860) {
            let mut out = vec![9];
            lzw.encode(&bytes[..n], &mut out);
            assert!(decode(&out[1..]) == bytes[..n], "{n} bytes");
        }
    }
}
