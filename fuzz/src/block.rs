//! A TIFF around one stored block, so that every decoder is reached through the door that files use, and a crash is a file.

use std::{ffi::OsString, sync::OnceLock};

/// What the block claims to be stored in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    Plain,
    Lzw,
    Deflate,
    Zstd,
    PackBits,
    Lerc,
    Jpeg,
    JpegProgressive,
    Webp,
}

/// Bytes of the input that choose the image around the block.
const HEAD: usize = 7;

impl Codec {
    fn code(self) -> u16 {
        match self {
            // Deflate is the quickest way to the predictors: the block is stored in it uncompressed.
            Codec::Plain | Codec::Deflate => 8,
            Codec::Lzw => 5,
            Codec::Zstd => 50_000,
            Codec::PackBits => 32_773,
            Codec::Lerc => 34_887,
            Codec::Jpeg | Codec::JpegProgressive => 7,
            Codec::Webp => 50_001,
        }
    }
}

/// The file for an input: its first bytes choose size, samples, layout; the rest is the block.
pub fn block_file(codec: Codec, data: &[u8]) -> Vec<u8> {
    let mut head = [0_u8; HEAD];
    let taken = data.len().min(HEAD);
    head[..taken].copy_from_slice(&data[..taken]);
    let rest = &data[taken..];
    let [wide, high, flags, kind, coding, tables, more] = head;
    let big_endian = flags & 16 != 0;
    let scale = if flags & 128 != 0 { 61 } else { 1 };
    let (width, height) = ((1 + u32::from(wide)) * scale, (1 + u32::from(high)) * scale);
    let samples = u32::from(flags & 7) + 1;
    let planar = flags & 8 != 0;
    let bits = [1, 2, 4, 8, 12, 16, 24, 32, 40, 64, 128, 3, 13, 48, 7, 33][usize::from(kind & 15)];
    let format = [1, 2, 3, 5, 6, 1, 1, 2][usize::from(kind >> 4 & 7)];
    let predictor = u32::from(coding & 3).clamp(1, 3);
    let photometric = [1, 0, 2, 3, 4, 5, 6, 8][usize::from(coding >> 2 & 7)];
    let (tables, block) = if codec.code() == 7 { rest.split_at(usize::from(tables).min(rest.len())) } else { rest.split_at(0) };
    let block = stored(codec, block, more);
    let tiled = flags & 32 != 0;
    let planes = if planar { samples } else { 1 };
    let mut file = File { big_endian, entries: Vec::new() };
    let long = 4;
    for (tag, value) in [(256, width), (257, height), (259, u32::from(codec.code())), (262, photometric), (277, samples)] {
        file.entries.push((tag, long, vec![value]));
    }
    file.entries.push((258, long, vec![bits; samples as usize]));
    file.entries.push((339, long, vec![format; samples as usize]));
    file.entries.push((284, long, vec![if planar { 2 } else { 1 }]));
    file.entries.push((317, long, vec![predictor]));
    file.entries.push((266, long, vec![if flags & 64 != 0 { 2 } else { 1 }]));
    file.entries.push((50_674, long, vec![4, u32::from(coding >> 5 & 3)]));
    let (offsets, counts) = if tiled { (324, 325) } else { (273, 279) };
    if tiled {
        file.entries.push((322, long, vec![width]));
        file.entries.push((323, long, vec![height]));
    } else {
        file.entries.push((278, long, vec![height]));
    }
    file.entries.push((offsets, long, vec![u32::MAX; planes as usize]));
    file.entries.push((counts, long, vec![block.len() as u32; planes as usize]));
    file.write(offsets, tables, &block)
}

fn stored(codec: Codec, block: &[u8], more: u8) -> Vec<u8> {
    let mut block = block.to_vec();
    match codec {
        Codec::Plain => {
            // A zlib stream of stored pieces (RFC 1951, 3.2.4), repeated so that samples are never short of bytes.
            let bytes: Vec<u8> = block.iter().copied().cycle().take(if block.is_empty() { 0 } else { 40_000 }).collect();
            let mut out = vec![0x78, 0x01, 1];
            out.extend((bytes.len() as u16).to_le_bytes());
            out.extend((!(bytes.len() as u16)).to_le_bytes());
            out.extend(&bytes);
            let (mut a, mut b) = (1_u32, 0_u32);
            for byte in &bytes {
                a = (a + u32::from(*byte)) % 65_521;
                b = (b + a) % 65_521;
            }
            out.extend((b << 16 | a).to_be_bytes());
            return out;
        }
        Codec::Lzw if more & 1 == 1 => {
            // The clear code of a stream of the old kind.
            block.splice(0..0, [0, 1]);
        }
        Codec::JpegProgressive => {
            if let Some(at) = block.windows(2).position(|pair| pair[0] == 0xff && matches!(pair[1], 0xc0 | 0xc1)) {
                block[at + 1] = 0xc2;
            }
        }
        _ => {}
    }
    block
}

type Entry = (u16, u16, Vec<u32>);

struct File {
    big_endian: bool,
    entries: Vec<Entry>,
}

impl File {
    fn u16(&self, value: u16) -> [u8; 2] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }
    fn u32(&self, value: u32) -> [u8; 4] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    /// Directory, values, tables, block; `offsets` is the tag whose values point at the block.
    fn write(mut self, offsets: u16, tables: &[u8], block: &[u8]) -> Vec<u8> {
        self.entries.sort();
        let count = self.entries.len() as u32 + u32::from(!tables.is_empty());
        let values: u32 = self.entries.iter().filter(|(_, _, v)| v.len() > 1).map(|(_, _, v)| 4 * v.len() as u32).sum();
        let mut value_at = 8 + 2 + 12 * count + 4;
        let tables_at = value_at + values;
        let block_at = tables_at + tables.len() as u32;
        let mut file = if self.big_endian { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
        file.extend(self.u32(8));
        file.extend(self.u16(count as u16));
        let mut far = Vec::new();
        let mut tables_written = tables.is_empty();
        for (tag, kind, numbers) in &self.entries {
            if *tag > 347 && !tables_written {
                self.entry(&mut file, (347, 7, tables.len() as u32, tables_at));
                tables_written = true;
            }
            let numbers: Vec<u32> = if *tag == offsets { vec![block_at; numbers.len()] } else { numbers.clone() };
            match numbers[..] {
                [one] => self.entry(&mut file, (*tag, *kind, 1, one)),
                _ => {
                    self.entry(&mut file, (*tag, *kind, numbers.len() as u32, value_at));
                    value_at += 4 * numbers.len() as u32;
                    numbers.iter().for_each(|n| far.extend(self.u32(*n)));
                }
            }
        }
        file.extend(self.u32(0));
        file.extend(far);
        file.extend(tables);
        file.extend(block);
        file
    }

    fn entry(&self, file: &mut Vec<u8>, (tag, kind, count, value): (u16, u16, u32, u32)) {
        file.extend(self.u16(tag));
        file.extend(self.u16(kind));
        file.extend(self.u32(count));
        file.extend(self.u32(value));
    }
}

/// Opens the file of an input and reads a corner of it. With `SWATH_FUZZ_FIXTURE=out.tif` the file is written there first.
pub fn read_block(codec: Codec, data: &[u8]) {
    static FIXTURE: OnceLock<Option<OsString>> = OnceLock::new();
    let file = block_file(codec, data);
    if let Some(path) = FIXTURE.get_or_init(|| std::env::var_os("SWATH_FUZZ_FIXTURE")) {
        std::fs::write(path, &file).expect("the fixture's place");
    }
    crate::read_tiff(&file);
}
