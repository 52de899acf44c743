//! Items of a catalog by place, time and property. A static one needs no server: its tables are read in pieces where it has them, else
//! its links are walked; a STAC API is asked.

pub(crate) mod api;
mod limits;
mod run;
mod walk;

pub use limits::Limits;
pub(crate) use run::run;
pub use run::{Effect, Found, Problem, search};
