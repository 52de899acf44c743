//! From raw rasters to a published catalog, and back to a lazy array.
#![forbid(unsafe_code)]

pub mod build;
pub mod catalog;
pub mod check;
mod checksums;
pub mod cog;
mod describe;
pub mod doctor;
mod error;
pub mod export;
pub mod infer;
pub mod lattice;
mod local;
pub mod plan_file;
pub mod plot;
pub mod publish;
mod raster_facts;
pub mod search;
pub mod stack;
mod stop;
mod threads;
mod unfinished;
mod view;

pub use describe::describe;
pub use error::{Error, Family, Result};
pub use local::open_raw;
pub use raster_facts::raster_facts;
pub use stop::{Stop, statistics};
pub use swath_raster as raster;
pub use swath_stac as stac;
pub use swath_store as store;
pub use threads::{on_own_threads, use_threads};
pub use unfinished::sweep_unfinished;
pub use view::{Geolocation, View};
