//! Whatever raster is written with whatever options that fit it: the same pixels, mask, georeference and words come back, overviews
//! have the sizes they should, and the bytes do not depend on the threads.

mod support;

use proptest::prelude::*;
use support::{
    codecs::LOSSLESS,
    memory::{Memory, pixels, read_back, to_cog},
};
use swath_raster::{
    Affine, BandInfo, Georeference, Interleave, MaskKind, RasterSource, SampleType, Shape, Window,
    cog::{BigTiff, CogOptions, Compression, MaskChoice, OverviewSize, Predictor, Resampling, Sparse, plan},
    tiff::LocalTiff,
    with_real,
};

const KERNELS: &[Resampling] = &[
    Resampling::Auto,
    Resampling::Nearest,
    Resampling::Average,
    Resampling::Mode,
    Resampling::Bilinear,
    Resampling::Cubic,
    Resampling::Rms,
    Resampling::Min,
    Resampling::Max,
];
const MOST_SAMPLES: u64 = 600_000;
const HOLE: f64 = 7.0;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Nothing {
    No,
    Nodata,
    /// Nodata that becomes a mask.
    NodataAsMask,
    Mask,
}

#[derive(Debug, Clone)]
struct Case {
    shape: Shape,
    bands: usize,
    sample: SampleType,
    nothing: Nothing,
    transform: usize,
    point: bool,
    described: bool,
    seed: u64,
    options: CogOptions,
}

/// Any size, more often one at a block's edge.
fn side() -> impl Strategy<Value = u32> {
    prop_oneof![3 => 1u32..=700, 2 => (1u32..=32, 0u32..3).prop_map(|(times, off)| (16 * times + off).saturating_sub(1).max(1)), 1 => Just(1u32)]
}

fn any_case() -> impl Strategy<Value = Case> {
    let nothing = prop_oneof![Just(Nothing::No), Just(Nothing::Nodata), Just(Nothing::NodataAsMask), Just(Nothing::Mask)];
    let raster = (side(), side(), 1usize..6, 0..SampleType::ALL.len(), nothing, 0usize..4, any::<[bool; 2]>(), any::<u64>());
    let how = (0..=LOSSLESS.len(), 1u32..=32, 0..4usize, 0..KERNELS.len(), any::<[bool; 4]>());
    (raster, how).prop_map(
        |((width, height, bands, sample, nothing, transform, [point, described], seed), (codec, block, predictor, kernel, flags))| {
            let [banded, big, sparse, up] = flags;
            let options = CogOptions {
                compress: LOSSLESS.get(codec).copied().unwrap_or(Compression::Webp),
                quality: 100,
                block_size: block * 16,
                predictor: [Predictor::Auto, Predictor::None, Predictor::Horizontal, Predictor::Float][predictor],
                interleave: if banded { Interleave::Band } else { Interleave::Pixel },
                bigtiff: if big { BigTiff::Always } else { BigTiff::IfNeeded },
                sparse: if sparse { Sparse::Empty } else { Sparse::Never },
                overview_size: if up { OverviewSize::Up } else { OverviewSize::Down },
                overview_resampling: KERNELS[kernel],
                mask: if nothing == Nothing::NodataAsMask { MaskChoice::Add } else { MaskChoice::Keep },
                ..CogOptions::default()
            };
            let sample = SampleType::ALL[sample];
            Case { shape: Shape { width, height }, bands, sample, nothing, transform, point, described, seed, options }
        },
    )
}

impl Case {
    fn source(&self) -> Memory {
        let mut source = Memory::noise(self.shape, self.bands, self.sample, self.seed);
        match self.nothing {
            Nothing::No => {}
            Nothing::Nodata | Nothing::NodataAsMask => source = source.holes(HOLE).nodata(HOLE),
            Nothing::Mask => {
                let count = self.shape.width as usize * self.shape.height as usize;
                source = source.masked((0..count).map(|i| if i / 50 % 3 == 0 { 0 } else { 255 }).collect());
            }
        }
        source.info.grid.transform = match self.transform {
            0 => Affine::north_up(5e5, 5e6, 10.0, 20.0),
            1 => Affine { a: 0.1, b: 0.0, c: -180.0, d: 0.0, e: 0.1, f: -90.0 },
            2 => Affine { a: 7.25, b: 3.5, c: 1e5, d: 2.125, e: -9.75, f: 4e6 },
            _ => Affine::IDENTITY,
        };
        source.info.georeference = if self.transform == 3 { Georeference::None } else { Georeference::Affine };
        source.info.pixel_is_point = self.point;
        if self.described {
            for (at, band) in source.info.bands.iter_mut().enumerate() {
                let nodata = band.nodata;
                *band = BandInfo {
                    name: Some(format!("b{at} <&> ü")),
                    unit: Some("m s-1".to_owned()),
                    scale: Some(0.1 * (at + 1) as f64),
                    offset: Some(-273.15),
                    nodata,
                    ..BandInfo::default()
                };
                band.metadata.insert("wavelength".to_owned(), format!("{at}"));
            }
            source.info.metadata.insert("TITLE".to_owned(), "a \"b\" 'c'".to_owned());
        }
        source
    }

    /// Where the file has a mask of its own: 0 or 255 for each pixel.
    fn mask(&self, source: &Memory) -> Option<Vec<u8>> {
        match self.nothing {
            Nothing::No | Nothing::Nodata => None,
            Nothing::Mask => source.mask.clone(),
            Nothing::NodataAsMask => {
                let mut valid = vec![0; self.shape.width as usize * self.shape.height as usize];
                for band in &source.bands {
                    let is_valid = |v: f64| if v == HOLE { 0 } else { 255 };
                    #[allow(clippy::unnecessary_cast, clippy::cast_lossless)]
                    let values: Vec<u8> =
                        with_real!(band, v => v.iter().map(|v| is_valid(*v as f64)).collect(), else vec![255; valid.len()]);
                    valid.iter_mut().zip(values).for_each(|(valid, v)| *valid |= v);
                }
                Some(valid)
            }
        }
    }

    fn overviews(&self) -> Vec<Shape> {
        let (mut all, mut now) = (Vec::new(), self.shape);
        let half = |n: u32| if self.options.overview_size == OverviewSize::Up { n.div_ceil(2) } else { (n / 2).max(1) };
        while now.width > self.options.block_size || now.height > self.options.block_size {
            now = Shape { width: half(now.width), height: half(now.height) };
            all.push(now);
        }
        all
    }
}

fn with_threads(threads: usize, source: &Memory, options: &CogOptions) -> bytes::Bytes {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    pool.install(|| to_cog(source, options)).expect("a COG").0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_raster_reads_back_and_threads_make_no_difference(case in any_case()) {
        let samples = u64::from(case.shape.width) * u64::from(case.shape.height) * case.bands as u64;
        prop_assume!(samples <= MOST_SAMPLES);
        let source = case.source();
        prop_assume!(plan(&source.info, &case.options).is_ok());
        let (bytes, report) = to_cog(&source, &case.options).expect("a COG");
        for threads in [1, 2, 5] {
            prop_assert!(with_threads(threads, &source, &case.options) == bytes, "{threads} threads");
        }
        let tiff = read_back(&bytes);
        prop_assert!(pixels(&tiff, &tiff.tiff().levels()[0]) == source.bands);
        prop_assert_eq!(&report.overviews, &case.overviews());
        said(&case, &source, &tiff)?;
        masks(&case, &source, &tiff)?;
    }
}

fn said(case: &Case, source: &Memory, tiff: &LocalTiff) -> Result<(), TestCaseError> {
    let (got, want) = (tiff.info(), &source.info);
    prop_assert_eq!(&got.overviews, &case.overviews());
    prop_assert_eq!((&got.grid.crs, got.sample, got.pixel_is_point), (&want.grid.crs, want.sample, want.pixel_is_point));
    prop_assert_eq!(&got.georeference, &want.georeference);
    let near = got.grid.transform.to_array().iter().zip(want.grid.transform.to_array()).all(|(a, b)| (a - b).abs() <= 1e-9);
    prop_assert!(near, "{:?} is not {:?}", got.grid.transform, want.grid.transform);
    let kept = |band: &BandInfo| (band.name.clone(), band.unit.clone(), band.scale, band.offset, band.metadata.get("wavelength").cloned());
    prop_assert!(got.bands.iter().map(kept).eq(want.bands.iter().map(kept)));
    prop_assert_eq!(got.metadata.get("TITLE"), want.metadata.get("TITLE"));
    let nodata = if case.nothing == Nothing::Nodata { source.info.bands[0].nodata } else { None };
    prop_assert!(got.bands.iter().all(|b| b.nodata == nodata));
    prop_assert_eq!(tiff.tiff().is_big(), case.options.bigtiff == BigTiff::Always);
    Ok(())
}

fn masks(case: &Case, source: &Memory, tiff: &LocalTiff) -> Result<(), TestCaseError> {
    let want = case.mask(source);
    let kind = match (&want, case.nothing) {
        (Some(_), _) => MaskKind::PerDataset,
        (None, Nothing::Nodata) => MaskKind::Nodata,
        _ => MaskKind::AllValid,
    };
    prop_assert_eq!(tiff.info().mask, kind);
    prop_assert!(tiff.read_mask(Window::whole(case.shape)).expect("a mask") == want);
    let sizes: Vec<Shape> = tiff.tiff().mask_levels().iter().map(|level| level.shape()).collect();
    let all: Vec<Shape> = std::iter::once(case.shape).chain(case.overviews()).collect();
    prop_assert_eq!(sizes, if want.is_some() { all } else { Vec::new() });
    Ok(())
}
