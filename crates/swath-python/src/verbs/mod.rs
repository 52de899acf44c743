//! The commands that change or describe files, one file each: options as JSON in, a report as JSON out.

mod build;
mod check;
mod cog;
mod info;
mod init;
mod main;
mod publish;

pub use build::{build_plan, build_shard, items_due, merge_shards, use_threads};
pub use check::check_place;
pub use cog::convert_cog;
pub use info::describe_file;
pub use init::init_plan;
pub use main::run_command;
pub use publish::publish_build;
