//! Blosc 1 containers (c-blosc, README_CHUNK_FORMAT): blocks, each perhaps split by byte of the element, packed and shuffled.

use super::filters::unshuffled;

/// The whole content; at most `largest` bytes.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn unpack(bytes: &[u8], largest: usize) -> Result<Vec<u8>, String> {
    let header: &[u8; 16] = bytes.first_chunk().ok_or("blosc: no header")?;
    let word = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]) as usize;
    let (flags, size, len, block) = (header[2], usize::from(header[3]).max(1), word(4), word(8));
    if len > largest {
        return Err(format!("blosc: {len} bytes claimed, at most {largest} are believed"));
    }
    if flags & 2 != 0 {
        return bytes.get(16..16 + len).map(<[u8]>::to_vec).ok_or_else(cut);
    }
    if len == 0 {
        return Ok(Vec::new());
    }
    if block == 0 {
        return Err("blosc: blocks of no bytes".to_owned());
    }
    let mut out = Vec::new();
    for index in 0..len.div_ceil(block) {
        let start = bytes.get(16 + 4 * index..).and_then(<[u8]>::first_chunk).ok_or_else(cut)?;
        let packed = bytes.get(u32::from_le_bytes(*start) as usize..).ok_or_else(cut)?;
        let wanted = block.min(len - index * block);
        let parts = if flags & 16 == 0 && size <= 16 && block / size >= 128 && wanted == block { size } else { 1 };
        let plain = parts_of(packed, flags >> 5, wanted, parts)?;
        out.extend(match flags {
            flags if flags & 1 != 0 && size > 1 => unshuffled(&plain, size),
            flags if flags & 4 != 0 && (wanted / size).is_multiple_of(8) => bits_unshuffled(&plain, size),
            _ => plain,
        });
    }
    Ok(out)
}

fn cut() -> String {
    "blosc: cut short".to_owned()
}

fn parts_of(mut packed: &[u8], codec: u8, wanted: usize, parts: usize) -> Result<Vec<u8>, String> {
    let each = wanted / parts;
    let mut plain = Vec::with_capacity(wanted.min(1 << 26));
    for _ in 0..parts {
        let (len, rest) = packed.split_first_chunk().ok_or_else(cut)?;
        let len = u32::from_le_bytes(*len) as usize;
        let (part, rest) = rest.split_at_checked(len).ok_or_else(cut)?;
        packed = rest;
        let before = plain.len();
        if len == each {
            plain.extend_from_slice(part);
        } else {
            plain.extend(decoded(codec, part, each)?);
        }
        if plain.len() - before != each {
            return Err(format!("blosc: a part of {} bytes, {each} were announced", plain.len() - before));
        }
    }
    Ok(plain)
}

fn decoded(codec: u8, part: &[u8], each: usize) -> Result<Vec<u8>, String> {
    match codec {
        0 => blosclz(part, each).ok_or_else(cut),
        1 => lz4_flex::block::decompress(part, each).map_err(|error| format!("blosc: lz4: {error}")),
        3 => {
            let mut out = vec![0; each];
            let len = libdeflater::Decompressor::new().zlib_decompress(part, &mut out).map_err(|error| format!("blosc: zlib: {error}"))?;
            out.truncate(len);
            Ok(out)
        }
        4 => zstd::bulk::decompress(part, each).map_err(|error| format!("blosc: zstd: {error}")),
        2 => Err("blosc: snappy is not supported; supported: blosclz, lz4, zlib, zstd".to_owned()),
        other => Err(format!("blosc: codec {other} is not known")),
    }
}

/// The farthest a short distance reaches; what follows 13 set bits is counted from there.
const NEAR: usize = 8191;

/// BloscLZ: runs of literals, and copies of what went before at a distance of 13 or 29 bits.
fn blosclz(packed: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut out: Vec<u8> = Vec::with_capacity(most.min(1 << 26));
    let mut bytes = packed.iter().copied();
    let mut control = usize::from(bytes.next()? & 31);
    loop {
        if control >= 32 {
            let mut len = (control >> 5) + 2;
            if len == 9 {
                loop {
                    let more = usize::from(bytes.next()?);
                    len += more;
                    if more != 255 || len > most {
                        break;
                    }
                }
            }
            let (high, low) = ((control & 31) << 8, usize::from(bytes.next()?));
            let distance = if low == 255 && high == 31 << 8 {
                let far = (usize::from(bytes.next()?) << 8) + usize::from(bytes.next()?);
                far + NEAR + 1
            } else {
                high + low + 1
            };
            let from = out.len().checked_sub(distance)?;
            if out.len() + len > most {
                return None;
            }
            for at in from..from + len {
                out.push(out[at]);
            }
        } else {
            for _ in 0..=control {
                out.push(bytes.next()?);
            }
            if out.len() > most {
                return None;
            }
        }
        match bytes.next() {
            Some(next) => control = usize::from(next),
            None => return Some(out),
        }
    }
}

/// First bits of all elements, then all second bits, ...: back to whole elements, whose number is a multiple of eight.
fn bits_unshuffled(bytes: &[u8], size: usize) -> Vec<u8> {
    let count = bytes.len() / size;
    let mut out = bytes.to_vec();
    out.fill(0);
    let row = count / 8;
    for (byte, lane) in (0..size).flat_map(|byte| (0..8).map(move |bit| (byte, bit))) {
        let Some(bits) = bytes.get((byte * 8 + lane) * row..(byte * 8 + lane + 1) * row) else { break };
        for (at, eight) in bits.iter().enumerate() {
            for bit in 0..8 {
                out[(at * 8 + bit) * size + byte] |= (eight >> bit & 1) << lane;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_may_overlap_what_they_write() {
        // One literal `a`, then 9 copies at distance 1: the length 2 + 7 of the control byte and none more.
        assert_eq!(blosclz(&[0, b'a', 7 << 5, 0, 0], 10).unwrap(), b"aaaaaaaaaa");
        assert_eq!(blosclz(&[1, b'a', b'b', 2 << 5, 1], 6).unwrap(), b"ababab");
    }

    #[test]
    fn what_contradicts_itself_is_an_error() {
        for bytes in [
            &[][..],
            &[2; 16],
            &[2, 1, 1, 4, 255, 255, 255, 255, 0, 0, 0, 0, 16, 0, 0, 0],
            &[2, 1, 1, 4, 8, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0],
        ] {
            assert!(unpack(bytes, 1 << 20).is_err(), "{bytes:?}");
        }
        assert_eq!(blosclz(&[0, b'a', 7 << 5, 0, 9], 99), None);
    }
}
