//! What we write is judged by tools that are not ours.

mod sample;

use std::path::{Path, PathBuf};
use std::process::Command;

use swath_stac::Links;

/// The Python that has the judges, and the published schemas; `None` (and a line that says so) where they are absent.
fn judges() -> Option<(PathBuf, PathBuf)> {
    let shared =
        std::env::var_os("SWATH_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let schemas = shared.join("schemas");
    let python = std::env::var_os("SWATH_JUDGES").map(PathBuf::from);
    match python {
        Some(python) if schemas.is_dir() => Some((python, schemas)),
        _ => {
            eprintln!("not run: SWATH_JUDGES (a Python with pystac and stac-valid) or ../shared is absent");
            None
        }
    }
}

fn check(kind: Links) {
    let Some((python, schemas)) = judges() else { return };
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    sample::write(&sample::tree(kind), &tree);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/judge.py");
    let mut command = Command::new(python);
    command.arg(script).arg(&tree).arg(schemas);
    if kind == Links::SelfContained {
        command.args(["--tree", "7"]);
    }
    let output = command.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
}

#[test]
fn a_self_contained_catalog_is_valid_and_walks() {
    check(Links::SelfContained);
}

#[test]
fn a_relative_published_catalog_is_valid() {
    check(Links::RelativePublished);
}

#[test]
fn an_absolute_published_catalog_is_valid() {
    check(Links::AbsolutePublished);
}
