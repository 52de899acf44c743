use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::BodyExt;
use object_store::client::{HttpRequest, HttpRequestBody};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use url::Url;

use super::body::Body;
use super::outgoing::Outgoing;
use super::proof::{self, Question};
use super::request::{AtMost, Reads, complete};
use super::{Answer, Failure, Signer, Told, delay, lookup, patience, redirect, trust};
use crate::traffic::Traffic;

/// Attempts in all for what may heal: busy servers, broken bodies, stalls.
const ATTEMPTS: u32 = 6;
/// Attempts in all where nobody listens.
const CONNECTS: u32 = 2;
/// Attempts in all where the answer is to another question.
const GARBLED: u32 = 3;
/// No attempt begins later than this after the first.
const DEADLINE: Duration = Duration::from_secs(180);
const IN_FLIGHT: usize = 128;
/// The longest range of which Azure tells the MD5 (Get Blob, x-ms-range-get-content-md5).
const LARGEST_SUMMED: u64 = 4 << 20;
/// What a body may weigh unless the caller says otherwise.
const LARGEST_BODY: u64 = 1 << 30;

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

#[derive(Clone)]
pub(crate) struct Wire(pub(super) Arc<Shared>);

pub(super) struct Shared {
    pub client: reqwest::Client,
    pub signer: Signer,
    pub traffic: Arc<Traffic>,
    gate: Semaphore,
}

impl Wire {
    /// A line to one host. Proxies of the environment are not asked for this machine's own addresses.
    pub fn new(host: &Url, signer: Signer, traffic: Arc<Traffic>) -> crate::Result<Self> {
        Self::linked(host, signer, traffic, None)
    }
    /// The same to a host that the link of a document led to: what lies nearer to this machine than the document is not connected to.
    pub fn linked(host: &Url, signer: Signer, traffic: Arc<Traffic>, from: Option<&Url>) -> crate::Result<Self> {
        let mut builder = trust::client()
            .connect_timeout(Duration::from_secs(5))
            .redirect(redirect::policy())
            .dns_resolver(lookup::Shared(Arc::new(lookup::Lookup::new(host, from))));
        if crate::location::is_loopback(host) {
            builder = builder.no_proxy();
        }
        let client =
            builder.build().map_err(|e| crate::Error::new(crate::Family::Unreachable, host.as_str(), e.without_url().to_string(), ""))?;
        Ok(Self(Arc::new(Shared { client, signer, traffic, gate: Semaphore::new(IN_FLIGHT) })))
    }
    /// Whether this range may come with a checksum of its own: Azure makes one of at most 4 MiB.
    pub fn sums(&self, length: u64) -> bool {
        matches!(self.0.signer, Signer::Azure(_)) && length <= LARGEST_SUMMED
    }
    /// Sends a request and reads its answer whole; 4xx and 5xx are failures.
    pub async fn send(&self, request: HttpRequest) -> Result<Reply, Failure> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map(|all| all.to_bytes()).map_err(|e| Failure::unreached(e.to_string(), 1))?;
        if let Some(doubt) = self.0.signer.doubt() {
            doubt.settle(&self.0.client, &self.0.traffic).await?;
        }
        let begun = Instant::now();
        let (mut tries, mut renewed) = (0, false);
        loop {
            tries += 1;
            let mut request = HttpRequest::new(HttpRequestBody::from(body.clone()));
            *request.method_mut() = parts.method.clone();
            *request.uri_mut() = parts.uri.clone();
            *request.headers_mut() = parts.headers.clone();
            *request.extensions_mut() = parts.extensions.clone();
            let asks = request.extensions().get::<Reads>().is_some();
            if !matches!(self.0.signer, Signer::Done) && !asks {
                complete(&mut request, &body)?;
            }
            let shown = self.0.signer.sign(&mut request).await?;
            let told = Told::about(&parts.method, &parts.uri, body.len(), tries);
            let outcome = self.attempt(request, &body, tries).await;
            told.ended(&outcome);
            let failure = match outcome {
                Ok(reply) => return Ok(reply),
                Err(failure) => failure,
            };
            if !renewed && self.0.signer.renew(&shown, &failure).await? {
                renewed = true;
                continue;
            }
            let most = match &failure {
                Failure::Garbled { .. } => GARBLED,
                failure if failure.nobody_listens() => CONNECTS,
                _ => ATTEMPTS,
            };
            let wait = failure.asked_to_wait().unwrap_or_else(|| delay::backoff(tries));
            if !failure.may_heal() || tries >= most || begun.elapsed() + wait > DEADLINE {
                return Err(failure);
            }
            sleep(wait).await;
        }
    }

    async fn attempt(&self, request: HttpRequest, body: &Bytes, tries: u32) -> Result<Reply, Failure> {
        let _permit = self.0.gate.acquire().await.map_err(|e| Failure::unreached(e.to_string(), tries))?;
        let most = request.extensions().get::<AtMost>().map_or(LARGEST_BODY, |most| most.0);
        let asks = request.extensions().get::<Reads>().is_some();
        let (parts, _) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string()).map_err(|_| Failure::unreached("the URL cannot be sent".into(), tries))?;
        let question = Question { method: parts.method.clone(), headers: parts.headers.clone() };
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        let writes = matches!(question.method, Method::PUT | Method::POST | Method::DELETE);
        let (outgoing, watch) = Outgoing::of(body);
        if writes || !body.is_empty() {
            *request.body_mut() = Some(outgoing);
        }
        match writes && !asks {
            true => self.0.traffic.wrote(body.len() as u64),
            false => self.0.traffic.read(0),
        }
        let mut response = watch.answered(self.0.client.execute(request), tries).await?.map_err(|e| Failure::of(e, tries))?;
        let (status, headers) = (response.status(), response.headers().clone());
        if let Some(size) = response.content_length().filter(|size| *size > most && question.method != Method::HEAD) {
            return Err(Failure::TooLarge { size, most });
        }
        let told = response.content_length().filter(|_| question.method != Method::HEAD);
        let mut whole = Body::of(told.unwrap_or_default());
        let (stall, began) = (patience::stall(), Instant::now());
        while let Some(chunk) =
            timeout(stall, response.chunk()).await.map_err(|_| Failure::stalled(stall, tries))?.map_err(|e| Failure::of(e, tries))?
        {
            if began.elapsed() > patience::for_answer(whole.len()) {
                return Err(Failure::trickles(whole.len(), began.elapsed(), tries));
            }
            if (whole.len() + chunk.len()) as u64 > most {
                return Err(Failure::TooLarge { size: (whole.len() + chunk.len()) as u64, most });
            }
            whole.push(&chunk);
        }
        self.0.traffic.received(whole.len() as u64);
        let whole = whole.done();
        // What a redirection leads to was followed already where it may be.
        let elsewhere = status.is_redirection() && status != StatusCode::NOT_MODIFIED;
        if elsewhere || status.is_client_error() || status.is_server_error() {
            return Err(Failure::Answer(Answer::new(status, &headers, &whole, delay::asked(&headers), tries)));
        }
        let reply = Reply { status, headers, body: whole };
        match proof::flaw(&question, &reply) {
            None => Ok(reply),
            Some((flaw, what)) => Err(Failure::Garbled { flaw, what, tries }),
        }
    }
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}
