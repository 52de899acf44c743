use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::exit::Exit;

/// Where `--help` lists these: after what is the command's own.
const EVERYWHERE: &str = "Of every command";

/// Flags that every command takes.
#[derive(Args, Clone, Default)]
pub struct Global {
    /// Say nothing but errors
    #[arg(short, long, global = true, help_heading = EVERYWHERE)]
    pub quiet: bool,
    /// Say more; twice for every request, on stderr
    #[arg(short, long, global = true, help_heading = EVERYWHERE, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Versioned NDJSON on stdout instead of text; the last line is the summary
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub json: bool,
    /// Progress on stderr
    #[arg(long, global = true, help_heading = EVERYWHERE, value_enum, default_value = "auto", env = "SWATH_PROGRESS")]
    pub progress: Progress,
    /// Work as if started in this folder
    #[arg(short = 'C', long = "directory", global = true, help_heading = EVERYWHERE, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// Threads (default: all cores)
    #[arg(long, global = true, help_heading = EVERYWHERE, env = "SWATH_JOBS", value_name = "N")]
    pub jobs: Option<usize>,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Default)]
pub enum Progress {
    #[default]
    Auto,
    Never,
}

/// Data goes to stdout, talk to stderr; in JSON mode every line of stdout is one object.
pub struct Talk {
    global: Global,
    started: Instant,
}

impl Talk {
    pub fn new(global: &Global) -> Self {
        let talk = Self { global: global.clone(), started: Instant::now() };
        talk.event("version", json!({ "schema": 1, "swath": env!("CARGO_PKG_VERSION") }));
        talk
    }
    pub fn is_json(&self) -> bool {
        self.global.json
    }
    pub fn verbosity(&self) -> u8 {
        if self.global.quiet { 0 } else { self.global.verbose }
    }
    pub fn jobs(&self) -> Option<usize> {
        self.global.jobs
    }
    /// Whether a moving bar may be drawn.
    pub fn draws(&self) -> bool {
        !self.global.quiet && !self.global.json && self.global.progress == Progress::Auto && std::io::stderr().is_terminal()
    }
    /// A line for the person, on stderr.
    pub fn say(&self, line: impl AsRef<str>) {
        if !self.global.quiet {
            let _ = writeln!(std::io::stderr(), "{}", swath::store::redact(line.as_ref()));
        }
    }
    /// A line that even a quiet run says, on stderr.
    pub fn complain(&self, line: impl AsRef<str>) {
        let _ = writeln!(std::io::stderr(), "{}", swath::store::redact(line.as_ref()));
    }
    /// Data: text on stdout; nothing in JSON mode, where [`Talk::event`] carries it.
    pub fn data(&self, text: impl AsRef<str>) {
        if !self.global.json {
            Self::print(text.as_ref());
        }
    }
    /// One NDJSON line, in JSON mode.
    pub fn event(&self, kind: &str, mut body: Value) {
        if self.global.json {
            if let Some(object) = body.as_object_mut() {
                object.insert("type".into(), kind.into());
            }
            Self::print(&body.to_string());
        }
    }
    /// The same for what is long: it is made in JSON mode only.
    pub fn event_of(&self, kind: &str, body: impl FnOnce() -> Value) {
        if self.global.json {
            self.event(kind, body());
        }
    }
    /// An error as a person needs it, and as an event.
    pub fn error(&self, error: &swath::Error) {
        let mut text = format!("error: {error}");
        if let Some(hint) = &error.hint {
            text.push_str(&format!("\n hint: {hint}"));
        }
        let _ = writeln!(std::io::stderr(), "{}", swath::store::redact(&text));
        let family = format!("{:?}", error.family).to_lowercase();
        self.event("error", json!({ "family": family, "at": error.at, "found": error.found, "right": error.right, "hint": error.hint }));
    }
    /// The summary that ends JSON output.
    pub fn finish(&self, exit: Exit) {
        self.event("summary", json!({ "exit": exit as u8, "seconds": self.started.elapsed().as_secs_f64() }));
    }
    /// A reader that went away (`| head`) is no failure of ours.
    fn print(text: &str) {
        if writeln!(std::io::stdout(), "{text}").is_err() {
            crate::end::end(0);
        }
    }
}
