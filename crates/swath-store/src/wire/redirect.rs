//! Where a server may send us on.

use reqwest::redirect::{Attempt, Policy};
use url::Url;

use crate::nearness::leads_inside;

/// Redirections followed for one request.
const MOST: usize = 5;

/// Follows a few redirections; none from elsewhere into this machine's own network, none from https to http. One that is not followed is
/// the answer. Nothing that proves who we are goes along: it is in headers or a query of the first request alone.
pub(super) fn policy() -> Policy {
    Policy::custom(|attempt: Attempt<'_>| {
        let Some(from) = attempt.previous().last().cloned() else { return attempt.follow() };
        if attempt.previous().len() > MOST || !may_lead(&from, attempt.url()) { attempt.stop() } else { attempt.follow() }
    })
}

fn may_lead(from: &Url, to: &Url) -> bool {
    let same = from.host() == to.host();
    let weaker = from.scheme() == "https" && to.scheme() != "https";
    matches!(to.scheme(), "http" | "https") && !weaker && (same || !leads_inside(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_does_not_send_us_into_our_own_network() {
        for (from, to, follows) in [
            ("https://host/a", "https://cdn.host/a", true),
            ("https://host/a", "http://host/a", false),
            ("http://host/a", "https://host/a", true),
            ("https://host/a", "https://127.0.0.1/a", false),
            ("http://host/a", "http://169.254.169.254/latest", false),
            ("http://host/a", "http://localhost:80/a", false),
            ("http://127.0.0.1:1/a", "http://127.0.0.1:2/a", true),
            ("http://127.0.0.1:1/a", "http://host/a", true),
            ("http://10.0.0.1/a", "http://10.0.0.1/b", true),
        ] {
            assert_eq!(may_lead(&Url::parse(from).unwrap(), &Url::parse(to).unwrap()), follows, "{from} {to}");
        }
    }
}
