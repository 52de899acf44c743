//! What a plan means on this disk: datasets x items x variables, the holes in that lattice, and what is odd about it.
//! [`Resolved`] is plain data: `plan` prints it and `build` executes that very value.

mod files;
mod gather;
mod header;
mod moment;
mod naming;
mod odd;
mod odd_grid;
mod resolve;
mod resolved;
mod seen;
mod summary;

pub use resolve::{clean, resolve};
pub use resolved::{Hole, IgnoredFile, OddFile, Resolved, ResolvedAsset, ResolvedDataset, ResolvedItem, UnreadableFile};
pub use summary::{DatasetSummary, VariableSummary};

pub(crate) use files::{copy_of, is_sidecar, list, why_no_raster};
pub(crate) use header::{Header, crs_label, nodata_text, open_headers, tiff_datetime};
pub(crate) use naming::{fit, plain};
pub(crate) use resolve::natural;
pub(crate) use seen::offers;
