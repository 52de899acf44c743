use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    sync::Arc,
};

use crate::{
    Error, Limits, Nodata, Result, SampleType, Span,
    decode::{self, Compression},
    tiff::{
        DirectoryFacts, DirectoryRole, Ghost, Known, Level, Step, Tiff, describe,
        directory::{Directory, Reader},
        field::{ByteOrder, Fields},
        layout::Layout,
        sniff, tags,
    },
};

/// Fetched at once: the directories of most COGs lie within.
const FIRST_FETCH: u64 = 16 << 10;
/// Pages beyond are not looked at; overviews and masks come first in practice.
const MAX_DIRECTORIES: usize = 1024;
const GHOST_HEAD: &str = "GDAL_STRUCTURAL_METADATA_SIZE=";
/// The line that tells the size: `...SIZE=000140 bytes`, newline.
const GHOST_HEAD_LEN: u64 = 43;

/// A TIFF from the ranges that have arrived, or the ranges that are still needed. `at` names the file in errors.
///
/// # Errors
/// Damaged where the bytes contradict the format; Unsupported for sample types that have no equal here; OverLimit where
/// tags are larger than the limits.
pub fn parse(at: &str, known: &Known, limits: &Limits) -> Result<Step<Tiff>> {
    let first = Span { offset: 0, len: known.len().map_or(FIRST_FETCH, |len| len.min(FIRST_FETCH)) };
    let Some(head) = known.bytes(Span { offset: 0, len: 8 }) else {
        return if known.len().is_some_and(|len| len < 8) {
            Err(Error::damaged(at, "the file ends within its header", "8 bytes or more"))
        } else {
            Ok(Step::Need(vec![first]))
        };
    };
    if !sniff(&head) {
        return Err(Error::unsupported(at, "not a TIFF", "a file that begins II or MM"));
    }
    let order = if head[0] == b'I' { ByteOrder::Little } else { ByteOrder::Big };
    let big = order.u16(&head, 2) == Some(43);
    let reader = Reader { at, known, limits, order, big, missing: RefCell::default(), end: Cell::new(8), entries: Cell::new(0) };
    let tiff = reader.tiff()?;
    let mut missing = reader.missing.take();
    missing.sort();
    missing.dedup();
    match tiff {
        Some(tiff) if missing.is_empty() => Ok(Step::Ready(tiff)),
        _ => Ok(Step::Need(missing)),
    }
}

/// A directory that is used, with its tags.
struct Used {
    directory: Directory,
    role: DirectoryRole,
    fields: Fields,
}

/// The same, its tags understood.
struct Image {
    directory: Directory,
    role: DirectoryRole,
    fields: Fields,
    layout: Layout,
}

impl Reader<'_> {
    fn tiff(&self) -> Result<Option<Tiff>> {
        let Some(first) = self.first_directory()? else { return Ok(None) };
        let ghost = self.ghost()?;
        let mut facts = Vec::new();
        let Some(used) = self.used(first, &mut facts)? else { return Ok(None) };
        if !self.missing.borrow().is_empty() {
            return Ok(None);
        }
        // Only now: before, every range that arrives would have it done again.
        let images = used.into_iter().enumerate().map(|(at, used)| self.image(used, at == 0)).collect::<Result<Vec<_>>>()?;
        for image in &images {
            let fact = facts.iter_mut().find(|fact| fact.offset == image.directory.offset);
            fact.into_iter().for_each(|fact| fact.shape = Some(image.layout.shape));
        }
        let Some((main, others)) = images.split_first() else { return Ok(None) };
        let mut info = describe::info(self.at, &main.fields, &main.layout)?;
        let nodata = info.bands.first().and_then(|band| band.nodata);
        let mut levels = vec![self.level(main, nodata, "")?];
        let mut mask_levels = Vec::new();
        for image in others {
            match image.role {
                DirectoryRole::Mask => mask_levels.push(self.level(image, None, "mask")?),
                DirectoryRole::OverviewMask => mask_levels.push(self.level(image, None, "overview mask")?),
                DirectoryRole::Overview if is_overview_of(&image.layout, &main.layout) => {
                    levels.push(self.level(image, nodata, "overview")?)
                }
                _ => {}
            }
        }
        levels.sort_by_key(|level| std::cmp::Reverse(u64::from(level.shape().width) * u64::from(level.shape().height)));
        mask_levels.sort_by_key(|level| std::cmp::Reverse(u64::from(level.shape().width) * u64::from(level.shape().height)));
        mask_levels.retain(|mask| mask.bands() == 1 && mask.sample() == SampleType::U8);
        info.overviews = levels[1..].iter().map(Level::shape).collect();
        if mask_levels.first().is_some_and(|mask| mask.shape() == main.layout.shape) {
            info.mask = crate::MaskKind::PerDataset;
        } else {
            mask_levels.clear();
        }
        let (order, big, header_end) = (self.order, self.big, self.end.get());
        Ok(Some(Tiff { info, levels, mask_levels, directories: facts, ghost, order, big, header_end }))
    }

    fn first_directory(&self) -> Result<Option<u64>> {
        let Some(head) = self.bytes(Span { offset: 0, len: if self.big { 16 } else { 8 } }, "header")? else { return Ok(None) };
        if self.big && (self.order.u16(&head, 4) != Some(8) || self.order.u16(&head, 6) != Some(0)) {
            return Err(Error::damaged(self.place("header"), "a BigTIFF whose offsets are not 8 bytes", "8 bytes"));
        }
        let offset = if self.big { self.order.u64(&head, 8) } else { self.order.u32(&head, 4).map(u64::from) };
        match offset {
            Some(0) | None => Err(Error::damaged(self.place("header"), "no directory", "the offset of the first one")),
            offset => Ok(offset),
        }
    }

    fn ghost(&self) -> Result<Option<Ghost>> {
        let offset = if self.big { 16 } else { 8 };
        if self.known.len().is_some_and(|len| len < offset + GHOST_HEAD_LEN) {
            return Ok(None);
        }
        let Some(head) = self.bytes(Span { offset, len: GHOST_HEAD_LEN }, "header")? else { return Ok(None) };
        let size = std::str::from_utf8(&head).ok().and_then(|head| head.strip_prefix(GHOST_HEAD)?.get(..6)?.parse::<u64>().ok());
        let Some(len) = size.filter(|len| *len < 4096) else { return Ok(None) };
        let Some(body) = self.bytes(Span { offset: offset + GHOST_HEAD_LEN, len }, "structural metadata")? else { return Ok(None) };
        let body = String::from_utf8_lossy(&body);
        let items =
            body.lines().filter_map(|line| line.split_once('=')).map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
        Ok(Some(Ghost { items: items.collect() }))
    }

    /// The first page and all that are reduced images or masks; `None` where the chain could not be followed.
    fn used(&self, first: u64, facts: &mut Vec<DirectoryFacts>) -> Result<Option<Vec<Used>>> {
        let mut used = Vec::new();
        let mut seen = BTreeSet::new();
        let mut next = first;
        let mut complete = true;
        while next != 0 && seen.len() < MAX_DIRECTORIES {
            if !seen.insert(next) {
                let found = format!("the chain of directories comes back to {next}");
                return Err(Error::damaged(self.at, found, "a chain that ends"));
            }
            let Some(directory) = self.directory(next)? else { return Ok(None) };
            next = directory.next;
            complete &= self.note(directory, seen.len() == 1, facts, &mut used)?;
        }
        let sub = used.first().and_then(|main| main.fields.array(tags::SUB_IFDS).cloned());
        for offset in sub.iter().flat_map(|sub| (0..sub.len().min(64)).filter_map(|i| sub.unsigned(i))) {
            if seen.insert(offset) {
                match self.directory(offset)? {
                    Some(directory) => complete &= self.note(directory, false, facts, &mut used)?,
                    None => complete = false,
                }
            }
        }
        Ok(complete.then_some(used))
    }

    /// Whether all of the directory's values have arrived.
    fn note(&self, directory: Directory, is_first: bool, facts: &mut Vec<DirectoryFacts>, used: &mut Vec<Used>) -> Result<bool> {
        let Some(kind) = self.fields(&directory, &[tags::NEW_SUBFILE_TYPE, tags::OLD_SUBFILE_TYPE])? else { return Ok(false) };
        let role = if is_first { DirectoryRole::Image } else { role(&kind) };
        let offset = directory.offset;
        if role == DirectoryRole::Page {
            facts.push(DirectoryFacts { offset, role, shape: None });
            return Ok(true);
        }
        let wanted = if is_first { [tags::LAYOUT, tags::MEANING].concat() } else { tags::LAYOUT.to_vec() };
        let Some(fields) = self.fields(&directory, &wanted)? else { return Ok(false) };
        facts.push(DirectoryFacts { offset, role, shape: None });
        used.push(Used { directory, role, fields });
        Ok(true)
    }

    fn image(&self, used: Used, is_first: bool) -> Result<Image> {
        let Used { directory, role, fields } = used;
        let at = if is_first { self.at.to_owned() } else { self.place(&format!("directory at {}", directory.offset)) };
        let mut layout = Layout::new(&at, &fields, self.order)?;
        if !is_first {
            // Looked at for the bands of the first page only, and as long as its author likes.
            layout.extra = Vec::new();
        }
        Ok(Image { directory, role, fields, layout })
    }

    fn level(&self, image: &Image, nodata: Option<Nodata>, name: &str) -> Result<Level> {
        let layout = image.layout.clone();
        let at: Arc<str> = if name.is_empty() {
            Arc::from(self.at)
        } else {
            Arc::from(self.place(&format!("{name} of {} x {}", layout.shape.width, layout.shape.height)))
        };
        let (offsets, counts) = if layout.tiled && image.fields.array(tags::TILE_OFFSETS).is_some() {
            (tags::TILE_OFFSETS, tags::TILE_BYTE_COUNTS)
        } else {
            (tags::STRIP_OFFSETS, tags::STRIP_BYTE_COUNTS)
        };
        if let Some(error) = decode::no_codec(layout.encoding.compression) {
            return Err(error.within(&at));
        }
        let needed = layout.declared_blocks();
        let array = |tag: u16| match image.fields.array(tag) {
            Some(values) if values.len() >= needed => Ok(Some(values.clone())),
            Some(values) => {
                Err(Error::damaged(&*at, format!("{} has {} values", tags::name(tag), values.len()), format!("{needed}, one per block")))
            }
            None => Ok(None),
        };
        let absent = |tag: u16| Error::damaged(&*at, format!("{} is absent", tags::name(tag)), format!("{needed} values"));
        // Fewer counts than blocks: the others are told by where the next block begins.
        let byte_counts = image.fields.array(counts).cloned();
        if byte_counts.is_none() && layout.encoding.compression != Compression::None {
            return Err(absent(counts));
        }
        let fill = nodata.map_or_else(|| vec![0; layout.sample().size()], |nodata| nodata.to_sample(layout.sample()));
        Ok(Level {
            offsets: array(offsets)?.ok_or_else(|| absent(offsets))?,
            byte_counts,
            file_len: self.known.len(),
            limits: *self.limits,
            fill,
            directory_offset: image.directory.offset,
            layout,
            at,
        })
    }
}

/// TIFF 6.0, NewSubfileType: bit 0 reduced, bit 1 page, bit 2 mask; OldSubfileType 2: reduced.
fn role(kind: &Fields) -> DirectoryRole {
    let bits = kind.unsigned(tags::NEW_SUBFILE_TYPE).unwrap_or(0);
    let reduced = bits & 1 != 0 || kind.unsigned(tags::OLD_SUBFILE_TYPE) == Some(2);
    match (reduced, bits & 4 != 0) {
        (false, false) => DirectoryRole::Page,
        (true, false) => DirectoryRole::Overview,
        (false, true) => DirectoryRole::Mask,
        (true, true) => DirectoryRole::OverviewMask,
    }
}

fn is_overview_of(overview: &Layout, main: &Layout) -> bool {
    let smaller = overview.shape.width <= main.shape.width && overview.shape.height <= main.shape.height && overview.shape != main.shape;
    smaller && overview.samples == main.samples && overview.sample() == main.sample()
}
