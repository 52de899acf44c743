//! The core asks for bytes and is given them: how often it asks is part of the promise.

mod support;

use std::sync::Arc;

use bytes::Bytes;
use support::{
    data,
    memory::{Memory, to_cog},
    small_tiff,
};
use swath_raster::{
    ByteSource, Georeference, Interleave, Limits, MaskKind, RasterSource, SampleType, Shape, Sidecars, Span, Window,
    cog::{BigTiff, CogOptions, Compression},
    tiff::{Known, LocalTiff, Step, Tiff, parse},
};

/// Feeds what is asked for, and lists it: every round is one trip to a store.
fn drive(name: &str, bytes: &Bytes, len: Option<u64>) -> (Tiff, Vec<Vec<Span>>) {
    let mut known = Known::new(len);
    let mut rounds = Vec::new();
    loop {
        match parse(name, &known, &Limits::default()).expect(name) {
            Step::Ready(tiff) => return (tiff, rounds),
            Step::Need(spans) => {
                for span in &spans {
                    let len = span.len.min(ByteSource::len(bytes).saturating_sub(span.offset));
                    known.insert(span.offset, bytes.read(Span { len, ..*span }).expect("a span inside the file"));
                }
                rounds.push(spans);
            }
        }
    }
}

/// `(offset, length)` of every range, round by round.
fn ranges(rounds: &[Vec<Span>]) -> Vec<Vec<(u64, u64)>> {
    rounds.iter().map(|spans| spans.iter().map(|span| (span.offset, span.len)).collect()).collect()
}

fn file(name: &str) -> Option<Bytes> {
    Some(Bytes::from(std::fs::read(data()?.join(name)).expect("test data")))
}

#[test]
fn a_cog_opens_with_one_request_of_16_kib() {
    for name in ["odd/gdal/byte_little_endian_golden.tif", "odd/rio-tiler/cog_dateline.tif", "odd/martin/usda_naip_512_webp_z5.tif"] {
        let Some(bytes) = file(name) else { return };
        let (tiff, rounds) = drive(name, &bytes, Some(bytes.len() as u64));
        assert_eq!(ranges(&rounds), [[(0, (16 << 10).min(bytes.len() as u64))]], "{name}");
        assert!(tiff.header_end() <= 16 << 10 && tiff.levels()[0].is_tiled());
    }
}

fn cog(shape: Shape, options: &CogOptions) -> Bytes {
    to_cog(&Memory::noise(shape, 2, SampleType::U16, 3), options).expect("a COG").0
}

/// Opening costs what `opening` lists, and each block one range: the one where its bytes lie, inside the file and behind the header.
fn costs(name: &str, bytes: &Bytes, opening: &[&[(u64, u64)]]) -> Tiff {
    for len in [Some(bytes.len() as u64), None] {
        let (_, rounds) = drive(name, bytes, len);
        let whole = |(offset, length): &(u64, u64)| {
            (*offset, if len.is_some() { *length } else { (*length).max(if *offset == 0 { 16 << 10 } else { 0 }) })
        };
        assert_eq!(ranges(&rounds), opening.iter().map(|round| round.iter().map(whole).collect::<Vec<_>>()).collect::<Vec<_>>(), "{name}");
    }
    let (tiff, _) = drive(name, bytes, Some(bytes.len() as u64));
    let mut taken: Vec<Span> = Vec::new();
    for level in tiff.levels().iter().chain(tiff.mask_levels()) {
        let bands: Vec<usize> = (0..level.bands()).collect();
        for at in level.blocks(&bands, Window::whole(level.shape())) {
            // A sparse block costs none.
            let Some(span) = level.checked_span(at).expect(name) else { continue };
            let block = level.decode(at, Some(bytes.read(span).expect("inside"))).expect(name);
            assert!(!block.is_sparse());
            taken.push(span);
        }
    }
    taken.sort();
    assert!(taken.windows(2).all(|pair| pair[0].end() <= pair[1].offset), "{name}: two blocks share bytes");
    tiff
}

#[test]
fn opening_our_own_cog_costs_one_request_and_a_block_one_more() {
    let shape = Shape { width: 700, height: 500 };
    for (name, options) in [
        ("zstd", CogOptions { block_size: 128, ..CogOptions::default() }),
        ("lzw planes", CogOptions { block_size: 256, compress: Compression::Lzw, interleave: Interleave::Band, ..CogOptions::default() }),
        ("bigtiff", CogOptions { block_size: 128, bigtiff: BigTiff::Always, ..CogOptions::default() }),
    ] {
        let bytes = cog(shape, &options);
        let tiff = costs(name, &bytes, &[&[(0, 16 << 10)]]);
        assert!(tiff.header_end() <= 16 << 10 && tiff.levels().len() > 1, "{name}");
        assert_eq!(tiff.is_big(), name == "bigtiff");
    }
}

/// 2,500 blocks: their places alone take 20,000 bytes, so one more request brings what is missing, and no more than that.
#[test]
fn a_header_that_passes_16_kib_costs_one_request_more() {
    for bigtiff in [BigTiff::Never, BigTiff::Always] {
        let bytes = cog(Shape { width: 800, height: 800 }, &CogOptions { block_size: 16, bigtiff, ..CogOptions::default() });
        let (tiff, rounds) = drive("wide", &bytes, Some(bytes.len() as u64));
        let [first, rest] = &rounds[..] else { panic!("{rounds:?}") };
        assert_eq!(first[..], [Span { offset: 0, len: 16 << 10 }]);
        assert!(rest.iter().all(|span| span.end() <= tiff.header_end()) && rest.iter().any(|span| span.end() > 16 << 10), "{rest:?}");
        let more: u64 = rest.iter().map(|span| span.len).sum();
        assert!(more <= tiff.header_end(), "{more} bytes for a header of {}", tiff.header_end());
    }
}

/// 40 x 30 pixels in one strip, the directory behind them: the header, the directory, and nothing else.
#[test]
fn a_strip_file_with_its_directory_at_the_end_costs_one_request_more() {
    let whole = small_tiff(false);
    let directory = whole[8..8 + 2 + 12 * 9 + 4].to_vec();
    let pixels = &whole[8 + directory.len()..];
    for padding in [0_usize, 20_000] {
        let mut file = b"II*\0".to_vec();
        let at = 8 + pixels.len() + padding;
        file.extend((at as u32).to_le_bytes());
        file.extend(pixels);
        file.resize(at, 0);
        let mut directory = directory.clone();
        for entry in directory[2..2 + 12 * 9].chunks_exact_mut(12).filter(|entry| entry[..2] == 273_u16.to_le_bytes()) {
            entry[8..].copy_from_slice(&8_u32.to_le_bytes());
        }
        file.extend(&directory);
        let (bytes, len) = (Bytes::from(file.clone()), file.len() as u64);
        let (tiff, rounds) = drive("strip", &bytes, Some(len));
        let first = [(0, len.min(16 << 10))];
        if padding == 0 {
            assert_eq!(ranges(&rounds), [first]);
        } else {
            assert_eq!(ranges(&rounds), [first, [(at as u64, directory.len() as u64)]]);
        }
        let level = &tiff.levels()[0];
        let spans: Vec<_> = level.blocks(&[0], Window::whole(level.shape())).into_iter().filter_map(|at| level.span(at)).collect();
        assert_eq!(spans, [Span { offset: 8, len: 2400 }], "one strip, one request");
    }
}

#[test]
fn gdals_own_cogs_cost_one_request_and_a_block_one_more() {
    for name in ["odd/gdal/byte_little_endian_golden.tif", "odd/rio-tiler/cog_dateline.tif", "odd/martin/usda_naip_512_webp_z5.tif"] {
        let Some(bytes) = file(name) else { return };
        costs(name, &bytes, &[&[(0, (16 << 10).min(bytes.len() as u64))]]);
    }
}

/// GDAL laid the places of this one's blocks behind its many directories: one more round brings what lies beyond, and nothing twice.
#[test]
fn gdals_cog_with_a_long_header_opens_in_two_rounds() {
    let Some(bytes) = file("odd/martin/usda_naip_512_jpeg_z5.tif") else { return };
    let (tiff, rounds) = drive("long", &bytes, Some(bytes.len() as u64));
    let [first, rest] = &rounds[..] else { panic!("{rounds:?}") };
    assert_eq!(first[..], [Span { offset: 0, len: 16 << 10 }]);
    assert!(
        rest.windows(2).all(|pair| pair[0].end() <= pair[1].offset) && rest.iter().all(|span| span.end() <= tiff.header_end()),
        "{rest:?}"
    );
}

#[test]
fn a_file_with_its_directory_at_the_end_opens_in_three_rounds() {
    let Some(bytes) = file("odd/rio-stac/dataset_mars.tif") else { return };
    let (tiff, rounds) = drive("mars", &bytes, Some(bytes.len() as u64));
    assert_eq!(tiff.levels().len(), 3);
    assert!(rounds.len() <= 3, "{rounds:?}");
}

#[test]
fn windows_of_any_level_assembled_from_fetched_blocks_equal_the_local_reader() {
    for name in [
        "odd/rio-tiler/cog_dateline.tif",
        "odd/datacube-core/test.tif",
        "odd/rasterio/alpha.tif",
        "odd/gdal/rgbsmall_DEFLATE_tiled_separate.tif",
    ] {
        let Some(bytes) = file(name) else { return };
        let (tiff, _) = drive(name, &bytes, None);
        let local = LocalTiff::open(name, Arc::new(bytes.clone()), &Sidecars::default(), &Limits::default()).expect(name);
        for level in tiff.levels() {
            let (w, h) = (level.shape().width, level.shape().height);
            let window = Window { col: w / 3, row: h / 4, width: w / 2, height: h / 2 };
            let bands: Vec<usize> = (0..level.bands()).rev().collect();
            let at = level.blocks(&bands, window);
            let blocks: Vec<_> = at
                .iter()
                .map(|at| (*at, level.decode(*at, level.span(*at).map(|span| bytes.read(span).expect("inside"))).expect(name)))
                .collect();
            let ours = level.assemble(&bands, window, &blocks).expect(name);
            assert!(ours == local.read_level(level, &bands, window).expect(name), "{name} at {w} x {h}");
            let whole = local.read_level(level, &bands[..1], Window::whole(level.shape())).expect(name);
            let size = level.sample().size();
            let from = (window.row as usize * w as usize + window.col as usize) * size;
            let row = window.width as usize * size;
            assert!(ours[0].as_bytes()[..row] == whole[0].as_bytes()[from..from + row], "{name}: first row of the window");
            assert!(level.assemble(&bands, window, &blocks[1..]).is_err(), "a block is missing");
        }
    }
}

#[test]
fn the_ghost_header_of_a_gdal_cog_is_read() {
    let Some(bytes) = file("odd/gdal/byte_little_endian_golden.tif") else { return };
    let (tiff, _) = drive("golden", &bytes, Some(bytes.len() as u64));
    assert_eq!(tiff.ghost().and_then(|ghost| ghost.value("LAYOUT")), Some("IFDS_BEFORE_DATA"));
    assert_eq!(tiff.directories().len(), 1);
}

#[test]
fn a_band_or_window_outside_the_raster_is_a_misuse_that_says_what_there_is() {
    let bytes = Bytes::from(small_tiff(true));
    let local = LocalTiff::open("a.tif", Arc::new(bytes), &Sidecars::default(), &Limits::default()).expect("a TIFF");
    let outside = Window { col: 30, row: 0, width: 11, height: 1 };
    assert_eq!(local.read(&[0], outside).unwrap_err().to_string(), "a.tif: window 11 x 1 at column 30, row 0; a window inside 40 x 30");
    assert_eq!(local.read(&[1], Window { width: 1, ..outside }).unwrap_err().to_string(), "a.tif: there is no band 1; bands 0 to 0");
    let empty = Window { width: 0, ..outside };
    assert!(local.read(&[0], empty).expect("nothing")[0].is_empty());
}

fn with(sidecars: Sidecars) -> LocalTiff {
    LocalTiff::open("a.tif", Arc::new(Bytes::from(small_tiff(false))), &sidecars, &Limits::default()).expect("a TIFF")
}

#[test]
fn a_world_file_counts_where_nothing_better_is_known_and_the_aux_file_is_better() {
    let world = Some(Bytes::from_static(b"2\n0\n0\n-2\n101\n199\n"));
    let aux_xml = Some(Bytes::from_static(
        b"<PAMDataset><GeoTransform>5,1,0,6,0,-1</GeoTransform><PAMRasterBand band=\"1\"><NoDataValue>9</NoDataValue><UnitType>m</UnitType>\
        <CategoryNames><Category>sea</Category><Category>land</Category></CategoryNames></PAMRasterBand></PAMDataset>",
    ));
    let alone = with(Sidecars { world: world.clone(), ..Sidecars::default() });
    assert_eq!(alone.info().grid.transform.to_array(), [2.0, 0.0, 100.0, 0.0, -2.0, 200.0]);
    let both = with(Sidecars { world, aux_xml, ..Sidecars::default() });
    assert_eq!(both.info().grid.transform.to_array(), [1.0, 0.0, 5.0, 0.0, -1.0, 6.0]);
    assert_eq!(both.info().georeference, Georeference::Affine);
    let band = &both.info().bands[0];
    assert_eq!((band.unit.as_deref(), band.categories.len(), both.info().mask), (Some("m"), 2, MaskKind::Nodata));
    assert_eq!(with(Sidecars::default()).info().georeference, Georeference::None);
}

#[test]
fn a_mask_beside_the_file_must_have_its_size() {
    let small = Arc::new(Bytes::from(small_tiff(false))) as Arc<dyn ByteSource>;
    let sidecars = Sidecars { mask: Some(small), ..Sidecars::default() };
    let result = LocalTiff::open("a.tif", Arc::new(Bytes::from(small_tiff(false))), &sidecars, &Limits::default());
    let error = result.err().expect("uint16 is no mask");
    assert_eq!(error.to_string(), "a.tif.msk: a mask of 40 x 30 uint16; 40 x 30 uint8");
}
