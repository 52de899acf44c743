use std::time::Duration;

use reqwest::Method;
use reqwest::header::SERVER;
use tokio::sync::OnceCell;
use tokio::time::{sleep, timeout};
use url::Url;

use super::{Answer, Failure, Told, patience};
use crate::traffic::Traffic;

/// Attempts in all, as for any other request.
const ATTEMPTS: u32 = 6;

/// A loopback server that may be an emulator of Azure, or somebody's web site that must not see a credential.
pub(crate) struct Doubt {
    account: Url,
    cleared: OnceCell<bool>,
}

impl Doubt {
    pub fn about(account: Url) -> Self {
        Self { account, cleared: OnceCell::new() }
    }
    /// Asks once, without a credential: storage services name every request in `x-ms-request-id`.
    pub async fn settle(&self, client: &reqwest::Client, traffic: &Traffic) -> Result<(), Failure> {
        let patiently = async || {
            let mut tries = 1;
            loop {
                match self.ask(client, traffic, tries).await {
                    Err(failure) if failure.may_heal() && !failure.nobody_listens() && tries < ATTEMPTS => {
                        sleep(Duration::from_millis(100 << tries)).await;
                        tries += 1;
                    }
                    told => return told,
                }
            }
        };
        self.cleared.get_or_try_init(patiently).await.map(|_| ())
    }
    async fn ask(&self, client: &reqwest::Client, traffic: &Traffic, tries: u32) -> Result<bool, Failure> {
        traffic.read(0);
        let stall = patience::stall();
        let told = Told::about(&Method::GET, &self.account, 0, tries);
        let answer = timeout(stall, client.get(self.account.clone()).send()).await.map_err(|_| Failure::stalled(stall, tries));
        let answer = answer.and_then(|answer| answer.map_err(|e| Failure::of(e, tries)));
        match &answer {
            Ok(answer) => told.answered(answer.status().as_u16(), 0),
            Err(failure) => told.failed(&failure.to_string()),
        }
        let answer = answer?;
        let server = answer.headers().get(SERVER).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if answer.headers().contains_key("x-ms-request-id") || server.starts_with("Azurite") {
            return Ok(true);
        }
        // Whoever is too busy to say who it is may say it later.
        match Failure::Answer(Answer::new(answer.status(), answer.headers(), b"", None, tries)) {
            busy if busy.may_heal() => Err(busy),
            _ => Ok(false),
        }
    }
    pub fn is_cleared(&self) -> bool {
        self.cleared.get() == Some(&true)
    }
}
