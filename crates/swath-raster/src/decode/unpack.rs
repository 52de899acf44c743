use crate::{
    Result, SampleType,
    decode::{Encoding, Predictor, SampleFormat, block::undo_predictor},
    tiff::ByteOrder,
};

/// Decompressed bytes to samples in the machine's byte order: byte order, predictor and bit width undone.
///
/// # Errors
/// Unsupported for a predictor that does not go with the bit width.
pub(super) fn samples(encoding: &Encoding, mut bytes: Vec<u8>, width: usize) -> Result<Vec<u8>> {
    let per_row = width * encoding.per_pixel;
    let row_bytes = (per_row * usize::from(encoding.bits)).div_ceil(8);
    let whole = usize::from(encoding.bits).div_ceil(8);
    // The float predictor stores planes, highest byte first, whatever the file's byte order; what machines have no type
    // for is read from its highest byte on.
    let turned = match encoding.bits {
        40 | 48 | 56 => encoding.order == ByteOrder::Little,
        bits => bits % 8 == 0 && encoding.order != ByteOrder::NATIVE && encoding.predictor != Predictor::Float,
    };
    if turned {
        // Differences were taken of whole complex numbers, as one integer each, before their bytes were turned.
        let halves = encoding.sample.is_complex() && encoding.predictor == Predictor::None;
        swap(&mut bytes, if halves { whole / 2 } else { whole });
    }
    undo_predictor(encoding, &mut bytes, row_bytes)?;
    if whole * 8 == usize::from(encoding.bits) && whole == encoding.sample.size() {
        return Ok(bytes);
    }
    Ok(match (encoding.format, encoding.bits) {
        (SampleFormat::Float, 16) => {
            bytes.chunks_exact(2).flat_map(|b| half::f16::from_ne_bytes([b[0], b[1]]).to_f32().to_ne_bytes()).collect()
        }
        (SampleFormat::Float, 24) => bytes.chunks_exact(3).flat_map(|b| float24([b[0], b[1], b[2]]).to_ne_bytes()).collect(),
        _ => fields(encoding, &bytes, row_bytes, per_row),
    })
}

/// Samples that begin anywhere in a byte; rows begin at whole bytes.
fn fields(encoding: &Encoding, bytes: &[u8], row_bytes: usize, per_row: usize) -> Vec<u8> {
    let bits = encoding.bits;
    let rows = bytes.chunks_exact(row_bytes.max(1));
    let mut out = Vec::with_capacity(rows.len() * per_row * encoding.sample.size());
    for row in rows {
        if bits == 1 && encoding.sample == SampleType::U8 {
            let end = out.len() + per_row;
            row.iter().for_each(|b| {
                out.extend_from_slice(&[b >> 7, b >> 6 & 1, b >> 5 & 1, b >> 4 & 1, b >> 3 & 1, b >> 2 & 1, b >> 1 & 1, b & 1])
            });
            out.truncate(end);
        } else {
            (0..per_row).for_each(|at| push(encoding, bit_field(row, at * usize::from(bits), bits), &mut out));
        }
    }
    out
}

pub(super) fn swap(bytes: &mut [u8], size: usize) {
    match size {
        2 => bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|b| b.reverse()),
        4 => bytes.as_chunks_mut::<4>().0.iter_mut().for_each(|b| b.reverse()),
        8 => bytes.as_chunks_mut::<8>().0.iter_mut().for_each(|b| b.reverse()),
        1 => {}
        size => bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse),
    }
}

fn number(native: &[u8]) -> u64 {
    let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    if cfg!(target_endian = "little") { native.iter().rev().fold(0, fold) } else { native.iter().fold(0, fold) }
}

/// Bits from the highest of the first byte on.
fn bit_field(row: &[u8], first: usize, bits: u16) -> u64 {
    let mut value = 0;
    let (mut at, end) = (first, first + usize::from(bits));
    while at < end {
        let take = (8 - at % 8).min(end - at);
        let byte = row.get(at / 8).copied().unwrap_or(0);
        let part = u64::from(byte) >> (8 - at % 8 - take) & ((1 << take) - 1);
        value = value << take | part;
        at += take;
    }
    value
}

/// Appends the value as one sample, its sign spread where it has one.
fn push(encoding: &Encoding, value: u64, out: &mut Vec<u8>) {
    let spare = 64 - u32::from(encoding.bits.clamp(1, 64));
    let value = if encoding.format == SampleFormat::Int { ((value << spare).cast_signed() >> spare).cast_unsigned() } else { value };
    match encoding.sample.size() {
        1 => out.push(value as u8),
        2 => out.extend_from_slice(&(value as u16).to_ne_bytes()),
        4 => out.extend_from_slice(&(value as u32).to_ne_bytes()),
        _ => out.extend_from_slice(&value.to_ne_bytes()),
    }
}

/// One sign bit, 7 of exponent, 16 of fraction.
fn float24(native: [u8; 3]) -> f32 {
    let value = number(&native) as u32;
    let (sign, exponent, fraction) = ((value >> 23) << 31, value >> 16 & 0x7f, value & 0xffff);
    f32::from_bits(match (exponent, fraction) {
        (0, 0) => sign,
        (0, fraction) => {
            let magnitude = fraction as f32 * (-78_f32).exp2();
            return if sign == 0 { magnitude } else { -magnitude };
        }
        (0x7f, fraction) => sign | 0x7f80_0000 | fraction << 7,
        (exponent, fraction) => sign | (exponent + 64) << 23 | fraction << 7,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bit_fields_cross_bytes_highest_bit_first() {
        let row = [0b1010_1100, 0b0011_0101, 0b1111_0000];
        assert_eq!(bit_field(&row, 0, 12), 0b1010_1100_0011);
        assert_eq!(bit_field(&row, 12, 12), 0b0101_1111_0000);
        assert_eq!(bit_field(&row, 3, 1), 0);
        assert_eq!(bit_field(&row, 4, 3), 0b110);
    }

    #[test]
    fn float24_keeps_sign_exponent_and_fraction() {
        let make = |v: u32| {
            let b = v.to_ne_bytes();
            if cfg!(target_endian = "little") { [b[0], b[1], b[2]] } else { [b[1], b[2], b[3]] }
        };
        assert_eq!(float24(make(63 << 16)), 1.0);
        assert_eq!(float24(make(1 << 23 | 64 << 16 | 0x8000)), -3.0);
        assert!(float24(make(0x7f << 16)).is_infinite());
        assert_eq!(float24(make(1)), (-78_f32).exp2());
    }
}
