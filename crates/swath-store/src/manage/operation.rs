//! Long-running operations (learn.microsoft.com/azure/azure-resource-manager/management/async-operations).

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION};
use serde_json::Value;
use tokio::time::sleep;

use super::failure::Refusal;
use super::line::{Reply, pause_of};
use super::{Management, Request, Verb, Wait, Watch};
use crate::{Error, Family, Result};

/// Where Azure names no pause.
const PAUSE: Duration = Duration::from_secs(5);
const SHORTEST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// Asks until the operation that an answer began is over; the resource as it then is.
///
/// # Errors
/// What the operation failed with; Unreachable where it is not over after half an hour.
pub(super) async fn follow(management: &Management, request: &Request, first: Reply, at: &str, watch: &dyn Watch) -> Result<Value> {
    let started = Instant::now();
    let mut track = Track::of(&first.headers);
    let mut reply = first;
    loop {
        let body = reply.json(at)?;
        let state = state(&reply, &body, &track);
        match state.as_str() {
            "" | "succeeded" if matches!(track, Track::Status(_)) => return settled(management, request, at).await,
            "" | "succeeded" => return Ok(body),
            "failed" | "canceled" => return Err(Refusal::of_operation(&body).error(at, 1)),
            _ => {}
        }
        if started.elapsed() > PATIENCE {
            return Err(too_long(at, &state));
        }
        let pause = pause_of(&reply.headers).unwrap_or(PAUSE).clamp(SHORTEST, LONGEST);
        watch.wait(Wait::Operation, pause);
        sleep(pause).await;
        reply = match &track {
            Track::Status(url) | Track::Location(url) => management.fetch(url, at, watch).await?,
            Track::Resource => return polled(management, request, at, watch, started).await,
        };
        if let (Track::Location(_), Track::Location(url)) = (&track, Track::of(&reply.headers)) {
            track = Track::Location(url);
        }
    }
}

/// What tells how far an operation is.
enum Track {
    /// `Azure-AsyncOperation`: a document with a status.
    Status(String),
    /// `Location`: 202 until it is over, then the result.
    Location(String),
    /// Nothing; the resource's own provisioning state.
    Resource,
}

impl Track {
    fn of(headers: &HeaderMap) -> Self {
        let named = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        match (named("azure-asyncoperation"), named(LOCATION.as_str())) {
            (Some(url), _) => Self::Status(url),
            (None, Some(url)) => Self::Location(url),
            (None, None) => Self::Resource,
        }
    }
}

/// In lower case; empty or `succeeded` where it is over.
fn state(reply: &Reply, body: &Value, track: &Track) -> String {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let provisioning = text(body.pointer("/properties/provisioningState"));
    match track {
        Track::Status(_) if body.get("status").is_some() => text(body.get("status")),
        // The first answer, which only names where the status is.
        Track::Status(_) if matches!(reply.status, StatusCode::ACCEPTED | StatusCode::CREATED) => "accepted".into(),
        _ if reply.status == StatusCode::ACCEPTED => "accepted".into(),
        _ => provisioning,
    }
}

/// The resource after an operation whose status told of success.
async fn settled(management: &Management, request: &Request, at: &str) -> Result<Value> {
    match request.verb {
        Verb::Put | Verb::Patch => look(management, request, at).await,
        _ => Ok(Value::Null),
    }
}

async fn look(management: &Management, request: &Request, at: &str) -> Result<Value> {
    let look = Request { verb: Verb::Get, body: None, ..request.clone() };
    Ok(management.ask(&look, at).await?.unwrap_or(Value::Null))
}

/// The resource, asked for until it is provisioned.
async fn polled(management: &Management, request: &Request, at: &str, watch: &dyn Watch, started: Instant) -> Result<Value> {
    loop {
        let body = look(management, request, at).await?;
        let state = body.pointer("/properties/provisioningState").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
        match state.as_str() {
            "" | "succeeded" => return Ok(body),
            "failed" | "canceled" => return Err(Refusal::of_operation(&body).error(at, 1)),
            _ if started.elapsed() > PATIENCE => return Err(too_long(at, &state)),
            _ => {
                watch.wait(Wait::Operation, PAUSE);
                sleep(PAUSE).await;
            }
        }
    }
}

fn too_long(at: &str, state: &str) -> Error {
    let found = format!("Azure is still at work after {} minutes ({state})", PATIENCE.as_secs() / 60);
    Error::new(Family::Unreachable, at, found, "").hint("run the same command again later; it goes on from there")
}
