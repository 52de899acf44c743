use std::sync::Arc;

use bytes::Bytes;

use crate::{
    Error, Limits, Result, SampleType, Samples, Shape, Span, Window, decode, spare,
    tiff::{field::Values, layout::Layout, place},
};

/// Blocks whose decoded size stays under this are never taken for a decompression bomb. Decoding may hold two of them at once, and all
/// of it stays under 64 MiB.
pub(crate) const ALWAYS_ALLOWED: u64 = 24 << 20;

/// One image of a file: the full resolution, an overview, or a mask; cut into blocks.
#[derive(Debug, Clone)]
pub struct Level {
    /// The file and the directory, for errors.
    pub(crate) at: Arc<str>,
    pub(crate) layout: Layout,
    pub(crate) offsets: Values,
    /// Absent in some uncompressed files.
    pub(crate) byte_counts: Option<Values>,
    pub(crate) file_len: Option<u64>,
    pub(crate) limits: Limits,
    /// One native-endian sample: what sparse blocks hold.
    pub(crate) fill: Vec<u8>,
    pub(crate) directory_offset: u64,
}

/// Which block of a level: column and row among the blocks, and the plane (the band, where bands are stored apart; else 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockAt {
    pub plane: u16,
    pub row: u32,
    pub col: u32,
}

/// Decoded samples of one block, in the machine's byte order, the samples of a pixel together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub(crate) shape: Shape,
    pub(crate) per_pixel: usize,
    /// `None`: sparse, all fill.
    pub(crate) bytes: Option<Bytes>,
}

/// An image that is being made of parts: the bytes of its samples from the first of the part on, and how many samples wide it is.
#[derive(Debug)]
pub struct Rows<'a> {
    pub bytes: &'a mut [u8],
    pub width: usize,
}

impl Block {
    /// Not stored in the file; every sample is nodata, or 0.
    pub fn is_sparse(&self) -> bool {
        self.bytes.is_none()
    }
}

impl Level {
    pub fn shape(&self) -> Shape {
        self.layout.shape
    }
    /// Of the blocks that [`Level::blocks`] lists. One uncompressed strip over the whole image is read in smaller pieces.
    pub fn block(&self) -> Shape {
        self.layout.block
    }
    pub fn is_tiled(&self) -> bool {
        self.layout.tiled
    }
    pub fn sample(&self) -> SampleType {
        self.layout.sample()
    }
    /// Bands of the image.
    pub fn bands(&self) -> usize {
        usize::from(self.layout.samples)
    }
    /// In the words of a plan.
    pub fn compression(&self) -> String {
        self.layout.encoding.compression.word()
    }
    /// Where the level's directory lies in the file.
    pub fn directory_offset(&self) -> u64 {
        self.directory_offset
    }

    /// The blocks that `window` of `bands` touches, row by row, each once, in the order they are counted in the file.
    /// Bands and windows outside the level touch nothing.
    pub fn blocks(&self, bands: &[usize], window: Window) -> Vec<BlockAt> {
        let mut planes: Vec<u16> = if self.layout.pixel_interleaved {
            vec![0]
        } else {
            bands.iter().filter_map(|b| u16::try_from(*b).ok()).filter(|b| *b < self.layout.samples).collect()
        };
        planes.sort_unstable();
        planes.dedup();
        let (rows, cols) = self.touched(window);
        let mut blocks = Vec::new();
        if bands.is_empty() {
            return blocks;
        }
        for plane in planes {
            for row in rows.clone() {
                blocks.extend(cols.clone().map(|col| BlockAt { plane, row, col }));
            }
        }
        blocks
    }

    /// Rows and columns of blocks under `window`.
    pub(crate) fn touched(&self, window: Window) -> (std::ops::Range<u32>, std::ops::Range<u32>) {
        let range = |first: u32, len: u32, size: u32, count: u32| {
            let end = (u64::from(first) + u64::from(len)).div_ceil(u64::from(size)).min(u64::from(count)) as u32;
            if len == 0 { 0..0 } else { first / size..end.max(first / size) }
        };
        let block = self.layout.block;
        (
            range(window.row, window.height, block.height, self.layout.blocks_down()),
            range(window.col, window.width, block.width, self.layout.blocks_across()),
        )
    }

    /// Where the block's bytes lie; `None` where it is sparse or not of this level.
    pub fn span(&self, at: BlockAt) -> Option<Span> {
        if at.col >= self.layout.blocks_across() || at.row >= self.layout.blocks_down() || u64::from(at.plane) >= self.layout.planes() {
            return None;
        }
        if self.layout.is_cut() {
            return self.span_of_piece(at);
        }
        let across = u64::from(self.layout.blocks_across());
        let per_plane = across * u64::from(self.layout.blocks_down());
        let index = u64::from(at.plane) * per_plane + u64::from(at.row) * across + u64::from(at.col);
        let offset = self.offsets.unsigned(index)?;
        let needed = self.layout.stored_bytes(self.rows(at));
        let len = match self.byte_counts.as_ref().and_then(|counts| counts.unsigned(index)) {
            Some(len) => len,
            None if self.layout.encoding.compression == decode::Compression::None => needed,
            None => self.as_far_as_the_next(index, offset),
        };
        let len = if self.layout.encoding.compression == decode::Compression::None { len.min(needed) } else { len };
        (len > 0).then_some(Span { offset, len })
    }

    /// The bytes of a compressed block whose count is missing: up to where the next block begins, or the file ends.
    fn as_far_as_the_next(&self, index: u64, offset: u64) -> u64 {
        let next = self.offsets.unsigned(index + 1).filter(|next| *next > offset);
        next.or(self.file_len).map_or(0, |end| end.saturating_sub(offset))
    }

    fn span_of_piece(&self, at: BlockAt) -> Option<Span> {
        let row = self.layout.row_bytes();
        let before = row * u64::from(at.row) * u64::from(self.layout.block.height);
        let strip = self.offsets.unsigned(u64::from(at.plane))?;
        let stored = self.byte_counts.as_ref().map_or(Some(u64::MAX), |counts| counts.unsigned(u64::from(at.plane)))?;
        let len = (row * u64::from(self.rows(at))).min(stored.saturating_sub(before));
        (stored > 0).then_some(Span { offset: strip.saturating_add(before), len })
    }

    /// As [`Level::span`], sure to lie inside the file where its length is known.
    ///
    /// # Errors
    /// Damaged where the block lies outside the file; Misuse where there is no such block.
    pub fn checked_span(&self, at: BlockAt) -> Result<Option<Span>> {
        if at.col >= self.layout.blocks_across() || at.row >= self.layout.blocks_down() || u64::from(at.plane) >= self.layout.planes() {
            return Err(Error::misuse(self.place(at), "there is no such block", ""));
        }
        let Some(span) = self.span(at) else { return Ok(None) };
        let end = span.offset.checked_add(span.len);
        if span.offset < 8 || end.is_none() || self.file_len.is_some_and(|len| end.is_some_and(|end| end > len)) {
            let of = self.file_len.map_or_else(String::new, |len| format!(" of {len} bytes"));
            let found = format!("its {} bytes at {} lie outside the file{of}", span.len, span.offset);
            return Err(Error::damaged(self.place(at), found, "a place inside the file"));
        }
        Ok(Some(span))
    }

    /// Rows the block has of the image: the last strip is cut, and of the last tile nobody asks for more.
    fn rows(&self, at: BlockAt) -> u32 {
        let height = self.layout.block.height;
        height.min(self.layout.shape.height.saturating_sub(at.row.saturating_mul(height)))
    }

    /// The samples of a block from its stored bytes; of a sparse one from `None`.
    ///
    /// # Errors
    /// Damaged where the bytes are no such block, Unsupported for a codec that is not read, OverLimit where the block is
    /// larger than the limits.
    pub fn decode(&self, at: BlockAt, stored: Option<Bytes>) -> Result<Block> {
        let shape = Shape { width: self.layout.block.width, height: self.rows(at) };
        let per_pixel = self.layout.per_pixel();
        let Some(stored) = stored else { return Ok(Block { shape, per_pixel, bytes: None }) };
        self.check_size(shape, stored.len() as u64).map_err(|e| e.within(&self.place(at)))?;
        let (width, height) = (shape.width as usize, shape.height as usize);
        let bytes = match self.layout.encoding.plain(width, height) {
            Some(size) if size <= stored.len() => stored.slice(..size),
            _ => spare::shared(decode::block(&self.layout.encoding, &stored, width, height).map_err(|e| e.within(&self.place(at)))?),
        };
        Ok(Block { shape, per_pixel, bytes: Some(bytes) })
    }

    /// Of a whole block, as stored or as samples, whichever is more.
    pub(crate) fn decoded_bytes(&self) -> u64 {
        let Shape { width, height } = self.layout.block;
        let sizes = self.layout.encoding.sizes(width as usize, height as usize);
        sizes.map_or(u64::MAX, |(stored, samples)| stored.max(samples) as u64)
    }

    /// Before anything is allocated.
    ///
    /// # Errors
    /// Damaged where so few bytes cannot hold the block; OverLimit where it is larger than the limits, or a decompression bomb.
    fn check_size(&self, shape: Shape, stored: u64) -> Result<()> {
        let sizes = self.layout.encoding.sizes(shape.width as usize, shape.height as usize);
        let most = decode::most_from(&self.layout.encoding, stored);
        if let Some((needed, _)) = sizes.filter(|(needed, _)| *needed as u64 > most) {
            return Err(decode::cannot_hold(stored, needed as u64));
        }
        let size = sizes.map_or(u64::MAX, |(stored, samples)| stored.max(samples) as u64);
        if size > self.limits.block_bytes {
            let found = format!("a block of {} x {} pixels, {size} bytes", shape.width, shape.height);
            return Err(Error::over_limit("", found, format!("at most {} bytes", self.limits.block_bytes)));
        }
        if size > ALWAYS_ALLOWED && size / self.limits.expansion.max(1) > stored {
            let found = format!("{stored} bytes that claim to hold {size}");
            return Err(Error::over_limit("", found, format!("at most {} times as many", self.limits.expansion)));
        }
        Ok(())
    }

    /// As [`Level::checked_span`], for a block that its bytes can hold.
    ///
    /// # Errors
    /// As [`Level::checked_span`] and [`Level::decode`], as far as can be told without the bytes.
    pub(crate) fn plausible_span(&self, at: BlockAt) -> Result<Option<Span>> {
        let span = self.checked_span(at)?;
        if let Some(span) = span {
            let shape = Shape { width: self.layout.block.width, height: self.rows(at) };
            self.check_size(shape, span.len).map_err(|e| e.within(&self.place(at)))?;
        }
        Ok(span)
    }

    /// Samples of `window` for each of `bands`, in that order, from its decoded blocks.
    ///
    /// # Errors
    /// Misuse for a band or window outside the level, or where a block that the window touches is absent.
    pub fn assemble(&self, bands: &[usize], window: Window, blocks: &[(BlockAt, Block)]) -> Result<Vec<Samples>> {
        let mut out = Vec::new();
        self.assemble_into(bands, window, blocks, &mut out)?;
        Ok(out)
    }

    /// [`Level::assemble`] into samples that were used before, whose memory is taken.
    ///
    /// # Errors
    /// As [`Level::assemble`].
    pub fn assemble_into(&self, bands: &[usize], window: Window, blocks: &[(BlockAt, Block)], out: &mut Vec<Samples>) -> Result<()> {
        self.check_blocks(bands, window, blocks)?;
        self.room(bands, window, out)?;
        let width = window.width as usize;
        let mut rows: Vec<Rows> = out.iter_mut().map(|samples| Rows { bytes: samples.as_bytes_mut(), width }).collect();
        for (at, block) in blocks {
            place::copy(self, *at, block, bands, window, &mut rows);
        }
        Ok(())
    }

    /// Copies the samples of `window` for one band from its decoded blocks into an image of which it is a part.
    ///
    /// # Errors
    /// As [`Level::assemble`].
    pub fn lay(&self, band: usize, window: Window, blocks: &[(BlockAt, Block)], to: Rows) -> Result<()> {
        self.check_blocks(&[band], window, blocks)?;
        let mut to = [to];
        blocks.iter().for_each(|(at, block)| place::copy(self, *at, block, &[band], window, &mut to));
        Ok(())
    }

    fn check_blocks(&self, bands: &[usize], window: Window, blocks: &[(BlockAt, Block)]) -> Result<()> {
        self.check_window(bands, window)?;
        let have: std::collections::HashSet<BlockAt> = blocks.iter().map(|(at, _)| *at).collect();
        match self.blocks(bands, window).into_iter().find(|at| !have.contains(at)) {
            Some(absent) => Err(Error::misuse(self.place(absent), "the window touches a block that was not given", "")),
            None => Ok(()),
        }
    }

    /// # Errors
    /// Misuse where a band or the window is outside the level.
    pub(crate) fn check_window(&self, bands: &[usize], window: Window) -> Result<()> {
        let shape = self.layout.shape;
        if let Some(band) = bands.iter().find(|b| **b >= self.bands()) {
            let right = format!("bands 0 to {}", self.bands() - 1);
            return Err(Error::misuse(&*self.at, format!("there is no band {band}"), right));
        }
        let end = |first: u32, len: u32| u64::from(first) + u64::from(len);
        if end(window.col, window.width) > u64::from(shape.width) || end(window.row, window.height) > u64::from(shape.height) {
            let found = format!("window {} x {} at column {}, row {}", window.width, window.height, window.col, window.row);
            return Err(Error::misuse(&*self.at, found, format!("a window inside {} x {}", shape.width, shape.height)));
        }
        Ok(())
    }

    /// Room for a window of bands; every sample of it is then written.
    ///
    /// # Errors
    /// OverLimit where the machine has not that much.
    pub(crate) fn room(&self, bands: &[usize], window: Window, out: &mut Vec<Samples>) -> Result<()> {
        let size = (window.pixels() as u128) * (bands.len() as u128) * (self.sample().size() as u128);
        let found = || format!("a window of {} x {} pixels and {} bands, {size} bytes", window.width, window.height, bands.len());
        let limit = u128::from(self.limits.window_bytes);
        if size > limit {
            return Err(Error::over_limit(&*self.at, found(), format!("at most {limit} bytes")).hint("read smaller windows"));
        }
        if out.iter().map(|samples| samples.as_bytes().len() as u128).sum::<u128>() < size {
            let mut probe: Vec<u8> = Vec::new();
            probe
                .try_reserve_exact(size as usize)
                .map_err(|_| Error::over_limit(&*self.at, found(), "what this machine has").hint("read smaller windows"))?;
        }
        out.truncate(bands.len());
        out.iter_mut().for_each(|samples| samples.refit(self.sample(), window.pixels()));
        out.resize_with(bands.len(), || Samples::zeros(self.sample(), window.pixels()));
        Ok(())
    }

    pub(crate) fn place(&self, at: BlockAt) -> String {
        let plane = if self.layout.pixel_interleaved { String::new() } else { format!(" of band {}", at.plane + 1) };
        if self.layout.tiled {
            format!("{}: tile at column {}, row {}{plane}", self.at, at.col, at.row)
        } else {
            format!("{}: strip {}{plane}", self.at, at.row)
        }
    }
}
