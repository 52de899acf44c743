//! `swath account`: an Azure storage account from nothing, what it is, and its end.

mod create;
mod delete;
mod dry_run;
mod named;
mod show;
mod verb;
mod watch;

use dry_run::{requests, show_plan};
use named::{Named, management};

pub use verb::{Account, run};
