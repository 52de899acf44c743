use std::sync::Arc;

use rayon::prelude::*;

use crate::{
    ByteSource, Error, Georeference, Limits, MaskKind, RasterInfo, RasterSource, Result, Samples, Shape, Sidecars, Span, Window,
    tiff::{BlockAt, Known, Level, Rows, Step, Tiff, level::ALWAYS_ALLOWED, pam, parse, place, rpc, world_file},
};

/// Decoded bytes that one task should have to do, so that strips of one row do not drown in bookkeeping.
const TASK_BYTES: u64 = 1 << 20;
/// Stored blocks nearer than this are read in one go, up to [`READ_BYTES`].
const READ_GAP: u64 = 4 << 10;
const READ_BYTES: u64 = 2 << 20;
/// Files of more blocks are not looked through before they are read.
const EXTENT_BLOCKS: u64 = 1 << 18;

/// A TIFF whose bytes are at hand, with the files beside it.
pub struct LocalTiff {
    tiff: Tiff,
    info: RasterInfo,
    bytes: Arc<dyn ByteSource>,
    mask: Option<(Level, Arc<dyn ByteSource>)>,
}

/// The first page of a TIFF. `at` names the file in errors.
///
/// # Errors
/// Damaged, Unsupported, OverLimit as [`parse`]; Unreadable where the bytes cannot be read.
pub fn open(at: &str, bytes: Arc<dyn ByteSource>, sidecars: &Sidecars, limits: &Limits) -> Result<Vec<Arc<dyn RasterSource>>> {
    Ok(vec![Arc::new(LocalTiff::open(at, bytes, sidecars, limits)?)])
}

impl LocalTiff {
    /// # Errors
    /// As [`open`].
    pub fn open(at: &str, bytes: Arc<dyn ByteSource>, sidecars: &Sidecars, limits: &Limits) -> Result<Self> {
        let tiff = parse_all(at, &*bytes, limits)?;
        let mut info = tiff.info().clone();
        let mut mask = tiff.mask_levels().first().map(|level| (level.clone(), bytes.clone()));
        if let Some(source) = &sidecars.mask
            && mask.is_none()
        {
            let at = format!("{at}.msk");
            let beside = parse_all(&at, &**source, limits)?;
            let level = beside.levels()[0].clone();
            if level.shape() != info.grid.shape || level.sample().size() != 1 {
                let found = format!("a mask of {} x {} {}", level.shape().width, level.shape().height, level.sample().name());
                return Err(Error::damaged(at, found, format!("{} x {} uint8", info.grid.shape.width, info.grid.shape.height)));
            }
            info.mask = MaskKind::PerDataset;
            mask = Some((level, source.clone()));
        }
        if let Some(source) = &sidecars.overviews
            && info.overviews.is_empty()
        {
            info.overviews = parse_all(&format!("{at}.ovr"), &**source, limits)?.levels().iter().map(Level::shape).collect();
        }
        if let Some(items) = sidecars.rpc.as_deref().and_then(rpc::beside) {
            info.domains.entry(rpc::DOMAIN.to_owned()).or_insert(items);
        }
        if let Some(text) = &sidecars.aux_xml {
            pam::apply(&format!("{at}.aux.xml"), text, &mut info)?;
        }
        if let Some(text) = &sidecars.world
            && info.georeference == Georeference::None
        {
            info.grid.transform = world_file::parse(&format!("{at}: world file"), text)?;
            info.georeference = Georeference::Affine;
        }
        Ok(Self { tiff, info, bytes, mask })
    }

    /// The file without its sidecars: its levels, directories and structure.
    pub fn tiff(&self) -> &Tiff {
        &self.tiff
    }

    /// As [`RasterSource::read`], from any level of the file.
    ///
    /// # Errors
    /// As [`RasterSource::read`].
    pub fn read_level(&self, level: &Level, bands: &[usize], window: Window) -> Result<Vec<Samples>> {
        read(level, &*self.bytes, bands, window)
    }
}

impl RasterSource for LocalTiff {
    fn info(&self) -> &RasterInfo {
        &self.info
    }
    fn read(&self, bands: &[usize], window: Window) -> Result<Vec<Samples>> {
        read(&self.tiff.levels()[0], &*self.bytes, bands, window)
    }
    fn read_into(&self, bands: &[usize], window: Window, samples: &mut Vec<Samples>) -> Result<()> {
        read_into(&self.tiff.levels()[0], &*self.bytes, bands, window, samples)
    }
    fn read_mask(&self, window: Window) -> Result<Option<Vec<u8>>> {
        let Some((level, bytes)) = &self.mask else { return Ok(None) };
        let mask = read(level, &**bytes, &[0], window)?;
        Ok(mask.first().map(|mask| mask.as_bytes().iter().map(|v| if *v == 0 { 0 } else { 255 }).collect()))
    }
    fn check_extent(&self) -> Result<()> {
        let level = &self.tiff.levels()[0];
        let (Shape { width, height }, bands) = (level.shape(), (0..level.bands()).collect::<Vec<_>>());
        let whole = Window { col: 0, row: 0, width, height };
        let (rows, cols) = level.touched(whole);
        if rows.len() as u64 * cols.len() as u64 * bands.len() as u64 > EXTENT_BLOCKS {
            return Ok(());
        }
        check_spans(level, &bands, whole)
    }
}

fn parse_all(at: &str, bytes: &dyn ByteSource, limits: &Limits) -> Result<Tiff> {
    let mut known = Known::new(Some(bytes.len()));
    loop {
        match parse(at, &known, limits)? {
            Step::Ready(tiff) => return Ok(tiff),
            Step::Need(spans) => {
                for span in spans {
                    known.insert(span.offset, bytes.read(span).map_err(|e| Error::unreadable(at, &e))?);
                }
            }
        }
    }
}

/// Rows of blocks that one task reads, and the rows of the window they fill.
struct Task<'a> {
    block_rows: std::ops::Range<u32>,
    window: Window,
    out: Vec<Rows<'a>>,
}

fn read(level: &Level, bytes: &dyn ByteSource, bands: &[usize], window: Window) -> Result<Vec<Samples>> {
    let mut out = Vec::new();
    read_into(level, bytes, bands, window, &mut out)?;
    Ok(out)
}

fn read_into(level: &Level, bytes: &dyn ByteSource, bands: &[usize], window: Window, out: &mut Vec<Samples>) -> Result<()> {
    level.check_window(bands, window)?;
    let (block_rows, block_cols) = level.touched(window);
    check_spans(level, bands, window)?;
    level.room(bands, window, out)?;
    if bands.is_empty() || block_rows.is_empty() || block_cols.is_empty() {
        return Ok(());
    }
    let tasks = tasks(level, bands, window, out);
    let at_once = at_once(level);
    if tasks.len() >= rayon::current_num_threads() && at_once > 1 {
        let few = if at_once < rayon::current_num_threads() { at_once } else { usize::MAX };
        let mut tasks = tasks.into_iter().peekable();
        while tasks.peek().is_some() {
            let some: Vec<Task> = tasks.by_ref().take(few).collect();
            some.into_par_iter().try_for_each(|task| run(level, bytes, bands, task, false))?;
        }
        Ok(())
    } else {
        tasks.into_iter().try_for_each(|task| run(level, bytes, bands, task, true))
    }
}

/// Blocks that are decoded at the same time: where each is huge, what they hold together counts more than busy threads.
fn at_once(level: &Level) -> usize {
    (ALWAYS_ALLOWED / level.decoded_bytes().max(1)).clamp(1, u64::from(u16::MAX)) as usize
}

/// Every block must lie in the file, and its bytes be able to hold it, before room is made for what they claim to hold.
fn check_spans(level: &Level, bands: &[usize], window: Window) -> Result<()> {
    let (rows, _) = level.touched(window);
    let height = level.block().height;
    for row in rows {
        let first = (u64::from(row) * u64::from(height)) as u32;
        let one = Window { row: first.max(window.row), height: 1, ..window };
        level.blocks(bands, one).into_iter().try_for_each(|at| level.plausible_span(at).map(drop))?;
    }
    Ok(())
}

fn tasks<'a>(level: &Level, bands: &[usize], window: Window, out: &'a mut [Samples]) -> Vec<Task<'a>> {
    let (rows, cols) = level.touched(window);
    let block = level.block();
    let sample = level.sample().size() as u64;
    let row_of_blocks = cols.len() as u64 * u64::from(block.width) * u64::from(block.height) * sample * bands.len() as u64;
    let per_task = (TASK_BYTES / row_of_blocks.max(1)).clamp(1, u64::from(u32::MAX)) as u32;
    let mut rest: Vec<&mut [u8]> = out.iter_mut().map(Samples::as_bytes_mut).collect();
    let mut tasks = Vec::new();
    let mut first = rows.start;
    let mut row = window.row;
    while first < rows.end {
        let end = first.saturating_add(per_task).min(rows.end);
        let until = (u64::from(end) * u64::from(block.height)).min(u64::from(window.row) + u64::from(window.height)) as u32;
        let part = Window { row, height: until - row, ..window };
        let mut mine = Vec::with_capacity(rest.len());
        for slice in &mut rest {
            let (head, tail) = std::mem::take(slice).split_at_mut(part.pixels() * sample as usize);
            mine.push(Rows { bytes: head, width: window.width as usize });
            *slice = tail;
        }
        tasks.push(Task { block_rows: first..end, window: part, out: mine });
        (first, row) = (end, until);
    }
    tasks
}

fn run(level: &Level, bytes: &dyn ByteSource, bands: &[usize], mut task: Task, spread: bool) -> Result<()> {
    debug_assert!(!task.block_rows.is_empty());
    for group in groups(level, level.blocks(bands, task.window))? {
        let stored = match group.span {
            Some(span) => Some(bytes.read(span).map_err(|e| Error::unreadable(level.place(group.blocks[0].0), &e))?),
            None => None,
        };
        let decode = |(at, span): &(BlockAt, Option<Span>)| {
            let own = match (span, group.span, &stored) {
                (Some(span), Some(all), Some(stored)) => {
                    let from = (span.offset - all.offset) as usize;
                    Some(stored.slice(from..from + span.len as usize))
                }
                _ => None,
            };
            level.decode(*at, own).map(|block| (*at, block))
        };
        if spread && group.blocks.len() > 1 {
            // As many blocks at a time as keep the threads busy, so that memory does not grow with the window.
            for some in group.blocks.chunks((4 * rayon::current_num_threads()).min(at_once(level))) {
                for (at, block) in some.par_iter().map(decode).collect::<Result<Vec<_>>>()? {
                    place::copy(level, at, &block, bands, task.window, &mut task.out);
                }
            }
            continue;
        }
        for one in &group.blocks {
            let (at, block) = decode(one)?;
            place::copy(level, at, &block, bands, task.window, &mut task.out);
        }
    }
    Ok(())
}

/// Blocks whose bytes lie near each other.
struct Group {
    span: Option<Span>,
    blocks: Vec<(BlockAt, Option<Span>)>,
}

fn groups(level: &Level, blocks: Vec<BlockAt>) -> Result<Vec<Group>> {
    let mut placed = blocks.into_iter().map(|at| Ok((at, level.checked_span(at)?))).collect::<Result<Vec<_>>>()?;
    placed.sort_by_key(|(_, span)| *span);
    let mut groups: Vec<Group> = Vec::new();
    for (at, span) in placed {
        match (groups.last_mut(), span) {
            (Some(Group { span: None, blocks }), None) => blocks.push((at, None)),
            (Some(Group { span: Some(all), blocks }), Some(span))
                if span.offset <= all.end().saturating_add(READ_GAP) && span.end().max(all.end()) - all.offset <= READ_BYTES =>
            {
                all.len = span.end().max(all.end()) - all.offset;
                blocks.push((at, Some(span)));
            }
            (_, span) => groups.push(Group { span, blocks: vec![(at, span)] }),
        }
    }
    Ok(groups)
}
