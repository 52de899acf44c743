//! A storage account from a wish: what there is, what has to be sent, and sending it.

mod az;
mod body;
mod cors;
mod count;
mod delete;
mod place;
mod plan;
mod run;
mod show;
mod survey;
mod wish;

pub(crate) use az::quoted;
pub use cors::CorsRule;
pub use count::Blobs;
pub use delete::{Held, Loss, Scope, delete_plan, loss};
pub use place::AccountPlace;
pub use plan::{Plan, Step, plan};
pub use run::{Made, run};
pub use show::{Account, Container, find, show};
pub use survey::{World, survey};
pub use wish::{Access, Wish};
