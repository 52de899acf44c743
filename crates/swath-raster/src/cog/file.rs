//! The spooled blocks put together into the file.

use std::io::Write;

use crc_fast::{CrcAlgorithm, Digest as Crc};
use sha2::{Digest, Sha256};

use super::BigTiff;
use super::directory::{BlockArray, Directory, Width, front};
use super::level::{LEADER, Level, Part};
use super::plan::CogPlan;
use super::spool::{Piece, Reader};
use super::tags::Owner;
use crate::{Error, Interleave, Result};

/// What is known of a file once it is written.
pub(super) struct Written {
    pub size: u64,
    pub header_size: u64,
    pub sha256: [u8; 32],
    pub crc64: u64,
}

/// Writes the file front to back: header and directories, then the smallest level's blocks, the full resolution's last.
pub(super) fn assemble(
    plan: &CogPlan,
    levels: &[Level],
    owners: Vec<Owner>,
    spool: &mut Reader<'_>,
    out: &mut dyn Write,
) -> Result<Written> {
    let ghost = ghost(plan);
    let (places, mut directories): (Vec<_>, Vec<_>) = owners.into_iter().map(|o| ((o.level, o.mask), o.directory)).unzip();
    let data: u64 = levels.iter().flat_map(Level::in_order).map(|(_, place)| place.stored()).sum();
    let width = width(plan.bigtiff, front(Width::Classic, &ghost, &directories).len() as u64 + data)?;
    let header_size = front(width, &ghost, &directories).len() as u64;
    let offsets = offsets(levels, header_size);
    for (&(level, mask), directory) in places.iter().zip(&mut directories) {
        fill(directory, &levels[level], &offsets[level], mask);
    }
    let mut to = Hashing { out, hash: Sha256::new(), crc: Crc::new(CrcAlgorithm::Crc64Nvme), size: 0 };
    to.write([&front(width, &ghost, &directories)[..]].into_iter())?;
    copy(levels, spool, &mut to)?;
    to.out.flush().map_err(|e| failed(&e))?;
    Ok(Written { size: to.size, header_size, sha256: to.hash.finalize().into(), crc64: to.crc.finalize() })
}

/// GDAL's note to readers, right behind the header: how the blocks lie, and that each has its length before it and its end twice.
fn ghost(plan: &CogPlan) -> Vec<u8> {
    let mut lines = String::from(
        "LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\nBLOCK_TRAILER=LAST_4_BYTES_REPEATED\nKNOWN_INCOMPATIBLE_EDITION=NO\n ",
    );
    if plan.has_mask() && plan.interleave == Interleave::Pixel {
        lines.push_str("MASK_INTERLEAVED_WITH_IMAGERY=YES\n");
    }
    format!("GDAL_STRUCTURAL_METADATA_SIZE={:06} bytes\n{lines}", lines.len()).into_bytes()
}

fn width(choice: BigTiff, size: u64) -> Result<Width> {
    let large = size > u64::from(u32::MAX);
    match choice {
        BigTiff::Never if large => {
            Err(Error::misuse("bigtiff", format!("never, but the file has {size} bytes"), "at most 4 GiB without BigTIFF")
                .hint("use `if-needed`"))
        }
        BigTiff::Always => Ok(Width::Big),
        _ if large => Ok(Width::Big),
        _ => Ok(Width::Classic),
    }
}

/// Offsets of one level's blocks; 0 for the sparse ones.
#[derive(Default, Clone)]
struct Offsets {
    blocks: Vec<u64>,
    masks: Vec<u64>,
}

fn offsets(levels: &[Level], start: u64) -> Vec<Offsets> {
    let mut at = start;
    let mut all = vec![Offsets::default(); levels.len()];
    for (level, to) in levels.iter().zip(&mut all).rev() {
        to.blocks.resize(level.blocks.len(), 0);
        to.masks.resize(level.masks.len(), 0);
        for (part, place) in level.in_order().filter(|(_, place)| place.len > 0) {
            match part {
                Part::Image(i) => to.blocks[i] = at + LEADER,
                Part::Mask(i) => to.masks[i] = at + LEADER,
            }
            at += place.stored();
        }
    }
    all
}

fn fill(directory: &mut Directory, level: &Level, offsets: &Offsets, mask: bool) {
    let (places, offsets) = if mask { (&level.masks, &offsets.masks) } else { (&level.blocks, &offsets.blocks) };
    for array in directory.blocks_mut() {
        match array {
            BlockArray::Offsets(to) => to.clone_from(offsets),
            BlockArray::Lengths(to) => *to = places.iter().map(|place| place.len).collect(),
        }
    }
}

/// Stretches of the spool in the order of the file: blocks that lie one behind the other are one.
fn stretches(levels: &[Level]) -> Vec<(u64, u64)> {
    let mut stretches: Vec<(u64, u64)> = Vec::new();
    for (_, place) in levels.iter().rev().flat_map(Level::in_order).filter(|(_, place)| place.len > 0) {
        match stretches.last_mut() {
            Some((start, len)) if *start + *len == place.at => *len += place.stored(),
            _ => stretches.push((place.at, place.stored())),
        }
    }
    stretches
}

/// While a piece is written and hashed the next is read.
fn copy(levels: &[Level], spool: &mut Reader<'_>, to: &mut Hashing<'_>) -> Result<()> {
    let mut left = stretches(levels).into_iter();
    let mut now = left.next();
    let mut read = |room: Vec<u8>| -> Result<Option<Piece<'_>>> {
        let Some((at, len)) = now else { return Ok(None) };
        let (piece, taken) = spool.piece(at, len, room)?;
        now = if taken < len { Some((at + taken, len - taken)) } else { left.next() };
        Ok(Some(piece))
    };
    let mut rooms = vec![Vec::new(), Vec::new()];
    let mut next = read(rooms.pop().unwrap_or_default())?;
    while let Some(piece) = next.take() {
        let room = rooms.pop().unwrap_or_default();
        let mut following = Ok(None);
        to.write_beside(piece.parts(), || following = read(room))?;
        next = following?;
        if let Piece::Read(bytes) = piece {
            rooms.push(bytes);
        }
    }
    Ok(())
}

struct Hashing<'a> {
    out: &'a mut dyn Write,
    hash: Sha256,
    crc: Crc,
    size: u64,
}

impl Hashing<'_> {
    fn write<'b>(&mut self, parts: impl Iterator<Item = &'b [u8]>) -> Result<()> {
        self.write_beside(parts, || ())
    }

    /// Hashed on another thread while this one writes, then does `more`.
    fn write_beside<'b>(&mut self, parts: impl Iterator<Item = &'b [u8]>, more: impl FnOnce()) -> Result<()> {
        let parts: Vec<&[u8]> = parts.collect();
        self.size += parts.iter().map(|bytes| bytes.len() as u64).sum::<u64>();
        let (hash, crc, out) = (&mut self.hash, &mut self.crc, &mut self.out);
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| {
                for bytes in &parts {
                    hash.update(bytes);
                    crc.update(bytes);
                }
            });
            parts.iter().try_for_each(|bytes| out.write_all(bytes)).map_err(|e| failed(&e))?;
            more();
            Ok(())
        })
    }
}

fn failed(error: &std::io::Error) -> Error {
    Error::unreadable("output", error)
}
