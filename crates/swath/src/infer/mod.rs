//! What `swath init` does: works out from names and headers which file is which tile x variable x date.
//! Names are data: tokens that are constant, that repeat, that parse as dates, that move the place or cross with everything.

mod clash;
mod columns;
mod dates;
mod draft;
mod facts;
mod identify;
mod inference;
mod look;
mod merge;
mod name;
mod places;
mod roles;
mod settle;
mod shape;
mod spelling;
mod split;
mod values;
mod write;

pub use inference::{DateSource, Inference, InferredDataset, InferredVariable, NodataFinding, infer, infer_until};
pub use write::{PlanText, WriteOptions};
