//! `-vv`: every request as one line on stderr.

use std::fmt::{Debug, Write as _};
use std::io::Write as _;

use swath::store::{REQUESTS, redact};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Metadata, Subscriber, span};

/// Shows requests from here on, and nothing else that libraries may have to say.
pub fn show() {
    // Only the first call of a process can succeed, and it is the only one.
    let _ = tracing::subscriber::set_global_default(Requests);
}

struct Requests;

impl Subscriber for Requests {
    fn enabled(&self, about: &Metadata<'_>) -> bool {
        about.target() == REQUESTS
    }
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }
    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let _ = writeln!(std::io::stderr(), "{}", redact(&line.text()));
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// The fields of one request.
#[derive(Default)]
struct Line {
    method: String,
    url: String,
    failure: String,
    status: u64,
    milliseconds: u64,
    sent: u64,
    received: u64,
    attempt: u64,
}

impl Line {
    fn text(&self) -> String {
        let Self { method, url, failure, status, milliseconds, sent, received, attempt } = self;
        let mut text = format!("request: {method} {url}: ");
        let _ = match failure.is_empty() {
            true => write!(text, "{status}, {milliseconds} ms, {sent} bytes sent, {received} received"),
            false => write!(text, "{failure}, {milliseconds} ms"),
        };
        if *attempt > 1 {
            let _ = write!(text, ", attempt {attempt}");
        }
        text
    }
}

impl Visit for Line {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "status" => self.status = value,
            "milliseconds" => self.milliseconds = value,
            "sent" => self.sent = value,
            "received" => self.received = value,
            "attempt" => self.attempt = value,
            _ => {}
        }
    }
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "method" => self.method = format!("{value:?}"),
            "url" => self.url = format!("{value:?}"),
            "failure" => self.failure = format!("{value:?}"),
            _ => {}
        }
    }
}
