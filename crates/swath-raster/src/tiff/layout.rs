use crate::{
    Error, Result, SampleType, Shape,
    decode::{Compression, Encoding, Photometric, Predictor, SampleFormat, YCbCr},
    tiff::{
        field::{ByteOrder, Fields},
        tags,
    },
};

/// Uncompressed images in one strip are cut into rows of about this many bytes, so that a window costs what it covers.
const STRIP_TARGET: u64 = 1 << 20;

/// How the pixels of one directory are stored.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub shape: Shape,
    /// As the file says; a strip is as wide as the image.
    pub declared_block: Shape,
    /// As it is read: smaller where one uncompressed strip holds the image.
    pub block: Shape,
    pub tiled: bool,
    pub samples: u16,
    /// Samples of a pixel lie together.
    pub pixel_interleaved: bool,
    pub encoding: Encoding,
    /// Tag 338.
    pub extra: Vec<u16>,
}

impl Layout {
    /// # Errors
    /// Damaged, naming the tag, where a tag is absent or senseless; Unsupported for sample formats that have no [`SampleType`].
    pub fn new(at: &str, fields: &Fields, order: ByteOrder) -> Result<Self> {
        let shape = Shape { width: dimension(at, fields, tags::IMAGE_WIDTH)?, height: dimension(at, fields, tags::IMAGE_LENGTH)? };
        let samples = match fields.unsigned(tags::SAMPLES_PER_PIXEL).unwrap_or(1) {
            n @ 1..=65535 => n as u16,
            n => return Err(damaged(at, tags::SAMPLES_PER_PIXEL, n, "1 to 65535")),
        };
        let pixel_interleaved = match fields.unsigned(tags::PLANAR_CONFIGURATION).unwrap_or(1) {
            1 => true,
            2 => samples == 1,
            n => return Err(damaged(at, tags::PLANAR_CONFIGURATION, n, "1 or 2")),
        };
        let encoding = encoding(at, fields, order, samples, pixel_interleaved)?;
        let tiled = fields.array(tags::TILE_WIDTH).is_some() || fields.array(tags::TILE_OFFSETS).is_some();
        let declared_block = if tiled {
            Shape { width: dimension(at, fields, tags::TILE_WIDTH)?, height: dimension(at, fields, tags::TILE_LENGTH)? }
        } else {
            let rows = fields.unsigned(tags::ROWS_PER_STRIP).unwrap_or(u64::from(u32::MAX)).min(u64::from(shape.height));
            if rows == 0 {
                return Err(damaged(at, tags::ROWS_PER_STRIP, 0, "1 or more"));
            }
            Shape { width: shape.width, height: rows as u32 }
        };
        let extra = fields.array(tags::EXTRA_SAMPLES).map(|v| (0..v.len().min(65535)).map(|i| v.unsigned(i).unwrap_or(0) as u16).collect());
        let mut layout = Self {
            shape,
            declared_block,
            block: declared_block,
            tiled,
            samples,
            pixel_interleaved,
            encoding,
            extra: extra.unwrap_or_default(),
        };
        layout.block = layout.readable_block();
        layout.encoding.rows = layout.block.height as usize;
        Ok(layout)
    }

    fn readable_block(&self) -> Shape {
        let whole = !self.tiled && self.encoding.compression == Compression::None && self.declared_block.height == self.shape.height;
        let row = self.row_bytes().max(1);
        if !whole || self.encoding.has_units() || row.saturating_mul(u64::from(self.declared_block.height)) <= 2 * STRIP_TARGET {
            return self.declared_block;
        }
        let rows = (STRIP_TARGET / row).clamp(1, u64::from(self.declared_block.height));
        Shape { width: self.declared_block.width, height: rows as u32 }
    }

    /// The image is one uncompressed strip, read piece by piece.
    pub fn is_cut(&self) -> bool {
        self.block != self.declared_block
    }

    /// Stored bytes of `rows` rows of a block, before compression.
    pub fn stored_bytes(&self, rows: u32) -> u64 {
        if self.encoding.has_units() {
            let size = self.encoding.ycbcr.stored_size(self.declared_block.width as usize, rows as usize);
            return size.map_or(u64::MAX, |size| size as u64);
        }
        self.row_bytes().saturating_mul(u64::from(rows))
    }

    /// Samples of one pixel within a block.
    pub fn per_pixel(&self) -> usize {
        if self.pixel_interleaved { usize::from(self.samples) } else { 1 }
    }

    /// Stored, before compression.
    pub fn row_bytes(&self) -> u64 {
        (u64::from(self.declared_block.width) * self.per_pixel() as u64 * u64::from(self.encoding.bits)).div_ceil(8)
    }

    pub fn blocks_across(&self) -> u32 {
        self.shape.width.div_ceil(self.block.width)
    }

    pub fn blocks_down(&self) -> u32 {
        self.shape.height.div_ceil(self.block.height)
    }

    pub fn planes(&self) -> u64 {
        if self.pixel_interleaved { 1 } else { u64::from(self.samples) }
    }

    /// How many offsets the file must hold.
    pub fn declared_blocks(&self) -> u64 {
        let across = u64::from(self.shape.width.div_ceil(self.declared_block.width));
        let down = u64::from(self.shape.height.div_ceil(self.declared_block.height));
        across.saturating_mul(down).saturating_mul(self.planes())
    }

    pub fn sample(&self) -> SampleType {
        self.encoding.sample
    }
}

fn damaged(at: &str, tag: u16, found: impl std::fmt::Display, right: &str) -> Error {
    Error::damaged(at, format!("{} is {found}", tags::name(tag)), right)
}

fn dimension(at: &str, fields: &Fields, tag: u16) -> Result<u32> {
    match fields.unsigned(tag) {
        Some(n @ 1..=0x7fff_ffff) => Ok(n as u32),
        Some(n) => Err(damaged(at, tag, n, "1 to 2147483647")),
        None => Err(damaged(at, tag, "absent or no whole number", "1 to 2147483647")),
    }
}

fn encoding(at: &str, fields: &Fields, order: ByteOrder, samples: u16, pixel_interleaved: bool) -> Result<Encoding> {
    let bits = same_for_all(at, fields, tags::BITS_PER_SAMPLE, 1)?;
    let bits = u16::try_from(bits).ok().filter(|b| (1..=128).contains(b));
    let bits = bits.ok_or_else(|| damaged(at, tags::BITS_PER_SAMPLE, "0 or above 128", "1 to 64, or 128 for complex samples"))?;
    let format = match same_for_all(at, fields, tags::SAMPLE_FORMAT, 1)? {
        2 => SampleFormat::Int,
        3 => SampleFormat::Float,
        5 => SampleFormat::ComplexInt,
        6 => SampleFormat::ComplexFloat,
        // 4 is 'undefined'; TIFF 6.0 tells readers to take that, and what they do not know, as unsigned.
        _ => SampleFormat::Uint,
    };
    let sample = sample_type(format, bits).ok_or_else(|| {
        Error::unsupported(
            at,
            format!("{format:?} samples of {bits} bits"),
            "supported: integers of 1 to 64 bits, floats of 16, 24, 32, 64",
        )
    })?;
    let code = fields.unsigned(tags::COMPRESSION).unwrap_or(1);
    let lerc = fields.array(tags::LERC_PARAMETERS).and_then(|v| v.unsigned(1)).unwrap_or(0);
    let compression = Compression::from_code(code, lerc, fields.unsigned(tags::FAX_OPTIONS).unwrap_or(0));
    let photometric = Photometric::from_code(fields.unsigned(tags::PHOTOMETRIC).unwrap_or(1));
    let predictor = match fields.unsigned(tags::PREDICTOR).unwrap_or(1) {
        _ if !compression.has_predictor() => Predictor::None,
        0 | 1 => Predictor::None,
        2 => Predictor::Horizontal,
        3 => Predictor::Float,
        n => return Err(damaged(at, tags::PREDICTOR, n, "1, 2 or 3")),
    };
    let per_pixel = if pixel_interleaved { samples } else { 1 };
    Ok(Encoding {
        compression,
        predictor,
        photometric,
        format,
        bits,
        sample,
        per_pixel: usize::from(per_pixel),
        rows: 0,
        order,
        reversed_bits: fields.unsigned(tags::FILL_ORDER) == Some(2),
        jpeg_tables: fields.array(tags::JPEG_TABLES).map(|v| v.bytes.clone()).unwrap_or_default(),
        ycbcr: ycbcr(at, fields)?,
    })
}

fn ycbcr(at: &str, fields: &Fields) -> Result<YCbCr> {
    let plain = YCbCr::default();
    let shares = |tag: u16, index: usize, plain: f32| {
        let values = fields.floats(tag);
        values.get(index).map(|v| *v as f32).filter(|v| v.is_finite()).unwrap_or(plain)
    };
    let Some(sampling) = fields.array(tags::YCBCR_SUBSAMPLING) else { return Ok(plain) };
    let each = |index: u64| sampling.unsigned(index).unwrap_or(2);
    match (each(0), each(1)) {
        (across @ (1 | 2 | 4), down @ (1 | 2 | 4)) => Ok(YCbCr {
            across: across as usize,
            down: down as usize,
            luma: std::array::from_fn(|i| shares(tags::YCBCR_COEFFICIENTS, i, plain.luma[i])),
            reference: std::array::from_fn(|i| shares(tags::REFERENCE_BLACK_WHITE, i, plain.reference[i])),
        }),
        (across, _) => Err(damaged(at, tags::YCBCR_SUBSAMPLING, across, "1, 2 or 4 each")),
    }
}

/// One value for all samples, however many the file repeats.
fn same_for_all(at: &str, fields: &Fields, tag: u16, default: u64) -> Result<u64> {
    let Some(values) = fields.array(tag) else { return Ok(default) };
    let first = values.unsigned(0).ok_or_else(|| damaged(at, tag, "no whole number", "one per sample"))?;
    match (1..values.len().min(65535)).filter_map(|i| values.unsigned(i)).find(|v| *v != first) {
        Some(other) => {
            Err(Error::unsupported(at, format!("{} is {first} and {other}", tags::name(tag)), "supported: the same for all samples"))
        }
        None => Ok(first),
    }
}

/// The smallest machine type that holds such samples, as GDAL chooses it.
fn sample_type(format: SampleFormat, bits: u16) -> Option<SampleType> {
    Some(match (format, bits) {
        (SampleFormat::Uint, 1..=8) => SampleType::U8,
        (SampleFormat::Uint, 9..=16) => SampleType::U16,
        (SampleFormat::Uint, 17..=32) => SampleType::U32,
        (SampleFormat::Uint, 33..=64) => SampleType::U64,
        (SampleFormat::Int, 1..=8) => SampleType::I8,
        (SampleFormat::Int, 9..=16) => SampleType::I16,
        (SampleFormat::Int, 17..=32) => SampleType::I32,
        (SampleFormat::Int, 33..=64) => SampleType::I64,
        (SampleFormat::Float, 16 | 24 | 32) => SampleType::F32,
        (SampleFormat::Float, 64) => SampleType::F64,
        (SampleFormat::ComplexInt, 32) => SampleType::CI16,
        (SampleFormat::ComplexInt, 64) => SampleType::CI32,
        (SampleFormat::ComplexFloat, 64) => SampleType::CF32,
        (SampleFormat::ComplexFloat, 128) => SampleType::CF64,
        _ => return None,
    })
}
