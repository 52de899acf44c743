//! What a failed request means for the person: the family, the reason, what to set.

use chrono::Utc;

use crate::credentials::Secret;
use crate::entra::Tokens;
use crate::wire::{Answer, Failure};
use crate::{Error, Family, Sas};

/// What was being done, in the words of the rights it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Read,
    List,
    Create,
    Write,
    Delete,
    CreateContainer,
    /// Reading or writing stored access policies.
    Policies,
    /// Asking for a key to sign tokens with.
    Delegate,
}

impl Action {
    pub fn right(self) -> char {
        match self {
            Self::Read | Self::Policies | Self::Delegate => 'r',
            Self::List => 'l',
            Self::Create | Self::CreateContainer => 'c',
            Self::Write => 'w',
            Self::Delete => 'd',
        }
    }
    pub fn words(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::List => "list",
            Self::Create => "create",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::CreateContainer => "create the container",
            Self::Policies => "use the container's stored access policies",
            Self::Delegate => "make a user delegation key",
        }
    }
}

const UNREACHED: &str = "check the host name and the network, then run the same command again; what is done stays done";
const UNTRUSTED: &str =
    "install the system's certificates (apt install ca-certificates); one of your organisation is trusted by SSL_CERT_FILE=authority.pem";

/// Who asked, where, and for what.
pub(crate) struct Spot<'a> {
    pub at: &'a str,
    pub action: Action,
    pub secret: &'a Secret,
    /// The account, when this is Azure.
    pub account: Option<&'a str>,
    /// The account of credentials that there are, but that are not for this one.
    pub other: Option<&'a str>,
}

impl Spot<'_> {
    pub fn error(&self, failure: &Failure) -> Error {
        match failure {
            Failure::Answer(answer) => self.answered(answer),
            Failure::Unreached { why, tries, .. } => {
                let times = if *tries > 1 { format!(" ({tries} attempts)") } else { String::new() };
                Error::new(Family::Unreachable, self.at, format!("cannot be reached: {why}{times}"), "").hint(if failure.is_distrust() {
                    UNTRUSTED
                } else {
                    UNREACHED
                })
            }
            Failure::Credentials(error) => {
                // What is set up and fails speaks for itself; where nothing is, whatever could be set is named.
                let found = format!("no credentials to {} with: {}", self.action.words(), error.found);
                let hint = error.hint.as_deref().unwrap_or_default();
                let hint = match self.action {
                    Action::Delegate => format!("{hint}; or --kind service, which is signed with AZURE_STORAGE_KEY"),
                    _ => format!("{SET}; or {hint}"),
                };
                match error.at.as_str() {
                    "" => Error::new(error.family, self.at, found, error.right.clone()).hint(hint),
                    _ => (**error).clone(),
                }
            }
            Failure::Garbled { flaw, what, tries } => {
                Error::new(Family::Damaged, self.at, format!("{what} ({tries} attempts)"), "").flaw(*flaw).hint(
                    "run the same command again; if it stays, \
                     something between here and the server changes what passes",
                )
            }
            Failure::TooLarge { size, most } => {
                Error::new(Family::OverLimit, self.at, format!("the answer has {size} bytes"), format!("at most {most} are read at once"))
            }
        }
    }
    /// Credentials are needed and there are none.
    pub fn anonymous(&self) -> Error {
        let found = format!("no credentials to {} with", self.action.words());
        if let Some(mismatch) = self.mismatch(&found) {
            return mismatch;
        }
        Error::new(Family::Refused, self.at, found, "a SAS token or a key of the storage account").hint(SET)
    }

    /// There are credentials, but they are another account's.
    fn mismatch(&self, said: &str) -> Option<Error> {
        let (account, other) = (self.account?, self.other?);
        let found = format!("{said}: those that were given are for the account '{other}'");
        let hint = format!("name a place in '{other}', or give credentials of '{account}'; they are never shown to another account");
        Some(Error::new(Family::Refused, self.at, found, format!("the URL is in the account '{account}'")).hint(hint))
    }

    fn answered(&self, answer: &Answer) -> Error {
        let code = answer.code.as_str();
        let private = self.account.is_some() && matches!(self.secret, Secret::Anonymous | Secret::Identity(_));
        match (answer.status.as_u16(), code) {
            (401 | 403, _) | (409, "PublicAccessNotPermitted") => self.refused(answer),
            (404, "ResourceNotFound") if private => self.refused(answer),
            (404, "ContainerNotFound") => Error::new(Family::Absent, self.at, "the container does not exist", ""),
            (404 | 410, _) => Error::new(Family::Absent, self.at, "not found", ""),
            (412, _) if self.action == Action::Read => Error::new(Family::Conflict, self.at, "asset changed while it was read", "")
                .hint("run the same command again to read the new version"),
            (409 | 412, "BlobAlreadyExists" | "ConditionNotMet" | "TargetConditionNotMet" | "") => {
                let found = if self.action == Action::Create { "exists already" } else { "was changed by somebody else" };
                Error::new(Family::Conflict, self.at, found, "")
            }
            (409 | 412, _) => Error::new(Family::Conflict, self.at, self.says(answer), ""),
            (416, _) => Error::new(Family::Damaged, self.at, "ends before the bytes that were asked for", ""),
            (400, "Md5Mismatch" | "Crc64Mismatch" | "InvalidMd5" | "InvalidOperation") => {
                Error::new(Family::Unreachable, self.at, format!("the bytes arrived damaged ({code})"), "")
                    .hint("run the same command again")
            }
            (408 | 429 | 500 | 502..=504, _) => {
                let found = format!("{} ({} attempts)", self.says(answer), answer.tries);
                Error::new(Family::Unreachable, self.at, found, "").hint("the server is busy or ill; run the same command again later")
            }
            (400 | 411 | 413, _) => Error::new(Family::Misuse, self.at, self.says(answer), ""),
            _ => Error::new(Family::Unsupported, self.at, self.says(answer), ""),
        }
    }
    fn refused(&self, answer: &Answer) -> Error {
        let named = if answer.code.is_empty() { String::new() } else { format!(" {}", answer.code) };
        let said = format!("refused to {} (HTTP {}{named})", self.action.words(), answer.status.as_u16());
        let error = |found: String, right: &str| Error::new(Family::Refused, self.at, found, right);
        if self.account.is_none() {
            return error(said, "").hint("this site wants a login; swath reads public sites, and Azure with a SAS token");
        }
        if let Some(sas) = self.secret.sas() {
            return self.refused_token(&sas, &said, &answer.code);
        }
        match self.secret {
            Secret::Identity(tokens) => self.refused_identity(tokens, &said, answer),
            Secret::Key(_) => {
                let account = self.account.unwrap_or_default();
                error(format!("{said}: the account key is not accepted"), format!("the key of '{account}'").as_str())
                    .hint("check AZURE_STORAGE_KEY or AZURE_STORAGE_CONNECTION_STRING, and this machine's clock")
            }
            _ => self.mismatch(&said).unwrap_or_else(|| error(format!("{said}: no credentials were given"), "").hint(SET)),
        }
    }
    fn refused_token(&self, sas: &Sas, said: &str, code: &str) -> Error {
        let error = |found: String, right: &str| Error::new(Family::Refused, self.at, found, right);
        match sas.lacks(self.action.right(), Utc::now()) {
            Some(reason) => {
                error(format!("{said}: {reason}"), "").hint("make a new token, then set AZURE_STORAGE_SAS_TOKEN or give --sas-file")
            }
            None if code == "AuthorizationProtocolMismatch" => error(format!("{said}: {} is for https only", sas.name()), ""),
            None => {
                error(format!("{said}: the signature of {} is not accepted", sas.name()), "a whole token of this account and container")
                    .hint("it may belong to another account or container, be cut off when copied, or its key may have been replaced")
            }
        }
    }
    fn refused_identity(&self, tokens: &Tokens, said: &str, answer: &Answer) -> Error {
        let error = |found: String| Error::new(Family::Refused, self.at, found, "");
        let source = tokens.source();
        if source.is_empty() {
            // Nobody was there to be asked, or whoever is set up gave no token.
            let Some(why) = tokens.refusal() else { return error(format!("{said}: no credentials were given")).hint(SET) };
            let hint = why.hint.unwrap_or_default();
            return match tokens.is_named() {
                true => error(format!("{said}: {}", why.found)).hint(hint),
                false => error(format!("{said}: no credentials were given; {}", why.found)).hint(format!("{SET}; or {hint}")),
            };
        }
        let role = if self.action == Action::Read || self.action == Action::List { "Reader" } else { "Contributor" };
        if answer.status.as_u16() == 401 {
            return error(format!("{said}: the token of {source} is not accepted"))
                .hint("the account may belong to another tenant: check AZURE_TENANT_ID, or `az account show`");
        }
        let account = self.account.unwrap_or_default();
        if self.action == Action::Policies {
            return error(format!("{said}: the identity of {source} is not enough")).hint(format!(
                "stored access policies are kept with the key: `az storage account keys list --account-name {account}`, AZURE_STORAGE_KEY"
            ));
        }
        error(format!("{said}: the identity of {source} lacks the right"))
            .hint(format!("give it the role 'Storage Blob Data {role}' on the account '{account}'; a new role takes some minutes to count"))
    }
    fn says(&self, answer: &Answer) -> String {
        let words = [answer.code.as_str(), answer.message.as_str()].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(": ");
        let words = if words.is_empty() { answer.status.canonical_reason().unwrap_or_default().to_owned() } else { words };
        format!("the server answered HTTP {} {words}", answer.status.as_u16())
    }
}

const SET: &str = "set AZURE_STORAGE_SAS_TOKEN, AZURE_STORAGE_KEY or AZURE_STORAGE_CONNECTION_STRING, or give --sas-file";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sas;

    fn error(status: u16, code: &str, action: Action, secret: &Secret) -> Error {
        let answer = Answer {
            status: reqwest::StatusCode::from_u16(status).unwrap(),
            code: code.into(),
            message: String::new(),
            wait: None,
            tries: 1,
        };
        Spot { at: "https://acct.blob.core.windows.net/maps/a", action, secret, account: Some("acct"), other: None }
            .error(&Failure::Answer(answer))
    }

    #[test]
    fn every_refusal_says_why() {
        let sas = |token: &str| Secret::Sas(Sas::parse(token).unwrap());
        let expired = sas("sp=rl&se=2020-01-01T00:00:00Z&sig=CANARY");
        let reader = sas("sp=rl&se=2999-01-01T00:00:00Z&sig=CANARY");
        for (secret, status, code, action, reason) in [
            (&Secret::Anonymous, 404, "ResourceNotFound", Action::Read, "no credentials"),
            (&Secret::Anonymous, 409, "PublicAccessNotPermitted", Action::Read, "no credentials"),
            (&Secret::Anonymous, 401, "NoAuthenticationInformation", Action::List, "no credentials"),
            (&expired, 403, "AuthenticationFailed", Action::Read, "expired at 2020-01-01"),
            (&reader, 403, "AuthorizationPermissionMismatch", Action::Create, "not create (c)"),
            (&reader, 403, "AuthenticationFailed", Action::Read, "signature of the SAS token is not accepted"),
            (&Secret::Key("a2V5".to_owned().into()), 403, "AuthenticationFailed", Action::Read, "key is not accepted"),
        ] {
            let found = error(status, code, action, secret);
            assert_eq!(found.family, Family::Refused, "{found}");
            assert!(found.to_string().contains(reason) && found.hint.is_some(), "{found}");
            assert!(!format!("{found:?}").contains("CANARY"), "{found:?}");
        }
    }

    #[test]
    fn every_answer_has_its_family() {
        for (status, code, action, family) in [
            (404, "BlobNotFound", Action::Read, Family::Absent),
            (404, "ContainerNotFound", Action::List, Family::Absent),
            (409, "BlobAlreadyExists", Action::Create, Family::Conflict),
            (412, "ConditionNotMet", Action::Write, Family::Conflict),
            (412, "ConditionNotMet", Action::Read, Family::Conflict),
            (416, "InvalidRange", Action::Read, Family::Damaged),
            (503, "ServerBusy", Action::Read, Family::Unreachable),
            (501, "", Action::Write, Family::Unsupported),
        ] {
            assert_eq!(error(status, code, action, &Secret::Anonymous).family, family, "{status} {code}");
        }
    }
}
