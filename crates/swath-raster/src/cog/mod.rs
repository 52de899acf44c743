//! Cloud-Optimized GeoTIFFs, written.
//!
//! [`plan`] says what will be written, [`write`] does it in one pass over the pixels: strips of block rows are read, counted,
//! halved into overviews, compressed on all cores and spooled; the file itself is then put together front to back.

mod blocks;
mod cascade;
mod choice;
mod convert;
mod directory;
mod effort;
mod file;
mod georeference;
mod ingest;
mod kept;
mod level;
mod measure;
mod memory;
mod metadata;
mod options;
mod overview;
mod plan;
mod real;
mod refuse;
mod report;
mod spool;
mod statistics;
mod strip;
mod tags;
mod usual;
mod write;

pub use choice::{MaskChoice, NodataChoice, Overviews};
pub use measure::statistics;
pub use memory::working_bytes;
pub use options::{BigTiff, CogOptions, Compression, OverviewSize, Predictor, Resampling, Sparse, StatisticsTags, Tiling};
pub use plan::{CogPlan, MaskPlan, plan};
pub use report::{BandStatistics, CogReport};
pub use spool::ReadWriteSeek;
pub use usual::usual_block_size;
pub use write::write;
