use bytes::BytesMut;
use object_store::client::{HttpRequest, HttpRequestBody};
use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use tokio::time::timeout;
use url::Url;

use super::{Answer, AtMost, Failure, Reply, Signer, Told, Wire, patience};
use crate::inspect::Whom;

/// Of an answer that is looked at, not used.
const GLANCE: u64 = 1 << 20;

const MS_VERSION: HeaderName = HeaderName::from_static("x-ms-version");
const ANONYMOUS_VERSION: HeaderValue = HeaderValue::from_static("2023-11-03");

impl Wire {
    /// Sends a request and gives its answer whatever its status; of the body no more than was asked for. Nothing is tried twice, but for an
    /// identity that is shown only once a server wants to know.
    pub async fn ask(&self, request: HttpRequest, whom: Whom) -> Result<Reply, Failure> {
        if whom == Whom::Anybody {
            let mut request = request;
            // A browser sends a preflight with no header of ours.
            if matches!(self.0.signer, Signer::Azure(_)) && *request.method() != Method::OPTIONS {
                request.headers_mut().insert(MS_VERSION, ANONYMOUS_VERSION);
            }
            let asked = request.uri().clone();
            return self.once(request, &asked).await;
        }
        if let Some(doubt) = self.0.signer.doubt() {
            doubt.settle(&self.0.client, &self.0.traffic).await?;
        }
        let (parts, _) = request.into_parts();
        let again = || {
            let mut request = HttpRequest::new(HttpRequestBody::empty());
            *request.method_mut() = parts.method.clone();
            *request.uri_mut() = parts.uri.clone();
            *request.headers_mut() = parts.headers.clone();
            *request.extensions_mut() = parts.extensions.clone();
            request
        };
        let mut first = again();
        let shown = self.0.signer.sign(&mut first).await?;
        let reply = self.once(first, &parts.uri).await?;
        let refusal = Failure::Answer(Answer::new(reply.status, &reply.headers, &reply.body, None, 1));
        if reply.status.is_success() || !self.0.signer.renew(&shown, &refusal).await? {
            return Ok(reply);
        }
        let mut second = again();
        self.0.signer.sign(&mut second).await?;
        self.once(second, &parts.uri).await
    }

    /// `asked` is the URL without what signs it.
    async fn once(&self, request: HttpRequest, asked: &impl ToString) -> Result<Reply, Failure> {
        let told = Told::about(request.method(), asked, 0, 1);
        let outcome = self.exchange(request).await;
        told.ended(&outcome);
        outcome
    }

    async fn exchange(&self, request: HttpRequest) -> Result<Reply, Failure> {
        let most = request.extensions().get::<AtMost>().map_or(GLANCE, |most| most.0);
        let (parts, _) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string()).map_err(|_| Failure::unreached("the URL cannot be sent".into(), 1))?;
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        self.0.traffic.read(0);
        let stall = patience::stall();
        let answer = timeout(stall, self.0.client.execute(request)).await.map_err(|_| Failure::stalled(stall, 1))?;
        let mut answer = answer.map_err(|e| Failure::of(e, 1))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut body = BytesMut::new();
        while (body.len() as u64) < most
            && let Some(chunk) =
                timeout(stall, answer.chunk()).await.map_err(|_| Failure::stalled(stall, 1))?.map_err(|e| Failure::of(e, 1))?
        {
            body.extend_from_slice(&chunk);
        }
        self.0.traffic.received(body.len() as u64);
        Ok(Reply { status, headers, body: body.freeze() })
    }
}
