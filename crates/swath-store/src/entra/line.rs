use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method};
use tokio::time::{sleep, timeout};
use url::Url;

use crate::location::is_loopback;
use crate::wire::{Failure, Told};

const PATIENCE: Duration = Duration::from_secs(10);
const ATTEMPTS: u32 = 3;
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// An answer with a token has a few thousand bytes.
const LARGEST: usize = 256 * 1024;

/// One question to a service that gives tokens.
pub(super) struct Question {
    pub url: Url,
    /// Name and value; secret values are marked as such.
    pub headers: Vec<(&'static str, HeaderValue)>,
    /// A form, where one is posted.
    pub form: Option<Vec<(&'static str, String)>>,
}

/// The answer's status and text.
pub(super) struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// The client for one host. It follows no redirect: what it sends is for that host alone.
pub(super) fn client(url: &Url, connect: Duration) -> Result<Client, String> {
    let mut builder = crate::wire::client().connect_timeout(connect).redirect(reqwest::redirect::Policy::none());
    // This machine's own services are never behind a proxy.
    if is_loopback(url) || url.scheme() == "http" {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|e| e.without_url().to_string())
}

/// Asks, and again where the service is busy.
///
/// # Errors
/// Why no whole answer came, in words without a URL or a secret.
pub(super) async fn ask(client: &Client, question: &Question) -> Result<Answer, String> {
    let mut tries = 0;
    loop {
        tries += 1;
        let method = if question.form.is_some() { Method::POST } else { Method::GET };
        let told = Told::about(&method, &question.url, 0, tries);
        let (answer, wait) = match timeout(PATIENCE, once(client, question)).await {
            Err(_) => (Err(format!("no answer within {} s", PATIENCE.as_secs())), None),
            Ok(Err(why)) => (Err(why), None),
            Ok(Ok((answer, wait))) => (Ok(answer), wait),
        };
        match &answer {
            Ok(answer) => told.answered(answer.status, answer.body.len()),
            Err(why) => told.failed(why),
        }
        let busy = match &answer {
            Ok(answer) => matches!(answer.status, 408 | 429 | 500 | 502 | 503 | 504),
            Err(_) => true,
        };
        if !busy || tries == ATTEMPTS {
            return answer;
        }
        sleep(wait.unwrap_or(Duration::from_millis(300) * tries).min(LONGEST_WAIT)).await;
    }
}

/// Whether anybody answers a plain GET soon.
pub(super) async fn is_anybody_there(client: &Client, url: &Url, patience: Duration) -> bool {
    matches!(timeout(patience, client.get(url.clone()).send()).await, Ok(Ok(_)))
}

async fn once(client: &Client, question: &Question) -> Result<(Answer, Option<Duration>), String> {
    let method = if question.form.is_some() { Method::POST } else { Method::GET };
    let mut request = reqwest::Request::new(method, question.url.clone());
    for (name, value) in &question.headers {
        request.headers_mut().insert(HeaderName::from_static(name), value.clone());
    }
    if let Some(form) = &question.form {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        *request.body_mut() = Some(body.into());
    }
    let words = |e: reqwest::Error| Failure::of(e, 1).to_string();
    let mut response = client.execute(request).await.map_err(words)?;
    let status = response.status().as_u16();
    let wait = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.trim().parse().ok()).map(Duration::from_secs);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(words)? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST {
            return Err("the answer is too long for a token".into());
        }
    }
    Ok((Answer { status, body }, wait))
}
