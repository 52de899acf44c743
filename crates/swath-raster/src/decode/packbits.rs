use crate::{Result, decode::block::too_short};

/// PackBits (TIFF 6.0, section 9); stops when `size` bytes are written.
///
/// # Errors
/// Damaged where the runs end too early.
pub(super) fn decode(stored: &[u8], size: usize) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(size);
    let mut at = 0;
    while out.len() < size {
        let room = size - out.len();
        let Some(head) = stored.get(at) else { return Err(too_short(out.len(), size)) };
        at += 1;
        match head.cast_signed() {
            -128 => {}
            run @ ..0 => {
                let Some(byte) = stored.get(at) else { return Err(too_short(out.len(), size)) };
                at += 1;
                out.resize(out.len() + (1 - isize::from(run)).cast_unsigned().min(room), *byte);
            }
            run => {
                let len = (run as usize + 1).min(room);
                let Some(bytes) = stored.get(at..at + len) else { return Err(too_short(out.len(), size)) };
                at += run as usize + 1;
                out.extend_from_slice(bytes);
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_literals_come_back_and_a_missing_byte_is_an_error() {
        let stored = [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0x80, 0xfd, 0xaa];
        assert_eq!(decode(&stored, 10).unwrap(), [0xaa, 0xaa, 0xaa, 0x80, 0, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa]);
        assert_eq!(decode(&stored, 4).unwrap(), [0xaa, 0xaa, 0xaa, 0x80]);
        assert!(decode(&stored, 11).is_err());
        assert!(decode(&stored[..4], 6).is_err());
    }
}
