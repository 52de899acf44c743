use swath_stac::check::{Finding, Severity};

/// What a check of a published catalog found, and what it did to find it.
#[derive(Debug, Clone, Default)]
pub struct LiveReport {
    /// Errors first; warnings and notes that say the same of many objects are one.
    pub findings: Vec<Finding>,
    /// The root document, without any secret.
    pub root: String,
    /// As whom it was read: `a SAS token`, `no credentials`.
    pub identity: String,
    /// Whether a stranger can read the root too; `None` where that was not asked.
    pub public: Option<bool>,
    /// The generation of the manifest; `None` where there is none and links were followed.
    pub generation: Option<u64>,
    pub documents: usize,
    pub assets: usize,
    /// Bytes of all assets, as their server says.
    pub asset_bytes: u64,
    pub proof: Proof,
    /// Objects of earlier generations that are still there.
    pub retired: usize,
    pub requests: u64,
    pub received: u64,
}

/// How the bytes of assets were held against what was published, in assets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Proof {
    /// Read to the last byte.
    pub read: usize,
    /// Not written since they were published: their ETag is the one that the manifest recorded.
    pub unchanged: usize,
    /// By size and header alone.
    pub header: usize,
}

impl LiveReport {
    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|f| f.severity == severity).count()
    }
}

/// More findings than this of one kind are told as one, unless they are errors.
const ALIKE: usize = 3;

/// Errors first; warnings and notes that differ in their place alone become one that names the first places.
pub(super) fn settle(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| (b.severity, &a.at, a.rule, &a.found).cmp(&(a.severity, &b.at, b.rule, &b.found)));
    findings.dedup();
    let alike = |a: &Finding, b: &Finding| (a.rule, &a.found, &a.right, a.severity) == (b.rule, &b.found, &b.right, b.severity);
    let mut out: Vec<(Finding, Vec<String>)> = Vec::new();
    for finding in findings {
        let same = out.iter_mut().find(|(first, _)| finding.severity != Severity::Error && alike(first, &finding));
        match same {
            Some((_, places)) => places.push(finding.at),
            None => out.push((finding, Vec::new())),
        }
    }
    let mut settled = Vec::new();
    for (finding, places) in out {
        if places.len() < ALIKE {
            settled.extend(places.iter().map(|at| Finding { at: at.clone(), ..finding.clone() }));
            settled.push(finding);
        } else {
            let found = format!("{} (so do {} more: {}, ...)", finding.found, places.len(), places[..2].join(", "));
            settled.push(Finding { found, ..finding });
        }
    }
    settled.sort_by(|a, b| (b.severity, &a.at, a.rule).cmp(&(a.severity, &b.at, b.rule)));
    settled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_for_many_objects_is_said_once_but_errors_are_all_named() {
        let many =
            |rule, severity, count| (0..count).map(move |n| Finding { severity, ..Finding::error(rule, format!("{n}.tif"), "x", "y") });
        for (severity, count, told) in
            [(Severity::Warning, 3, 3), (Severity::Warning, 4, 1), (Severity::Note, 900, 1), (Severity::Error, 900, 900)]
        {
            let settled = settle(many("R", severity, count).collect());
            assert_eq!(settled.len(), told, "{severity:?} {count}");
            assert_eq!(settled[0].at, "0.tif");
        }
        let mixed = settle(many("N", Severity::Note, 1).chain(many("E", Severity::Error, 1)).collect());
        assert_eq!(mixed[0].rule, "E");
    }
}
