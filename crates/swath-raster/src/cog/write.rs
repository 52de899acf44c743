use std::io::Write;
use std::sync::{Mutex, PoisonError};

use super::blocks::{Encoder, Finished};
use super::cascade::Cascade;
use super::file::assemble;
use super::ingest::{Ingest, rows_at_once};
use super::level::{Level, Part};
use super::memory;
use super::plan::{CogPlan, plan};
use super::spool::Spool;
use super::statistics::{Moments, count};
use super::strip::Strip;
use super::tags::directories;
use super::{CogOptions, CogReport, ReadWriteSeek};
use crate::{ColorInterp, RasterInfo, RasterSource, Result};

/// While a strip is compressed the next is read, unless strips are larger than this.
pub(super) const READ_AHEAD_BYTES: u64 = 12 << 20;

/// Writes `source` as a COG to `out`, front to back. Compressed blocks wait in `spool`, which is overwritten from its start.
/// `progress` is told, on the calling thread, how many pixels have been read so far.
///
/// Memory is a small multiple of image width x block height. The bytes do not depend on the number of threads.
///
/// # Errors
/// Misuse as [`plan`]; what the source says; Unreadable for the spool and the output.
pub fn write(
    source: &dyn RasterSource,
    options: &CogOptions,
    spool: &mut dyn ReadWriteSeek,
    out: &mut dyn Write,
    progress: &dyn Fn(u64),
) -> Result<CogReport> {
    let info = source.info();
    let plan = plan(info, options)?;
    let ingest = Ingest::new(source, &plan, options);
    let mut levels = Level::all(&plan);
    let mut spool = Spool::new(spool, memory::held_bytes(&plan, strip_bytes(&plan, info)))?;
    let moments = pass(&ingest, &plan, source, &mut levels, &mut spool, progress)?;
    let statistics: Vec<_> = moments.into_iter().map(Moments::report).collect();
    let owners = directories(info, &plan, &levels, &statistics);
    let written = assemble(&plan, &levels, owners, &mut spool.finish()?, out)?;
    Ok(CogReport {
        size: written.size,
        sha256: written.sha256,
        crc64: written.crc64,
        header_size: written.header_size,
        sample: plan.sample,
        nodata: plan.nodata,
        compression: plan.compress,
        block: plan.block,
        has_mask: plan.has_mask(),
        overviews: plan.overviews,
        bands: statistics,
    })
}

/// Of all bands of the rows read at once.
fn strip_bytes(plan: &CogPlan, info: &RasterInfo) -> u64 {
    u64::from(rows_at_once(plan, info)) * u64::from(plan.shape.width) * (plan.sample.size() * plan.bands.len()) as u64
}

/// The one pass over the pixels: read, count, reduce, compress, spool.
fn pass(
    ingest: &Ingest<'_>,
    plan: &CogPlan,
    source: &dyn RasterSource,
    levels: &mut [Level],
    spool: &mut Spool<'_>,
    progress: &dyn Fn(u64),
) -> Result<Vec<Moments>> {
    let info = source.info();
    let alpha = plan.bands.iter().position(|&b| info.bands.get(b).is_some_and(|b| b.color == ColorInterp::Alpha));
    let step = rows_at_once(plan, info);
    let ahead = strip_bytes(plan, info) <= READ_AHEAD_BYTES;
    let rows_from = |row: u32| step.min(plan.shape.height - row);
    let mut encoder = Encoder::new(plan);
    let mut cascade = Cascade::new(plan, info, ingest.marker);
    let mut moments = vec![Moments::NONE; plan.bands.len()];
    let mut next = Some(ingest.read(0, rows_from(0), None)?);
    let mut used = None;
    while let Some(strip) = next.take() {
        let end = strip.end();
        progress(u64::from(end) * u64::from(plan.shape.width));
        count(&mut moments, &strip, ingest.marker, alpha);
        encoder.look(&strip)?;
        let strips = cascade.push(strip);
        let read = |used| -> Result<Option<Strip>> {
            if end < plan.shape.height { ingest.read(end, rows_from(end), used).map(Some) } else { Ok(None) }
        };
        let mut early = None;
        let jobs = encoder.jobs(&strips, levels);
        let encoded = rayon::in_place_scope(|scope| {
            if ahead {
                scope.spawn(|_| early = Some(read(used.take())));
            }
            let shelf = Mutex::new(Shelf { levels, spool });
            encoder.encode(&jobs, |block| shelf.lock().unwrap_or_else(PoisonError::into_inner).keep(block))
        });
        drop(jobs);
        used = cascade.take_back(strips);
        next = match early {
            Some(strip) => strip?,
            None if encoded.is_ok() => read(used.take())?,
            None => None,
        };
        encoded?;
    }
    Ok(moments)
}

/// Where finished blocks go, in whatever order they come: the file is put together by their places.
struct Shelf<'s, 'm> {
    levels: &'s mut [Level],
    spool: &'s mut Spool<'m>,
}

impl Shelf<'_, '_> {
    fn keep(&mut self, block: Finished) -> Result<()> {
        let place = self.spool.put(block.bytes)?;
        match block.part {
            Part::Image(i) => self.levels[block.level].blocks[i] = place,
            Part::Mask(i) => self.levels[block.level].masks[i] = place,
        }
        Ok(())
    }
}
