//! One file per command.

mod account;
mod build;
mod build_shard;
mod check;
mod check_live;
mod cog;
mod cog_many;
mod command;
mod doctor;
mod info;
mod init;
mod plan;
mod plan_uploads;
mod publish;
mod sas;
mod search;
mod stack;

pub use command::{Command, run};
