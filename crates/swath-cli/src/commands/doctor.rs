use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use swath::doctor::{self, Ask, Diagnosis, Topic, Verdict};
use swath::store::redact;

use crate::access::Access;
use crate::runtime::block_on_and_leave;
use crate::{exit::Exit, talk::Talk};

/// What may keep a build, a publication or a stack from working here: clock, credentials, container, CORS, disk, memory
#[derive(Args)]
#[command(after_help = "Examples:
  swath doctor
  swath doctor -f maps/swath.toml
  swath doctor https://ACCOUNT.blob.core.windows.net/CONTAINER/maps --json

Without an address it looks at the place where the plan publishes; without a plan, at this machine alone. Each finding comes with the
command that mends it. No probe takes longer than 10 seconds, and nothing is written.

Exit code 3 where anything is an error, 4 where the credentials are all that is wrong.")]
pub struct Doctor {
    /// Where you read from or publish to: an address or a folder; or a plan (*.toml)
    #[arg(value_name = "TARGET or PLAN")]
    target: Option<String>,
    /// The plan (default: swath.toml, where it is there)
    #[arg(short = 'f', long, value_name = "FILE")]
    plan: Option<PathBuf>,
    #[command(flatten)]
    access: Access,
}

pub fn run(args: &Doctor, talk: &Talk) -> swath::Result<Exit> {
    let (target, plan) = match &args.target {
        Some(named) if named.ends_with(".toml") && !named.contains("://") => (None, Some(PathBuf::from(named))),
        named => (named.clone(), args.plan.clone()),
    };
    let usual = PathBuf::from("swath.toml");
    let plan = plan.or(usual.is_file().then_some(usual));
    let credentials = args.access.credentials();
    let has_plan = plan.is_some();
    let has_target = target.is_some();
    let all = block_on_and_leave(doctor::run(Ask { plan, target, credentials: Some(credentials) }))?;
    all.iter().for_each(|diagnosis| tell(diagnosis, talk));
    let count = |verdict| all.iter().filter(|d| d.verdict == verdict).count();
    let (errors, warnings) = (count(Verdict::Error), count(Verdict::Warning));
    let counted = |n: usize, word: &str| if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") };
    talk.say(format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")));
    if !has_plan && !has_target {
        talk.say("there is no plan here and no address was named: this is about the machine alone");
    }
    Ok(exit(&all))
}

/// 4 where the credentials are all that is wrong, so that a script may renew them.
fn exit(all: &[Diagnosis]) -> Exit {
    let errors: Vec<_> = all.iter().filter(|d| d.verdict == Verdict::Error).collect();
    match errors.as_slice() {
        [] => Exit::Done,
        errors if errors.iter().all(|d| d.topic == Topic::Credentials) => Exit::Credentials,
        _ => Exit::Invalid,
    }
}

fn tell(diagnosis: &Diagnosis, talk: &Talk) {
    let word = match diagnosis.verdict {
        Verdict::Fine => "ok",
        Verdict::Unknown => "?",
        Verdict::Warning => "warning",
        Verdict::Error => "error",
    };
    let mut text = format!("{word:<8} {:<12} {}", diagnosis.topic.word(), diagnosis.found);
    if !diagnosis.fix.is_empty() {
        text.push_str(&format!("\n         {:<12} fix: {}", "", diagnosis.fix));
    }
    talk.data(redact(&text));
    let Diagnosis { topic, verdict, found, fix } = diagnosis;
    talk.event("diagnosis", json!({ "topic": topic, "verdict": verdict, "found": found, "fix": fix }));
}
