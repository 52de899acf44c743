use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::time::{sleep, timeout};
use url::Url;

use super::failure::Refusal;
use super::operation::Operation;
use super::{Cloud, Request, Wait, Watch};
use crate::wire::{Failure, Told};
use crate::{Error, Family, Result, Scope, Tokens};

/// Azure's own answers take up to half a minute where an account is made.
const PATIENCE: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(10);
/// Requests in all for what may heal.
const ATTEMPTS: u32 = 6;
/// Requests in all where nobody listens.
const CONNECTS: u32 = 2;
/// The longest pause that is obeyed.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
const LARGEST_BODY: usize = 16 << 20;
/// A page of the Resource Manager has up to 5,000 entries.
const MOST_PAGES: usize = 1000;

/// The Resource Manager of one cloud, spoken to as one person or service.
pub struct Management {
    pub(super) cloud: Cloud,
    client: reqwest::Client,
    tokens: Tokens,
}

/// What is sent, but for who sends it.
struct Call<'a> {
    method: Method,
    url: Url,
    body: Option<&'a str>,
}

impl Call<'_> {
    fn request(&self) -> reqwest::Request {
        let mut request = reqwest::Request::new(self.method.clone(), self.url.clone());
        if let Some(body) = self.body {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.to_owned().into());
        } else if self.method == Method::POST {
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        request
    }
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Management {
    /// Connects nothing yet.
    ///
    /// # Errors
    /// Unreachable where no line can be made.
    pub fn open(cloud: Cloud, tokens: Tokens) -> Result<Self> {
        let mut builder = crate::wire::client()
            .connect_timeout(CONNECT)
            // A token is for this host alone.
            .redirect(reqwest::redirect::Policy::none());
        if crate::location::is_loopback(&cloud.endpoint) {
            builder = builder.no_proxy();
        }
        let at = cloud.endpoint.as_str();
        let client = builder.build().map_err(|e| Error::new(Family::Unreachable, at, e.without_url().to_string(), ""))?;
        Ok(Self { cloud, client, tokens })
    }
    /// Gets a token, so that a missing login is told before anything is asked.
    ///
    /// # Errors
    /// Refused where there is nobody to be.
    pub async fn sign_in(&self) -> Result<()> {
        self.tokens.bearer(Scope::Management).await.map(drop)
    }
    /// Where it is: `https://management.azure.com/`.
    pub fn endpoint(&self) -> &str {
        self.cloud.endpoint.as_str()
    }
    /// Sends a request and stays with the operation it starts until that ends; what the answer says.
    ///
    /// # Errors
    /// Every family but Damaged and Disk: what Azure refuses, with the way out.
    pub(super) async fn perform(&self, request: &Request, at: &str, watch: &dyn Watch) -> Result<Value> {
        let reply = self.send(request, at, watch).await?;
        Operation { management: self, request, at, watch }.follow(reply).await
    }
    /// The JSON that a request is answered with; `None` where there is nothing.
    pub(super) async fn ask(&self, request: &Request, at: &str) -> Result<Option<Value>> {
        match self.send(request, at, &()).await {
            Ok(reply) => reply.json(at).map(Some),
            Err(error) if error.family == Family::Absent && error.hint.is_none() => Ok(None),
            Err(error) => Err(error),
        }
    }
    /// Every `value` of a listing, its pages followed to the end.
    pub(super) async fn list(&self, request: &Request, at: &str) -> Result<Vec<Value>> {
        let mut all = Vec::new();
        let mut page = self.send(request, at, &()).await?.json(at)?;
        for _ in 0..MOST_PAGES {
            if let Some(values) = page.get_mut("value").and_then(Value::as_array_mut) {
                all.append(values);
            }
            let Some(next) = page.get("nextLink").and_then(Value::as_str).filter(|next| !next.is_empty()) else { return Ok(all) };
            page = self.fetch(next, at, &()).await?.json(at)?;
        }
        Err(Error::new(Family::OverLimit, at, format!("a listing of more than {MOST_PAGES} pages"), ""))
    }
    /// What lies at a URL that an answer named.
    pub(super) async fn fetch(&self, url: &str, at: &str, watch: &dyn Watch) -> Result<Reply> {
        let url = Url::parse(url).ok().filter(|url| self.cloud.owns(url));
        let url = url.ok_or_else(|| {
            Error::new(
                Family::Unsupported,
                at,
                "the answer points outside the Resource Manager",
                format!("{} is expected", self.cloud.endpoint),
            )
        })?;
        self.exchange(&Call { method: Method::GET, url, body: None }, at, watch).await
    }

    async fn send(&self, request: &Request, at: &str, watch: &dyn Watch) -> Result<Reply> {
        let mut url = self.cloud.endpoint.clone();
        url.set_path(&request.path);
        url.set_query(Some(&format!("api-version={}", request.api_version)));
        self.exchange(&Call { method: request.verb.method(), url, body: request.body.as_deref() }, at, watch).await
    }

    async fn exchange(&self, call: &Call<'_>, at: &str, watch: &dyn Watch) -> Result<Reply> {
        let mut tries = 0;
        loop {
            tries += 1;
            let token = self.tokens.bearer(Scope::Management).await?;
            let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
                .map_err(|_| Error::new(Family::Refused, at, "the access token holds control characters", ""))?;
            bearer.set_sensitive(true);
            let mut request = call.request();
            request.headers_mut().insert(AUTHORIZATION, bearer);
            let told = Told::about(&call.method, &call.url, call.body.map_or(0, str::len), tries);
            let outcome = self.once(request).await;
            match &outcome {
                Ok(reply) => told.answered(reply.status.as_u16(), reply.body.len()),
                Err(failure) => told.failed(&failure.to_string()),
            }
            let (error, heals, nobody, asked) = match outcome {
                Ok(reply) if !(reply.status.is_client_error() || reply.status.is_server_error()) => return Ok(reply),
                Ok(reply) if reply.status == StatusCode::UNAUTHORIZED && self.tokens.renew(Scope::Management, &token).await? => continue,
                Ok(reply) => {
                    let refusal = Refusal::of(&reply);
                    (refusal.error(at, tries), refusal.heals(), false, pause_of(&reply.headers))
                }
                Err(failure) => {
                    let found = format!("{} cannot be reached: {failure}", self.cloud.endpoint.host_str().unwrap_or_default());
                    let error = Error::new(Family::Unreachable, at, found, "")
                        .hint("check the network and any proxy, then run the same command again");
                    (error, failure.may_heal(), failure.nobody_listens(), None)
                }
            };
            if !heals || tries >= if nobody { CONNECTS } else { ATTEMPTS } {
                return Err(error);
            }
            let pause = asked.unwrap_or_else(|| backoff(tries)).min(LONGEST_WAIT);
            watch.wait(if asked.is_some() { Wait::Throttled } else { Wait::Busy }, pause);
            sleep(pause).await;
        }
    }

    async fn once(&self, request: reqwest::Request) -> std::result::Result<Reply, Failure> {
        let whole = async {
            let mut response = self.client.execute(request).await.map_err(|e| Failure::of(e, 1))?;
            let (status, headers) = (response.status(), response.headers().clone());
            let mut body = BytesMut::new();
            while let Some(chunk) = response.chunk().await.map_err(|e| Failure::of(e, 1))? {
                body.extend_from_slice(&chunk);
                if body.len() > LARGEST_BODY {
                    return Err(Failure::TooLarge { size: body.len() as u64, most: LARGEST_BODY as u64 });
                }
            }
            Ok(Reply { status, headers, body: body.freeze() })
        };
        timeout(PATIENCE, whole).await.unwrap_or_else(|_| Err(Failure::stalled(PATIENCE, 1)))
    }
}

impl Reply {
    /// The body as JSON; null where there is none.
    pub fn json(&self, at: &str) -> Result<Value> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body).map_err(|e| {
            let found = format!("the answer is no JSON: {e}");
            Error::new(Family::Unsupported, at, found, "an answer of the Azure Resource Manager").hint(
                "a proxy or a login page of the network may have answered instead; check AZURE_RESOURCE_MANAGER_ENDPOINT and HTTPS_PROXY",
            )
        })
    }
}

/// The pause that an answer asks for, in seconds.
pub(super) fn pause_of(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.trim().parse().ok()).map(Duration::from_secs)
}

/// One second, doubled each time.
fn backoff(tries: u32) -> Duration {
    Duration::from_secs(1) * 2u32.saturating_pow(tries.saturating_sub(1).min(5))
}
