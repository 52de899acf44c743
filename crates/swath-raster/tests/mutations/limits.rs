//! Headers, streams and documents that claim more than they hold: opening them and reading one pixel is quick, and small.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use swath_raster::{Error, Family, Limits, RasterSource, Sidecars, Window, tiff::LocalTiff};

use crate::{
    allocator::measured,
    handmade::{Image, Value, Writing},
    judge::{MOST_HELD, SLOWEST},
};

const LITTLE: Writing = Writing { little: true, big: false };
const BIG: Writing = Writing { little: true, big: true };

/// One test at a time: the memory that is counted is the whole process's.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens and reads one pixel of the last band, in the middle.
fn pixel(name: &str, file: Vec<u8>, sidecars: Sidecars) -> Result<(), Error> {
    let bytes = Bytes::from(file);
    let mut quickest = Duration::MAX;
    for _ in 0..3 {
        let start = Instant::now();
        let (read, held) = measured(|| {
            let tiff = LocalTiff::open(name, Arc::new(bytes.clone()), &sidecars, &Limits::default())?;
            let last = tiff.info().bands.len() - 1;
            let shape = tiff.info().grid.shape;
            tiff.read(&[last], Window { col: shape.width / 2, row: shape.height / 2, width: 1, height: 1 }).map(drop)
        });
        assert!(held <= MOST_HELD, "{name} held {held} bytes");
        quickest = quickest.min(start.elapsed());
        if quickest < SLOWEST {
            return read;
        }
    }
    panic!("{name} took {quickest:?}");
}

fn refused(name: &str, file: Vec<u8>, family: Family) {
    let error = pixel(name, file, Sidecars::default()).expect_err(name);
    assert!(error.family == family && error.at.starts_with(name), "{name}: {error:?}");
}

fn read(name: &str, file: Vec<u8>) {
    pixel(name, file, Sidecars::default()).expect(name);
}

const CODECS: [(&str, u16, Family); 8] = [
    ("none", 1, Family::Damaged),
    ("lzw", 5, Family::Damaged),
    ("jpeg", 7, Family::Damaged),
    ("deflate", 8, Family::Damaged),
    ("packbits", 32_773, Family::Damaged),
    ("lerc", 34_887, Family::OverLimit),
    ("zstd", 50_000, Family::OverLimit),
    ("webp", 50_001, Family::OverLimit),
];

#[test]
fn a_small_file_that_claims_65535_samples_is_small() {
    let _alone = alone();
    // 218 bytes, as one that cost GDAL gigabytes.
    for (name, codec, _) in CODECS {
        let mut image = Image::new(100, 100, &[8], codec, 1).strips(100, vec![vec![7; 50]]);
        image.tags.retain(|(tag, _)| *tag != 277);
        let file = LITTLE.file(&[image.tag(277, Value::Shorts(vec![65_535]))]);
        assert!(pixel(name, file, Sidecars::default()).is_err(), "{name}");
    }
    let planes = Image::new(100, 100, &[8], 1, 1).tag(284, Value::Shorts(vec![2])).strips(100, vec![vec![7; 50]]);
    let mut planes = planes;
    planes.tags.retain(|(tag, _)| *tag != 277);
    refused("planes", LITTLE.file(&[planes.tag(277, Value::Shorts(vec![65_535]))]), Family::Damaged);
}

#[test]
fn blocks_of_60000_by_60000_are_refused_before_room_is_made() {
    let _alone = alone();
    for (name, codec, _) in CODECS {
        for (width, tile) in [(60_000, 60_000), (100, 60_000), (20_000, 20_000)] {
            let file = LITTLE.file(&[Image::new(width, width, &[8], codec, 1).tiles(tile, vec![vec![7; 4000]])]);
            assert!(pixel(name, file, Sidecars::default()).is_err(), "{name}, {tile}");
        }
    }
}

#[test]
fn a_block_that_claims_more_than_its_codec_can_hold_is_damaged_and_a_bomb_is_over_the_limit() {
    let _alone = alone();
    for (name, codec, family) in CODECS {
        let bits: &[u16] = if codec == 50_001 { &[8; 3] } else { &[8] };
        refused(name, LITTLE.file(&[Image::new(16_000, 16_000, bits, codec, 1).strips(16_000, vec![vec![7; 90]])]), family);
    }
}

#[test]
fn a_real_bomb_of_zstd_is_over_the_limit_and_one_that_outgrows_its_block_is_cut() {
    let _alone = alone();
    let zeros = vec![0; 256 << 20];
    let bomb = zstd::encode_all(&zeros[..], 1).expect("in memory");
    assert!(zeros.len() / bomb.len() > 10_000, "{} bytes", bomb.len());
    drop(zeros);
    refused("bomb", LITTLE.file(&[Image::new(16_384, 16_384, &[8], 50_000, 1).strips(16_384, vec![bomb.clone()])]), Family::OverLimit);
    read("outgrown", LITTLE.file(&[Image::new(16, 16, &[8], 50_000, 1).strips(16, vec![bomb.clone()])]));
    for inner in [1, 2] {
        let lerc = Image::new(64, 64, &[8], 34_887, 1).tag(50_674, Value::Longs(vec![4, inner])).strips(64, vec![bomb.clone()]);
        refused("lerc", LITTLE.file(&[lerc]), Family::Damaged);
    }
}

#[test]
fn deflate_that_outgrows_its_block_is_cut_and_takes_no_more_than_a_little() {
    let _alone = alone();
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::default());
    let zeros = vec![0; 100 << 20];
    let mut bomb = vec![0; compressor.zlib_compress_bound(zeros.len())];
    let len = compressor.zlib_compress(&zeros, &mut bomb).expect("room");
    bomb.truncate(len);
    drop(zeros);
    for side in [16, 1000, 4000] {
        read("outgrown", LITTLE.file(&[Image::new(side, side, &[8], 8, 1).strips(side, vec![bomb.clone()])]));
    }
}

#[test]
fn jpeg_and_webp_pictures_that_claim_more_than_their_block_are_damaged() {
    let _alone = alone();
    let mut jpeg = Vec::new();
    jpeg_encoder::Encoder::new(&mut jpeg, 50).encode(&[9; 64 * 64], 64, 64, jpeg_encoder::ColorType::Luma).expect("in memory");
    let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).expect("a frame");
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    refused("jpeg", LITTLE.file(&[Image::new(64, 64, &[8], 7, 1).strips(64, vec![jpeg.clone()])]), Family::Damaged);
    refused("wide-jpeg", LITTLE.file(&[Image::new(65_535, 65_535, &[8], 7, 1).strips(65_535, vec![jpeg])]), Family::Damaged);
    // VP8L: 14 bits of width and height less one.
    let webp = [&b"RIFF\x20\0\0\0WEBPVP8L\x14\0\0\0\x2f\xff\xff\xff\x0f"[..], &[0; 20]].concat();
    refused("webp", LITTLE.file(&[Image::new(64, 64, &[8; 3], 50_001, 2).strips(64, vec![webp])]), Family::Damaged);
}

#[test]
fn chains_of_directories_that_come_back_are_damaged() {
    let _alone = alone();
    let gray = || Image::new(8, 8, &[8], 1, 1).strips(8, vec![vec![7; 64]]);
    let two = LITTLE.file(&[gray(), gray()]);
    let structure = crate::structure::Structure::of(&two);
    let first = structure.number(&two, 4, 4).expect("a pointer");
    for pointer in structure.places.iter().filter(|place| place.part == crate::structure::Part::Pointer).skip(1) {
        let mut file = two.clone();
        structure.put(&mut file, pointer.at, pointer.len, first);
        refused("loop", file, Family::Damaged);
    }
    // A SubIFD that is its own parent is one that was seen.
    let mut file = LITTLE.file(&[gray().tag(330, Value::Longs(vec![0]))]);
    let structure = crate::structure::Structure::of(&file);
    let first = structure.number(&file, 4, 4).expect("a pointer");
    for place in structure.places.iter().filter(|place| place.part == crate::structure::Part::Value { tag: 330 }) {
        structure.put(&mut file, place.at, place.len, first);
    }
    read("own-parent", file);
}

#[test]
fn arrays_of_four_billion_offsets_are_refused() {
    let _alone = alone();
    for count in [u32::MAX, u32::MAX / 4, 1 << 28] {
        for (tag, writing) in [(324, BIG), (325, BIG), (324, LITTLE), (325, LITTLE)] {
            let mut file = writing.file(&[Image::new(60_000, 60_000, &[8], 8, 1).tiles(16, vec![vec![7; 64]; 2])]);
            let structure = crate::structure::Structure::of(&file);
            for place in structure.places.clone().iter().filter(|place| place.part == crate::structure::Part::Count { tag }) {
                structure.put(&mut file, place.at, place.len, u64::from(count));
            }
            refused("offsets", file, Family::Damaged);
        }
    }
}

/// A thousand directories of 65,535 entries each, four bytes after one another: 800 kB.
#[test]
fn directories_that_overlap_are_read_once() {
    let _alone = alone();
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    file.resize(8 + 1000 * 4 + 2 + 65_535 * 12 + 8, 0xff);
    for directory in (8..4008_u32).step_by(4) {
        let next = directory as usize + 2 + 65_535 * 12;
        file[next..next + 4].copy_from_slice(&(directory + 4).to_le_bytes());
    }
    refused("overlapping", file, Family::OverLimit);
}

/// Sums to 65,535 places for names of classes, in each of many bands.
#[test]
fn names_of_classes_in_many_bands_are_bounded() {
    let _alone = alone();
    let items: String =
        (0..400).map(|band| format!("<Item name=\"CATEGORY_65534\" domain=\"CATEGORIES\" sample=\"{band}\">x</Item>")).collect();
    let image = Image::new(4, 4, &[8; 400], 1, 1).strips(4, vec![vec![7; 16 * 400]]);
    read("classes", LITTLE.file(&[image.tag(42_112, Value::Text(format!("<GDALMetadata>{items}</GDALMetadata>")))]));
}

fn documents() -> Vec<(&'static str, String)> {
    let entities: String = (1..30).map(|i| format!("<!ENTITY e{i} \"{}\">", format!("&e{};", i - 1).repeat(10))).collect();
    vec![
        ("entities", format!("<!DOCTYPE a [<!ENTITY e0 \"bomb\">{entities}]><GDALMetadata><Item name=\"a\">&e29;</Item></GDALMetadata>")),
        ("deep", "<GDALMetadata>".to_owned() + &"<a>".repeat(1_000_000) + &"</a>".repeat(1_000_000) + "</GDALMetadata>"),
        ("wide", format!("<GDALMetadata{}/>", (0..200_000).map(|i| format!(" a{i}=\"\"")).collect::<String>())),
        ("many", format!("<GDALMetadata>{}</GDALMetadata>", "<a/>".repeat(2_000_000))),
        ("open", "<".repeat(4_000_000)),
        ("namespaces", (0..20_000).map(|i| format!("<a xmlns:n{i}=\"u\">")).collect()),
        ("long", format!("<GDALMetadata><Item name=\"a\">{}</Item></GDALMetadata>", "x".repeat(7_000_000))),
    ]
}

#[test]
fn documents_that_are_bombs_say_nothing_and_the_pixels_stay_readable() {
    let _alone = alone();
    for (name, document) in documents() {
        let image = Image::new(4, 4, &[8], 1, 1).strips(4, vec![vec![7; 16]]);
        read(name, LITTLE.file(&[image.tag(42_112, Value::Text(document))]));
    }
}

#[test]
fn sidecars_that_are_bombs_are_an_error_that_names_them() {
    let _alone = alone();
    for (name, document) in documents() {
        let file = LITTLE.file(&[Image::new(4, 4, &[8], 1, 1).strips(4, vec![vec![7; 16]])]);
        let document = document.replace("GDALMetadata", "PAMDataset");
        let sidecars = Sidecars { aux_xml: Some(Bytes::from(document)), ..Sidecars::default() };
        match pixel(name, file, sidecars) {
            Ok(()) => assert_eq!(name, "long"),
            Err(error) => assert!(error.at.starts_with(name) && error.at.ends_with(".aux.xml"), "{error:?}"),
        }
    }
}

#[test]
fn a_sparse_image_of_four_billion_pixels_costs_its_tables() {
    let _alone = alone();
    let tiles = 128 * 128;
    let image = Image::new(1 << 16, 1 << 16, &[16], 50_000, 1).tiles(512, vec![Vec::new(); tiles]);
    read("sparse", LITTLE.file(&[image]));
}

/// A column of one pixel through tiles of 16 MiB: they are decoded one after the other.
#[test]
fn a_narrow_window_through_large_blocks_holds_few_of_them() {
    let _alone = alone();
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::fastest());
    let zeros = vec![0; 16 << 20];
    let mut tile = vec![0; compressor.zlib_compress_bound(zeros.len())];
    let len = compressor.zlib_compress(&zeros, &mut tile).expect("room");
    tile.truncate(len);
    let file = Bytes::from(LITTLE.file(&[Image::new(4096, 1 << 16, &[8], 8, 1).tiles(4096, vec![tile; 16])]));
    let tiff = LocalTiff::open("column", Arc::new(file), &Sidecars::default(), &Limits::default()).expect("a TIFF");
    let window = Window { col: 9, row: 0, width: 1, height: 1 << 16 };
    let (read, held) = measured(|| tiff.read(&[0], window));
    assert!(read.is_ok() && held <= MOST_HELD, "{held} bytes, {:?}", read.err());
}
