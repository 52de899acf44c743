//! GDAL's COG driver and rio-cogeo judge what is written: `SWATH_JUDGES` names a python that has rasterio and rio-cogeo.

mod support;

use std::{ffi::OsStr, path::Path, process::Command};

use support::{
    codecs::LOSSLESS,
    memory::{Memory, to_cog},
};
use swath_raster::{
    Interleave, SampleType, Shape,
    cog::{CogOptions, Compression, Resampling},
};

const BLOCK: u32 = 64;

struct Case {
    sample: SampleType,
    resampling: Resampling,
    shape: Shape,
    bands: usize,
    nodata: Option<f64>,
    masked: bool,
    compress: Compression,
    interleave: Interleave,
}

impl Case {
    fn name(&self) -> String {
        let (Shape { width, height }, mask) = (self.shape, if self.masked { "_masked" } else { "" });
        let (sample, how, codec) = (self.sample.name(), self.resampling.word(), self.compress.word());
        format!("{sample}_{how}_{width}x{height}x{}_{:?}{mask}_{codec}_{:?}", self.bands, self.nodata, self.interleave)
    }

    fn write(&self, folder: &Path, seed: u64) -> serde_json::Value {
        let (name, pixels) = (self.name(), self.shape.width as usize * self.shape.height as usize);
        let mut source = Memory::noise(self.shape, self.bands, self.sample, seed);
        if self.masked {
            source = source.masked((0..pixels).map(|i| if i * 7 % 11 < 5 { 255 } else { 0 }).collect());
        }
        if let Some(nodata) = self.nodata {
            source = source.holes(nodata).nodata(nodata);
        }
        let options = CogOptions {
            compress: self.compress,
            interleave: self.interleave,
            block_size: BLOCK,
            overview_resampling: self.resampling,
            ..CogOptions::default()
        };
        let (bytes, _) = to_cog(&source, &options).expect(&name);
        let samples: Vec<u8> = source.bands.iter().flat_map(|band| band.as_bytes().iter().copied()).collect();
        std::fs::write(folder.join(format!("{name}.tif")), bytes).expect("disk");
        std::fs::write(folder.join(format!("{name}.bin")), samples).expect("disk");
        if let Some(mask) = &source.mask {
            std::fs::write(folder.join(format!("{name}.msk")), mask).expect("disk");
        }
        serde_json::json!({
            "name": name, "dtype": self.sample.name(), "shape": [self.bands, self.shape.height, self.shape.width],
            "nodata": self.nodata, "block": BLOCK, "resampling": self.resampling.word(),
        })
    }
}

/// Overviews of every type around the size of a block, and every codec once. A mean that rounds to the nodata value is left out:
/// GDAL loses such a pixel, except in uint8 and uint16. So are halves of complex samples that do not come out even: GDAL takes those
/// from full resolution.
fn cases() -> Vec<Case> {
    let base = |sample, resampling, (width, height)| Case {
        sample,
        resampling,
        shape: Shape { width, height },
        bands: 1,
        nodata: None,
        masked: false,
        compress: Compression::Lzw,
        interleave: Interleave::Pixel,
    };
    use SampleType as S;
    let real = [S::U8, S::I8, S::U16, S::I16, S::U32, S::I32, S::F32, S::F64];
    let mut all = Vec::new();
    for resampling in [Resampling::Nearest, Resampling::Average, Resampling::Mode] {
        for sample in real {
            for size in [(BLOCK - 1, BLOCK), (BLOCK + 1, 2 * BLOCK + 1), (4 * BLOCK - 1, 3 * BLOCK), (257, 131)] {
                all.push(base(sample, resampling, size));
                let nodata = match sample {
                    S::U8 | S::U16 => 0.0,
                    S::I8 => -128.0,
                    _ => -30000.0,
                };
                if sample != S::U32 {
                    all.push(Case { nodata: Some(nodata), ..base(sample, resampling, size) });
                }
            }
        }
        for (bands, interleave) in [(1, Interleave::Pixel), (3, Interleave::Pixel), (3, Interleave::Band)] {
            all.push(Case { bands, interleave, masked: true, ..base(S::U16, resampling, (257, 131)) });
        }
    }
    for &compress in LOSSLESS.iter().filter(|codec| **codec != Compression::Lzw) {
        for sample in [S::U8, S::I16, S::U32, S::F32, S::F64] {
            for (bands, interleave) in [(1, Interleave::Pixel), (3, Interleave::Pixel), (2, Interleave::Band)] {
                all.push(Case { compress, bands, interleave, ..base(sample, Resampling::Nearest, (200, 150)) });
            }
        }
    }
    for sample in [S::U64, S::I64, S::CF32, S::CF64] {
        all.push(Case { compress: Compression::Zstd, ..base(sample, Resampling::Nearest, (200, 152)) });
    }
    all
}

/// The python that judges, or `None` with a line that says so.
fn python() -> Option<std::ffi::OsString> {
    let python = std::env::var_os("SWATH_JUDGES");
    if python.is_none() {
        eprintln!("not run: SWATH_JUDGES names no python with rasterio and rio-cogeo");
    }
    python
}

fn judge(python: &OsStr, script: &str, of: &Path) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judge").join(script);
    let run = Command::new(python).arg(script).arg(of).output().expect("python");
    assert!(run.status.success(), "{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
}

#[test]
fn gdal_reads_the_same_pixels_masks_and_overviews_as_it_would_have_written() {
    let Some(python) = python() else { return };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cog_judge");
    std::fs::create_dir_all(&folder).expect("disk");
    let cases: Vec<_> = (1..).zip(cases()).map(|(seed, case)| case.write(&folder, seed)).collect();
    std::fs::write(folder.join("cases.json"), serde_json::Value::from(cases).to_string()).expect("disk");
    judge(&python, "cog.py", &folder);
    std::fs::remove_dir_all(&folder).expect("disk");
}

/// In blocks of 256: rasterio calls an image that is as wide as its blocks not tiled, and minds where it is taller than 512.
#[test]
fn the_copy_of_every_odd_raster_says_what_the_raster_says() {
    let (Some(python), Some(data)) = (python(), support::data()) else { return };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("odd_judge");
    std::fs::create_dir_all(&folder).expect("disk");
    let options = CogOptions { block_size: 256, ..CogOptions::default() };
    let mut pairs = Vec::new();
    for name in support::files(&data, "odd").iter().filter(|name| !name.ends_with(".ovr") && !name.ends_with(".msk")) {
        let Ok(rasters) = support::open(&data, name) else { continue };
        let (bytes, _) = to_cog(&*rasters[0], &options).expect(name);
        let cog = folder.join(format!("{}.tif", name.replace('/', "_")));
        std::fs::write(&cog, bytes).expect("disk");
        pairs.push([data.join(name), cog]);
    }
    assert!(pairs.len() > 40, "{} files", pairs.len());
    let list = folder.join("pairs.json");
    std::fs::write(&list, serde_json::json!(pairs).to_string()).expect("disk");
    judge(&python, "odd.py", &list);
    std::fs::remove_dir_all(&folder).expect("disk");
}
