//! The directory of each level and of its mask.

use super::directory::{BlockArray, Directory, Value};
use super::georeference::georeference;
use super::kept::keep;
use super::level::Level;
use super::metadata::metadata;
use super::plan::CogPlan;
use super::{BandStatistics, Compression, Predictor};
use crate::encode::chroma_subsampling;
use crate::{ColorInterp, Interleave, RasterInfo, SampleType, Shape};

/// All directories in the order of the file: the image, its mask, the overviews, their masks.
pub(super) fn directories(info: &RasterInfo, plan: &CogPlan, levels: &[Level], statistics: &[Option<BandStatistics>]) -> Vec<Owner> {
    let Some((full, overviews)) = levels.split_first() else { return Vec::new() };
    let mut main = image(info, plan, full, 0);
    georeference(info, &mut main);
    keep(info, &mut main);
    if let Some(text) = metadata(info, plan, statistics) {
        main.set(42112, Value::Ascii(text));
    }
    let owner = |directory, level, mask| Owner { directory, level, mask };
    let mut all = vec![owner(main, 0, false)];
    let masks = |range: std::ops::Range<usize>| -> Vec<Owner> {
        let range = if plan.has_mask() { range } else { 0..0 };
        range.map(|i| owner(mask(&levels[i], if i == 0 { 4 } else { 5 }), i, true)).collect()
    };
    all.extend(masks(0..1));
    all.extend((1..).zip(overviews).map(|(i, level)| owner(image(info, plan, level, 1), i, false)));
    all.extend(masks(1..levels.len()));
    all
}

/// A directory and whose blocks it lists.
pub(super) struct Owner {
    pub directory: Directory,
    pub level: usize,
    pub mask: bool,
}

fn common(shape: Shape, block: Shape, subfile: u32, blocks: usize) -> Directory {
    let mut d = Directory::default();
    if subfile != 0 {
        d.set(254, Value::Long(vec![subfile]));
    }
    d.set(256, Value::Long(vec![shape.width]));
    d.set(257, Value::Long(vec![shape.height]));
    d.set(322, Value::Long(vec![block.width]));
    d.set(323, Value::Long(vec![block.height]));
    d.set(324, Value::Blocks(BlockArray::Offsets(vec![0; blocks])));
    d.set(325, Value::Blocks(BlockArray::Lengths(vec![0; blocks])));
    d
}

fn mask(level: &Level, subfile: u32) -> Directory {
    let mut d = common(level.shape, level.block, subfile, level.masks.len());
    d.set(258, Value::Short(vec![1]));
    d.set(259, Value::Short(vec![Compression::Deflate.tag()]));
    d.set(262, Value::Short(vec![4]));
    d.set(277, Value::Short(vec![1]));
    d.set(284, Value::Short(vec![1]));
    d.set(339, Value::Short(vec![1]));
    d
}

fn image(info: &RasterInfo, plan: &CogPlan, level: &Level, subfile: u32) -> Directory {
    let bands = plan.bands.len();
    let mut d = common(level.shape, level.block, subfile, level.blocks.len());
    d.set(258, Value::Short(vec![(plan.sample.size() * 8) as u16; bands]));
    d.set(259, Value::Short(vec![plan.compress.tag()]));
    d.set(277, Value::Short(vec![bands as u16]));
    d.set(284, Value::Short(vec![if plan.interleave == Interleave::Pixel { 1 } else { 2 }]));
    d.set(339, Value::Short(vec![sample_format(plan.sample); bands]));
    match plan.predictor {
        Predictor::Horizontal => d.set(317, Value::Short(vec![2])),
        Predictor::Float => d.set(317, Value::Short(vec![3])),
        Predictor::None | Predictor::Auto => {}
    }
    if plan.compress.is_lerc() {
        let then = match plan.compress {
            Compression::LercDeflate => 1,
            Compression::LercZstd => 2,
            _ => 0,
        };
        // Lerc2 version 4
        d.set(50674, Value::Long(vec![4, then]));
    }
    colors(info, plan, &mut d);
    if let Some(nodata) = plan.nodata {
        d.set(42113, Value::Ascii(nodata.to_string()));
    }
    d
}

/// Tag 339.
fn sample_format(sample: SampleType) -> u16 {
    use SampleType as S;
    match sample {
        S::U8 | S::U16 | S::U32 | S::U64 => 1,
        S::I8 | S::I16 | S::I32 | S::I64 => 2,
        S::F32 | S::F64 => 3,
        S::CI16 | S::CI32 => 5,
        S::CF32 | S::CF64 => 6,
    }
}

/// Tag 262, of those that are written.
#[derive(Clone, Copy, PartialEq)]
enum Photometric {
    Gray = 1,
    Rgb = 2,
    Palette = 3,
    YCbCr = 6,
}

impl Photometric {
    fn of(info: &RasterInfo, plan: &CogPlan) -> Self {
        let bands = plan.bands.len();
        let rgb = bands >= 3
            && [color(info, plan, 0), color(info, plan, 1), color(info, plan, 2)]
                == [ColorInterp::Red, ColorInterp::Green, ColorInterp::Blue]
            && matches!(plan.sample, SampleType::U8 | SampleType::U16);
        match (palette(info, plan).is_some(), rgb) {
            (true, _) => Self::Palette,
            _ if plan.compress == Compression::Jpeg && plan.interleave == Interleave::Pixel && bands == 3 => Self::YCbCr,
            (_, true) => Self::Rgb,
            _ => Self::Gray,
        }
    }
    /// How many bands are colours.
    fn colors(self) -> usize {
        if matches!(self, Self::Rgb | Self::YCbCr) { 3 } else { 1 }
    }
}

fn color(info: &RasterInfo, plan: &CogPlan, at: usize) -> ColorInterp {
    plan.bands.get(at).and_then(|&b| info.bands.get(b)).map_or(ColorInterp::Undefined, |b| b.color)
}

fn palette<'a>(info: &'a RasterInfo, plan: &CogPlan) -> Option<&'a [[u8; 4]]> {
    let [band] = plan.bands[..] else { return None };
    let small = matches!(plan.sample, SampleType::U8 | SampleType::I8 | SampleType::U16 | SampleType::I16);
    info.bands.get(band).and_then(|b| b.palette.as_deref()).filter(|_| small)
}

/// What readers take a band for by these tags alone.
pub(super) fn shown_color(info: &RasterInfo, plan: &CogPlan, at: usize) -> ColorInterp {
    let photometric = Photometric::of(info, plan);
    match (photometric, at) {
        (Photometric::Palette, 0) => ColorInterp::Palette,
        (Photometric::Rgb | Photometric::YCbCr, 0..3) => [ColorInterp::Red, ColorInterp::Green, ColorInterp::Blue][at],
        (_, 0) => ColorInterp::Gray,
        _ if color(info, plan, at) == ColorInterp::Alpha => ColorInterp::Alpha,
        _ => ColorInterp::Undefined,
    }
}

/// Photometric interpretation, what the further bands are, and the palette.
fn colors(info: &RasterInfo, plan: &CogPlan, d: &mut Directory) {
    let photometric = Photometric::of(info, plan);
    let (bands, main) = (plan.bands.len(), photometric.colors());
    d.set(262, Value::Short(vec![photometric as u16]));
    if let Some(map) = palette(info, plan).and_then(|p| color_map(p, plan.sample)) {
        d.set(320, Value::Short(map));
    }
    if photometric == Photometric::YCbCr {
        let each = chroma_subsampling(plan.quality);
        d.set(530, Value::Short(vec![each, each]));
    }
    if bands > main {
        // 2 is unassociated alpha, 0 is anything
        d.set(338, Value::Short((main..bands).map(|at| if color(info, plan, at) == ColorInterp::Alpha { 2 } else { 0 }).collect()));
    }
}

/// Reds, greens, blues, each as many as the samples have values; only 8 and 16 bits have room for a palette.
fn color_map(palette: &[[u8; 4]], sample: SampleType) -> Option<Vec<u16>> {
    let values = match sample {
        SampleType::U8 | SampleType::I8 => 256,
        SampleType::U16 | SampleType::I16 => 65536,
        _ => return None,
    };
    let part = |channel: usize| (0..values).map(move |i| palette.get(i).map_or(0, |color| u16::from(color[channel]) * 257));
    Some(part(0).chain(part(1)).chain(part(2)).collect())
}
