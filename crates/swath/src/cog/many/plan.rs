use std::path::{Path, PathBuf};

use super::inputs::{Named, gather};
use super::record::Records;
use crate::build::memory::{Fingerprint, digest};
use crate::cog::CogRequest;
use crate::local::sidecar_paths;
use crate::{Error, Family, Result};

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct ManyRequest {
    /// Files, and folders that stand for every raster below them.
    pub inputs: Vec<PathBuf>,
    pub out_dir: PathBuf,
    pub cog: CogRequest,
}

/// What will be done with each input, in the order of the inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct ManyPlan {
    pub out_dir: PathBuf,
    pub cog: CogRequest,
    pub jobs: Vec<Job>,
    pub(super) recipe: String,
}

/// One input.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    pub input: PathBuf,
    pub output: PathBuf,
    /// The output relative to the folder.
    pub(super) name: PathBuf,
    /// The input and its sidecars; empty where it cannot be read.
    pub(super) inputs: Vec<Fingerprint>,
    pub state: State,
}

#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// To be converted, and why.
    Due(&'static str),
    /// The output is whole, and made of this very input with these very options.
    Done,
    /// It cannot be converted.
    Refused(Error),
}

impl Job {
    /// Of the input and its sidecars.
    pub fn bytes(&self) -> u64 {
        self.inputs.iter().map(|f| f.size).sum()
    }
}

/// Decides what is due; nothing is written.
///
/// # Errors
/// Misuse for options that suit no raster, for no input at all, and where two inputs would be written under one name.
pub fn plan(request: &ManyRequest) -> Result<ManyPlan> {
    request.cog.check()?;
    let named = gather(&request.inputs, &request.out_dir)?;
    if named.is_empty() {
        let given = request.inputs.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(" ");
        return Err(Error::misuse(given, "no raster among the inputs", "GeoTIFF or NetCDF files, or folders of them"));
    }
    Ok(decide(request, named, &Records::load(&request.out_dir)))
}

fn decide(request: &ManyRequest, named: Vec<Named>, records: &Records) -> ManyPlan {
    let recipe = digest(&(env!("CARGO_PKG_VERSION"), &request.cog));
    let jobs = named
        .into_iter()
        .map(|Named { input, name }| {
            let output = request.out_dir.join(&name);
            let (inputs, state) = match fingerprints(&input) {
                Ok(inputs) => {
                    let state = state(request, &recipe, &inputs, &name, &output, records);
                    (inputs, state)
                }
                Err(e) => (Vec::new(), State::Refused(e)),
            };
            Job { input, output, name, inputs, state }
        })
        .collect();
    ManyPlan { out_dir: request.out_dir.clone(), cog: request.cog.clone(), jobs, recipe }
}

fn state(request: &ManyRequest, recipe: &str, inputs: &[Fingerprint], name: &Path, output: &Path, records: &Records) -> State {
    let exists = output.symlink_metadata().is_ok();
    match records.of(name) {
        _ if request.cog.overwrite => State::Due("asked to overwrite"),
        None if exists => {
            let error = Error::new(
                Family::Conflict,
                output.display().to_string(),
                "exists already, and no earlier run into this folder made it",
                "",
            );
            State::Refused(error.hint("--overwrite replaces it"))
        }
        None => State::Due("new"),
        Some(_) if !exists => State::Due("the output is gone"),
        Some(entry) if entry.inputs != inputs => State::Due("the input changed"),
        Some(entry) if entry.recipe != *recipe => State::Due("the options changed"),
        Some(entry) if !entry.is_at(output) => State::Due("the output is not what was written"),
        Some(_) => State::Done,
    }
}

/// Under full names, so that it makes no difference where the call is made.
fn fingerprints(input: &Path) -> Result<Vec<Fingerprint>> {
    let input = input.canonicalize().map_err(|e| Error::file(input, &e))?;
    let beside = sidecar_paths(&input).into_iter().filter_map(|path| Fingerprint::of(&path).ok());
    Ok(std::iter::once(Fingerprint::of(&input)?).chain(beside).collect())
}
