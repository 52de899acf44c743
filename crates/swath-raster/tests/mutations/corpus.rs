//! What the fuzz targets begin with: small files, and single blocks with the head that `fuzz/src/block.rs` reads.

use std::{fs, path::Path};

use swath_raster::{
    ByteSource, SampleType, Shape, Window,
    cog::{CogOptions, Compression},
};

use crate::{
    classic::classic,
    seeds,
    support::{
        data, files,
        memory::{Memory, read_back, to_cog},
    },
};

const LARGEST: usize = 40_000;

/// Target, codec, samples of a pixel and their type, and the byte of the head that stands for it.
const BLOCKS: &[(&str, Compression, SampleType, usize, u8)] = &[
    ("predictor", Compression::None, SampleType::U16, 1, 0x04),
    ("predictor", Compression::None, SampleType::F32, 2, 0x27),
    ("lzw", Compression::Lzw, SampleType::U8, 3, 0x03),
    ("lzw", Compression::Lzw, SampleType::U16, 1, 0x04),
    ("deflate", Compression::Deflate, SampleType::U8, 1, 0x03),
    ("deflate", Compression::Deflate, SampleType::F32, 1, 0x27),
    ("zstd", Compression::Zstd, SampleType::U16, 2, 0x04),
    ("zstd", Compression::Zstd, SampleType::F32, 1, 0x27),
    ("packbits", Compression::Packbits, SampleType::U8, 1, 0x03),
    ("lerc", Compression::Lerc, SampleType::F32, 1, 0x27),
    ("lerc", Compression::Lerc, SampleType::U8, 3, 0x03),
    ("lerc", Compression::LercDeflate, SampleType::U16, 1, 0x04),
    ("lerc", Compression::LercZstd, SampleType::F32, 2, 0x27),
    ("jpeg", Compression::Jpeg, SampleType::U8, 1, 0x03),
    ("jpeg", Compression::Jpeg, SampleType::U8, 3, 0x03),
    ("jpeg_progressive", Compression::Jpeg, SampleType::U8, 1, 0x03),
    ("webp", Compression::Webp, SampleType::U8, 3, 0x03),
    ("webp", Compression::Webp, SampleType::U8, 4, 0x03),
];

const SIDECARS: &[&str] = &[
    "2\n0\n0\n-2\n101\n199\n",
    "<PAMDataset><SRS>EPSG:4326</SRS><GeoTransform>5,1,0,6,0,-1</GeoTransform><PAMRasterBand band=\"1\"><NoDataValue>9</NoDataValue>\
     <CategoryNames><Category>sea</Category></CategoryNames><ColorTable><Entry c1=\"1\" c2=\"2\" c3=\"3\" c4=\"255\"/></ColorTable>\
     <Metadata><MDI key=\"a\">b</MDI></Metadata></PAMRasterBand></PAMDataset>",
    "<PAMDataset><GCPList Projection=\"EPSG:4326\"><GCP Pixel=\"1\" Line=\"2\" X=\"3\" Y=\"4\"/></GCPList></PAMDataset>",
];

/// A folder for each target below `corpus`.
pub fn write(corpus: &Path) {
    blocks(corpus);
    for seed in seeds::all() {
        put(corpus, "tiff", &seed.name.replace('/', "-"), &seed.bytes);
    }
    for (at, text) in SIDECARS.iter().enumerate() {
        put(corpus, "sidecars", &at.to_string(), text.as_bytes());
    }
    for version in [1, 2, 5] {
        put(corpus, "netcdf", &format!("classic-{version}.nc"), &classic(version));
    }
    let Some(data) = data() else { return };
    for name in files(&data, "odd_netcdf").into_iter().chain(files(&data, "odd")) {
        let bytes = fs::read(data.join(&name)).expect("test data");
        let target = match bytes.get(..4) {
            Some(b"CDF\x01" | b"CDF\x02" | b"CDF\x05" | b"\x89HDF") => "netcdf",
            Some(b"<PAM") => "sidecars",
            _ => continue,
        };
        if bytes.len() <= LARGEST {
            put(corpus, target, &name.replace('/', "-"), &bytes);
        }
    }
}

fn put(corpus: &Path, target: &str, name: &str, bytes: &[u8]) {
    fs::create_dir_all(corpus.join(target)).expect("a folder for seeds");
    fs::write(corpus.join(target).join(name), bytes).expect("a seed");
}

fn blocks(corpus: &Path) {
    let shape = Shape { width: 48, height: 40 };
    for (at, (target, compress, sample, bands, kind)) in BLOCKS.iter().enumerate() {
        let options = CogOptions { compress: *compress, block_size: 32, ..CogOptions::default() };
        let source = Memory::noise(shape, *bands, *sample, 3);
        let (file, _) = to_cog(&source, &options).expect(target);
        let tiff = read_back(&file);
        let level = &tiff.tiff().levels()[0];
        let whole: Vec<usize> = (0..*bands).collect();
        let spans = level.blocks(&whole, Window::whole(shape)).into_iter().filter_map(|at| level.span(at));
        for (block, span) in spans.take(2).enumerate() {
            let inner = match compress {
                Compression::LercDeflate => 1 << 5,
                Compression::LercZstd => 2 << 5,
                _ => 0,
            };
            let predictor = match (compress, sample) {
                (Compression::Lzw | Compression::Deflate | Compression::Zstd, SampleType::F32) => 3,
                (Compression::Lzw | Compression::Deflate | Compression::Zstd, _) => 2,
                _ => 1,
            };
            let mut seed = vec![31, 31, 32 | (*bands as u8 - 1), *kind, predictor | inner, 0, 0];
            seed.extend_from_slice(&ByteSource::read(&file, span).expect("inside"));
            put(corpus, target, &format!("block-{at}-{block}"), &seed);
        }
    }
}
