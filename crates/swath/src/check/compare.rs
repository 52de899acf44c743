use swath_stac::check::{Finding, Severity};

use super::run::Target;

/// Findings on one asset, as they are made.
pub(super) struct Notes<'a> {
    target: &'a Target,
    pub found: Vec<Finding>,
}

/// What metadata says beside what the bytes say.
pub(super) struct Contradiction {
    pub rule: &'static str,
    /// The field, below the asset.
    pub field: &'static str,
    pub said: String,
    pub is: String,
}

const REBUILD: &str = "metadata is made from the bytes: run `swath build` again, or correct the field";

impl<'a> Notes<'a> {
    pub(super) fn new(target: &'a Target) -> Self {
        Self { target, found: Vec::new() }
    }
    pub(super) fn contradiction(&mut self, c: Contradiction) {
        let at = format!("{}/{}", self.target.at, c.field);
        self.push(c.rule, Severity::Error, at, c.said, format!("the file has {}", c.is), REBUILD);
    }
    pub(super) fn error(&mut self, rule: &'static str, found: impl Into<String>, right: &str, fix: &str) {
        self.push(rule, Severity::Error, self.at(), found.into(), right.to_owned(), fix);
    }
    pub(super) fn warning(&mut self, rule: &'static str, found: impl Into<String>, right: &str, fix: &str) {
        self.push(rule, Severity::Warning, self.at(), found.into(), right.to_owned(), fix);
    }
    fn at(&self) -> String {
        let path = self.target.path.display().to_string();
        if self.target.at == path { path } else { format!("{} ({path})", self.target.at) }
    }
    fn push(&mut self, rule: &'static str, severity: Severity, at: String, found: String, right: String, fix: &str) {
        self.found.push(Finding { rule, severity, at, found, right, fix: fix.into() });
    }
}

/// Equal but for the last digits that text loses.
pub(super) fn near(a: f64, b: f64) -> bool {
    (a.is_nan() && b.is_nan()) || a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}
