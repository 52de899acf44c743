//! TIFFs written by hand: every layout that readers must know and writers seldom use.

#[derive(Debug, Clone)]
pub enum Value {
    Text(String),
    Shorts(Vec<u16>),
    Longs(Vec<u32>),
    Doubles(Vec<f64>),
}

impl Value {
    fn kind(&self) -> u16 {
        match self {
            Self::Text(_) => 2,
            Self::Shorts(_) => 3,
            Self::Longs(_) => 4,
            Self::Doubles(_) => 12,
        }
    }
    fn count(&self) -> usize {
        match self {
            Self::Text(v) => v.len() + 1,
            Self::Shorts(v) => v.len(),
            Self::Longs(v) => v.len(),
            Self::Doubles(v) => v.len(),
        }
    }
}

/// One directory: tags, stored blocks, and directories below it (SubIFDs).
#[derive(Debug, Clone, Default)]
pub struct Image {
    pub tags: Vec<(u16, Value)>,
    pub blocks: Vec<Vec<u8>>,
    pub tiled: bool,
    pub below: Vec<Image>,
}

impl Image {
    pub fn new(width: u32, height: u32, bits: &[u16], compression: u16, photometric: u16) -> Self {
        let tags = vec![
            (256, Value::Longs(vec![width])),
            (257, Value::Longs(vec![height])),
            (258, Value::Shorts(bits.to_vec())),
            (259, Value::Shorts(vec![compression])),
            (262, Value::Shorts(vec![photometric])),
            (277, Value::Shorts(vec![bits.len() as u16])),
        ];
        Self { tags, ..Self::default() }
    }
    pub fn tag(mut self, tag: u16, value: Value) -> Self {
        self.tags.push((tag, value));
        self
    }
    pub fn strips(self, rows: u32, blocks: Vec<Vec<u8>>) -> Self {
        Self { blocks, ..self.tag(278, Value::Longs(vec![rows])) }
    }
    pub fn tiles(self, side: u32, blocks: Vec<Vec<u8>>) -> Self {
        Self { blocks, tiled: true, ..self.tag(322, Value::Longs(vec![side])).tag(323, Value::Longs(vec![side])) }
    }
    pub fn below(mut self, image: Image) -> Self {
        self.below.push(image);
        self
    }
}

/// How a file is written.
#[derive(Debug, Clone, Copy)]
pub struct Writing {
    pub little: bool,
    pub big: bool,
}

impl Writing {
    fn number(self, value: u64, len: usize) -> Vec<u8> {
        if self.little { value.to_le_bytes()[..len].to_vec() } else { value.to_be_bytes()[8 - len..].to_vec() }
    }

    /// Blocks first, then directories, so that readers have to jump.
    pub fn file(self, images: &[Image]) -> Vec<u8> {
        let mut file = if self.little { b"II".to_vec() } else { b"MM".to_vec() };
        if self.big {
            [self.number(43, 2), self.number(8, 2), self.number(0, 2), self.number(0, 8)].iter().for_each(|part| file.extend(part));
        } else {
            [self.number(42, 2), self.number(0, 4)].iter().for_each(|part| file.extend(part));
        }
        let size = if self.big { 8 } else { 4 };
        let mut pointer = if self.big { 8 } else { 4 };
        for image in images {
            let (at, next) = self.image(&mut file, image);
            let at = self.number(at, size);
            file[pointer..pointer + size].copy_from_slice(&at);
            pointer = next;
        }
        file
    }

    /// Where the directory lies, and where its pointer to the next one.
    fn image(self, file: &mut Vec<u8>, image: &Image) -> (u64, usize) {
        let mut at = Vec::new();
        for block in &image.blocks {
            at.push(if block.is_empty() { 0 } else { file.len() as u32 });
            file.extend(block);
        }
        let counts = image.blocks.iter().map(|block| block.len() as u32).collect();
        let (offsets_tag, counts_tag) = if image.tiled { (324, 325) } else { (273, 279) };
        let mut tags = image.tags.clone();
        if !tags.iter().any(|(tag, _)| *tag == offsets_tag) {
            tags.extend([(offsets_tag, Value::Longs(at)), (counts_tag, Value::Longs(counts))]);
        }
        if !image.below.is_empty() {
            tags.push((330, Value::Longs(image.below.iter().map(|below| self.image(file, below).0 as u32).collect())));
        }
        tags.sort_by_key(|(tag, _)| *tag);
        let (head, room) = if self.big { (8, 8) } else { (2, 4) };
        let mut rows = Vec::new();
        for (tag, value) in &tags {
            rows.extend(self.number(u64::from(*tag), 2));
            rows.extend(self.number(u64::from(value.kind()), 2));
            rows.extend(self.number(value.count() as u64, room));
            let mut bytes = self.bytes(value);
            if bytes.len() > room {
                let place = self.number(file.len() as u64, room);
                file.extend(bytes);
                bytes = place;
            }
            bytes.resize(room, 0);
            rows.extend(bytes);
        }
        if file.len() % 2 == 1 {
            file.push(0);
        }
        let offset = file.len() as u64;
        file.extend(self.number(tags.len() as u64, head));
        file.extend(rows);
        let next = file.len();
        file.extend(self.number(0, room));
        (offset, next)
    }

    fn bytes(self, value: &Value) -> Vec<u8> {
        match value {
            Value::Text(v) => [v.as_bytes(), &[0]].concat(),
            Value::Shorts(v) => v.iter().flat_map(|v| self.number(u64::from(*v), 2)).collect(),
            Value::Longs(v) => v.iter().flat_map(|v| self.number(u64::from(*v), 4)).collect(),
            Value::Doubles(v) => v.iter().flat_map(|v| self.number(v.to_bits(), 8)).collect(),
        }
    }
}
