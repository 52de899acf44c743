//! Items of a static catalog by place, time and property, without a server: through the tables of its collections where it has them,
//! else by walking its links.

mod limits;
mod run;
mod walk;

pub use limits::Limits;
pub use run::{Effect, Found, Problem, search};
