use std::cell::Cell;

use super::frame::Frame;

/// Samples of one component, whole MCUs.
pub(super) struct Plane {
    pub samples: Vec<u8>,
    pub stride: usize,
}

/// Bytes that a thread keeps from one picture for the planes of the next: fresh pages take a quarter of the time that decoding takes.
const MOST_KEPT: usize = 4 << 20;

thread_local! {
    static KEPT: Cell<Vec<Vec<u8>>> = const { Cell::new(Vec::new()) };
}

/// A plane for each component, of zeros.
pub(super) fn planes(frame: &Frame) -> Vec<Plane> {
    let mut rooms = KEPT.take();
    let planes = frame.components.iter().map(|component| {
        let size = frame.block_of(component);
        let stride = frame.mcus_across() * component.h * size.width;
        let mut samples = rooms.pop().unwrap_or_default();
        samples.clear();
        samples.resize(stride * frame.mcus_down() * component.v * size.height, 0);
        Plane { samples, stride }
    });
    planes.collect()
}

/// For the thread's next picture, unless it is large.
pub(super) fn keep(planes: Vec<Plane>) {
    let rooms: Vec<Vec<u8>> = planes.into_iter().map(|plane| plane.samples).collect();
    if rooms.iter().map(Vec::capacity).sum::<usize>() <= MOST_KEPT {
        KEPT.set(rooms);
    }
}
