use std::path::{Path, PathBuf};

use super::diagnosis::{Diagnosis, Topic};

/// What a build will write, as far as the raw files tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Need {
    /// Bytes of the raw files that are to be converted.
    pub raw: u64,
    /// Of the largest of them.
    pub largest: u64,
}

/// Room for temporary files, and where a build or a publication goes.
pub(super) fn check(folder: &Path, need: Need) -> Diagnosis {
    let there = existing(folder);
    let free = match rustix::fs::statvfs(&there) {
        Ok(system) => system.f_bavail.saturating_mul(system.f_frsize),
        Err(e) => return Diagnosis::unknown(Topic::Disk, format!("{}: {}", there.display(), std::io::Error::from(e))),
    };
    judge(&folder.display().to_string(), free, need)
}

fn judge(folder: &str, free: u64, need: Need) -> Diagnosis {
    // Beside the finished files, those in work are there twice: as a spool and as they grow.
    let comfortable = need.raw.saturating_add(need.largest.saturating_mul(2));
    let found = match need.raw {
        0 => format!("{} free for {folder}", readable(free)),
        raw => format!("{} free for {folder}; {} of raw files are to be converted", readable(free), readable(raw)),
    };
    let fix = "free some space, or work where there is more: swath -C OTHER-FOLDER build";
    match free {
        _ if free < need.raw.max(64 << 20) => Diagnosis::error(Topic::Disk, found).fix(fix),
        _ if free < comfortable.max(1 << 30) => Diagnosis::warning(Topic::Disk, found).fix(fix),
        _ => Diagnosis::fine(Topic::Disk, found),
    }
}

/// Whether files can be made in a folder, or in the nearest one above it that is there.
pub(super) fn writable(folder: &Path) -> Diagnosis {
    let there = existing(folder);
    match tempfile::tempfile_in(&there) {
        Ok(_) => Diagnosis::fine(Topic::Target, format!("{} can be written", folder.display())),
        Err(e) => Diagnosis::error(Topic::Target, format!("{} cannot be written: {e}", there.display()))
            .fix(format!("chmod u+w '{}', or name another folder", there.display())),
    }
}

fn existing(folder: &Path) -> PathBuf {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    absolute.ancestors().find(|folder| folder.is_dir()).map_or(PathBuf::from("/"), Path::to_owned)
}

fn readable(bytes: u64) -> String {
    match bytes as f64 {
        few if few < 1e6 => format!("{:.0} kB", (few / 1e3).ceil()),
        some if some < 1e9 => format!("{:.1} MB", some / 1e6),
        many => format!("{:.1} GB", many / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn what_is_to_be_converted_must_find_room() {
        let need = |raw: u64, largest: u64| Need { raw: raw << 30, largest: largest << 30 };
        for (free, need, verdict) in [
            (100_u64, need(0, 0), Verdict::Fine),
            (0, need(0, 0), Verdict::Error),
            (10, need(20, 1), Verdict::Error),
            (21, need(20, 1), Verdict::Warning),
            (22, need(20, 1), Verdict::Fine),
        ] {
            let said = judge("build", free << 30, need);
            assert_eq!(said.verdict, verdict, "{said:?}");
            assert_eq!(said.fix.is_empty(), verdict == Verdict::Fine);
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_judged_by_the_one_above() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("a/b/c");
        assert_eq!(existing(&below), folder.path());
        assert_eq!(writable(&below).verdict, Verdict::Fine);
        assert!(!below.exists());
        assert_ne!(check(&below, Need::default()).found, "");
    }
}
