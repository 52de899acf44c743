use reqwest::header::SERVER;
use tokio::sync::OnceCell;
use tokio::time::timeout;
use url::Url;

use super::{Failure, STALL};
use crate::traffic::Traffic;

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
        let ask = async || {
            traffic.read(0);
            let answer = timeout(STALL, client.get(self.account.clone()).send()).await.map_err(|_| Failure::stalled(STALL, 1))?;
            let answer = answer.map_err(|e| Failure::of(e, 1))?;
            let server = answer.headers().get(SERVER).and_then(|v| v.to_str().ok()).unwrap_or_default();
            Ok(answer.headers().contains_key("x-ms-request-id") || server.starts_with("Azurite"))
        };
        self.cleared.get_or_try_init(ask).await.map(|_| ())
    }
    pub fn is_cleared(&self) -> bool {
        self.cleared.get() == Some(&true)
    }
}
