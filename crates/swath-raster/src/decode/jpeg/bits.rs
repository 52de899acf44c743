use crate::{
    Result,
    decode::jpeg::{frame::damaged, huffman::Table},
};

/// Entropy-coded bits, stuffing removed (T.81, F.1.2.3).
pub(super) struct Bits<'a> {
    stored: &'a [u8],
    pub at: usize,
    buffer: u64,
    have: u32,
    /// Zeros handed out past the end or a marker.
    invented: u32,
}

impl<'a> Bits<'a> {
    pub fn new(stored: &'a [u8], at: usize) -> Self {
        Self { stored, at, buffer: 0, have: 0, invented: 0 }
    }

    #[inline(always)]
    fn fill(&mut self) {
        if self.have <= 32
            && let Some(four) = self.stored.get(self.at..self.at + 4)
            && four.iter().all(|b| *b != 0xff)
        {
            let word = u32::from_be_bytes([four[0], four[1], four[2], four[3]]);
            self.buffer |= u64::from(word) << (32 - self.have);
            self.have += 32;
            self.at += 4;
            return;
        }
        while self.have <= 56 {
            let byte = match (self.stored.get(self.at), self.stored.get(self.at + 1)) {
                (Some(0xff), Some(0)) => {
                    self.at += 2;
                    0xff
                }
                (Some(byte), _) if *byte != 0xff => {
                    self.at += 1;
                    *byte
                }
                _ => {
                    self.invented += 8;
                    0
                }
            };
            self.buffer |= u64::from(byte) << (56 - self.have);
            self.have += 8;
        }
    }

    /// # Errors
    /// Damaged where no code begins so.
    #[inline(always)]
    pub fn symbol(&mut self, table: &Table) -> Result<u8> {
        if self.have < 32 {
            self.fill();
        }
        let (symbol, len) = table.find((self.buffer >> 48) as u32).ok_or_else(|| damaged("Huffman code"))?;
        self.drop_bits(len);
        Ok(symbol)
    }

    /// A signed number of `len` bits (T.81, F.2.2.1, EXTEND); `len` is at most 16.
    #[inline(always)]
    pub fn signed(&mut self, len: u32) -> i32 {
        if len == 0 {
            return 0;
        }
        if self.have < len {
            self.fill();
        }
        let value = (self.buffer >> (64 - len)) as i32;
        self.drop_bits(len);
        if value < 1 << (len - 1) { value - (1 << len) + 1 } else { value }
    }

    #[inline(always)]
    fn drop_bits(&mut self, len: u32) {
        self.buffer <<= len;
        self.have -= len;
    }

    /// More was taken than there is.
    pub fn is_overdrawn(&self) -> bool {
        self.invented > self.have
    }

    /// Goes past the restart marker that must stand here.
    ///
    /// # Errors
    /// Damaged where there is none.
    pub fn restart(&mut self) -> Result<()> {
        // Bytes that were taken into the buffer lie before the marker: none crosses it.
        while self.stored.get(self.at) == Some(&0xff) && self.stored.get(self.at + 1) == Some(&0xff) {
            self.at += 1;
        }
        match self.stored.get(self.at..self.at + 2) {
            Some([0xff, 0xd0..=0xd7]) => {
                *self = Self::new(self.stored, self.at + 2);
                Ok(())
            }
            _ => Err(damaged("restart marker")),
        }
    }
}
