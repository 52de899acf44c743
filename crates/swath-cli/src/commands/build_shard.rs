//! What a build in shards says at its ends.

use std::path::Path;

use swath::build::{BuildReport, Missing, Shard};
use swath::{Error, Family};

use super::build::Build;
use crate::quoted::quoted;
use crate::{exit::Exit, talk::Talk};

/// How many shards an error names.
const NAMED: usize = 8;

/// The end of one shard.
pub(super) fn end(report: &BuildReport, shard: Shard, args: &Build, talk: &Talk) -> Exit {
    talk.say(format!("next: when all {} shards have run, `{}`", shard.count(), same(args, "--merge")));
    if report.failed.is_empty() {
        Exit::Done
    } else if report.converted + report.unchanged > 0 {
        Exit::Partial
    } else {
        Exit::Failed
    }
}

/// Which shards have not run to their end, and the call that runs them.
pub(super) fn missing(missing: &Missing, args: &Build) -> Error {
    let at = args.plan.display().to_string();
    let unbuilt = format!("{} of {} items are not built", missing.unbuilt, missing.items);
    let Some(first) = missing.shards.first() else {
        let error = Error::new(Family::Absent, at, unbuilt, "no shard of this plan has run");
        return error.hint(format!("`{}` builds all of it here; `{}` is a quarter", same(args, ""), same(args, "--shard 1/4")));
    };
    let numbers: Vec<String> = missing.shards.iter().map(|s| s.index().to_string()).collect();
    let (word, those) = if numbers.len() == 1 { ("shard", "it") } else { ("shards", "they") };
    let found = format!("{unbuilt}: {word} {} of {} did not run to the end since", list(&numbers), first.count());
    let error = Error::new(Family::Absent, at, found, "");
    let others = if numbers.len() == 1 { String::new() } else { format!(", and so for {}", list(&numbers[1..])) };
    let own = same(args, &format!("--shard {first}"));
    error.hint(format!("`{own}`{others}; or `{}`, which does here what {those} left", same(args, "")))
}

/// `2, 3 and 7`, cut short where there are many.
fn list(numbers: &[String]) -> String {
    match numbers {
        [] => String::new(),
        [one] => one.clone(),
        [some @ .., last] if numbers.len() <= NAMED => format!("{} and {last}", some.join(", ")),
        _ => format!("{} and {} more", numbers[..NAMED].join(", "), numbers.len() - NAMED),
    }
}

/// The call for the same plan and datasets.
fn same(args: &Build, flag: &str) -> String {
    let mut words = vec!["swath build".to_owned()];
    words.extend(args.datasets.iter().map(|d| quoted(d)));
    if args.plan != Path::new("swath.toml") {
        words.push(format!("--plan {}", quoted(&args.plan.display().to_string())));
    }
    words.extend((!flag.is_empty()).then(|| flag.to_owned()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_shards_are_named_short() {
        let numbers = |n: usize| (1..=n).map(|i| i.to_string()).collect::<Vec<_>>();
        for (count, said) in [(1, "1"), (2, "1 and 2"), (3, "1, 2 and 3"), (20, "1, 2, 3, 4, 5, 6, 7, 8 and 12 more")] {
            assert_eq!(list(&numbers(count)), said);
        }
    }
}
