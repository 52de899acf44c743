use std::sync::Arc;

use bytes::Bytes;
use swath_raster::{
    Limits, Shape, Sidecars, Span, Window,
    tiff::{Known, Level, LocalTiff, Step, parse},
};

/// Rows and columns that are read of a corner.
const SIDE: u32 = 40;
/// Each directory is a round at most; a chain longer than the parser follows is not built of inputs this small.
const ROUNDS: usize = 1200;

/// Parses as over a network, then reads a few corners of every level.
pub fn read_tiff(data: &[u8]) {
    let limits = Limits::default();
    let mut known = Known::new(Some(data.len() as u64));
    for _ in 0..ROUNDS {
        match parse("fuzz", &known, &limits) {
            Err(_) => return,
            Ok(Step::Ready(tiff)) => {
                for level in tiff.levels().iter().chain(tiff.mask_levels()).take(8) {
                    read_level(level, data);
                }
                return;
            }
            Ok(Step::Need(spans)) => {
                assert!(!spans.is_empty(), "the parser waits for nothing");
                for Span { offset, len } in spans {
                    let bytes = data.get(offset as usize..(offset + len) as usize).expect("only what the file has is asked for");
                    known.insert(offset, Bytes::copy_from_slice(bytes));
                }
            }
        }
    }
    panic!("the parser asks and asks");
}

fn read_level(level: &Level, data: &[u8]) {
    let Shape { width, height } = level.shape();
    let (w, h) = (width.min(SIDE), height.min(SIDE));
    let bands: Vec<usize> = [0, 1, level.bands() - 1].into_iter().filter(|band| *band < level.bands()).collect();
    for (col, row) in [(0, 0), (width - w, height - h)] {
        let window = Window { col, row, width: w, height: h };
        let mut blocks = Vec::new();
        for at in level.blocks(&bands, window).into_iter().take(16) {
            let Ok(span) = level.checked_span(at) else { return };
            let stored = span.map(|span| Bytes::copy_from_slice(&data[span.offset as usize..span.end() as usize]));
            let Ok(block) = level.decode(at, stored) else { continue };
            blocks.push((at, block));
        }
        let _ = level.assemble(&bands, window, &blocks);
    }
}

/// A PAM document or a world file beside a small raster.
pub fn read_sidecar(data: &[u8]) {
    let side = Some(Bytes::copy_from_slice(data));
    let is_xml = data.first() == Some(&b'<');
    let sidecars =
        if is_xml { Sidecars { aux_xml: side, ..Sidecars::default() } } else { Sidecars { world: side, ..Sidecars::default() } };
    let file = crate::block_file(crate::Codec::Plain, &[7; 400]);
    let _ = LocalTiff::open("fuzz", Arc::new(Bytes::from(file)), &sidecars, &Limits::default());
}

/// Opens, and reads a corner of the first and last band of a few variables.
pub fn read_netcdf(data: &[u8]) {
    let Ok(rasters) = swath_raster::netcdf::open("fuzz", Arc::new(Bytes::copy_from_slice(data)), &Limits::default()) else { return };
    for raster in rasters.iter().take(4) {
        let Shape { width, height } = raster.info().grid.shape;
        let window = Window { col: 0, row: 0, width: width.min(SIDE), height: height.min(SIDE) };
        let _ = raster.read(&[0, raster.info().bands.len().saturating_sub(1)], window);
    }
}
