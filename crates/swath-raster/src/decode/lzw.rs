//! LZW as TIFF has it (TIFF 6.0, section 13), and as it was written before that.
//!
//! Every string of the table already stands in the output, where it was first written: the table keeps places, not prefixes.

use crate::{Error, Result};

const CLEAR: usize = 256;
const END: usize = 257;
const FIRST: usize = 258;
const TABLE: usize = 4096;
/// Strings are copied in steps of this size; the output has as much room to spare.
const STEP: usize = 16;

/// Stops when `size` bytes are written, with or without an end code.
///
/// # Errors
/// Damaged where a code is not in the table yet, or the codes end too early.
pub(super) fn decode(stored: &[u8], size: usize) -> Result<Vec<u8>> {
    // Before TIFF 6.0 codes began at the lowest bit; the clear code that starts a stream tells.
    let old = stored.len() >= 2 && stored[0] == 0 && stored[1] & 1 == 1;
    if old { Codes::<Old>::new(stored).run(size) } else { Codes::<New>::new(stored).run(size) }
}

trait BitOrder {
    /// How many codes early the width grows.
    const EARLY: usize;
    fn push(buffer: u64, have: u32, byte: u8) -> u64;
    fn push_word(buffer: u64, have: u32, word: [u8; 8]) -> u64;
    fn take(buffer: u64, width: u32) -> (usize, u64);
}

struct New;
struct Old;

impl BitOrder for New {
    const EARLY: usize = 1;
    #[inline(always)]
    fn push(buffer: u64, have: u32, byte: u8) -> u64 {
        buffer | u64::from(byte) << (56 - have)
    }
    #[inline(always)]
    fn push_word(buffer: u64, have: u32, word: [u8; 8]) -> u64 {
        buffer | u64::from_be_bytes(word) >> have
    }
    #[inline(always)]
    fn take(buffer: u64, width: u32) -> (usize, u64) {
        ((buffer >> (64 - width)) as usize, buffer << width)
    }
}

impl BitOrder for Old {
    const EARLY: usize = 0;
    #[inline(always)]
    fn push(buffer: u64, have: u32, byte: u8) -> u64 {
        buffer | u64::from(byte) << have
    }
    #[inline(always)]
    fn push_word(buffer: u64, have: u32, word: [u8; 8]) -> u64 {
        buffer | u64::from_le_bytes(word) << have
    }
    #[inline(always)]
    fn take(buffer: u64, width: u32) -> (usize, u64) {
        ((buffer & ((1 << width) - 1)) as usize, buffer >> width)
    }
}

struct Codes<'a, B> {
    stored: &'a [u8],
    at: usize,
    buffer: u64,
    have: u32,
    order: std::marker::PhantomData<B>,
}

impl<'a, B: BitOrder> Codes<'a, B> {
    fn new(stored: &'a [u8]) -> Self {
        Self { stored, at: 0, buffer: 0, have: 0, order: std::marker::PhantomData }
    }

    #[inline(always)]
    fn next(&mut self, width: u32) -> Option<usize> {
        if self.have < width {
            self.refill();
            if self.have < width {
                return None;
            }
        }
        let (code, rest) = B::take(self.buffer, width);
        self.buffer = rest;
        self.have -= width;
        Some(code)
    }

    #[inline(always)]
    fn refill(&mut self) {
        if let Some(word) = self.stored.get(self.at..self.at + 8).and_then(|w| w.try_into().ok()) {
            let bytes = (63 - self.have) >> 3;
            let word = B::push_word(self.buffer, self.have, word);
            self.have += bytes * 8;
            self.at += bytes as usize;
            // Bits past what was counted would be pushed again.
            self.buffer = keep::<B>(word, self.have);
            return;
        }
        while self.have <= 56
            && let Some(byte) = self.stored.get(self.at)
        {
            self.buffer = B::push(self.buffer, self.have, *byte);
            self.have += 8;
            self.at += 1;
        }
    }

    fn run(mut self, size: usize) -> Result<Vec<u8>> {
        let mut out = vec![0; size + 2 * STEP];
        // Where each string begins in the output, and how long it is.
        let mut table = [(0_u32, 0_u32); TABLE];
        let mut next = FIRST;
        let mut width = 9;
        let mut grow = (1 << width) - B::EARLY;
        let mut previous: Option<(usize, usize)> = None;
        let mut written = 0;
        while written < size {
            let Some(code) = self.next(width) else { return Err(ended(written, size)) };
            let (from, len) = match code {
                0..CLEAR => {
                    out[written] = code as u8;
                    (written, 1)
                }
                CLEAR => {
                    (next, width, previous) = (FIRST, 9, None);
                    grow = (1 << width) - B::EARLY;
                    continue;
                }
                END => return Err(ended(written, size)),
                code => match previous {
                    Some((from, len)) if code == next && next < TABLE => (from, len + 1),
                    Some(_) if code < next => {
                        let (from, len) = table[code & (TABLE - 1)];
                        (from as usize, len as usize)
                    }
                    _ => return Err(unknown(code, written)),
                },
            };
            let len = len.min(size - written);
            if code >= FIRST {
                copy(&mut out, from, written, len);
            }
            if let Some((from, len)) = previous
                && next < TABLE
            {
                table[next] = (from as u32, len as u32 + 1);
                next += 1;
                if next == grow && width < 12 {
                    width += 1;
                    grow = (1 << width) - B::EARLY;
                }
            }
            previous = Some((written, len));
            written += len;
        }
        out.truncate(size);
        Ok(out)
    }
}

#[inline(always)]
fn keep<B: BitOrder>(word: u64, have: u32) -> u64 {
    if B::EARLY == 1 { word & !(u64::MAX >> have) } else { word & ((1 << have) - 1) }
}

/// The string may reach one byte into its own copy.
#[inline(always)]
fn copy(out: &mut [u8], from: usize, to: usize, len: usize) {
    let first = out[from];
    let mut done = 0;
    while done < len {
        out.copy_within(from + done..from + done + STEP, to + done);
        done += STEP;
    }
    if from + len > to {
        out[to + len - 1] = first;
    }
}

fn ended(written: usize, size: usize) -> Error {
    Error::damaged("", format!("lzw codes end after {written} bytes"), format!("{size} bytes"))
}

fn unknown(code: usize, written: usize) -> Error {
    Error::damaged("", format!("lzw code {code} after {written} bytes is not in the table"), "a code that was defined before")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plain encoder, to have something to decode.
    fn encode(bytes: &[u8], old: bool) -> Vec<u8> {
        let mut table: std::collections::HashMap<Vec<u8>, usize> = (0..256).map(|b| (vec![b as u8], b)).collect();
        let (mut out, mut bits, mut width) = (Vec::new(), Vec::new(), 9);
        let mut next = FIRST;
        let put = |code: usize, width: usize, bits: &mut Vec<u8>| {
            for bit in 0..width {
                let shift = if old { bit } else { width - 1 - bit };
                bits.push((code >> shift & 1) as u8);
            }
        };
        put(CLEAR, width, &mut bits);
        let mut string: Vec<u8> = Vec::new();
        for byte in bytes {
            let mut longer = string.clone();
            longer.push(*byte);
            if table.contains_key(&longer) {
                string = longer;
                continue;
            }
            put(table[&string], width, &mut bits);
            table.insert(longer, next);
            next += 1;
            if next == (1 << width) + usize::from(old) {
                width += 1;
            }
            if next == 4095 {
                put(CLEAR, 12, &mut bits);
                table = (0..256).map(|b| (vec![b as u8], b)).collect();
                (next, width) = (FIRST, 9);
            }
            string = vec![*byte];
        }
        if !string.is_empty() {
            put(table[&string], width, &mut bits);
        }
        for byte in bits.chunks(8) {
            out.push(byte.iter().enumerate().fold(0, |b, (i, bit)| b | bit << if old { i } else { 7 - i }));
        }
        out
    }

    #[test]
    fn what_was_encoded_comes_back_in_both_bit_orders_without_an_end_code() {
        let mut state = 1_u32;
        let noise: Vec<u8> = (0..100_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 29) as u8
            })
            .collect();
        for bytes in [vec![7; 5000], noise, b"TOBEORNOTTOBEORTOBEORNOT".to_vec(), vec![1]] {
            for old in [false, true] {
                let stored = encode(&bytes, old);
                assert!(decode(&stored, bytes.len()).unwrap() == bytes, "old {old}, {} bytes", bytes.len());
                assert!(decode(&stored, bytes.len() + 100).is_err());
            }
        }
    }

    #[test]
    fn a_code_from_the_future_is_an_error() {
        // Clear, then 300.
        assert!(decode(&[0x80, 0x4b, 0, 0, 0], 10).unwrap_err().found.contains("300"));
    }
}
