//! Rasters on the tiles of web maps.

mod support;

use std::sync::Arc;

use support::memory::Memory;
use swath_raster::crs::{Crs, Transformer};
use swath_raster::warp::Method;
use swath_raster::web::{Aligned, Alignment, plan};
use swath_raster::{MaskKind, RasterSource, SampleType, Samples, Shape, Window};

fn scene() -> Memory {
    let mut source = Memory::noise(Shape { width: 300, height: 200 }, 2, SampleType::I16, 7);
    source.info.grid.crs = Some(Crs::parse("EPSG:32618").unwrap());
    source.info.grid.transform = swath_raster::Affine::north_up(205_000.0, 4_650_000.0, 30.0, 30.0);
    source
}

fn aligned(source: Memory, alignment: &Alignment) -> (Arc<Memory>, Aligned) {
    let source = Arc::new(source);
    (source.clone(), Aligned::new(source, alignment).unwrap())
}

#[test]
fn a_pixel_is_the_source_pixel_at_its_centre_and_0_beside() {
    let (source, web) = aligned(scene(), &Alignment::default());
    let grid = &web.info().grid;
    let window = Window::whole(grid.shape);
    let read = web.read(&[0, 1], window).unwrap();
    let mask = web.read_mask(window).unwrap().unwrap();
    let way = Transformer::new(grid.crs.as_ref().unwrap(), source.info.grid.crs.as_ref().unwrap()).unwrap();
    let inverse = source.info.grid.transform.inverse().unwrap();
    let (Samples::I16(got), Samples::I16(from)) = (&read[1], &source.bands[1]) else { panic!() };
    let mut inside = 0;
    for row in 0..grid.shape.height {
        for col in 0..grid.shape.width {
            let mut at = [grid.transform.apply(f64::from(col) + 0.5, f64::from(row) + 0.5)];
            way.points(&mut at).unwrap();
            let (x, y) = inverse.apply(at[0].0, at[0].1);
            let hit = (0.0..300.0).contains(&x) && (0.0..200.0).contains(&y);
            let want = if hit { from[y as usize * 300 + x as usize] } else { 0 };
            let i = (row * grid.shape.width + col) as usize;
            assert_eq!((got[i], mask[i]), (want, if hit { 255 } else { 0 }), "{col} {row}");
            inside += usize::from(hit);
        }
    }
    assert!(inside > 30_000);
}

#[test]
fn a_read_does_not_depend_on_how_it_is_cut() {
    for method in [Method::Nearest, Method::Bilinear, Method::Average] {
        let (_, web) = aligned(scene(), &Alignment { resampling: method, ..Alignment::default() });
        let shape = web.info().grid.shape;
        let whole = web.read(&[0], Window::whole(shape)).unwrap();
        let step = 37;
        for row in (0..shape.height).step_by(step) {
            let rows = (step as u32).min(shape.height - row);
            let part = web.read(&[0], Window { col: 5, row, width: shape.width - 9, height: rows }).unwrap();
            let (Samples::I16(whole), Samples::I16(part)) = (&whole[0], &part[0]) else { panic!() };
            for (j, line) in part.chunks_exact(shape.width as usize - 9).enumerate() {
                let at = (row as usize + j) * shape.width as usize + 5;
                assert_eq!(line, &whole[at..at + line.len()], "{method:?} row {row}");
            }
        }
    }
}

#[test]
fn what_lies_beside_is_nodata_where_there_is_one() {
    let (_, web) = aligned(scene().nodata(-7.0), &Alignment::default());
    assert_eq!(web.info().mask, MaskKind::Nodata);
    let Samples::I16(corner) = &web.read(&[0], Window { col: 0, row: 0, width: 1, height: 1 }).unwrap()[0] else { panic!() };
    assert_eq!(corner[0], -7);
}

#[test]
fn a_raster_on_the_tiles_already_is_not_touched() {
    let mut source = scene();
    let mut grid = plan(&source.info.grid, &Alignment::default()).unwrap().grid;
    grid.shape = Shape { width: 256, height: 256 };
    source =
        Memory { info: swath_raster::RasterInfo { grid: grid.clone(), ..source.info }, ..Memory::noise(grid.shape, 2, SampleType::I16, 1) };
    let (source, web) = aligned(source, &Alignment::default());
    assert_eq!((&web.info().grid, web.info().mask), (&grid, MaskKind::AllValid));
    assert_eq!(web.read(&[0], Window::whole(grid.shape)).unwrap()[0], source.bands[0]);
}

#[test]
fn rasters_that_cannot_be_laid_are_refused_with_the_reason() {
    let refused = |change: &dyn Fn(&mut Memory), alignment: &Alignment| {
        let mut source = scene();
        change(&mut source);
        Aligned::new(Arc::new(source), alignment).err().map(|e| e.to_string()).unwrap_or_default()
    };
    let usual = Alignment::default();
    assert!(refused(&|s| s.info.grid.crs = None, &usual).contains("no CRS"));
    assert!(refused(&|s| s.info.georeference = swath_raster::Georeference::None, &usual).contains("not tied"));
    assert!(refused(&|_| (), &Alignment { zoom_level: Some(40), ..usual.clone() }).contains("0 to 30"));
    let beyond = swath_raster::Affine::north_up(0.0, -86.0, 0.01, 0.01);
    let south = |s: &mut Memory| (s.info.grid.crs, s.info.grid.transform) = (Some(Crs::parse("EPSG:4326").unwrap()), beyond);
    assert!(refused(&south, &usual).contains("beyond the edges"));
}
