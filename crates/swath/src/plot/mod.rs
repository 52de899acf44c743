//! A picture of a stack that can be shown as it is: title, axes in units of the CRS, a legend, and no data told from data.

mod colours;
mod figure;
mod frame;
mod legend;
mod panel;
mod picture;
mod text;
mod ticks;

pub use figure::{Plot, draw};
