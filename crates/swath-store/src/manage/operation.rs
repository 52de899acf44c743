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

/// A request that was answered, and the operation it may have begun.
pub(super) struct Operation<'a> {
    pub management: &'a Management,
    pub request: &'a Request,
    /// What an error begins with.
    pub at: &'a str,
    pub watch: &'a dyn Watch,
}

impl Operation<'_> {
    /// Asks until the operation that an answer began is over; the resource as it then is.
    ///
    /// # Errors
    /// What the operation failed with; Unreachable where it is not over after half an hour.
    pub async fn follow(&self, first: Reply) -> Result<Value> {
        let started = Instant::now();
        let mut track = Track::of(&first.headers);
        let mut reply = first;
        loop {
            let body = reply.json(self.at)?;
            match state(&reply, &body, &track).as_str() {
                "" | "succeeded" if matches!(track, Track::Status(_)) => return self.settled().await,
                "" | "succeeded" => return Ok(body),
                "failed" | "canceled" => return Err(Refusal::of_operation(&body).error(self.at, 1)),
                state if started.elapsed() > PATIENCE => return Err(self.too_long(state)),
                _ => {}
            }
            self.pause(pause_of(&reply.headers).unwrap_or(PAUSE)).await;
            reply = match &track {
                Track::Status(url) | Track::Location(url) => self.management.fetch(url, self.at, self.watch).await?,
                Track::Resource => return self.polled(started).await,
            };
            if let (Track::Location(_), Track::Location(url)) = (&track, Track::of(&reply.headers)) {
                track = Track::Location(url);
            }
        }
    }

    /// The resource, asked for until it is provisioned.
    async fn polled(&self, started: Instant) -> Result<Value> {
        loop {
            let body = self.look().await?;
            match provisioning(&body).as_str() {
                "" | "succeeded" => return Ok(body),
                "failed" | "canceled" => return Err(Refusal::of_operation(&body).error(self.at, 1)),
                state if started.elapsed() > PATIENCE => return Err(self.too_long(state)),
                _ => self.pause(PAUSE).await,
            }
        }
    }
    /// The resource after an operation whose status told of success.
    async fn settled(&self) -> Result<Value> {
        match self.request.verb {
            Verb::Put | Verb::Patch => self.look().await,
            _ => Ok(Value::Null),
        }
    }
    async fn look(&self) -> Result<Value> {
        let look = Request { verb: Verb::Get, body: None, ..self.request.clone() };
        Ok(self.management.ask(&look, self.at).await?.unwrap_or(Value::Null))
    }
    async fn pause(&self, asked: Duration) {
        let pause = asked.clamp(SHORTEST, LONGEST);
        self.watch.wait(Wait::Operation, pause);
        sleep(pause).await;
    }
    fn too_long(&self, state: &str) -> Error {
        let found = format!("Azure is still at work after {} minutes ({state})", PATIENCE.as_secs() / 60);
        Error::new(Family::Unreachable, self.at, found, "").hint("run the same command again later; it goes on from there")
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
    let said = body.get("status").and_then(Value::as_str);
    match track {
        Track::Status(_) if said.is_some() => said.unwrap_or_default().to_ascii_lowercase(),
        // The first answer, which only names where the status is.
        Track::Status(_) if matches!(reply.status, StatusCode::ACCEPTED | StatusCode::CREATED) => "accepted".into(),
        _ if reply.status == StatusCode::ACCEPTED => "accepted".into(),
        _ => provisioning(body),
    }
}

fn provisioning(resource: &Value) -> String {
    resource.pointer("/properties/provisioningState").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase()
}
