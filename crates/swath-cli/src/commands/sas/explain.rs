use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use chrono::{SecondsFormat, Utc};
use clap::Args;
use serde_json::{Map, json};
use swath::store::{Explained, Purpose, SasKind, Severity, explain_sas};
use swath::{Error, Family};

use super::For;
use crate::{exit::Exit, talk::Talk};

/// Say in plain words what a token allows, until when, and what is wrong with it
#[derive(Args)]
#[command(after_help = "Examples:
  swath sas explain                          the token in AZURE_STORAGE_SAS_TOKEN
  swath sas explain --sas-file token.sas --for publish
  pbpaste | swath sas explain -

Exit code 0 where the token can be used, 3 where something about it should be mended, 4 where it cannot be used at all.
Nothing is sent anywhere, and the signature is never shown.")]
pub struct Explain {
    /// A token, or a URL with one behind it; `-` reads stdin [default: AZURE_STORAGE_SAS_TOKEN]
    token: Option<String>,
    /// A file that holds a token
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    sas_file: Option<PathBuf>,
    /// What it shall be good for
    #[arg(long = "for", value_enum, value_name = "PURPOSE")]
    purpose: Option<For>,
    /// The container it shall be used for
    #[arg(long, value_name = "CONTAINER_URL")]
    at: Option<url::Url>,
}

const LONGEST: u64 = 64 * 1024;

pub fn run(args: &Explain, talk: &Talk) -> swath::Result<Exit> {
    let text = text(args, talk)?;
    let explained = explain_sas(&text, args.purpose.map(Purpose::from), args.at.as_ref(), Utc::now());
    print(&explained, talk);
    Ok(match explained.verdict() {
        Severity::Note => Exit::Done,
        Severity::Problem => Exit::Invalid,
        Severity::Fatal => Exit::Credentials,
    })
}

fn text(args: &Explain, talk: &Talk) -> swath::Result<String> {
    if let Some(file) = &args.sas_file {
        return std::fs::read_to_string(file).map_err(|e| Error::file(file, &e));
    }
    match args.token.as_deref() {
        Some("-") => stdin(),
        Some(token) => {
            talk.complain(
                "warning: the token is now in this shell's history and was visible in the list of processes; \
                 better: `swath sas explain -`, --sas-file, or AZURE_STORAGE_SAS_TOKEN",
            );
            Ok(token.to_owned())
        }
        None => match std::env::var("AZURE_STORAGE_SAS_TOKEN") {
            Ok(token) if !token.trim().is_empty() => {
                talk.say("the token in AZURE_STORAGE_SAS_TOKEN:");
                Ok(token)
            }
            _ if !std::io::stdin().is_terminal() => stdin(),
            _ => Err(Error::misuse("", "there is no token", "a token on stdin (`-`), --sas-file or AZURE_STORAGE_SAS_TOKEN")),
        },
    }
}

fn stdin() -> swath::Result<String> {
    let mut text = String::new();
    let read = std::io::stdin().take(LONGEST).read_to_string(&mut text);
    read.map_err(|e| Error::new(Family::Misuse, "stdin", e.to_string(), "a token"))?;
    if text.trim().is_empty() {
        return Err(Error::misuse("stdin", "holds no token", "a token in the pipe, --sas-file or AZURE_STORAGE_SAS_TOKEN"));
    }
    Ok(text)
}

fn print(explained: &Explained, talk: &Talk) {
    for (label, words) in &explained.about {
        talk.data(format!("{label:<10} {words}"));
    }
    for (purpose, lacks) in &explained.lacks {
        let words = match (lacks.is_empty(), explained.rights.is_some()) {
            (false, _) => format!("no: it lacks {}", lacks.join(", ")),
            (true, true) if explained.verdict() == Severity::Fatal => "its rights would do".to_owned(),
            (true, true) => "yes".to_owned(),
            (true, false) => "if the stored policy allows it".to_owned(),
        };
        talk.data(format!("{:<10} {words}", verb(*purpose)));
    }
    for finding in &explained.findings {
        talk.data(format!("{}[{}] {}\n  right: {}", severity(finding.severity), finding.rule, finding.found, finding.fix));
    }
    let about: Map<_, _> = explained.about.iter().map(|(label, words)| ((*label).replace(' ', "_"), json!(words))).collect();
    let lacks: Map<_, _> = explained.lacks.iter().map(|(purpose, lacks)| (verb(*purpose).to_owned(), json!(lacks))).collect();
    let findings: Vec<_> = explained
        .findings
        .iter()
        .map(|f| json!({ "rule": f.rule, "severity": severity(f.severity), "found": f.found, "fix": f.fix }))
        .collect();
    let kind = explained.kind.map(|kind| match kind {
        SasKind::UserDelegation => "user-delegation",
        SasKind::Service => "service",
        SasKind::Account => "account",
    });
    let expires = explained.expires.map(|when| when.to_rfc3339_opts(SecondsFormat::Secs, true));
    talk.event(
        "sas",
        json!({
            "kind": kind, "rights": explained.rights, "expires": expires, "about": about, "lacks": lacks, "findings": findings,
            "verdict": severity(explained.verdict()),
        }),
    );
}

fn verb(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Read => "stack",
        Purpose::Publish => "publish",
        Purpose::Prune => "prune",
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Problem => "problem",
        Severity::Fatal => "unusable",
    }
}
