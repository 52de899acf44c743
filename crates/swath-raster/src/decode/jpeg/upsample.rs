use std::borrow::Cow;

use crate::decode::jpeg::{
    frame::{Component, Frame},
    plane::Plane,
};

/// A component at the size of the image, `width * height`. What the transform has not doubled already is repeated.
pub(super) fn full<'p>(plane: &'p Plane, frame: &Frame, component: &Component, width: usize, height: usize) -> Cow<'p, [u8]> {
    let size = frame.block_of(component);
    // Samples of the plane over pixels, in eighths of a block.
    let (across, down) = (component.h * size.width, component.v * size.height);
    let (full_across, full_down) = (frame.max_h * 8, frame.max_v * 8);
    if across == full_across && down == full_down && plane.stride == width {
        return Cow::Borrowed(&plane.samples[..width * height]);
    }
    let mut out = Vec::with_capacity(width * height);
    for y in 0..height {
        let row = &plane.samples[y * down / full_down * plane.stride..][..plane.stride];
        if across == full_across {
            out.extend_from_slice(&row[..width]);
        } else {
            out.extend((0..width).map(|x| row[x * across / full_across]));
        }
    }
    out.into()
}
