//! CCITT codes for black and white pictures (TIFF 6.0, sections 10 and 11; ITU-T T.4 and T.6). The code tables are those of `fax`.

use fax::{
    BitReader,
    maps::{Mode, black, mode, white},
};

use crate::{Error, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ccitt {
    /// Compression 2: runs, rows on whole bytes, no marks.
    Rle,
    /// Compression 32771: the same on words of 16 bits.
    RleWord,
    /// Compression 3 (T.4): rows may begin with an end-of-line mark, and may say the difference to the row above.
    Group3 { two_dimensional: bool },
    /// Compression 4 (T.6): every row says the difference to the row above.
    Group4,
}

/// Rows of one bit per pixel, 1 where it is black, each on whole bytes.
///
/// # Errors
/// Damaged where a code is none or the codes end before `height` rows; Unsupported for uncompressed parts.
pub(super) fn decode(kind: Ccitt, stored: &[u8], width: usize, height: usize) -> Result<Vec<u8>> {
    let width = u32::try_from(width).map_err(|_| damaged("row", 0))?;
    let mut bits = Bits { stored, at: 0 };
    let row_bytes = width.div_ceil(8) as usize;
    let mut out = vec![0; row_bytes * height];
    let mut above = Vec::new();
    for (row, target) in out.chunks_exact_mut(row_bytes.max(1)).enumerate().take(height) {
        let turns = match kind {
            Ccitt::Rle | Ccitt::RleWord => {
                let turns = runs(&mut bits, width, row)?;
                bits.align(if kind == Ccitt::Rle { 8 } else { 16 });
                turns
            }
            Ccitt::Group4 => differences(&mut bits, &above, width, row)?,
            Ccitt::Group3 { two_dimensional } => {
                bits.pass_end_of_line();
                if two_dimensional && bits.take(1) == 0 {
                    differences(&mut bits, &above, width, row)?
                } else {
                    runs(&mut bits, width, row)?
                }
            }
        };
        blacken(&turns, width, target);
        above = turns;
    }
    Ok(out)
}

fn damaged(what: &str, row: usize) -> Error {
    Error::damaged("", format!("no valid ccitt {what} in row {row} of the block"), "a code of T.4 or T.6")
}

/// Bits from the highest of each byte on; zeros past the end, as many as one code may take.
struct Bits<'a> {
    stored: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn look(&self, count: usize) -> u16 {
        let byte = |at: usize| u32::from(self.stored.get(at).copied().unwrap_or(0));
        let from = self.at / 8;
        let word = byte(from) << 16 | byte(from + 1) << 8 | byte(from + 2);
        ((word << (8 + self.at % 8)) >> (32 - count.clamp(1, 16))) as u16
    }
    fn take(&mut self, count: usize) -> u16 {
        let bits = self.look(count);
        self.at += count;
        bits
    }
    fn align(&mut self, to: usize) {
        self.at = self.at.next_multiple_of(to);
    }
    fn is_past_end(&self) -> bool {
        self.at > self.stored.len() * 8
    }
    /// Eleven zeros or more and a one; nothing where a row begins at once.
    fn pass_end_of_line(&mut self) {
        let is_zero = |at: usize| self.stored.get(at / 8).is_some_and(|byte| byte >> (7 - at % 8) & 1 == 0);
        let zeros = (self.at..).take_while(|at| is_zero(*at)).count();
        if zeros >= 11 {
            self.at += zeros + 1;
        }
    }
}

impl BitReader for Bits<'_> {
    type Error = std::convert::Infallible;
    fn peek(&self, bits: u8) -> Option<u16> {
        (bits <= 16 && self.at < self.stored.len() * 8 + 16).then(|| self.look(usize::from(bits)))
    }
    fn consume(&mut self, bits: u8) -> std::result::Result<(), Self::Error> {
        self.at += usize::from(bits);
        Ok(())
    }
    fn bits_to_byte_boundary(&self) -> u8 {
        ((8 - self.at % 8) % 8) as u8
    }
}

/// One run: make-up codes of 64 and more, closed by one of less.
fn run(bits: &mut Bits, is_black: bool, row: usize) -> Result<u32> {
    let mut total = 0_u32;
    loop {
        let code = if is_black { black::decode(bits) } else { white::decode(bits) };
        let length = code.filter(|_| !bits.is_past_end()).ok_or_else(|| damaged("run", row))?;
        total = total.saturating_add(u32::from(length));
        if length < 64 {
            return Ok(total);
        }
    }
}

/// Where the colour turns, from white to black first; a turn at the end of the row is left out.
struct Turns {
    at: Vec<u32>,
    width: u32,
}

impl Turns {
    fn add(&mut self, at: u32) {
        // Turns never go back, and one at the place of the last undoes it.
        let at = at.min(self.width).max(self.at.last().copied().unwrap_or(0));
        if self.at.last() == Some(&at) {
            self.at.pop();
        } else {
            self.at.push(at);
        }
    }
}

fn runs(bits: &mut Bits, width: u32, row: usize) -> Result<Vec<u32>> {
    let mut turns = Turns { at: Vec::new(), width };
    let (mut at, mut is_black) = (0_u32, false);
    while at < width {
        at = at.saturating_add(run(bits, is_black, row)?);
        turns.add(at);
        is_black = !is_black;
    }
    Ok(turns.at)
}

/// T.4, 4.2.1.3: each turn by its place against the turns of the row above.
fn differences(bits: &mut Bits, above: &[u32], width: u32, row: usize) -> Result<Vec<u32>> {
    let mut turns = Turns { at: Vec::new(), width };
    let (mut at, mut is_black, mut begun) = (0_u32, false, false);
    let mut next = 0_usize;
    while at < width {
        // The first turn above that lies to the right and is to the other colour, and the one after it.
        next = next.saturating_sub(2);
        while above.get(next).is_some_and(|turn| *turn < at || (begun && *turn == at)) || next % 2 != usize::from(is_black) {
            next += 1;
        }
        let turn_above = |index: usize| above.get(index).copied().unwrap_or(width);
        let found = mode::decode(bits).filter(|_| !bits.is_past_end()).ok_or_else(|| damaged("mode", row))?;
        match found {
            Mode::Pass => at = turn_above(next + 1),
            Mode::Horizontal => {
                for colour in [is_black, !is_black] {
                    at = at.saturating_add(run(bits, colour, row)?);
                    turns.add(at);
                }
            }
            Mode::Vertical(step) => {
                at = turn_above(next).saturating_add_signed(i32::from(step)).max(at);
                turns.add(at);
                is_black = !is_black;
            }
            Mode::Extension => return Err(Error::unsupported("", "a ccitt stream with uncompressed parts", "supported: coded rows")),
            Mode::EOF => return Err(damaged("row: the stream ends", row)),
        }
        begun = true;
    }
    Ok(turns.at)
}

fn blacken(turns: &[u32], width: u32, target: &mut [u8]) {
    for pair in turns.chunks(2) {
        let (from, to) = (pair[0] as usize, pair.get(1).copied().unwrap_or(width).min(width) as usize);
        for at in from..to {
            if at % 8 == 0 && at + 8 <= to {
                target[at / 8] = 0xff;
            } else {
                target[at / 8] |= 0x80 >> (at % 8);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fax::{Color, VecWriter, encoder::Encoder};

    #[test]
    fn group_4_rows_come_back_and_a_cut_stream_is_damaged() {
        let (width, height) = (61_u32, 40_usize);
        let is_black = |row: usize, col: u32| (row * 7 + col as usize * col as usize / 5).is_multiple_of(3) || row == 5;
        let mut encoder = Encoder::new(VecWriter::new());
        for row in 0..height {
            let colours = (0..width).map(|col| if is_black(row, col) { Color::Black } else { Color::White });
            encoder.encode_line(colours, width).unwrap();
        }
        let stored = encoder.finish().unwrap().finish();
        let out = decode(Ccitt::Group4, &stored, width as usize, height).unwrap();
        for row in 0..height {
            for col in 0..width {
                let bit = out[row * 8 + col as usize / 8] >> (7 - col % 8) & 1;
                assert_eq!(bit == 1, is_black(row, col), "row {row}, column {col}");
            }
        }
        assert!(decode(Ccitt::Group4, &stored[..stored.len() / 2], width as usize, height).is_err());
        for cut in 0..40 {
            let _ = decode(Ccitt::Group3 { two_dimensional: true }, &stored[cut..], width as usize, height);
            let _ = decode(Ccitt::Rle, &stored[cut..], width as usize, height);
        }
    }

    #[test]
    fn runs_stand_on_whole_bytes() {
        // White 2 (0111), black 3 (10), white 3 (1000): two rows of eight pixels.
        let row = [0b0111_1010, 0b0000_0000];
        let stored = [row, row].concat();
        assert_eq!(decode(Ccitt::Rle, &stored, 8, 2).unwrap(), [0b0011_1000, 0b0011_1000]);
    }
}
