use chrono::{DateTime, Utc};
use url::Url;

use super::create::SasKind;
use super::explain::Purpose;
use super::sign::spelled;
use super::token::{instant, right_in_words, words};
use crate::typos;

/// The fields of a token, and what they mean at a moment.
pub(super) struct Known {
    pub fields: Vec<(String, String)>,
    pub now: DateTime<Utc>,
}

impl Known {
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
    pub fn time(&self, name: &str) -> Option<DateTime<Utc>> {
        instant(self.field(name)?)
    }
    /// A user delegation SAS ends with its key at the latest.
    pub fn ends(&self) -> Option<DateTime<Utc>> {
        match (self.time("se"), self.time("ske")) {
            (Some(token), Some(key)) => Some(token.min(key)),
            (token, key) => token.or(key),
        }
    }
    pub fn kind(&self) -> Option<SasKind> {
        if self.field("skoid").is_some() {
            Some(SasKind::UserDelegation)
        } else if self.field("ss").or(self.field("srt")).is_some() {
            Some(SasKind::Account)
        } else {
            self.field("sr").map(|_| SasKind::Service)
        }
    }
    pub fn about(&self, url: Option<&Url>) -> Vec<(&'static str, String)> {
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
                let account =
                    url.and_then(|url| typos::account_of_host(url.host_str()?)).map(|(account, _)| format!(" '{account}', by its URL"));
                format!("every container of the account{}: {services}; {kinds}", account.unwrap_or_default())
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
    pub fn lacks(&self, purpose: Purpose) -> Vec<String> {
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
