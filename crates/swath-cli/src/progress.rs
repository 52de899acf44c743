use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::talk::Talk;

/// How far a long job is: a bar with rate and ETA on a terminal, else one line every ten seconds.
pub struct Meter<'a> {
    talk: &'a Talk,
    label: &'static str,
    bar: Option<ProgressBar>,
    total: u64,
    done: AtomicU64,
    started: Instant,
    spoken: Mutex<Instant>,
}

const PAUSE: Duration = Duration::from_secs(10);

impl<'a> Meter<'a> {
    /// `total` in bytes.
    pub fn bytes(talk: &'a Talk, label: &'static str, total: u64) -> Self {
        let bar = talk.draws().then(|| {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(8));
            let style =
                ProgressStyle::with_template("{prefix} [{bar:32}] {percent:>3} %  {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
            bar.set_prefix(label);
            bar
        });
        let now = Instant::now();
        Self { talk, label, bar, total, done: AtomicU64::new(0), started: now, spoken: Mutex::new(now) }
    }

    pub fn add(&self, bytes: u64) {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        match &self.bar {
            Some(bar) => bar.set_position(done),
            None => self.speak(done),
        }
    }

    fn speak(&self, done: u64) {
        let Ok(mut spoken) = self.spoken.try_lock() else { return };
        if spoken.elapsed() < PAUSE {
            return;
        }
        *spoken = Instant::now();
        let seconds = self.started.elapsed().as_secs_f64();
        let rate = done as f64 / seconds.max(1e-3);
        let left = self.total.saturating_sub(done) as f64 / rate.max(1.0);
        let percent = (100 * done).checked_div(self.total).unwrap_or(0);
        self.talk.say(format!(
            "{}: {percent} %, {} of {}, {}/s, {left:.0} s left",
            self.label,
            size(done),
            size(self.total),
            size(rate as u64)
        ));
    }

    /// A line for the person, above the bar.
    pub fn say(&self, line: impl AsRef<str>) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.talk.say(line)),
            None => self.talk.say(line),
        }
    }

    /// Takes the bar off the screen.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// `1.4 MB`, in powers of ten.
pub fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 1000.0 {
            return if unit == "B" { format!("{value:.0} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}
