use crate::{
    Window,
    tiff::level::{Block, BlockAt, Level, Rows},
};

/// Pixels that a block and a window share: where they begin in each, and how many.
struct Shared {
    block_row: usize,
    block_col: usize,
    out_row: usize,
    out_col: usize,
    rows: usize,
    cols: usize,
}

/// Copies what `block` has of `window` into `out`, for each of `bands`.
pub(crate) fn copy(level: &Level, at: BlockAt, block: &Block, bands: &[usize], window: Window, out: &mut [Rows]) {
    let Some(shared) = shared(level, at, block, window) else { return };
    for (band, out) in bands.iter().zip(out.iter_mut()) {
        let sample_at = if level.layout.pixel_interleaved { *band } else { 0 };
        if !level.layout.pixel_interleaved && *band != usize::from(at.plane) {
            continue;
        }
        match level.sample().size() {
            1 => sized::<1>(level, block, &shared, sample_at, out),
            2 => sized::<2>(level, block, &shared, sample_at, out),
            4 => sized::<4>(level, block, &shared, sample_at, out),
            8 => sized::<8>(level, block, &shared, sample_at, out),
            _ => sized::<16>(level, block, &shared, sample_at, out),
        }
    }
}

fn shared(level: &Level, at: BlockAt, block: &Block, window: Window) -> Option<Shared> {
    let size = level.block();
    let meet = |block_first: u64, block_len: u32, first: u32, len: u32| {
        let from = block_first.max(u64::from(first));
        let to = (block_first + u64::from(block_len)).min(u64::from(first) + u64::from(len));
        (from < to).then(|| ((from - block_first) as usize, (from - u64::from(first)) as usize, (to - from) as usize))
    };
    let first_row = u64::from(at.row) * u64::from(size.height);
    let first_col = u64::from(at.col) * u64::from(size.width);
    let (block_row, out_row, rows) = meet(first_row, block.shape.height, window.row, window.height)?;
    let (block_col, out_col, cols) = meet(first_col, block.shape.width, window.col, window.width)?;
    Some(Shared { block_row, block_col, out_row, out_col, rows, cols })
}

fn sized<const N: usize>(level: &Level, block: &Block, shared: &Shared, sample_at: usize, out: &mut Rows) {
    let per_pixel = block.per_pixel;
    let width = out.width;
    let (out, _) = out.bytes.as_chunks_mut::<N>();
    let stored = block.bytes.as_ref().map(|bytes| bytes.as_chunks::<N>().0);
    let fill: [u8; N] = level.fill.as_slice().try_into().unwrap_or([0; N]);
    for row in 0..shared.rows {
        let from = (shared.out_row + row) * width + shared.out_col;
        let Some(target) = out.get_mut(from..from + shared.cols) else { return };
        let Some(stored) = stored else {
            target.fill(fill);
            continue;
        };
        let from = ((shared.block_row + row) * block.shape.width as usize + shared.block_col) * per_pixel;
        let Some(source) = stored.get(from..from + shared.cols * per_pixel) else { return };
        match per_pixel {
            1 => target.copy_from_slice(source),
            3 => spread(target, source.as_chunks::<3>().0, sample_at),
            4 => spread(target, source.as_chunks::<4>().0, sample_at),
            _ => {
                for (target, pixel) in target.iter_mut().zip(source.chunks_exact(per_pixel)) {
                    *target = pixel[sample_at];
                }
            }
        }
    }
}

fn spread<const N: usize, const P: usize>(target: &mut [[u8; N]], pixels: &[[[u8; N]; P]], sample_at: usize) {
    for (target, pixel) in target.iter_mut().zip(pixels) {
        *target = pixel[sample_at];
    }
}
