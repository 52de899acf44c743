//! Fewer time steps made of many: the valid pixels of each group of steps become one.
//!
//! Steps are grouped by [`Over`], and each pixel of a group is made by [`Reduce`] from the values that are data: neither nodata,
//! nor masked, nor NaN. What comes out is what numpy's `nan` functions say of the same values.

mod column;
mod groups;
mod how;
mod over;
mod part;

pub use groups::{Group, groups, season_or_month};
pub use how::{Percent, Reduce};
pub use over::Over;
pub(super) use part::possible;
pub use part::{reduce, reduced_bands, reduced_type};
