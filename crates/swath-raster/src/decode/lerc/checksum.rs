/// Words that a lane adds up before its 32 bits could overflow: 360 * 361 / 2 * 65,535 < 2^32.
const RUN: usize = 360;
const LANES: usize = 8;

/// The Fletcher checksum of a Lerc2 blob: of big-endian words of 16 bits, the last filled up with a zero byte.
///
/// Eight lanes add every eighth word. Words are summed as little-endian ones: to swap the bytes of a word is to multiply it by 256
/// modulo 65,535, which can be done to the sums.
pub(super) fn fletcher32(bytes: &[u8]) -> u32 {
    let (mut first, mut second) = (0_u64, 0_u64);
    for run in bytes.chunks(RUN * LANES * 2) {
        let (groups, rest) = run.as_chunks::<{ LANES * 2 }>();
        let (mut sums, mut sums_of_sums) = ([0_u32; LANES], [0_u32; LANES]);
        for group in groups {
            for lane in 0..LANES {
                sums[lane] += u32::from(u16::from_le_bytes([group[2 * lane], group[2 * lane + 1]]));
                sums_of_sums[lane] += sums[lane];
            }
        }
        second += first * (groups.len() * LANES) as u64;
        for lane in 0..LANES {
            second += LANES as u64 * u64::from(sums_of_sums[lane]) - lane as u64 * u64::from(sums[lane]);
            first += u64::from(sums[lane]);
        }
        for word in rest.chunks(2) {
            first += u64::from(u16::from_le_bytes([word[0], word.get(1).copied().unwrap_or(0)]));
            second += first;
        }
        (first, second) = (first % 65_535, second % 65_535);
    }
    // Sums begin at 65,535 and are folded, so that none is ever 0.
    let folded = |sum: u64| match (sum * 256 % 65_535) as u32 {
        0 => 65_535,
        sum => sum,
    };
    folded(second) << 16 | folded(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_any_length_are_those_of_the_reference() {
        let bytes: Vec<u8> = (0..40_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for len in (0..80).chain([5_759, 5_760, 5_761, 11_519, 11_520, 11_521, 39_999, 40_000]) {
            assert_eq!(fletcher32(&bytes[..len]), lerc_core::fletcher32(&bytes[..len]), "{len} bytes");
            let (full, empty) = (vec![255; len], vec![0; len]);
            assert_eq!(fletcher32(&full), lerc_core::fletcher32(&full), "{len} bytes of 255");
            assert_eq!(fletcher32(&empty), lerc_core::fletcher32(&empty), "{len} bytes of 0");
        }
    }
}
