use super::header::{Header, Reader};

/// Which pixels are valid, a byte for each, 1 for those; `None` inside where all are.
pub(super) fn read(reader: &mut Reader, header: &Header) -> Option<Option<Vec<u8>>> {
    let pixels = header.width.checked_mul(header.height)?;
    if header.valid_pixels == 0 || header.valid_pixels == pixels {
        let mask = (header.valid_pixels == 0).then(|| vec![0; pixels]);
        return (header.mask_bytes == 0).then_some(mask);
    }
    let bits = unpacked(reader.take(header.mask_bytes)?, pixels.div_ceil(8))?;
    let mut mask: Vec<u8> = bits.iter().flat_map(|byte| (0..8).map(move |bit| byte >> (7 - bit) & 1)).collect();
    mask.truncate(pixels);
    let valid: usize = mask.iter().map(|valid| usize::from(*valid)).sum();
    (valid == header.valid_pixels).then_some(Some(mask))
}

/// Runs: a count of bytes as they are, or, negative, of times that the next byte stands; the least count is the end.
fn unpacked(runs: &[u8], len: usize) -> Option<Vec<u8>> {
    let mut reader = Reader(runs);
    let mut out = Vec::with_capacity(len);
    loop {
        match i16::from_le_bytes(reader.array()?) {
            i16::MIN => break,
            count if count > 0 => out.extend_from_slice(reader.take(usize::from(count.unsigned_abs()))?),
            count => out.resize(out.len() + usize::from(count.unsigned_abs()), reader.byte()?),
        }
        if out.len() > len {
            return None;
        }
    }
    (out.len() == len && reader.0.is_empty()).then_some(out)
}
