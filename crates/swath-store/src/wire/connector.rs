//! The wire as the transport of the client library, which keeps what it knows: names, headers, signatures.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

use object_store::ClientOptions;
use object_store::client::{HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService};
use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};

use super::{Failure, Wire};

/// Connects the library's clients to a wire.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    wire: Wire,
    /// Asked of the request that makes an object of its parts: the library has no word for it.
    condition: Option<(HeaderName, HeaderValue)>,
}

impl Connector {
    pub fn plain(wire: Wire) -> Self {
        Self { wire, condition: None }
    }
    /// The parts become an object only on a condition.
    pub fn committing(wire: Wire, condition: Option<(HeaderName, HeaderValue)>) -> Self {
        Self { wire, condition }
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

impl HttpService for Connector {
    fn call<'me, 'answer>(
        &'me self,
        mut request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'answer>>
    where
        'me: 'answer,
        Self: 'answer,
    {
        Box::pin(async move {
            let commits = request.method() == Method::POST && request.uri().query().is_some_and(|query| query.contains("uploadId="));
            if let Some((name, value)) = self.condition.clone().filter(|_| commits) {
                request.headers_mut().insert(name, value);
            }
            // Retried already: a kind that the library does not retry again.
            let reply = self.wire.send(request).await.map_err(|failure| HttpError::new(HttpErrorKind::Unknown, failure))?;
            let mut response = HttpResponse::new(reply.body.into());
            *response.status_mut() = reply.status;
            *response.headers_mut() = reply.headers;
            Ok(response)
        })
    }
}

/// The failure of ours that an error of the client library wraps.
pub(crate) fn failure_of(error: &(dyn Error + 'static)) -> Option<Failure> {
    let mut at = Some(error);
    while let Some(error) = at {
        if let Some(failure) = error.downcast_ref::<Failure>() {
            return Some(failure.clone());
        }
        at = error.source();
    }
    None
}
