//! Whole files to be broken: what our writer makes of every codec and type, files by hand, and small ones found in the wild.

use swath_raster::{
    Interleave, Limits, SampleType, Shape, Sidecars,
    cog::{BigTiff, CogOptions, Compression, Sparse},
};

use crate::{
    handmade::{Image, Value, Writing},
    structure::Structure,
    support::{
        data, files,
        memory::{Memory, to_cog},
    },
};

pub struct Seed {
    pub name: String,
    pub bytes: Vec<u8>,
    pub structure: Structure,
}

/// Mutations of larger files seldom meet what matters.
const LARGEST: u64 = 30_000;

pub fn all() -> Vec<Seed> {
    let mut files = written();
    files.extend(by_hand());
    files.extend(found());
    let limits = Limits::default();
    let opens = |name: &str, bytes: &[u8]| {
        swath_raster::open(name, std::sync::Arc::new(bytes::Bytes::copy_from_slice(bytes)), &Sidecars::default(), &limits)
    };
    for (name, bytes) in &files {
        assert!(opens(name, bytes).is_ok() || name.starts_with("odd/"), "{name} itself must open: {:?}", opens(name, bytes).err());
    }
    files.into_iter().map(|(name, bytes)| Seed { structure: Structure::of(&bytes), name, bytes }).collect()
}

/// By our own writer.
fn written() -> Vec<(String, Vec<u8>)> {
    use Compression as C;
    let shape = Shape { width: 70, height: 45 };
    let small = || CogOptions { block_size: 32, ..CogOptions::default() };
    let mut out = Vec::new();
    let mut add = |name: String, source: &Memory, options: &CogOptions| {
        let (bytes, _) = to_cog(source, options).expect(&name);
        out.push((name, bytes.to_vec()));
    };
    for (compress, sample, bands) in [
        (C::None, SampleType::U8, 1),
        (C::None, SampleType::CI16, 1),
        (C::Lzw, SampleType::U16, 1),
        (C::Lzw, SampleType::F32, 2),
        (C::Deflate, SampleType::I16, 3),
        (C::Deflate, SampleType::F64, 1),
        (C::Zstd, SampleType::F32, 1),
        (C::Zstd, SampleType::U8, 4),
        (C::Zstd, SampleType::I64, 1),
        (C::Packbits, SampleType::U8, 2),
        (C::Lerc, SampleType::F32, 1),
        (C::Lerc, SampleType::U8, 3),
        (C::LercDeflate, SampleType::U16, 1),
        (C::LercZstd, SampleType::F64, 2),
        (C::Jpeg, SampleType::U8, 1),
        (C::Jpeg, SampleType::U8, 3),
        (C::Webp, SampleType::U8, 3),
        (C::Webp, SampleType::U8, 4),
    ] {
        let options = CogOptions { compress, ..small() };
        add(format!("cog-{}-{}-{bands}", compress.word(), sample.name()), &Memory::noise(shape, bands, sample, 9), &options);
    }
    let planes = CogOptions { interleave: Interleave::Band, bigtiff: BigTiff::Always, ..small() };
    add("cog-planes-bigtiff".to_owned(), &Memory::noise(shape, 3, SampleType::U16, 4), &planes);
    let mask = (0..70 * 45).map(|i| if i % 7 < 3 { 0 } else { 255 }).collect();
    let masked = Memory::noise(shape, 1, SampleType::U8, 5).masked(mask);
    add("cog-masked".to_owned(), &masked, &CogOptions { compress: C::Deflate, ..small() });
    let holes = Memory::new(shape, vec![swath_raster::Samples::I16(vec![-9; 70 * 45])]).nodata(-9.0);
    add("cog-sparse".to_owned(), &holes, &CogOptions { sparse: Sparse::Empty, ..small() });
    out
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::default());
    let mut out = vec![0; compressor.zlib_compress_bound(bytes.len())];
    let len = compressor.zlib_compress(bytes, &mut out).expect("room");
    out.truncate(len);
    out
}

fn noise(len: usize) -> Vec<u8> {
    (0..len as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8 & if i % 9 < 5 { 0xf0 } else { 0 }).collect()
}

/// GeoKeys as most files have them: a projected CRS by its code.
fn keys(image: Image) -> Image {
    let directory = vec![1, 1, 0, 4, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633, 1026, 34737, 8, 0];
    image
        .tag(33550, Value::Doubles(vec![10.0, 10.0, 0.0]))
        .tag(33922, Value::Doubles(vec![0.0, 0.0, 0.0, 5e5, 5e6, 0.0]))
        .tag(34735, Value::Shorts(directory))
        .tag(34737, Value::Text("a place|".to_owned()))
}

/// GeoKeys that define a CRS themselves.
fn own_keys(image: Image) -> Image {
    let directory = vec![
        1, 1, 0, 12, 1024, 0, 1, 1, 1025, 0, 1, 2, 2048, 0, 1, 32767, 2050, 0, 1, 32767, 2054, 0, 1, 9102, 2056, 0, 1, 7030, 2057, 34736,
        1, 0, 2059, 34736, 1, 1, 3072, 0, 1, 32767, 3074, 0, 1, 32767, 3075, 0, 1, 1, 3076, 0, 1, 9001,
    ];
    image
        .tag(34264, Value::Doubles(vec![9.0, 1.0, 0.0, 3e5, -1.0, -9.0, 0.0, 4e6, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]))
        .tag(34735, Value::Shorts(directory))
        .tag(34736, Value::Doubles(vec![6_378_137.0, 298.257_223_563, 0.9996, 15.0]))
}

const METADATA: &str = "<GDALMetadata><Item name=\"A\">1 &lt; 2</Item><Item name=\"SCALE\" sample=\"0\" role=\"scale\">0.5</Item>\
    <Item name=\"OFFSET\" sample=\"0\" role=\"offset\">-3</Item><Item name=\"UNITTYPE\" sample=\"0\" role=\"unittype\">m</Item>\
    <Item name=\"CATEGORY_3\" sample=\"0\" domain=\"CATEGORIES\">sea</Item></GDALMetadata>";

fn by_hand() -> Vec<(String, Vec<u8>)> {
    let (w, h) = (60, 40);
    let gray = |bits: u16, compression| Image::new(w, h, &[bits], compression, 1);
    let little = Writing { little: true, big: false };
    let (motorola, large) = (Writing { little: false, ..little }, Writing { big: true, ..little });
    let large_motorola = Writing { little: false, big: true };
    let strips = |rows: u32, row: u32, pack: fn(&[u8]) -> Vec<u8>| -> Vec<Vec<u8>> {
        (0..h.div_ceil(rows)).map(|strip| pack(&noise((rows.min(h - strip * rows) * row) as usize))).collect()
    };
    let plain = |bytes: &[u8]| bytes.to_vec();
    let overview = || Image::new(30, 20, &[8], 8, 1).tag(254, Value::Longs(vec![1])).strips(20, vec![deflated(&noise(600))]);
    let mask = || Image::new(w, h, &[1], 8, 4).tag(254, Value::Longs(vec![4])).strips(h, vec![deflated(&noise(320))]);
    let base = || {
        keys(gray(8, 8).strips(8, strips(8, 60, deflated)))
            .tag(42112, Value::Text(METADATA.to_owned()))
            .tag(42113, Value::Text("7".to_owned()))
    };
    let four = vec![noise(32 * 32 * 2), Vec::new(), noise(32 * 32 * 2), Vec::new()];
    let rgb = |planar: u16| Image::new(w, h, &[8, 8, 8], 8, 2).tag(284, Value::Shorts(vec![planar]));
    let palette = (0..768).map(|i| (i * 85) as u16).collect();
    let progressive = jpeg(true);
    let old_lzw = [0_u8, 1, 0, 0, 0].repeat(10);
    vec![
        ("strips".to_owned(), little.file(&[base()])),
        ("motorola-16".to_owned(), motorola.file(&[own_keys(gray(16, 1).strips(7, strips(7, 120, plain)))])),
        ("bigtiff-pages".to_owned(), large.file(&[base(), overview(), mask()])),
        ("bigtiff-motorola-12".to_owned(), large_motorola.file(&[gray(12, 8).strips(40, strips(40, 90, deflated))])),
        ("subifds".to_owned(), little.file(&[base().below(overview()).below(mask()), gray(8, 1).strips(40, strips(40, 60, plain))])),
        ("tiles-sparse".to_owned(), little.file(&[gray(16, 1).tiles(32, four)])),
        ("planes".to_owned(), motorola.file(&[rgb(2).strips(40, vec![deflated(&noise(2400)); 3])])),
        ("pixels-predictor".to_owned(), little.file(&[rgb(1).tag(317, Value::Shorts(vec![2])).strips(20, strips(20, 180, deflated))])),
        (
            "float-predictor".to_owned(),
            motorola.file(&[gray(32, 8)
                .tag(339, Value::Shorts(vec![3]))
                .tag(317, Value::Shorts(vec![3]))
                .strips(40, strips(40, 240, deflated))]),
        ),
        (
            "palette-4-bits".to_owned(),
            little.file(&[Image::new(w, h, &[4], 8, 3)
                .tag(320, Value::Shorts((0..48).map(|i| i * 1000).collect()))
                .strips(40, strips(40, 30, deflated))]),
        ),
        (
            "palette".to_owned(),
            little.file(&[Image::new(w, h, &[8], 1, 3).tag(320, Value::Shorts(palette)).strips(40, strips(40, 60, plain))]),
        ),
        (
            "cmyk-reversed-bits".to_owned(),
            little.file(&[Image::new(w, h, &[8; 4], 8, 5).tag(266, Value::Shorts(vec![2])).strips(40, strips(40, 240, deflated))]),
        ),
        (
            "zstd-extra-samples".to_owned(),
            little.file(&[Image::new(w, h, &[8; 5], 50_000, 2)
                .tag(338, Value::Shorts(vec![2, 0]))
                .strips(40, strips(40, 300, |bytes| zstd::encode_all(bytes, 3).expect("in memory")))]),
        ),
        ("progressive".to_owned(), little.file(&[Image::new(w, h, &[8; 3], 7, 6).strips(40, vec![progressive])])),
        ("jpeg".to_owned(), little.file(&[Image::new(w, h, &[8; 3], 7, 6).strips(40, vec![jpeg(false)])])),
        ("lzw-old".to_owned(), little.file(&[Image::new(8, 4, &[8], 5, 1).strips(4, vec![old_lzw])])),
        (
            "gcps".to_owned(),
            little.file(&[gray(8, 32_773)
                .tag(33922, Value::Doubles((0..24).map(f64::from).collect()))
                .strips(40, vec![[0x81, 7].repeat(19)])]),
        ),
    ]
}

fn jpeg(progressive: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 60);
    encoder.set_progressive(progressive);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
    encoder.encode(&noise(60 * 40 * 3), 60, 40, jpeg_encoder::ColorType::Rgb).expect("in memory");
    out
}

/// From the shared data, where it is at hand.
fn found() -> Vec<(String, Vec<u8>)> {
    let Some(data) = data() else { return Vec::new() };
    let is_small = |name: &String| std::fs::metadata(data.join(name)).is_ok_and(|facts| facts.len() <= LARGEST);
    let is_tiff = |name: &String| name.to_ascii_lowercase().ends_with(".tif");
    let names = files(&data, "odd").into_iter().filter(is_tiff).filter(is_small);
    names.map(|name| (name.clone(), std::fs::read(data.join(name)).expect("test data"))).collect()
}
