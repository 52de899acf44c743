use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::authority::Scope;
use super::az;
use super::grant::Grant;
use super::managed::NoToken;
use super::settings::{Identity, Settings};
use crate::{Error, Family, Result, environment as env};

/// Tokens of Microsoft Entra for this process, from the first source that is set up: a service principal
/// (`AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET`), a workload identity (`AZURE_FEDERATED_TOKEN_FILE`), a managed
/// identity, `az login`. A clone shares what is known. Printing it shows no token.
///
/// ```no_run
/// # use swath_store::{Scope, Tokens};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> swath_store::Result<()> {
/// let tokens = Tokens::from_env();
/// let token = tokens.bearer(Scope::Management).await?; // asked for once, renewed at half its life
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Tokens(Arc<Shared>);

struct Shared {
    settings: Result<Settings>,
    storage: Slot,
    management: Slot,
}

/// One token: whoever finds it lapsed asks, the others wait for that one answer.
#[derive(Default)]
struct Slot {
    held: Mutex<Held>,
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default, Clone)]
struct Held {
    grant: Option<Grant>,
    /// When this token came because one before it was refused.
    replaced: Option<DateTime<Utc>>,
    /// Why there is none, and when that was found.
    refused: Option<(DateTime<Utc>, Error)>,
    /// In words, who gave it.
    source: &'static str,
}

/// Who gave no token is not asked again so soon.
const REFUSED_FOR: Duration = Duration::seconds(30);
/// A token that replaced a refused one and is refused as well lacks rights, not freshness.
const REPLACED_FOR: Duration = Duration::seconds(60);

impl Tokens {
    /// As the environment says; nothing is asked yet, and what is wrong is told when a token is.
    pub fn from_env() -> Self {
        Self(Arc::new(Shared { settings: Settings::from_env(), storage: Slot::default(), management: Slot::default() }))
    }
    /// A token that holds now, for an `Authorization: Bearer` header. Many who ask at once cause one request.
    ///
    /// # Errors
    /// Refused, saying of each source why it gives none; Unreachable where the authority does not answer; Misuse where a
    /// variable makes no sense.
    pub async fn bearer(&self, scope: Scope) -> Result<SecretString> {
        let slot = self.slot(scope);
        let held = slot.now();
        let now = Utc::now();
        match &held.grant {
            Some(grant) if grant.is_valid(now) && !grant.is_due(now) => return Ok(grant.token.clone()),
            Some(grant) if grant.is_valid(now) => {
                // One asks ahead of time; the others go on with what still holds.
                let Ok(_asking) = slot.asking.try_lock() else { return Ok(grant.token.clone()) };
                return match self.ask(scope).await {
                    Ok((new, source)) => Ok(slot.keep(new, source, None)),
                    Err(_) => Ok(slot.keep(Grant { got: now, ..grant.clone() }, held.source, held.replaced)),
                };
            }
            _ => {}
        }
        let _asking = slot.asking.lock().await;
        let held = slot.now();
        match (&held.grant, &held.refused) {
            (Some(grant), _) if grant.is_valid(Utc::now()) => Ok(grant.token.clone()),
            (None, Some((when, error))) if Utc::now() - *when < REFUSED_FOR => Err(error.clone()),
            _ => self.fill(scope, None).await,
        }
    }
    /// After a server refused a token: whether there is another one now. A token that came this way is not replaced again.
    pub(crate) async fn renew(&self, scope: Scope, refused: &SecretString) -> Result<bool> {
        let slot = self.slot(scope);
        let _asking = slot.asking.lock().await;
        let held = slot.now();
        match &held.grant {
            Some(grant) if grant.token.expose_secret() != refused.expose_secret() => Ok(true),
            Some(_) if held.replaced.is_some_and(|when| Utc::now() - when < REPLACED_FOR) => Ok(false),
            _ => {
                let new = self.fill(scope, Some(Utc::now())).await?;
                Ok(new.expose_secret() != refused.expose_secret())
            }
        }
    }
    /// Whether the environment names an identity, as opposed to one that may be found by asking around.
    pub(crate) fn is_named(&self) -> bool {
        !matches!(&self.0.settings, Ok(Settings { identity: Identity::Ambient(_), .. }))
    }
    /// Who gave the storage token, in words; empty while nobody did.
    pub(crate) fn source(&self) -> &'static str {
        self.0.storage.now().source
    }
    /// Why there is no token for storage, where one was asked for and none was given.
    pub(crate) fn refusal(&self) -> Option<Error> {
        self.0.storage.now().refused.map(|(_, error)| error)
    }

    fn slot(&self, scope: Scope) -> &Slot {
        match scope {
            Scope::Storage => &self.0.storage,
            Scope::Management => &self.0.management,
        }
    }
    async fn fill(&self, scope: Scope, replaced: Option<DateTime<Utc>>) -> Result<SecretString> {
        let slot = self.slot(scope);
        match self.ask(scope).await {
            Ok((grant, source)) => Ok(slot.keep(grant, source, replaced)),
            Err(error) => {
                slot.set(Held { refused: Some((Utc::now(), error.clone())), ..Held::default() });
                Err(error)
            }
        }
    }
    async fn ask(&self, scope: Scope) -> Result<(Grant, &'static str)> {
        let settings = self.0.settings.as_ref().map_err(Error::clone)?;
        let resource = settings.authority.resource(scope);
        let mut passed = settings.passed.clone();
        let endpoint = match &settings.identity {
            Identity::Principal(principal) => return Ok((principal.ask(&settings.authority, scope).await?, principal.name())),
            Identity::Platform(endpoint) | Identity::Ambient(endpoint) => endpoint,
        };
        match endpoint.ask(resource).await {
            Ok(grant) => return Ok((grant, "managed identity")),
            Err(NoToken::None(why)) => passed.push(format!("managed identity: {why}")),
            Err(NoToken::Failed(why)) => {
                let error = Error::new(Family::Refused, "", format!("the managed identity gave no token: {why}"), "");
                return Err(
                    error.hint(format!("check the identity that is assigned to this machine or app, and {} where it is set", env::CLIENT))
                );
            }
        }
        match az::ask(resource).await {
            Ok(grant) => Ok((grant, "az login")),
            Err(why) => {
                passed.push(format!("az login: {why}"));
                Err(Error::new(Family::Refused, "", format!("nobody to ask for a token ({})", passed.join("; ")), "")
                    .hint("run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"))
            }
        }
    }
}

impl Slot {
    fn now(&self) -> Held {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    fn set(&self, held: Held) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = held;
    }
    fn keep(&self, grant: Grant, source: &'static str, replaced: Option<DateTime<Utc>>) -> SecretString {
        let token = grant.token.clone();
        self.set(Held { grant: Some(grant), replaced, refused: None, source });
        token
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.source();
        write!(f, "tokens of {}", if source.is_empty() { "nobody yet" } else { source })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use super::super::authority::Authority;
    use super::super::principal::{Assertion, Principal};
    use super::*;

    /// A token endpoint that is slow, counts, and gives tokens for some seconds; none where `seconds` is 0.
    fn authority(seconds: u32) -> (Tokens, Arc<AtomicUsize>) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                std::thread::sleep(std::time::Duration::from_millis(100));
                let number = count.fetch_add(1, SeqCst);
                let (status, body) = match seconds {
                    0 => ("401 Unauthorized", r#"{"error_description":"AADSTS7000215: no CANARY"}"#.to_owned()),
                    _ => ("200 OK", format!(r#"{{"access_token":"T{number}","expires_in":{seconds}}}"#)),
                };
                let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
            }
        });
        let assertion = Assertion::Secret("CANARY".to_owned().into());
        let identity = Identity::Principal(Principal { tenant: "t".into(), client: "c".into(), assertion });
        let settings = Settings { authority: Authority::parse(Some(&url)).unwrap(), identity, passed: Vec::new() };
        (Tokens(Arc::new(Shared { settings: Ok(settings), storage: Slot::default(), management: Slot::default() })), asked)
    }

    async fn all(tokens: &Tokens) -> Vec<Result<String>> {
        let ask = |_| async { tokens.bearer(Scope::Storage).await.map(|token| token.expose_secret().to_owned()) };
        futures::future::join_all((0..64).map(ask)).await
    }

    #[tokio::test]
    async fn many_who_wait_cause_one_request_for_each_resource() {
        let (tokens, asked) = authority(3600);
        for _ in 0..2 {
            assert!(all(&tokens).await.into_iter().all(|token| token.unwrap() == "T0"));
        }
        assert_eq!(asked.load(SeqCst), 1);
        tokens.bearer(Scope::Management).await.unwrap();
        assert_eq!(asked.load(SeqCst), 2);
        assert_eq!(format!("{tokens:?}"), "tokens of service principal");
    }

    #[tokio::test]
    async fn a_refused_token_is_replaced_once_for_all_who_showed_it() {
        let (tokens, asked) = authority(3600);
        let old = tokens.bearer(Scope::Storage).await.unwrap();
        let replace = |_| tokens.renew(Scope::Storage, &old);
        assert!(futures::future::join_all((0..64).map(replace)).await.into_iter().all(Result::unwrap));
        assert_eq!(asked.load(SeqCst), 2);
        let new = tokens.bearer(Scope::Storage).await.unwrap();
        assert!(!tokens.renew(Scope::Storage, &new).await.unwrap(), "a fresh token that is refused lacks rights");
        assert_eq!(asked.load(SeqCst), 2);
    }

    #[tokio::test]
    async fn one_asks_ahead_and_the_others_use_what_still_holds() {
        let (tokens, asked) = authority(2);
        all(&tokens).await;
        tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
        let given: Vec<_> = all(&tokens).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(asked.load(SeqCst), 2);
        assert!(given.iter().filter(|token| *token == "T1").count() >= 1 && given.iter().any(|token| token == "T0"), "{given:?}");
    }

    #[tokio::test]
    async fn a_refusal_is_told_to_all_and_asked_for_once() {
        let (tokens, asked) = authority(0);
        for told in all(&tokens).await {
            let error = told.unwrap_err();
            assert_eq!(error.family, Family::Refused);
            assert!(error.found.contains("AADSTS7000215") && !format!("{error:?}").contains("CANARY"), "{error:?}");
        }
        assert_eq!(asked.load(SeqCst), 1);
    }
}
