use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use swath::cog::{self, Ended, ManyReport, ManyRequest, Outcome, Watch};

use super::cog::{facts, line};
use crate::progress::{Meter, size};
use crate::{exit::Exit, talk::Talk};

/// `swath cog --out-dir`: a line for each file as it ends, then what was done and what was not.
pub fn many(request: ManyRequest, talk: &Talk) -> swath::Result<Exit> {
    let show = Show { talk, meter: OnceLock::new(), files: AtomicUsize::new(0), ended: AtomicUsize::new(0) };
    let started = std::time::Instant::now();
    let report = cog::run(&request, &show);
    if let Some(meter) = show.meter.get() {
        meter.end();
    }
    let report = report?;
    tell(&report, &request, started.elapsed().as_secs_f64(), talk);
    Ok(exit(&report))
}

fn tell(report: &ManyReport, request: &ManyRequest, seconds: f64, talk: &Talk) {
    let (read, written) = (size(report.bytes_read), size(report.bytes_written));
    let unchanged = match report.unchanged {
        0 => String::new(),
        n => format!(", {n} done before and unchanged (--overwrite converts them again)"),
    };
    let out_dir = request.out_dir.display();
    talk.say(format!("{} converted ({read} -> {written}) in {seconds:.1} s{unchanged}, in {out_dir}", report.converted));
    if !report.failed.is_empty() {
        let rest = if report.converted + report.unchanged == 0 { "" } else { "; everything else is done" };
        talk.complain(format!("{} failed{rest}:", report.failed.len()));
        for (_, error) in &report.failed {
            talk.complain(format!("  {error}"));
            if let Some(hint) = &error.hint {
                talk.complain(format!("    hint: {hint}"));
            }
        }
    }
    let counts = json!({ "converted": report.converted, "unchanged": report.unchanged, "failed": report.failed.len() });
    talk.event("cogs", counts);
}

/// Some failed: 8. All failed: what their errors have in common, else 1.
fn exit(report: &ManyReport) -> Exit {
    let mut exits = report.failed.iter().map(|(_, e)| Exit::of(e));
    match exits.next() {
        None => Exit::Done,
        Some(_) if report.converted + report.unchanged > 0 => Exit::Partial,
        Some(first) if exits.all(|e| e == first) => first,
        Some(_) => Exit::Failed,
    }
}

struct Show<'a> {
    talk: &'a Talk,
    meter: OnceLock<Meter<'a>>,
    files: AtomicUsize,
    ended: AtomicUsize,
}

impl Watch for Show<'_> {
    fn begins(&self, files: usize, bytes: u64) {
        self.files.store(files, Ordering::Relaxed);
        self.meter.get_or_init(|| Meter::bytes(self.talk, "cog", bytes));
    }

    fn advance(&self, bytes: u64) {
        if let Some(meter) = self.meter.get() {
            meter.add(bytes);
        }
    }

    fn ended(&self, ended: &Ended<'_>) {
        let (job, nth) = (ended.job, self.ended.fetch_add(1, Ordering::Relaxed) + 1);
        let say = |text: String| {
            let text = format!("[{nth}/{}] {text}", self.files.load(Ordering::Relaxed));
            self.meter.get().map_or_else(|| self.talk.say(&text), |meter| meter.say(&text));
        };
        match &ended.outcome {
            Outcome::Converted(converted) => {
                say(line(&job.output, &converted.report, converted.seconds));
                self.talk.event("cog", facts(&job.input, &job.output, &converted.report));
            }
            Outcome::Unchanged => {
                if self.talk.verbosity() > 0 {
                    say(format!("{}: done before", job.output.display()));
                }
                self.talk.event("cog", json!({ "input": job.input, "output": job.output, "status": "unchanged" }));
            }
            Outcome::Failed(error) => {
                say(format!("failed: {error}"));
                let family = format!("{:?}", error.family).to_lowercase();
                let said = json!({
                    "input": job.input, "output": job.output, "status": "failed",
                    "family": family, "error": error.to_string(), "hint": error.hint,
                });
                self.talk.event("cog", said);
            }
        }
    }
}
