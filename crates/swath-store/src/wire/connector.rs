//! The wire as the transport of the client library, which keeps what it knows: names, headers, block lists.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

use object_store::ClientOptions;
use object_store::client::{HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService};

use super::{Failure, Wire};

#[derive(Debug)]
pub(crate) struct Connector(pub Wire);

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

impl HttpService for Wire {
    fn call<'me, 'answer>(
        &'me self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'answer>>
    where
        'me: 'answer,
        Self: 'answer,
    {
        Box::pin(async move {
            // Retried already: a kind that the library does not retry again.
            let reply = self.send(request).await.map_err(|failure| HttpError::new(HttpErrorKind::Unknown, failure))?;
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
