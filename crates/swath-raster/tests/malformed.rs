//! Broken files give an error that names the file; no bytes make swath panic, hang or take memory they do not hold.

mod support;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use support::{data, open, small_tiff};
use swath_raster::{Error, Limits, Sidecars, Window};

/// Opens and reads everything; memory is bounded by reading at most a few rows at a time.
fn read_all(name: &str, bytes: Bytes) -> Result<(), Error> {
    let rasters = swath_raster::open(name, Arc::new(bytes), &Sidecars::default(), &Limits::default())?;
    for raster in rasters {
        let shape = raster.info().grid.shape;
        let rows = (4_000_000 / u64::from(shape.width)).clamp(1, u64::from(shape.height)) as u32;
        for row in (0..shape.height).step_by(rows as usize).take(50) {
            let window = Window { col: 0, row, width: shape.width.min(4_000_000), height: rows.min(shape.height - row) };
            raster.read(&[0], window)?;
            raster.read_mask(window)?;
        }
        let last = raster.info().bands.len() - 1;
        raster.read(&[last], Window { col: 0, row: 0, width: 1, height: 1 })?;
    }
    Ok(())
}

#[test]
fn every_malformed_file_gives_an_error_that_names_it() {
    let Some(data) = data() else { return };
    let mut failures = Vec::new();
    for name in support::files(&data, "malformed") {
        let start = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| {
            open(&data, &name).and_then(|rasters| {
                for raster in rasters {
                    let bands: Vec<usize> = (0..raster.info().bands.len()).collect();
                    raster.read(&bands, Window::whole(raster.info().grid.shape))?;
                }
                Ok(())
            })
        }));
        match result {
            Ok(Err(error)) if error.at.starts_with(&name) && !error.found.is_empty() => eprintln!("{error}"),
            Ok(Err(error)) => failures.push(format!("{name}: does not name the file: {error}")),
            Ok(Ok(())) => failures.push(format!("{name}: read without an error")),
            Err(_) => failures.push(format!("{name}: panicked")),
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{name} took {:?}", start.elapsed());
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Small files to be broken.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let mut seeds = vec![("strips", small_tiff(false)), ("tiles", small_tiff(true))];
    if let Some(data) = data() {
        for name in [
            "odd/gdal/test3_with_mask_1bit_and_ovr.tif",
            "odd/gdal/byte_LERC_ZSTD_tiled.tif",
            "odd/gdal/float32_LZW_predictor_3.tif",
            "odd/gdal/rgbsmall_DEFLATE_tiled_separate.tif",
            "odd/gdal/rgbsmall_ZSTD.tif",
            "odd/gdal/byte_bigtiff_strip5lines.tif",
            "odd/gdal/int12.tif",
            "odd/gdal/oddsize1bit.tif",
            "odd/gdal/cfloat32.tif",
            "odd/gdal/tiff_with_subifds.tif",
            "odd/gdal/byte_user_defined_geokeys.tif",
            "odd/rio-cogeo/image_with_offsets.tif",
            "odd/rasterio/alpha.tif",
            "odd/martin/usda_naip_512_webp_z5.tif",
        ] {
            seeds.push((name, std::fs::read(data.join(name)).expect("test data")));
        }
    }
    seeds
}

/// xorshift: the same inputs every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }
}

fn mutated(seed: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut file = seed.to_vec();
    match dice.roll(5) {
        0 => file.truncate(dice.roll(seed.len())),
        1 => {
            for _ in 0..1 + dice.roll(8) {
                let at = dice.roll(file.len());
                file[at] ^= 1 << dice.roll(8);
            }
        }
        2 => {
            // Where the tags usually are.
            for _ in 0..1 + dice.roll(4) {
                let at = dice.roll(file.len().min(600));
                file[at] = dice.roll(256) as u8;
            }
        }
        3 => {
            let extremes = [0_u32, 1, 0xffff, 0x7fff_ffff, u32::MAX, file.len() as u32, 60_000];
            let at = dice.roll(file.len().min(600).saturating_sub(4)) & !1;
            file[at..at + 4].copy_from_slice(&extremes[dice.roll(extremes.len())].to_le_bytes());
        }
        _ => {
            let (from, to) = (dice.roll(file.len() - 20), dice.roll(file.len() - 20));
            file.copy_within(from..from + 20, to);
        }
    }
    file
}

#[test]
fn no_mutation_of_a_small_tiff_makes_a_panic_or_a_hang() {
    let mut dice = Dice(0x5eed_5eed);
    let mut worst = Duration::ZERO;
    let (mut broken, mut read) = (0, 0);
    let end = Instant::now() + Duration::from_secs(60);
    'seeds: for (name, seed) in seeds() {
        assert!(name.starts_with("odd/martin") || read_all(name, Bytes::from(seed.clone())).is_ok(), "{name} itself must be readable");
        let rounds = if seed.len() > 20_000 { 60 } else { 400 };
        for round in 0..rounds {
            if Instant::now() > end {
                break 'seeds;
            }
            let file = Bytes::from(mutated(&seed, &mut dice));
            let start = Instant::now();
            match catch_unwind(AssertUnwindSafe(|| read_all(name, file))) {
                Ok(Ok(())) => read += 1,
                Ok(Err(error)) => {
                    broken += 1;
                    assert!(error.at.starts_with(name), "{name}, round {round}: {error:?} does not name the file");
                }
                Err(_) => panic!("{name}, round {round} panicked"),
            }
            worst = worst.max(start.elapsed());
            assert!(worst < Duration::from_secs(10), "{name}, round {round} took {worst:?}");
        }
    }
    assert!(broken > 100 && read > 100, "{broken} broken, {read} read");
    eprintln!("{broken} broken, {read} read, the slowest {worst:?}");
}

/// A header that claims more than the file can hold.
fn crime(name: &str, entries: &[(u16, u16, u32, u32)]) {
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    file.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        file.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        file.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    file.extend(0_u32.to_le_bytes());
    file.extend([7; 64]);
    let result = swath_raster::open(name, Arc::new(Bytes::from(file)), &Sidecars::default(), &Limits::default())
        .and_then(|rasters| rasters[0].read(&[0], Window::whole(rasters[0].info().grid.shape)));
    let error = result.expect_err(name);
    assert!(error.at.starts_with(name), "{error}");
}

#[test]
fn headers_that_claim_too_much_are_refused_before_memory_is_taken() {
    let at = 8 + 2 + 12 * 9 + 4;
    let image = |w, h, bits, compression| vec![(256, 4, 1, w), (257, 4, 1, h), (258, 3, 1, bits), (259, 3, 1, compression), (262, 3, 1, 1)];
    let with = |base: Vec<_>, more: &[(u16, u16, u32, u32)]| [base, more.to_vec()].concat();
    crime(
        "one-tile-of-60000",
        &with(image(60_000, 60_000, 8, 8), &[(322, 4, 1, 60_000), (323, 4, 1, 60_000), (324, 4, 1, at), (325, 4, 1, 50)]),
    );
    crime(
        "four-billion-offsets",
        &with(image(60_000, 60_000, 8, 1), &[(322, 4, 1, 16), (323, 4, 1, 16), (324, 4, u32::MAX, at), (325, 4, u32::MAX, at)]),
    );
    crime(
        "many-samples",
        &with(image(40_000, 40_000, 8, 5), &[(273, 4, 1, at), (277, 3, 1, 65_535), (278, 4, 1, 40_000), (279, 4, 1, 50)]),
    );
    crime(
        "all-sparse",
        &with(image(0x7fff_ffff, 0x7fff_ffff, 8, 5), &[(273, 4, 1, 0), (277, 3, 1, 1), (278, 4, 1, u32::MAX), (279, 4, 1, 0)]),
    );
    crime("a-bomb", &with(image(20_000, 20_000, 8, 50_000), &[(273, 4, 1, at), (277, 3, 1, 1), (278, 4, 1, 20_000), (279, 4, 1, 50)]));
    crime("long-strip", &with(image(10, 10, 8, 5), &[(273, 4, 1, at), (277, 3, 1, 1), (278, 4, 1, 10), (279, 4, 1, u32::MAX)]));
}

#[test]
fn a_chain_of_directories_that_comes_back_is_an_error() {
    let mut file = small_tiff(false);
    let count = usize::from(u16::from_le_bytes([file[8], file[9]]));
    file[10 + 12 * count..14 + 12 * count].copy_from_slice(&8_u32.to_le_bytes());
    let error = read_all("loop.tif", Bytes::from(file)).expect_err("a loop");
    assert!(error.to_string().contains("comes back"), "{error}");
}
