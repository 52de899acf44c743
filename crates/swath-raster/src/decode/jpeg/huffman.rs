/// Codes up to this many bits are found in one look.
const LOOK: usize = 9;

/// A Huffman table (T.81, annex C).
pub(super) struct Table {
    /// By the next bits: length above, symbol below; 0 where the code is longer.
    look: [u16; 1 << LOOK],
    /// For each length: past its largest code, aligned to 16 bits.
    limits: [u32; 18],
    /// Added to a code of each length to find its symbol.
    offsets: [i32; 17],
    symbols: [u8; 256],
}

impl Table {
    /// `None` where the counts are no prefix code.
    pub fn new(counts: &[u8; 16], listed: &[u8]) -> Option<Self> {
        let mut table = Self { look: [0; 1 << LOOK], limits: [0; 18], offsets: [0; 17], symbols: [0; 256] };
        table.symbols.get_mut(..listed.len())?.copy_from_slice(listed);
        let (mut code, mut at) = (0_u32, 0_usize);
        for len in 1..=16 {
            table.offsets[len] = at as i32 - code as i32;
            for _ in 0..counts[len - 1] {
                if code >= 1 << len {
                    return None;
                }
                if len <= LOOK {
                    let first = (code << (LOOK - len)) as usize;
                    let entry = (len as u16) << 8 | u16::from(listed[at]);
                    table.look[first..first + (1 << (LOOK - len))].fill(entry);
                }
                code += 1;
                at += 1;
            }
            table.limits[len] = code << (16 - len);
            code <<= 1;
        }
        table.limits[17] = u32::MAX;
        Some(table)
    }

    /// Symbol and length of the code that the 16 bits begin with; `None` where there is no such code.
    #[inline(always)]
    pub fn find(&self, bits: u32) -> Option<(u8, u32)> {
        let entry = self.look[(bits >> (16 - LOOK)) as usize & ((1 << LOOK) - 1)];
        if entry != 0 {
            return Some((entry as u8, u32::from(entry >> 8)));
        }
        let len = (LOOK + 1..=16).find(|len| bits < self.limits[*len])?;
        let at = (bits >> (16 - len)) as i32 + self.offsets[len];
        Some((*self.symbols.get(usize::try_from(at).ok()?)?, len as u32))
    }
}
