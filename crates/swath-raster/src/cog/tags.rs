//! The directory of each level and of its mask.

use super::directory::{BlockArray, Directory, Value};
use super::georeference::georeference;
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
    if let Some(text) = metadata(info, plan, statistics) {
        main.set(42112, Value::Ascii(text));
    }
    let owner = |directory, level, mask| Owner { directory, level, mask };
    let mut all = vec![owner(main, 0, false)];
    let masks = |range: std::ops::Range<usize>| -> Vec<Owner> {
        let range = if plan.has_mask() { range } else { 0..0 };
        range.map(|i| owner(mask(plan, &levels[i], if i == 0 { 4 } else { 5 }), i, true)).collect()
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

fn mask(plan: &CogPlan, level: &Level, subfile: u32) -> Directory {
    let mut d = common(level.shape, plan.block, subfile, level.masks.len());
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
    let mut d = common(level.shape, plan.block, subfile, level.blocks.len());
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

/// Photometric interpretation, what the further bands are, and the palette.
fn colors(info: &RasterInfo, plan: &CogPlan, d: &mut Directory) {
    let color = |at: usize| plan.bands.get(at).and_then(|&b| info.bands.get(b)).map_or(ColorInterp::Undefined, |b| b.color);
    let bands = plan.bands.len();
    let rgb = bands >= 3
        && [color(0), color(1), color(2)] == [ColorInterp::Red, ColorInterp::Green, ColorInterp::Blue]
        && matches!(plan.sample, SampleType::U8 | SampleType::U16);
    let ycbcr = plan.compress == Compression::Jpeg && plan.interleave == Interleave::Pixel && bands == 3;
    let palette =
        info.bands.get(plan.bands[0]).and_then(|b| b.palette.as_ref()).and_then(|p| color_map(p, plan.sample)).filter(|_| bands == 1);
    let (photometric, main) = match (&palette, ycbcr, rgb) {
        (Some(_), ..) => (3, 1),
        (None, true, _) => (6, 3),
        (None, false, true) => (2, 3),
        (None, false, false) => (1, 1),
    };
    d.set(262, Value::Short(vec![photometric]));
    if let Some(map) = palette {
        d.set(320, Value::Short(map));
    }
    if ycbcr {
        let each = chroma_subsampling(plan.quality);
        d.set(530, Value::Short(vec![each, each]));
    }
    if bands > main {
        // 2 is unassociated alpha, 0 is anything
        d.set(338, Value::Short((main..bands).map(|at| if color(at) == ColorInterp::Alpha { 2 } else { 0 }).collect()));
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
