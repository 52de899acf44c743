use chrono::{DateTime, Utc};
use url::Url;

use super::create::SasKind;
use super::facts::Known;
use super::judge::Judge;
use super::mistakes::Mended;

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
    explained.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
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
    pub(super) fn needs(self) -> &'static str {
        match self {
            Self::Read => "r",
            Self::Publish => "rlw",
            Self::Prune => "rlwd",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::instant;
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

    #[test]
    fn whatever_the_text_an_answer_comes_and_no_signature_in_it() {
        let sig = "Q0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZISE%3D";
        let whole = format!(
            "https://acct.blob.core.windows.net/maps?sv=2026-04-06&sr=c&sp=rl&st=2026-11-22&se=2026-11-23&skoid=o&ske=2026-11-23&sig={sig}"
        );
        let bytes: Vec<char> = whole.chars().collect();
        for at in 0..bytes.len() {
            for odd in ["", "%", "?", "&", "=", "ü", " ", "\n", "\"", ":", "999999999999"] {
                let text: String = bytes[..at].iter().collect::<String>() + odd + &bytes[at + 1..].iter().collect::<String>();
                let shown = format!("{:?}", explain(&text, Some(Purpose::Publish), None, now()));
                assert!(!shown.contains("Q0FOQVJZQ0FOQVJZQ0F"), "{text}: {shown}");
            }
        }
    }
}
