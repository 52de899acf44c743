//! What happens to tokens when people copy them: found, said, and undone as far as it can be.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use url::Url;

use super::explain::{Finding, Severity};
use crate::names::percent_decode;
use crate::typos;

/// A token as it was probably meant.
pub(super) struct Mended {
    /// Decoded, without the signature.
    pub fields: Vec<(String, String)>,
    /// What stood before the token.
    pub url: Option<Url>,
    pub findings: Vec<Finding>,
}

impl Mended {
    /// Takes a token, a URL with one behind it, or a connection string that holds one.
    pub fn of(text: &str) -> Self {
        let mut mended = Self { fields: Vec::new(), url: None, findings: Vec::new() };
        let query = mended.query(text);
        let mut signature = None;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if name == "sig" {
                signature = Some(value.to_owned());
            } else if mended.fields.iter().any(|(known, _)| known == name) {
                mended.say(Severity::Problem, "twice", format!("the field '{name}' is there twice"), "copy one whole token");
            } else {
                mended.fields.push((name.to_owned(), percent_decode(value)));
            }
        }
        mended.signature(signature.as_deref());
        mended
    }

    fn say(&mut self, severity: Severity, rule: &'static str, found: impl Into<String>, fix: impl Into<String>) {
        self.findings.push(Finding { severity, rule, found: found.into(), fix: fix.into() });
    }
    /// The token's own text; the URL in front of it is kept.
    fn query(&mut self, text: &str) -> String {
        let mut text = text.trim().to_owned();
        if text.len() > 1 && [('"', '"'), ('\'', '\'')].iter().any(|(a, b)| text.starts_with(*a) && text.ends_with(*b)) {
            text = text[1..text.len() - 1].to_owned();
            self.say(Severity::Problem, "quotes", "the token stands in quotes", "leave the quotes out: `az ... -o tsv` prints none");
        }
        if text.contains(['\n', '\r', '\t']) {
            text.retain(|c| !matches!(c, '\n' | '\r' | '\t'));
            self.say(Severity::Problem, "line-break", "there is a line break inside the token", "put it on one line");
        }
        if text.contains("&amp;") {
            text = text.replace("&amp;", "&");
            self.say(Severity::Problem, "html", "'&' is written '&amp;', as in a web page", "copy the token's text, not the page's source");
        }
        if let Some((_, token)) = text.split_once("SharedAccessSignature=") {
            text = token.split(';').next().unwrap_or_default().to_owned();
        } else if text.contains("AccountKey=") {
            self.say(
                Severity::Fatal,
                "account-key",
                "this is a connection string with the account's key, not a SAS token",
                "set AZURE_STORAGE_CONNECTION_STRING to it",
            );
            return String::new();
        }
        // A token alone may begin with one '?'; behind a URL it has none of its own.
        let mut allowed = 1;
        if text.contains("://") {
            text = self.behind(&text);
            allowed = 0;
        }
        let token = text.trim_start_matches('?');
        if text.len() - token.len() > allowed || token.contains('?') {
            self.say(
                Severity::Problem,
                "two-question-marks",
                "there are two '?'",
                "one '?' between the URL and the token, and none in the token",
            );
        }
        token.replace('?', "&")
    }
    /// What stands behind a URL.
    fn behind(&mut self, text: &str) -> String {
        let names = ["sv=", "sp=", "st=", "se=", "sr=", "si=", "ss=", "srt=", "spr=", "sip=", "sig=", "skoid="];
        let (place, token) = match text.split_once('?') {
            Some((place, token)) => (place, token.to_owned()),
            None => match names.iter().filter_map(|name| text.find(name)).min() {
                Some(at) => {
                    self.say(Severity::Problem, "no-question-mark", "there is no '?' between the URL and the token", "URL?TOKEN");
                    (text[..at].trim_end_matches('&'), text[at..].to_owned())
                }
                None => {
                    self.say(Severity::Fatal, "no-token", "there is no token behind the URL", "URL?sv=...&sig=...");
                    (text, String::new())
                }
            },
        };
        match Url::parse(place) {
            Ok(url) => {
                if let Err(e) = typos::check(place, &url) {
                    self.say(Severity::Problem, "host", e.found, e.right);
                }
                self.url = Some(url);
            }
            Err(e) => self.say(
                Severity::Problem,
                "url",
                format!("what stands before the token is no URL: {e}"),
                "https://ACCOUNT.blob.core.windows.net/CONTAINER",
            ),
        }
        token
    }
    /// A signature is base64 of 32 bytes; nothing of it is ever said.
    fn signature(&mut self, typed: Option<&str>) {
        let Some(typed) = typed.filter(|typed| !typed.is_empty()) else {
            if self.findings.iter().all(|finding| finding.severity != Severity::Fatal) {
                self.say(
                    Severity::Fatal,
                    "no-signature",
                    "there is no signature (sig=)",
                    "copy the whole token: a query with sv, sp, se and sig",
                );
            }
            return;
        };
        let mut plain = percent_decode(typed);
        if ["%2b", "%2f", "%3d"].iter().any(|escape| plain.to_ascii_lowercase().contains(escape)) {
            plain = percent_decode(&plain);
            self.say(Severity::Problem, "escaped-twice", "the signature is percent-encoded twice (%253D)", "encode it once, or not at all");
        }
        if plain.contains(' ') {
            plain = plain.replace(' ', "+");
            self.say(
                Severity::Problem,
                "space",
                "there is a space in the signature: a '+' was probably lost on the way",
                "write '+' as %2B",
            );
        }
        let bytes = |text: &str| BASE64.decode(text).ok().map(|bytes| bytes.len());
        match bytes(&plain) {
            Some(32) => {}
            None if bytes(&format!("{}=", plain.trim_end_matches('='))) == Some(32) => {
                self.say(Severity::Problem, "padding", "the '=' at the end of the signature is missing", "end it with %3D");
            }
            _ => {
                let found = format!("the signature has {} characters and is not whole", plain.len());
                self.say(Severity::Fatal, "signature-cut", found, "44 characters: copy the token again, to its end");
            }
        }
    }
}
