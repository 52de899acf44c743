use crate::{
    Error, Result,
    decode::jpeg::{huffman::Table, transform::Size},
};

/// Where the n-th coefficient of a stream stands in its 8 x 8 block (T.81, figure A.6).
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56,
    57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// The state that segments leave behind.
#[derive(Default)]
pub(super) struct Stream {
    /// Natural order.
    pub quantization: [Option<[u16; 64]>; 4],
    pub dc: [Option<Table>; 4],
    pub ac: [Option<Table>; 4],
    /// MCUs between restart markers; 0: none.
    pub restart: usize,
    pub frame: Option<Frame>,
}

pub(super) struct Frame {
    pub width: usize,
    pub height: usize,
    pub progressive: bool,
    pub components: Vec<Component>,
    pub max_h: usize,
    pub max_v: usize,
}

#[derive(Clone, Copy)]
pub(super) struct Component {
    id: u8,
    pub h: usize,
    pub v: usize,
    pub quantization: usize,
}

pub(super) struct Scan {
    pub components: Vec<ScanComponent>,
}

pub(super) struct ScanComponent {
    pub index: usize,
    pub dc: usize,
    pub ac: usize,
}

impl Frame {
    pub fn mcus_across(&self) -> usize {
        self.width.div_ceil(8 * self.max_h)
    }
    pub fn mcus_down(&self) -> usize {
        self.height.div_ceil(8 * self.max_v)
    }
    /// Samples that a component really has.
    pub fn size_of(&self, component: &Component) -> (usize, usize) {
        ((self.width * component.h).div_ceil(self.max_h), (self.height * component.v).div_ceil(self.max_v))
    }
    /// What a block of the component becomes: twice its size each way that has twice the samples to fill.
    pub fn block_of(&self, component: &Component) -> Size {
        let size = |max: usize, own: usize| if max.is_multiple_of(2 * own) { 16 } else { 8 };
        Size { width: size(self.max_h, component.h), height: size(self.max_v, component.v) }
    }
}

impl Stream {
    /// An abbreviated stream of tables only; empty where there is none.
    ///
    /// # Errors
    /// Damaged.
    pub fn read_tables(&mut self, tables: &[u8]) -> Result<()> {
        let mut at = 0;
        while let Some((marker, body)) = segment(tables, &mut at)? {
            self.apply(marker, body)?;
        }
        Ok(())
    }

    /// Up to the first scan; where it begins.
    ///
    /// # Errors
    /// Damaged; Unsupported for what is no 8-bit Huffman DCT.
    pub fn read_head(&mut self, stored: &[u8]) -> Result<usize> {
        let mut at = 0;
        loop {
            let before = at;
            match segment(stored, &mut at)? {
                Some((0xda, _)) => return Ok(before),
                Some((marker, body)) => self.apply(marker, body)?,
                None => return Err(Error::damaged("", "a jpeg stream without pixels", "")),
            }
        }
    }

    /// The next scan from `at`, which is moved to its first entropy-coded byte; `None` at the end of the stream.
    ///
    /// # Errors
    /// Damaged.
    pub fn read_scan(&mut self, stored: &[u8], at: &mut usize, frame: &Frame) -> Result<Option<Scan>> {
        while let Some((marker, body)) = segment(stored, at)? {
            if marker == 0xda {
                return scan(body, frame).map(Some);
            }
            self.apply(marker, body)?;
        }
        Ok(None)
    }

    fn apply(&mut self, marker: u8, body: &[u8]) -> Result<()> {
        match marker {
            0xdb => self.quantization_tables(body),
            0xc4 => self.huffman_tables(body),
            0xdd => {
                self.restart = body.get(..2).map_or(0, |b| usize::from(u16::from_be_bytes([b[0], b[1]])));
                Ok(())
            }
            0xc0..=0xc2 => {
                self.frame = Some(frame(marker, body)?);
                Ok(())
            }
            0xc3 | 0xc5..=0xcf => {
                let found = "lossless, differential or arithmetic JPEG";
                Err(Error::unsupported("", found, "supported: baseline and progressive JPEG of 8 bits"))
            }
            _ => Ok(()),
        }
    }

    fn quantization_tables(&mut self, mut body: &[u8]) -> Result<()> {
        while let Some((head, rest)) = body.split_first() {
            let wide = head >> 4 != 0;
            let len = if wide { 128 } else { 64 };
            let (Some(values), Some(slot)) = (rest.get(..len), self.quantization.get_mut(usize::from(head & 15))) else {
                return Err(damaged("quantization table"));
            };
            let mut table = [0; 64];
            for (at, natural) in ZIGZAG.iter().enumerate() {
                let value = if wide { u16::from_be_bytes([values[2 * at], values[2 * at + 1]]) } else { u16::from(values[at]) };
                table[usize::from(*natural)] = value;
            }
            *slot = Some(table);
            body = &rest[len..];
        }
        Ok(())
    }

    fn huffman_tables(&mut self, mut body: &[u8]) -> Result<()> {
        while let Some((head, rest)) = body.split_first() {
            let slots = if head >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            let (Some(counts), Some(slot)) = (rest.first_chunk::<16>(), slots.get_mut(usize::from(head & 15))) else {
                return Err(damaged("Huffman table"));
            };
            let total: usize = counts.iter().map(|n| usize::from(*n)).sum();
            let symbols = rest.get(16..16 + total).filter(|s| s.len() <= 256).ok_or_else(|| damaged("Huffman table"))?;
            *slot = Some(Table::new(counts, symbols).ok_or_else(|| damaged("Huffman table"))?);
            body = &rest[16 + total..];
        }
        Ok(())
    }
}

/// The next marker segment and its body; `None` at the end of the image or of the bytes.
fn segment<'a>(stored: &'a [u8], at: &mut usize) -> Result<Option<(u8, &'a [u8])>> {
    loop {
        // Whatever stands between segments is skipped, as fill bytes are.
        while stored.get(*at).is_some_and(|b| *b != 0xff) {
            *at += 1;
        }
        while stored.get(*at) == Some(&0xff) {
            *at += 1;
        }
        let Some(marker) = stored.get(*at) else { return Ok(None) };
        *at += 1;
        match marker {
            0xd9 => return Ok(None),
            0 | 0x01 | 0xd0..=0xd8 => {}
            marker => {
                let len = stored.get(*at..*at + 2).map(|b| usize::from(u16::from_be_bytes([b[0], b[1]])));
                let body = len.filter(|len| *len >= 2).and_then(|len| stored.get(*at + 2..*at + len));
                let body = body.ok_or_else(|| damaged(&format!("segment {marker:#04x}")))?;
                *at += 2 + body.len();
                return Ok(Some((*marker, body)));
            }
        }
    }
}

fn frame(marker: u8, body: &[u8]) -> Result<Frame> {
    let (Some(head), Some(list)) = (body.first_chunk::<6>(), body.get(6..)) else { return Err(damaged("frame header")) };
    if head[0] != 8 {
        return Err(Error::unsupported("", format!("JPEG of {} bits", head[0]), "supported: 8 bits")
            .hint("convert the file first, for instance: gdal_translate -co COMPRESS=DEFLATE IN OUT"));
    }
    let pair = |at: usize| usize::from(u16::from_be_bytes([head[at], head[at + 1]]));
    let (height, width, count) = (pair(1), pair(3), usize::from(head[5]));
    let component =
        |c: &[u8; 3]| Component { id: c[0], h: usize::from(c[1] >> 4), v: usize::from(c[1] & 15), quantization: usize::from(c[2]) };
    let mut components: Vec<Component> = list.as_chunks::<3>().0.iter().take(count).map(component).collect();
    let sane = components.iter().all(|c| (1..=4).contains(&c.h) && (1..=4).contains(&c.v) && c.quantization < 4);
    if components.len() != count || !(1..=4).contains(&count) || !sane || width == 0 || height == 0 {
        return Err(damaged("frame header"));
    }
    if let [one] = components.as_mut_slice() {
        // A single component is stored block by block, whatever its factors.
        (one.h, one.v) = (1, 1);
    }
    let max_h = components.iter().map(|c| c.h).max().unwrap_or(1);
    let max_v = components.iter().map(|c| c.v).max().unwrap_or(1);
    Ok(Frame { width, height, progressive: marker == 0xc2, components, max_h, max_v })
}

fn scan(body: &[u8], frame: &Frame) -> Result<Scan> {
    let count = usize::from(body.first().copied().unwrap_or(0));
    let list = body.get(1..1 + 2 * count).ok_or_else(|| damaged("scan header"))?;
    let component = |[id, tables]: &[u8; 2]| {
        let index = frame.components.iter().position(|c| c.id == *id)?;
        let (dc, ac) = (usize::from(tables >> 4), usize::from(tables & 15));
        (dc < 4 && ac < 4).then_some(ScanComponent { index, dc, ac })
    };
    let components: Option<Vec<ScanComponent>> = list.as_chunks::<2>().0.iter().map(component).collect();
    match components {
        Some(components) if !components.is_empty() => Ok(Scan { components }),
        _ => Err(damaged("scan header")),
    }
}

pub(super) fn damaged(what: &str) -> Error {
    Error::damaged("", format!("no valid jpeg {what}"), "a stream as ITU-T T.81 has it")
}
