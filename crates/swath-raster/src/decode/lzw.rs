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
/// The output begins with every byte once, so that single bytes are strings with a place too.
const BYTES: usize = 256;

/// Stops when `size` bytes are written, with or without an end code.
///
/// # Errors
/// Damaged where a code is not in the table yet, or the codes end too early.
pub(super) fn decode(stored: &[u8], size: usize) -> Result<Vec<u8>> {
    // Before TIFF 6.0 codes began at the lowest bit; the clear code that starts a stream tells.
    let old = stored.len() >= 2 && stored[0] == 0 && stored[1] & 1 == 1;
    if old { run::<Old>(stored, size) } else { run::<New>(stored, size) }
}

trait BitOrder {
    /// How many codes late the width grows.
    const LATE: usize;
    fn code(word: [u8; 8], skip: usize, width: usize) -> usize;
}

struct New;
struct Old;

impl BitOrder for New {
    const LATE: usize = 0;
    #[inline(always)]
    fn code(word: [u8; 8], skip: usize, width: usize) -> usize {
        ((u64::from_be_bytes(word) << skip) >> (64 - width)) as usize
    }
}

impl BitOrder for Old {
    const LATE: usize = 1;
    #[inline(always)]
    fn code(word: [u8; 8], skip: usize, width: usize) -> usize {
        ((u64::from_le_bytes(word) >> skip) & ((1 << width) - 1)) as usize
    }
}

/// Eight bytes from `at`, zeros past the end.
#[inline(always)]
fn word(stored: &[u8], at: usize) -> [u8; 8] {
    if let Some(word) = stored.get(at..at + 8).and_then(|w| w.try_into().ok()) {
        return word;
    }
    let mut word = [0; 8];
    let rest = stored.get(at..).unwrap_or_default();
    word[..rest.len()].copy_from_slice(rest);
    word
}

fn run<B: BitOrder>(stored: &[u8], size: usize) -> Result<Vec<u8>> {
    let mut out = vec![0; BYTES + size + 2 * STEP];
    // Where each string begins in the output, and how long it is.
    let (mut begins, mut lengths) = ([0_u32; TABLE], [1_u16; TABLE]);
    for byte in 0..BYTES {
        out[byte] = byte as u8;
        begins[byte] = byte as u32;
    }
    let bits = stored.len() * 8;
    let (mut bit, mut width) = (0, 9);
    let mut defined = FIRST;
    let mut grow = (1 << width) + B::LATE;
    let (mut written, end) = (BYTES, BYTES + size);
    while written < end {
        let code = B::code(word(stored, bit / 8), bit % 8, width);
        bit += width;
        if bit > bits {
            return Err(ended(written - BYTES, size));
        }
        if code & !1 == CLEAR {
            if code == END {
                return Err(ended(written - BYTES, size));
            }
            (defined, width) = (FIRST, 9);
            grow = (1 << width) + B::LATE;
            continue;
        }
        if code >= defined {
            return Err(unknown(code, written - BYTES));
        }
        let from = begins[code & (TABLE - 1)] as usize;
        let len = usize::from(lengths[code & (TABLE - 1)]).min(end - written);
        copy(&mut out, from, written, len);
        // This string and the byte that comes next.
        if defined < TABLE {
            begins[defined] = written as u32;
            lengths[defined] = len as u16 + 1;
            defined += 1;
            if defined == grow && width < 12 {
                width += 1;
                grow = (1 << width) + B::LATE;
            }
        }
        written += len;
    }
    out.truncate(end);
    out.drain(..BYTES);
    Ok(out)
}

/// The string may reach one byte into its own copy.
#[inline(always)]
fn copy(out: &mut [u8], from: usize, to: usize, len: usize) {
    out.copy_within(from..from + STEP, to);
    let mut done = STEP;
    while done < len {
        out.copy_within(from + done..from + done + STEP, to + done);
        done += STEP;
    }
    if from + len > to {
        out[to + len - 1] = out[from];
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
