use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use swath::store::manage::account::Step;
use swath::store::manage::{Wait, Watch};

use crate::talk::Talk;

/// Tells each step as it goes: a spinner on a terminal, else a line at its end, and one every ten seconds while Azure works.
pub struct Steps<'a> {
    talk: &'a Talk,
    now: Mutex<Now>,
}

struct Now {
    label: String,
    began: Instant,
    spoken: Instant,
    spinner: Option<ProgressBar>,
}

const PAUSE: Duration = Duration::from_secs(10);

impl<'a> Steps<'a> {
    pub fn new(talk: &'a Talk) -> Self {
        let now = Instant::now();
        Self { talk, now: Mutex::new(Now { label: String::new(), began: now, spoken: now, spinner: None }) }
    }
    /// Takes the spinner off the screen.
    pub fn end(&self) {
        if let Ok(mut now) = self.now.lock()
            && let Some(spinner) = now.spinner.take()
        {
            spinner.finish_and_clear();
        }
    }
    fn spinner(&self, label: &str) -> Option<ProgressBar> {
        self.talk.draws().then(|| {
            let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
            let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})").unwrap_or_else(|_| ProgressStyle::default_spinner());
            spinner.set_style(style);
            spinner.set_message(label.to_owned());
            spinner.enable_steady_tick(Duration::from_millis(125));
            spinner
        })
    }
}

impl Watch for Steps<'_> {
    fn begin(&self, step: &Step, at: usize, of: usize) {
        let label = format!("{at}/{of} {}", step.what);
        self.talk
            .event("step", json!({ "at": at, "of": of, "what": step.what, "method": step.request.verb.name(), "path": step.request.path }));
        self.end();
        if let Ok(mut now) = self.now.lock() {
            *now = Now { spinner: self.spinner(&label), label, began: Instant::now(), spoken: Instant::now() };
        }
    }
    fn wait(&self, why: Wait, pause: Duration) {
        let Ok(mut now) = self.now.lock() else { return };
        let seconds = now.began.elapsed().as_secs_f64();
        let words = match why {
            Wait::Operation => "Azure works on it",
            Wait::Throttled => "Azure asks for a pause",
            Wait::Busy => "Azure does not answer; trying again",
        };
        self.talk.event("waiting", json!({ "why": format!("{why:?}").to_lowercase(), "pause": pause.as_secs_f64(), "seconds": seconds }));
        let line = format!("{}: {words}, next look in {} s", now.label, pause.as_secs());
        match &now.spinner {
            Some(spinner) => spinner.set_message(line),
            None if why != Wait::Operation || now.spoken.elapsed() >= PAUSE => {
                now.spoken = Instant::now();
                self.talk.say(line);
            }
            None => {}
        }
    }
    fn done(&self, step: &Step) {
        self.end();
        let Ok(now) = self.now.lock() else { return };
        let seconds = now.began.elapsed().as_secs_f64();
        self.talk.event("done", json!({ "what": step.what, "seconds": seconds }));
        self.talk.say(format!("{}: done in {seconds:.1} s", now.label));
    }
}
