use crate::{
    Result,
    decode::jpeg::{
        bits::Bits,
        frame::{Frame, Scan, Stream, ZIGZAG, damaged},
        huffman::Table,
        plane::Plane,
        transform::{self, Size},
    },
};

/// What decodes the blocks of one component.
struct Coder<'a> {
    index: usize,
    dc: &'a Table,
    ac: &'a Table,
    quantization: &'a [u16; 64],
    /// The DC value before.
    before: i32,
    /// Of a decoded block.
    size: Size,
    /// Blocks in one MCU.
    h: usize,
    v: usize,
}

/// One sequential scan into the planes; where its bytes end.
///
/// # Errors
/// Damaged where a table is absent or the codes make no blocks.
pub(super) fn decode(stream: &Stream, frame: &Frame, scan: &Scan, stored: &[u8], at: usize, planes: &mut [Plane]) -> Result<usize> {
    let alone = scan.components.len() == 1;
    let mut coders = Vec::new();
    for component in &scan.components {
        let of = &frame.components[component.index];
        let (Some(dc), Some(ac), Some(quantization)) =
            (&stream.dc[component.dc], &stream.ac[component.ac], &stream.quantization[of.quantization])
        else {
            return Err(damaged("tables: one is absent"));
        };
        let (h, v) = if alone { (1, 1) } else { (of.h, of.v) };
        coders.push(Coder { index: component.index, dc, ac, quantization, before: 0, size: frame.block_of(of), h, v });
    }
    let (across, down) = match scan.components.as_slice() {
        [one] => {
            let (width, height) = frame.size_of(&frame.components[one.index]);
            (width.div_ceil(8), height.div_ceil(8))
        }
        _ => (frame.mcus_across(), frame.mcus_down()),
    };
    let mut bits = Bits::new(stored, at);
    for mcu in 0..across * down {
        if stream.restart > 0 && mcu > 0 && mcu % stream.restart == 0 {
            bits.restart()?;
            coders.iter_mut().for_each(|c| c.before = 0);
        }
        let (row, col) = (mcu / across, mcu % across);
        for coder in &mut coders {
            let plane = &mut planes[coder.index];
            for block in 0..coder.h * coder.v {
                let x = (col * coder.h + block % coder.h) * coder.size.width;
                let y = (row * coder.v + block / coder.h) * coder.size.height;
                coder.block(&mut bits, &mut plane.samples[y * plane.stride + x..], plane.stride)?;
            }
        }
        if bits.is_overdrawn() {
            return Err(damaged("scan: it ends too early"));
        }
    }
    Ok(bits.at)
}

impl Coder<'_> {
    #[inline(always)]
    fn block(&mut self, bits: &mut Bits, out: &mut [u8], stride: usize) -> Result<()> {
        let len = u32::from(bits.symbol(self.dc)?);
        if len > 15 {
            return Err(damaged("DC code"));
        }
        self.before = self.before.wrapping_add(bits.signed(len));
        let mut coefficients = [0_i32; 64];
        coefficients[0] = self.before.wrapping_mul(i32::from(self.quantization[0]));
        let (mut at, mut last) = (1, 0);
        while at < 64 {
            let symbol = bits.symbol(self.ac)?;
            let (run, len) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if len == 0 {
                if run != 15 {
                    break;
                }
                at += 16;
                continue;
            }
            at += run;
            let value = bits.signed(len);
            let natural = usize::from(*ZIGZAG.get(at).ok_or_else(|| damaged("AC code"))?);
            coefficients[natural] = value * i32::from(self.quantization[natural]);
            last = at;
            at += 1;
        }
        if last == 0 {
            transform::flat(coefficients[0], self.size, out, stride);
        } else {
            transform::inverse(&coefficients, self.size, out, stride);
        }
        Ok(())
    }
}
