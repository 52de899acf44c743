use lerc_core::{DataType, Sample};
use lerc_writer::{EncodeOptions, EncoderProfile, MaskView, RasterView, encode};
use proptest::prelude::*;

use super::{
    block::{native, sample_type},
    lerc2::{self, Blob, Wanted},
};

#[derive(Debug, Clone, Copy)]
struct Picture {
    width: u32,
    height: u32,
    depth: u32,
    /// 0: alike, 1: hills, 2: a few values, 3: noise of all bits, 4: hills with noise.
    content: u8,
    /// One pixel in so many is not valid; 0: none, 1: all.
    holes: u32,
    max_error: f64,
    /// As GDAL writes, or with tiles of this side.
    tile_side: Option<u32>,
    seed: u32,
}

fn pictures() -> impl Strategy<Value = Picture> {
    let sizes = (1_u32..80, 1_u32..80, 1_u32..4);
    let errors = prop::sample::select(vec![0.0, 0.5, 0.01, 1.0, 2.5, 3.0, 100.0]);
    let holes = prop::sample::select(vec![0, 0, 0, 1, 2, 5, 40]);
    let sides = prop::option::of(prop::sample::select(vec![2_u32, 5, 8, 16, 32]));
    (sizes, 0_u8..5, holes, errors, sides, any::<u32>()).prop_map(|((width, height, depth), content, holes, max_error, tile_side, seed)| {
        Picture { width, height, depth, content, holes, max_error, tile_side, seed }
    })
}

/// The same numbers for the same seed.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as u32) % sides.max(1)
    }
}

fn blob<T: Sample>(picture: &Picture) -> Vec<u8> {
    let mut dice = Dice(u64::from(picture.seed));
    let pixels = picture.width * picture.height;
    let values: Vec<T> = (0..pixels * picture.depth)
        .map(|at| {
            let (col, row) = (at / picture.depth % picture.width, at / picture.depth / picture.width);
            let hills = f64::from(col + row) * 0.7 + f64::from(col * row) * 0.01;
            T::from_f64(match picture.content {
                0 => 42.0,
                1 => hills,
                2 => f64::from(dice.throw(5)) * 13.0,
                3 => f64::from(dice.throw(u32::MAX)) - f64::from(i32::MAX),
                _ => hills + f64::from(dice.throw(1000)) / 100.0,
            })
        })
        .collect();
    let valid: Vec<u8> = (0..pixels).map(|_| u8::from(picture.holes == 0 || dice.throw(picture.holes) != 0)).collect();
    let mask = (picture.holes > 0).then(|| MaskView::new(picture.width, picture.height, &valid).unwrap());
    let options = EncodeOptions::new().with_max_z_error(picture.max_error);
    let options = match picture.tile_side {
        None => options.with_profile(EncoderProfile::Gdal),
        Some(side) => options.with_micro_block_size(side),
    };
    encode(RasterView::new(picture.width, picture.height, picture.depth, &values).unwrap(), mask, options).unwrap()
}

fn of_type(picture: &Picture, data_type: DataType) -> Vec<u8> {
    lerc_core::dispatch_data_type!(data_type, Pixel => { blob::<Pixel>(picture) })
}

const TYPES: [DataType; 8] =
    [DataType::I8, DataType::U8, DataType::I16, DataType::U16, DataType::I32, DataType::U32, DataType::F32, DataType::F64];

/// What we make of it, if anything, after it was found equal to what `lerc-reader` makes of it.
fn judged(picture: &Picture, data_type: DataType, blob: &[u8]) -> Option<Blob> {
    let (width, height, depth) = (picture.width as usize, picture.height as usize, picture.depth as usize);
    let wanted = Wanted { sample: sample_type(data_type), width, rows: (height, height), depths: (depth, depth) };
    let ours = lerc2::decode(&wanted, blob)?;
    let theirs = lerc_reader::decode_first(blob).unwrap_or_else(|e| panic!("only we read {picture:?} of {data_type:?}: {e}"));
    assert_eq!(theirs.info.depth as usize, ours.depth);
    assert_eq!(theirs.mask, ours.mask, "masks of {picture:?} of {data_type:?}");
    let theirs = native(theirs.pixels);
    assert!(theirs == ours.samples, "samples of {picture:?} of {data_type:?}");
    Some(ours)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_blob_reads_as_lerc_reader_reads_it(picture in pictures()) {
        for data_type in TYPES {
            let ours = judged(&picture, data_type, &of_type(&picture, data_type));
            // Other tiles may hold differences between dimensions.
            prop_assert!(ours.is_some() || picture.tile_side.is_some(), "not read: {:?} of {:?}", picture, data_type);
        }
    }

    #[test]
    fn a_changed_blob_is_read_as_lerc_reader_reads_it_or_left_to_it(picture in pictures(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in 0_usize..6) {
        for data_type in TYPES {
            let mut blob = of_type(&picture, data_type);
            for (at, byte) in &changes {
                // Behind the checksum, and more often near the beginning of the pixels than far in.
                let at = 14 + at.index(blob.len() - 14) % if cut == 0 { usize::MAX } else { 120 };
                let len = blob.len();
                blob[at.min(len - 1)] ^= byte;
            }
            let size = i32::from_le_bytes(blob[34..38].try_into().unwrap());
            if let Some(blob) = usize::try_from(size).ok().filter(|size| (14..=blob.len()).contains(size)).map(|size| &mut blob[..size]) {
                let sum = lerc_core::fletcher32(&blob[14..]);
                blob[10..14].copy_from_slice(&sum.to_le_bytes());
                judged(&picture, data_type, blob);
            }
        }
    }
}
