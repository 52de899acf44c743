//! What is written reads back, is laid out as promised, and says what it holds.

mod support;

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::sync::atomic::Ordering;
use support::{
    codecs::LOSSLESS,
    memory::{Memory, pixels, read_back, to_cog},
};
use swath_raster::{
    Affine, BandInfo, ColorInterp, Georeference, Interleave, MaskKind, Nodata, RasterSource, SampleType, Samples, Shape, Window,
    cog::{BigTiff, CogOptions, Compression, MaskChoice, NodataChoice, OverviewSize, Overviews, Predictor, Resampling, Sparse, plan},
};

fn shape(width: u32, height: u32) -> Shape {
    Shape { width, height }
}

fn small(compress: Compression, interleave: Interleave) -> CogOptions {
    CogOptions { compress, interleave, block_size: 32, ..CogOptions::default() }
}

/// Lossless: every pixel comes back, and the report is of these very bytes.
fn check(source: &Memory, options: &CogOptions) {
    let what =
        format!("{:?} of {} {} band(s) of {:?}", options.compress, source.bands.len(), source.info.sample.name(), source.info.grid.shape);
    let (bytes, report) = to_cog(source, options).expect(&what);
    assert_eq!((report.size, report.sha256), (bytes.len() as u64, <[u8; 32]>::from(Sha256::digest(&bytes))), "{what}");
    let tiff = read_back(&bytes);
    let level = &tiff.tiff().levels()[0];
    assert!(pixels(&tiff, level) == source.bands, "{what}");
    assert!(tiff.tiff().header_end() <= report.header_size, "{what}");
    let info = tiff.info();
    assert_eq!(
        (info.grid.clone(), info.sample, &info.overviews),
        (source.info.grid.clone(), source.info.sample, &report.overviews),
        "{what}"
    );
}

fn takes(compress: Compression, sample: SampleType) -> bool {
    let lerc = matches!(compress, Compression::Lerc | Compression::LercDeflate | Compression::LercZstd);
    !lerc || !(sample.is_complex() || matches!(sample, SampleType::U64 | SampleType::I64))
}

#[test]
fn every_sample_type_reads_back_from_every_codec_and_interleave() {
    for &sample in SampleType::ALL {
        for &compress in LOSSLESS.iter().filter(|&&c| takes(c, sample)) {
            for (bands, interleave) in [(1, Interleave::Pixel), (3, Interleave::Pixel), (2, Interleave::Band)] {
                check(&Memory::noise(shape(70, 45), bands, sample, 3), &small(compress, interleave));
            }
        }
    }
}

#[test]
fn every_size_around_a_block_reads_back() {
    for width in [1, 2, 15, 31, 32, 33, 63, 64, 65] {
        for height in [1, 31, 32, 33, 95, 97] {
            for overview_size in [OverviewSize::Down, OverviewSize::Up] {
                let options = CogOptions { overview_size, ..small(Compression::Zstd, Interleave::Pixel) };
                check(&Memory::noise(shape(width, height), 1, SampleType::F32, 5), &options);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn anything_reads_back(
        (width, height) in (1u32..150, 1u32..150), bands in 1usize..5, sample in 0..SampleType::ALL.len(), codec in 0..LOSSLESS.len(),
        band_interleaved: bool, block in 1u32..6, big: bool, sparse: bool, seed: u64,
    ) {
        let (sample, compress) = (SampleType::ALL[sample], LOSSLESS[codec]);
        prop_assume!(takes(compress, sample));
        let options = CogOptions {
            block_size: block * 16,
            bigtiff: if big { BigTiff::Always } else { BigTiff::IfNeeded },
            sparse: if sparse { Sparse::Empty } else { Sparse::Never },
            ..small(compress, if band_interleaved { Interleave::Band } else { Interleave::Pixel })
        };
        check(&Memory::noise(shape(width, height), bands, sample, seed), &options);
    }
}

#[test]
fn the_bytes_do_not_depend_on_the_number_of_threads() {
    let source = Memory::noise(shape(700, 900), 2, SampleType::F32, 9).nodata(0.0);
    let options = CogOptions { block_size: 64, mask: MaskChoice::Add, ..CogOptions::default() };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| to_cog(&source, &options)).expect("a COG").0
    };
    let one = with(1);
    assert!(with(2) == one && with(7) == one && to_cog(&source, &options).expect("a COG").0 == one);
}

#[test]
fn memory_holds_a_few_rows_however_tall_the_image() {
    let source = Memory::noise(shape(3000, 3000), 1, SampleType::U16, 1);
    let seen = std::cell::RefCell::new(Vec::new());
    let options = CogOptions { compress: Compression::None, block_size: 256, ..CogOptions::default() };
    let write = swath_raster::cog::write;
    write(&source, &options, &mut std::io::Cursor::new(Vec::new()), &mut std::io::sink(), &|n| seen.borrow_mut().push(n)).expect("a COG");
    assert!(source.tallest.load(Ordering::Relaxed) <= 6 * 256, "8 MiB of 6000-byte rows in whole blocks");
    let seen = seen.into_inner();
    assert!(seen.len() > 2 && seen.is_sorted() && seen.last() == Some(&9_000_000), "{seen:?}");
}

#[test]
fn the_layout_is_gdals() {
    let n = 32 * 5 + 1;
    let masked =
        |seed| Memory::noise(shape(n, n), 2, SampleType::U16, seed).masked((0..n * n).map(|i| if i % 3 == 0 { 255 } else { 0 }).collect());
    for (source, interleave) in [
        (Memory::noise(shape(n, n), 1, SampleType::U16, 2), Interleave::Pixel),
        (masked(4), Interleave::Pixel),
        (masked(4), Interleave::Band),
    ] {
        let (bytes, report) = to_cog(&source, &small(Compression::Deflate, interleave)).expect("a COG");
        let local = read_back(&bytes);
        let tiff = local.tiff();
        let ghost = tiff.ghost().expect("a ghost header");
        assert_eq!(ghost.value("BLOCK_LEADER"), Some("SIZE_AS_UINT4"));
        let together = report.has_mask && interleave == Interleave::Pixel;
        assert_eq!(ghost.value("MASK_INTERLEAVED_WITH_IMAGERY"), together.then_some("YES"));
        assert_eq!(tiff.levels().len(), report.overviews.len() + 1);
        assert_eq!(tiff.mask_levels().len(), if report.has_mask { tiff.levels().len() } else { 0 });
        let offsets: Vec<u64> = tiff.directories().iter().map(|d| d.offset).collect();
        assert!(offsets.is_sorted() && offsets.iter().all(|&o| o < report.header_size));
        let mut next = report.header_size;
        for at in (0..tiff.levels().len()).rev() {
            let spans = |level: &swath_raster::tiff::Level| {
                let bands: Vec<usize> = (0..level.bands()).collect();
                level.blocks(&bands, Window::whole(level.shape())).into_iter().filter_map(|b| level.span(b)).collect::<Vec<_>>()
            };
            let mut all = spans(&tiff.levels()[at]);
            all.sort_by_key(|span| span.offset);
            all.dedup();
            let masks = tiff.mask_levels().get(at).map(spans).unwrap_or_default();
            let order: Vec<_> = match together {
                true => all.into_iter().zip(masks).flat_map(|(a, b)| [a, b]).collect(),
                false => all.into_iter().chain(masks).collect(),
            };
            for span in order {
                assert_eq!(span.offset, next + 4, "blocks lie side by side, smallest level first");
                let (from, to) = (span.offset as usize, span.end() as usize);
                assert_eq!(bytes[from - 4..from], (span.len as u32).to_le_bytes(), "leader");
                assert_eq!(bytes[to - 4..to], bytes[to..to + 4], "trailer");
                next = span.end() + 4;
            }
        }
        assert_eq!(next, report.size);
    }
}

#[test]
fn a_mask_and_its_overviews_read_back() {
    let side = 96u32;
    let valid = |i: u32| if i % side < 40 { 255u8 } else { 0 };
    let source = Memory::noise(shape(side, side), 1, SampleType::U8, 8).masked((0..side * side).map(valid).collect());
    for interleave in [Interleave::Pixel, Interleave::Band] {
        for sparse in [Sparse::Never, Sparse::Empty] {
            let (bytes, _) = to_cog(&source, &CogOptions { sparse, ..small(Compression::Lzw, interleave) }).expect("a COG");
            let tiff = read_back(&bytes);
            assert_eq!(tiff.info().mask, MaskKind::PerDataset);
            assert_eq!(tiff.read_mask(Window::whole(shape(side, side))).expect("a mask"), source.mask);
            let half = pixels(&tiff, &tiff.tiff().mask_levels()[1]);
            let Samples::U8(half) = &half[0] else { panic!("{half:?}") };
            assert!((0..48 * 48).all(|i| (half[i] != 0) == (i % 48 < 20)));
        }
    }
}

#[test]
fn a_mask_is_made_of_nodata_nan_or_alpha() {
    let values = Samples::F32(vec![1.0, -9999.0, f32::NAN, 0.0]);
    let alpha = |v| BandInfo { color: v, ..BandInfo::default() };
    let mut rgba = Memory::new(shape(2, 1), vec![Samples::U8(vec![5, 6]), Samples::U8(vec![0, 9])]);
    rgba.info.bands = vec![alpha(ColorInterp::Gray), alpha(ColorInterp::Alpha)];
    rgba.info.mask = MaskKind::Alpha;
    for (source, want, bands) in
        [(Memory::new(shape(4, 1), vec![values]).nodata(-9999.0), vec![255, 0, 0, 255], 1), (rgba, vec![0, 255], 1)]
    {
        let (bytes, report) = to_cog(&source, &CogOptions { mask: MaskChoice::Add, ..CogOptions::default() }).expect("a COG");
        let tiff = read_back(&bytes);
        assert_eq!(tiff.read_mask(Window::whole(source.info.grid.shape)).expect("a mask"), Some(want));
        assert_eq!((tiff.info().bands.len(), tiff.info().bands[0].nodata, report.nodata), (bands, None, None));
    }
}

#[test]
fn a_sparse_block_takes_no_bytes_and_reads_as_nodata() {
    for nodata in [None, Some(7.0)] {
        let mut values = vec![nodata.unwrap_or(0.0) as u8; 96 * 96];
        values[40] = 1;
        let source = Memory::new(shape(96, 96), vec![Samples::U8(values)]);
        let source = if let Some(v) = nodata { source.nodata(v) } else { source };
        let options = CogOptions { sparse: Sparse::Empty, overviews: Overviews::None, ..small(Compression::None, Interleave::Pixel) };
        let (bytes, report) = to_cog(&source, &options).expect("a COG");
        assert_eq!(report.size - report.header_size, 32 * 32 + 8, "one block of nine");
        assert!(pixels(&read_back(&bytes), &read_back(&bytes).tiff().levels()[0]) == source.bands);
    }
}

#[test]
fn overviews_hold_what_their_name_says() {
    let values: Vec<u8> =
        (0..32u32 * 32).map(|i| if (i % 32) < 2 && i < 64 { [10, 20, 20, 30][(i % 32 + i / 32 * 2) as usize] } else { 0 }).collect();
    for (how, nodata, want) in [
        (Resampling::Nearest, None, 10),
        (Resampling::Average, None, 20),
        (Resampling::Average, Some(30.0), 17),
        (Resampling::Average, Some(20.0), 21),
        (Resampling::Mode, None, 20),
        (Resampling::Mode, Some(20.0), 10),
        (Resampling::Min, None, 10),
        (Resampling::Max, Some(30.0), 20),
        (Resampling::Rms, None, 21),
    ] {
        let source = Memory::new(shape(32, 32), vec![Samples::U8(values.clone())]);
        let source = if let Some(v) = nodata { source.nodata(v) } else { source };
        let options = CogOptions { overviews: Overviews::Count(1), overview_resampling: how, ..small(Compression::Lzw, Interleave::Pixel) };
        let (bytes, _) = to_cog(&source, &options).expect("a COG");
        let tiff = read_back(&bytes);
        let half = pixels(&tiff, &tiff.tiff().levels()[1]);
        assert_eq!(half[0].as_bytes()[0], want, "{how:?} without {nodata:?}");
    }
}

#[test]
fn a_region_without_valid_pixels_stays_nodata_at_every_level() {
    let source = Memory::new(shape(130, 70), vec![Samples::I16(vec![-5; 130 * 70])]).nodata(-5.0);
    let (bytes, report) = to_cog(&source, &small(Compression::Zstd, Interleave::Pixel)).expect("a COG");
    assert_eq!((report.bands.clone(), report.nodata), (vec![None], Some(Nodata::Float(-5.0))));
    let tiff = read_back(&bytes);
    for level in tiff.tiff().levels() {
        let Samples::I16(values) = &pixels(&tiff, level)[0] else { panic!() };
        assert!(values.iter().all(|&v| v == -5));
    }
}

#[test]
fn statistics_are_of_the_valid_pixels() {
    let values: Vec<f32> = (0..5000).map(|i| if i % 10 == 0 { -1.0 } else { 1000.0 + (i % 97) as f32 }).collect();
    let valid: Vec<f64> = values.iter().filter(|v| **v >= 0.0).map(|&v| f64::from(v)).collect();
    let mean = valid.iter().sum::<f64>() / valid.len() as f64;
    let stddev = (valid.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / valid.len() as f64).sqrt();
    let source = Memory::new(shape(50, 100), vec![Samples::F32(values)]).nodata(-1.0);
    let (bytes, report) = to_cog(&source, &small(Compression::Lzw, Interleave::Pixel)).expect("a COG");
    let got = report.bands[0].expect("statistics");
    assert_eq!((got.minimum, got.maximum, got.valid, got.total), (1000.0, 1096.0, 4500, 5000));
    assert!((got.mean - mean).abs() < 1e-9 && (got.stddev - stddev).abs() < 1e-9);
    assert_eq!(read_back(&bytes).info().bands[0].metadata.get("STATISTICS_MEAN"), Some(&got.mean.to_string()));
}

#[test]
fn what_the_source_says_of_its_bands_is_kept() {
    let mut source = Memory::noise(shape(40, 40), 2, SampleType::I16, 6);
    source.info.metadata.insert("SENSOR".to_owned(), "a <b> & \"c\"".to_owned());
    source.info.pixel_is_point = true;
    let band = |name: &str| BandInfo {
        name: Some(name.to_owned()),
        unit: Some("m".to_owned()),
        scale: Some(0.1),
        offset: Some(-3.0),
        nodata: Some(Nodata::Float(-9999.0)),
        ..BandInfo::default()
    };
    source.info.bands = vec![band("red"), band("near infrared")];
    let (bytes, _) = to_cog(&source, &small(Compression::Zstd, Interleave::Band)).expect("a COG");
    let tiff = read_back(&bytes);
    let info = tiff.info();
    assert_eq!(info.metadata.get("SENSOR").map(String::as_str), Some("a <b> & \"c\""));
    assert_eq!((info.grid.clone(), info.pixel_is_point, info.interleave), (source.info.grid.clone(), true, Interleave::Band));
    for (got, want) in info.bands.iter().zip(&source.info.bands) {
        assert_eq!(
            (&got.name, &got.unit, got.scale, got.offset, got.nodata),
            (&want.name, &want.unit, want.scale, want.offset, want.nodata)
        );
    }
}

#[test]
fn a_packed_lerc_block_of_which_one_row_is_image_reads_back() {
    for compress in [Compression::LercDeflate, Compression::LercZstd] {
        let options = CogOptions { compress, block_size: 304, interleave: Interleave::Pixel, ..CogOptions::default() };
        check(&Memory::noise(shape(3, 1), 4, SampleType::F64, 0), &options);
    }
}

#[test]
fn a_conversion_rounds_clamps_and_carries_nodata() {
    let source = Memory::new(shape(4, 1), vec![Samples::F32(vec![-9999.0, 0.6, 300.0, -3.0])]).nodata(-9999.0);
    let to_byte = |nodata| CogOptions { sample: Some(SampleType::U8), nodata, ..CogOptions::default() };
    let refused = plan(&source.info, &to_byte(NodataChoice::Keep)).expect_err("-9999 is no uint8");
    assert!(refused.to_string().contains("-9999") && refused.hint.is_some(), "{refused}");
    let (bytes, _) = to_cog(&source, &to_byte(NodataChoice::Remove)).expect("a COG");
    let tiff = read_back(&bytes);
    assert!(pixels(&tiff, &tiff.tiff().levels()[0]) == [Samples::U8(vec![0, 1, 255, 0])]);
}

#[test]
fn impossible_options_are_refused_with_a_way_out() {
    let base = CogOptions::default;
    let jpeg = || CogOptions { compress: Compression::Jpeg, ..base() };
    for (options, bands, sample, at) in [
        (CogOptions { block_size: 500, ..base() }, 1, SampleType::U8, "block_size"),
        (CogOptions { block_size: 0, ..base() }, 1, SampleType::U8, "block_size"),
        (jpeg(), 1, SampleType::U16, "compress jpeg"),
        (jpeg(), 4, SampleType::U8, "compress jpeg"),
        (CogOptions { compress: Compression::Webp, ..base() }, 1, SampleType::U8, "compress webp"),
        (CogOptions { compress: Compression::Lerc, ..base() }, 1, SampleType::I64, "compress lerc"),
        (CogOptions { predictor: Predictor::Float, ..base() }, 1, SampleType::U16, "predictor"),
        (CogOptions { predictor: Predictor::Horizontal, ..base() }, 1, SampleType::CF32, "predictor"),
        (CogOptions { predictor: Predictor::Horizontal, ..jpeg() }, 1, SampleType::U8, "predictor"),
        (CogOptions { level: Some(30), ..base() }, 1, SampleType::U8, "level"),
        (CogOptions { level: Some(1), compress: Compression::Lzw, ..base() }, 1, SampleType::U8, "level"),
        (CogOptions { quality: 0, ..base() }, 1, SampleType::U8, "quality"),
        (CogOptions { bands: Some(vec![1]), ..base() }, 1, SampleType::U8, "bands"),
        (CogOptions { bands: Some(vec![]), ..base() }, 1, SampleType::U8, "bands"),
        (CogOptions { nodata: NodataChoice::Set(Nodata::Float(-1.0)), ..base() }, 1, SampleType::U8, "nodata"),
        (CogOptions { overview_resampling: Resampling::Average, ..base() }, 1, SampleType::CF64, "overview_resampling"),
    ] {
        let error = plan(&Memory::noise(shape(3, 3), bands, sample, 1).info, &options).expect_err(at);
        assert_eq!((error.family, error.at.as_str()), (swath_raster::Family::Misuse, at), "{error}");
        assert!(!error.right.is_empty(), "{error}");
    }
}

#[test]
fn an_output_that_fails_is_an_error_that_says_so() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let source = Memory::noise(shape(40, 40), 1, SampleType::U8, 6);
    let error = swath_raster::cog::write(&source, &CogOptions::default(), &mut std::io::Cursor::new(Vec::new()), &mut Full, &|_| ())
        .expect_err("full");
    assert_eq!((error.family, error.at.as_str()), (swath_raster::Family::Unreadable, "output"));
}

#[test]
fn without_a_crs_the_transform_stays_and_no_key_speaks_of_one() {
    for (point, keys) in [(false, false), (true, true)] {
        let mut source = Memory::noise(shape(40, 30), 1, SampleType::U8, 8);
        source.info.grid.crs = None;
        source.info.pixel_is_point = point;
        let (bytes, _) = to_cog(&source, &small(Compression::Zstd, Interleave::Pixel)).expect("a COG");
        let tiff = read_back(&bytes);
        assert_eq!((tiff.info().grid.clone(), tiff.info().pixel_is_point), (source.info.grid.clone(), point));
        assert_eq!(tiff.info().metadata.contains_key("AREA_OR_POINT"), keys, "GDAL takes any key for a CRS");
    }
}

#[test]
fn control_points_palettes_and_classes_are_kept() {
    for point in [false, true] {
        for sample in [SampleType::U8, SampleType::I8, SampleType::U16] {
            let mut source = Memory::noise(shape(40, 30), 1, sample, 8);
            source.info.grid.transform = Affine::IDENTITY;
            source.info.georeference =
                Georeference::Gcps(vec![[0.5, 0.5, 10.0, 50.0, 3.0], [39.5, 0.5, 11.0, 50.0, 0.0], [0.5, 29.5, 10.0, 49.0, 0.0]]);
            source.info.pixel_is_point = point;
            source.info.bands[0].palette = Some((0..3).map(|i| [i, 2 * i, 255 - i, 255]).collect());
            source.info.bands[0].categories = vec!["sea".to_owned(), String::new(), "land".to_owned()];
            let (bytes, _) = to_cog(&source, &small(Compression::Zstd, Interleave::Pixel)).expect("a COG");
            let tiff = read_back(&bytes);
            let info = tiff.info();
            assert_eq!((&info.georeference, &info.grid), (&source.info.georeference, &source.info.grid), "{sample:?}");
            assert_eq!(info.bands[0].categories, source.info.bands[0].categories);
            let palette = info.bands[0].palette.as_ref().expect("a palette");
            assert_eq!(palette[..3], source.info.bands[0].palette.as_ref().expect("ours")[..]);
        }
    }
}
