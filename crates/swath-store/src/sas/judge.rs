use chrono::{DateTime, Duration, Utc};
use url::Url;

use super::create::SasKind;
use super::explain::{Finding, Purpose, Severity};
use super::facts::Known;
use super::sign::spelled;
use super::token::{right_in_words, words};
use crate::location::is_loopback;

/// What is wrong with a token, finding by finding.
pub(super) struct Judge<'a> {
    pub known: &'a Known,
    pub findings: &'a mut Vec<Finding>,
}

impl Judge<'_> {
    fn say(&mut self, severity: Severity, rule: &'static str, found: impl Into<String>, fix: impl Into<String>) {
        self.findings.push(Finding { severity, rule, found: found.into(), fix: fix.into() });
    }
    pub fn kind(&mut self) {
        let known = self.known;
        if known.field("sv").is_none() {
            self.say(Severity::Fatal, "version", "there is no version (sv=)", "copy the whole token");
        }
        match known.kind() {
            None => self.say(
                Severity::Fatal,
                "kind",
                "it is neither a service nor an account SAS: sr, ss and srt are missing",
                "copy the whole token",
            ),
            Some(SasKind::UserDelegation) => {
                if known.field("si").is_some() {
                    let found = "a user delegation SAS cannot name a stored policy (si=)";
                    self.say(Severity::Fatal, "policy", found, "`swath sas create --kind service --policy NAME`");
                }
                if known.field("sks").is_some_and(|service| !service.contains('b')) {
                    self.say(Severity::Fatal, "service", "its key is for another service than blobs (sks=)", "make a token for blobs");
                }
            }
            Some(SasKind::Account) => {
                if known.field("sr").is_some() {
                    self.say(
                        Severity::Problem,
                        "mixed",
                        "it has fields of an account SAS (ss, srt) and of a service SAS (sr)",
                        "copy one whole token",
                    );
                }
            }
            Some(SasKind::Service) => {}
        }
    }
    pub fn times(&mut self) {
        let (known, now) = (self.known, self.known.now);
        for (name, meaning) in [("st", "start"), ("se", "end"), ("skt", "key's start"), ("ske", "key's end")] {
            if known.field(name).is_some() && known.time(name).is_none() {
                self.say(Severity::Fatal, "time", format!("its {meaning} is no time ({name}=)"), "2026-12-31T12:00:00Z");
            }
        }
        let (start, end) = (known.time("st"), known.ends());
        if known.field("se").is_none() && known.field("si").is_none() {
            self.say(Severity::Fatal, "no-end", "it says no end (se=)", "copy the whole token");
        }
        if let (Some(start), Some(end)) = (start, end)
            && start >= end
        {
            self.say(Severity::Fatal, "start-after-end", "it starts after it ends", "make a new token");
        }
        match end {
            Some(end) if end <= now => {
                let found = format!("it expired {} ago, at {}", words(now - end), spelled(Some(end)));
                self.say(Severity::Fatal, "expired", found, "`swath sas create CONTAINER_URL --for read`");
            }
            _ => {}
        }
        if let Some(start) = start.filter(|start| *start > now) {
            let found = format!("it is valid only from {}, in {}", spelled(Some(start)), words(start - now));
            let skew = start - now <= Duration::minutes(15);
            let fix = if skew {
                "one of the clocks is off: leave the start (st) out, or set it 15 minutes back"
            } else {
                "wait, or make a token without st"
            };
            self.say(Severity::Fatal, "not-yet", found, fix);
        }
        self.life(start, end);
    }
    fn life(&mut self, start: Option<DateTime<Utc>>, end: Option<DateTime<Utc>>) {
        let (known, now) = (self.known, self.known.now);
        let Some(end) = end.filter(|end| *end > now) else { return };
        let week = Duration::days(7);
        if known.kind() == Some(SasKind::UserDelegation) {
            let from = known.time("skt").or(start).unwrap_or(now);
            if end - from > week {
                self.say(
                    Severity::Problem,
                    "too-long",
                    "it is meant to live longer than 7 days, which Azure does not give",
                    "at most 7 days; `--kind service --policy NAME` lasts longer",
                );
            }
            if let (Some(token), Some(key)) = (known.time("se"), known.time("ske"))
                && key < token
            {
                self.say(
                    Severity::Problem,
                    "key-ends-first",
                    format!("its key ends before it does, at {}", spelled(Some(key))),
                    "make it end with its key",
                );
            }
        } else if end - now > week {
            let found = format!("it lives {} more, and only a new account key ends it sooner", words(end - now));
            self.say(
                Severity::Problem,
                "long-lived",
                found,
                "hours for a person; `--policy NAME` for what must last, which can be revoked",
            );
        }
    }
    pub fn rights(&mut self, purpose: Option<Purpose>) {
        let known = self.known;
        let rights = known.field("sp").unwrap_or_default();
        if rights.is_empty() && known.field("si").is_none() {
            self.say(Severity::Fatal, "no-rights", "it allows nothing (sp=)", "copy the whole token");
            return;
        }
        if let Some(purpose) = purpose {
            let lacks = known.lacks(purpose);
            if !lacks.is_empty() {
                self.say(
                    Severity::Problem,
                    "lacks",
                    format!("it lacks {}", lacks.join(", ")),
                    format!("sp={} is needed", purpose.rights(SasKind::Service)),
                );
            }
        } else if known.lacks(Purpose::Read).iter().any(|lack| lack.contains("ss=b") || lack.contains("srt=o")) {
            let found = format!("it lacks {}", known.lacks(Purpose::Read).join(", "));
            self.say(Severity::Fatal, "services", found, "an account SAS for blobs has ss=b and srt=co");
        }
        let enough = purpose.unwrap_or(Purpose::Publish).rights(SasKind::Service);
        let beyond: Vec<_> = rights.chars().filter(|right| !enough.contains(*right)).map(right_in_words).collect();
        if !beyond.is_empty() {
            let what = if purpose.is_some() { "this purpose needs" } else { "swath needs" };
            self.say(
                Severity::Problem,
                "more-than-needed",
                format!("it allows more than {what}: {}", beyond.join(", ")),
                format!("sp={enough}"),
            );
        }
    }
    pub fn place(&mut self, url: Option<&Url>, at: Option<&Url>) {
        let known = self.known;
        for place in [url, at].into_iter().flatten() {
            if place.scheme() == "http" && known.field("spr") == Some("https") {
                self.say(Severity::Fatal, "https-only", "it is for https only, and the URL begins with http://", "https://");
                break;
            }
        }
        if known.field("spr").is_none_or(|protocol| protocol.contains("http,") || protocol.ends_with(",http"))
            && !url.or(at).is_some_and(is_loopback)
        {
            self.say(Severity::Note, "http-allowed", "it may be used over http, where anybody on the way reads it", "spr=https");
        }
        let (Some(url), Some(at)) = (url, at) else { return };
        if url.host_str() != at.host_str() {
            let found =
                format!("it came with a URL of '{}', not of '{}'", url.host_str().unwrap_or_default(), at.host_str().unwrap_or_default());
            self.say(Severity::Fatal, "other-account", found, "a token of the account that is asked");
            return;
        }
        let container = |url: &Url| url.path_segments().and_then(|mut segments| segments.next().map(str::to_owned)).unwrap_or_default();
        if known.kind() != Some(SasKind::Account) && container(url) != container(at) {
            let found = format!("it came with the container '{}', not '{}'", container(url), container(at));
            self.say(Severity::Fatal, "other-container", found, "a token of the container that is asked");
        }
    }
}
