use chrono::{DateTime, Duration, Utc};
use url::Url;

use super::create::SasKind;
use super::mistakes::Mended;
use super::sign::spelled;
use super::token::{instant, right_in_words, words};
use crate::location::is_loopback;
use crate::typos;

/// What a token is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// `search`, `stack`, `info`, `check`.
    Read,
    /// `publish`.
    Publish,
    /// `publish --prune`, which also deletes.
    Prune,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Note,
    /// It works, or would once this is mended.
    Problem,
    /// It cannot be used.
    Fatal,
}

/// One thing about a token that its owner should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    /// A short name that stays the same.
    pub rule: &'static str,
    pub found: String,
    pub fix: String,
}

/// A token in plain words; nothing of its signature is in here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// `None` where it cannot be told.
    pub kind: Option<SasKind>,
    /// Label and words: who, where, what, until when, from where, how.
    pub about: Vec<(&'static str, String)>,
    /// The letters of its rights; `None` where a stored policy says them.
    pub rights: Option<String>,
    pub expires: Option<DateTime<Utc>>,
    /// What it lacks for each purpose, in words; empty where it suffices as far as can be told.
    pub lacks: Vec<(Purpose, Vec<String>)>,
    pub findings: Vec<Finding>,
}

/// Decodes a token (or a URL with one behind it) and judges it for a purpose and a place, where these are named.
///
/// ```
/// # use swath_store::{explain_sas, Severity};
/// let cut = explain_sas("?sv=2022-11-02&sr=c&sp=rl&se=2999-01-01&sig=abc", None, None, chrono::Utc::now());
/// assert_eq!(cut.verdict(), Severity::Fatal);
/// assert!(cut.findings.iter().any(|finding| finding.rule == "signature-cut"));
/// ```
pub fn explain(text: &str, purpose: Option<Purpose>, at: Option<&Url>, now: DateTime<Utc>) -> Explained {
    let Mended { fields, url, findings } = Mended::of(text);
    let known = Known { fields, now };
    let mut explained = Explained {
        kind: known.kind(),
        about: Vec::new(),
        rights: known.field("sp").map(str::to_owned),
        expires: known.ends(),
        lacks: Vec::new(),
        findings,
    };
    if known.fields.is_empty() {
        return explained;
    }
    explained.about = known.about(url.as_ref());
    explained.lacks = [Purpose::Read, Purpose::Publish, Purpose::Prune].map(|purpose| (purpose, known.lacks(purpose))).to_vec();
    let mut judge = Judge { known: &known, findings: &mut explained.findings };
    judge.kind();
    judge.times();
    judge.rights(purpose);
    judge.place(url.as_ref(), at);
    explained.findings.sort_by(|a, b| b.severity.cmp(&a.severity));
    explained
}

impl Explained {
    /// The worst of its findings; a note where there is none.
    pub fn verdict(&self) -> Severity {
        self.findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Note)
    }
}

impl Purpose {
    /// The rights it needs and no more, in the order that Azure signs them.
    pub fn rights(self, kind: SasKind) -> &'static str {
        match (self, kind) {
            (Self::Read, _) => "rl",
            (Self::Publish, SasKind::Account) => "rwlac",
            (Self::Publish, _) => "racwl",
            (Self::Prune, SasKind::Account) => "rwdlac",
            (Self::Prune, _) => "racwdl",
        }
    }
    /// Those without which it fails; writing includes creating.
    fn needs(self) -> &'static str {
        match self {
            Self::Read => "r",
            Self::Publish => "rlw",
            Self::Prune => "rlwd",
        }
    }
}

struct Known {
    fields: Vec<(String, String)>,
    now: DateTime<Utc>,
}

impl Known {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
    fn time(&self, name: &str) -> Option<DateTime<Utc>> {
        instant(self.field(name)?)
    }
    /// A user delegation SAS ends with its key at the latest.
    fn ends(&self) -> Option<DateTime<Utc>> {
        match (self.time("se"), self.time("ske")) {
            (Some(token), Some(key)) => Some(token.min(key)),
            (token, key) => token.or(key),
        }
    }
    fn kind(&self) -> Option<SasKind> {
        if self.field("skoid").is_some() {
            Some(SasKind::UserDelegation)
        } else if self.field("ss").or(self.field("srt")).is_some() {
            Some(SasKind::Account)
        } else {
            self.field("sr").map(|_| SasKind::Service)
        }
    }
    fn about(&self, url: Option<&Url>) -> Vec<(&'static str, String)> {
        let mut about = Vec::new();
        let kind = match (self.kind(), self.field("si")) {
            (Some(SasKind::UserDelegation), _) => "user delegation SAS".to_owned(),
            (Some(SasKind::Account), _) => "account SAS".to_owned(),
            (Some(SasKind::Service), Some(policy)) => format!("service SAS with the stored access policy '{policy}'"),
            (Some(SasKind::Service), None) => "service SAS".to_owned(),
            (None, _) => "unknown: neither sr, nor ss and srt, nor skoid is there".to_owned(),
        };
        about.push(("kind", kind));
        about.push((
            "signed by",
            match (self.field("skoid"), self.field("sktid")) {
                (Some(who), tenant) => format!("the identity {who} of the tenant {}", tenant.unwrap_or("?")),
                _ => "the account's key".to_owned(),
            },
        ));
        about.push(("for", self.resource(url)));
        about.push((
            "allows",
            match self.field("sp") {
                Some(rights) => rights.chars().map(right_in_words).collect::<Vec<_>>().join(", "),
                None if self.field("si").is_some() => "what the stored policy says".to_owned(),
                None => "nothing".to_owned(),
            },
        ));
        about.extend(self.time("st").map(|start| ("from", self.moment(start))));
        let until = self.ends().map(|end| self.moment(end));
        let policy = || if self.field("si").is_some() { "what the stored policy says".to_owned() } else { "not said".to_owned() };
        about.push(("until", until.unwrap_or_else(policy)));
        about.push(("addresses", self.field("sip").map_or_else(|| "any".to_owned(), |ip| format!("{ip} only"))));
        let protocol = if self.field("spr") == Some("https") { "https only" } else { "https and http" };
        about.push(("protocol", protocol.to_owned()));
        about.extend(self.field("sv").map(|version| ("version", version.to_owned())));
        about
    }
    fn resource(&self, url: Option<&Url>) -> String {
        let named = url.and_then(|url| {
            let container = url.path_segments()?.next().filter(|segment| !segment.is_empty())?;
            let (account, _) = typos::account_of_host(url.host_str()?)?;
            Some(format!(" '{container}' of the account '{account}', by its URL"))
        });
        let named = named.unwrap_or_default();
        match (self.kind(), self.field("sr")) {
            (Some(SasKind::Account), _) => {
                let list = |letters: &str, table: &[(char, &str)]| {
                    let words: Vec<_> = table.iter().filter(|(letter, _)| letters.contains(*letter)).map(|(_, word)| *word).collect();
                    words.join(", ")
                };
                let services =
                    list(self.field("ss").unwrap_or_default(), &[('b', "blobs"), ('f', "files"), ('q', "queues"), ('t', "tables")]);
                let kinds = list(self.field("srt").unwrap_or_default(), &[('s', "the service"), ('c', "containers"), ('o', "objects")]);
                format!("every container of the account: {services}; {kinds}")
            }
            (_, Some("c")) => format!("one container{named}"),
            (_, Some("b" | "bv" | "bs")) => "a single blob".to_owned(),
            (_, Some("d")) => format!("a folder, {} deep", self.field("sdd").unwrap_or("?")),
            (_, other) => format!("not said (sr={})", other.unwrap_or_default()),
        }
    }
    fn moment(&self, when: DateTime<Utc>) -> String {
        let span = if when > self.now { format!("in {}", words(when - self.now)) } else { format!("{} ago", words(self.now - when)) };
        format!("{} ({span})", spelled(Some(when)))
    }
    fn lacks(&self, purpose: Purpose) -> Vec<String> {
        let mut lacks = Vec::new();
        if let Some(rights) = self.field("sp").or(self.field("si").is_none().then_some("")) {
            lacks.extend(purpose.needs().chars().filter(|right| !rights.contains(*right)).map(|right| right_in_words(right).to_owned()));
        }
        match self.kind() {
            Some(SasKind::Account) => {
                let (services, kinds) = (self.field("ss").unwrap_or_default(), self.field("srt").unwrap_or_default());
                lacks.extend((!services.contains('b')).then(|| "the blob service (ss=b)".to_owned()));
                lacks.extend((!kinds.contains('o')).then(|| "objects (srt=o)".to_owned()));
                lacks.extend((!kinds.contains('c') && purpose != Purpose::Read).then(|| "containers (srt=c)".to_owned()));
            }
            Some(_) if self.field("sr").is_some_and(|sr| sr.starts_with('b')) => {
                lacks.push("the container: it is for a single blob (sr=c is needed)".to_owned());
            }
            _ => {}
        }
        lacks
    }
}

struct Judge<'a> {
    known: &'a Known,
    findings: &'a mut Vec<Finding>,
}

impl Judge<'_> {
    fn say(&mut self, severity: Severity, rule: &'static str, found: impl Into<String>, fix: impl Into<String>) {
        self.findings.push(Finding { severity, rule, found: found.into(), fix: fix.into() });
    }
    fn kind(&mut self) {
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
    fn times(&mut self) {
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
    fn rights(&mut self, purpose: Option<Purpose>) {
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
    fn place(&mut self, url: Option<&Url>, at: Option<&Url>) {
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

#[cfg(test)]
mod tests {
    use super::*;

    const SIG: &str = "Q0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZIQ%3D%3D";

    fn now() -> DateTime<Utc> {
        instant("2026-11-22T12:00:00Z").unwrap()
    }

    #[test]
    fn every_mistake_has_its_name_and_none_shows_the_signature() {
        let sig = "Q0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZISE%3D";
        let fine = format!("sv=2022-11-02&sr=c&sp=rl&se=2026-11-22T15:00:00Z&spr=https&sig={sig}");
        let url = "https://acct.blob.core.windows.net/maps";
        for (text, rule, verdict) in [
            (fine.clone(), "", Severity::Note),
            (format!("?{fine}"), "", Severity::Note),
            (format!("{url}?{fine}"), "", Severity::Note),
            (format!("SharedAccessSignature={fine};BlobEndpoint=https://acct.blob.core.windows.net/"), "", Severity::Note),
            (format!("{url}??{fine}"), "two-question-marks", Severity::Problem),
            (format!("{url}{fine}"), "no-question-mark", Severity::Problem),
            (format!("{url}&{fine}"), "no-question-mark", Severity::Problem),
            (format!("\"{fine}\""), "quotes", Severity::Problem),
            (fine.replace("&sp", "\n&sp"), "line-break", Severity::Problem),
            (fine.replace('&', "&amp;"), "html", Severity::Problem),
            (fine.replace("%3D", "%253D"), "escaped-twice", Severity::Problem),
            (fine.replace("ISE%3D", "ISE"), "padding", Severity::Problem),
            (fine.replace(sig, "Q0FOQVJ"), "signature-cut", Severity::Fatal),
            (fine.replace(sig, SIG), "signature-cut", Severity::Fatal),
            (fine.replace(sig, ""), "no-signature", Severity::Fatal),
            (url.to_owned(), "no-token", Severity::Fatal),
            ("AccountName=a;AccountKey=CANARY".to_owned(), "account-key", Severity::Fatal),
            (format!("https://acct.blob.core.windwos.net/maps?{fine}"), "host", Severity::Problem),
            (format!("http://acct.blob.core.windows.net/maps?{fine}"), "https-only", Severity::Fatal),
            (fine.replace("22T15", "22T11"), "expired", Severity::Fatal),
            (format!("st=2026-11-22T12:05:00Z&{fine}"), "not-yet", Severity::Fatal),
            (format!("st=2026-11-22T16:05:00Z&{fine}"), "start-after-end", Severity::Fatal),
            (fine.replace("2026-11-22T15", "2027-11-22T15"), "long-lived", Severity::Problem),
            (fine.replace("sp=rl", "sp=racwdl"), "more-than-needed", Severity::Problem),
            (fine.replace("sr=c&", ""), "kind", Severity::Fatal),
            (fine.replace("sr=c", "ss=f&srt=co"), "services", Severity::Fatal),
            (fine.replace("sr=c", "ss=b&srt=s"), "services", Severity::Fatal),
            (fine.replace("sr=c", "sr=c&skoid=o&sktid=t&skt=2026-11-22&ske=2026-11-22T13:00:00Z"), "key-ends-first", Severity::Problem),
            (fine.replace("2026-11-22T15", "2026-12-22T15").replace("sr=c", "sr=c&skoid=o&skt=2026-11-22"), "too-long", Severity::Problem),
        ] {
            let found = explain(&text, None, None, now());
            assert!(rule.is_empty() || found.findings.iter().any(|f| f.rule == rule), "{rule}: {text}: {found:?}");
            assert_eq!(found.verdict(), verdict, "{rule}: {text}: {:?}", found.findings);
            let shown = format!("{found:?}");
            assert!(!shown.contains("Q0FOQVJ") && !shown.contains("CANARY"), "{shown}");
        }
    }

    #[test]
    fn a_token_says_what_it_lacks_for_a_purpose_and_a_place() {
        let token = |fields: &str| {
            format!("sv=2022-11-02&se=2026-11-22T15:00:00Z&spr=https&{fields}&sig=Q0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZISE%3D")
        };
        for (fields, purpose, lack) in [
            ("sr=c&sp=rl", Purpose::Publish, "write (w)"),
            ("sr=c&sp=racwl", Purpose::Prune, "delete (d)"),
            ("sr=b&sp=r", Purpose::Read, "single blob"),
            ("ss=b&srt=o&sp=rwlac", Purpose::Publish, "srt=c"),
        ] {
            let found = explain(&token(fields), Some(purpose), None, now());
            let lacks = &found.lacks.iter().find(|(p, _)| *p == purpose).unwrap().1;
            assert!(lacks.join(" ").contains(lack), "{lacks:?}");
            assert_eq!(found.verdict(), Severity::Problem);
        }
        for (fields, purpose) in [("sr=c&sp=rl", Purpose::Read), ("sr=c&sp=racwl", Purpose::Publish), ("sr=c&si=p", Purpose::Publish)] {
            let found = explain(&token(fields), Some(purpose), None, now());
            assert_eq!(found.verdict(), Severity::Note, "{fields}: {:?}", found.findings);
        }
        let pasted = format!("https://acct.blob.core.windows.net/maps?{}", token("sr=c&sp=rl"));
        for (at, rule) in
            [("https://acct.blob.core.windows.net/other", "other-container"), ("https://b.blob.core.windows.net/maps", "other-account")]
        {
            let found = explain(&pasted, None, Some(&Url::parse(at).unwrap()), now());
            assert!(found.findings.iter().any(|f| f.rule == rule), "{:?}", found.findings);
        }
    }

    #[test]
    fn a_token_is_told_in_plain_words() {
        let text = "https://acct.blob.core.windows.net/maps?sv=2026-04-06&sr=c&sp=racwl&st=2026-11-22T11:45:00Z&se=2026-11-23T12:00:00Z&sip=10.0.0.1&spr=https&skoid=OBJ&sktid=TEN&sks=b&sig=Q0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZISE%3D";
        let about = explain(text, None, None, now()).about;
        let line = |label: &str| about.iter().find(|(known, _)| *known == label).unwrap().1.as_str();
        assert_eq!(line("kind"), "user delegation SAS");
        assert_eq!(line("signed by"), "the identity OBJ of the tenant TEN");
        assert_eq!(line("for"), "one container 'maps' of the account 'acct', by its URL");
        assert_eq!(line("allows"), "read (r), add (a), create (c), write (w), list (l)");
        assert_eq!(line("until"), "2026-11-23T12:00:00Z (in 24 hours)");
        assert_eq!(line("addresses"), "10.0.0.1 only");
    }
}
