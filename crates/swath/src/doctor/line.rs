//! The way to a server: its name, the connection, its clock.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use swath_store::{Seen, Store, Whom};

use super::diagnosis::{Diagnosis, Topic};

/// Beyond this, tokens that were just made are not valid yet at the server.
const ODD: TimeDelta = TimeDelta::minutes(5);
/// Beyond this, Azure refuses every signature.
const WRONG: TimeDelta = TimeDelta::minutes(15);

/// Whether the host's name has an address.
pub(super) async fn name(store: &Store) -> Diagnosis {
    let Some((host, _)) = store.host() else { return Diagnosis::unknown(Topic::Name, "no host") };
    if let Some(proxy) = proxy(&host) {
        return Diagnosis::unknown(Topic::Name, format!("{host} is left to the proxy that {proxy} names"));
    }
    match store.addresses().await {
        Ok(found) if !found.is_empty() => Diagnosis::fine(Topic::Name, format!("{host} is at {}", found[0])),
        Ok(_) => Diagnosis::error(Topic::Name, format!("{host} has no address")).fix("check the spelling of the account or host"),
        Err(e) => Diagnosis::error(Topic::Name, e.to_string()).fix("check the spelling of the account or host, and the network"),
    }
}

/// The variable that sends requests through a proxy.
fn proxy(host: &str) -> Option<&'static str> {
    if host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback()) {
        return None;
    }
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"];
    names.into_iter().find(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Whether the server answers a stranger at all, and what its clock says; with the answer.
pub(super) async fn connection(store: &Store) -> (Vec<Diagnosis>, Option<Seen>) {
    let (before, started) = (Utc::now(), Instant::now());
    match store.knock(Whom::Anybody).await {
        Ok(seen) => {
            let took = started.elapsed();
            let ours = before + TimeDelta::from_std(took / 2).unwrap_or_default();
            let answer = format!("answers in {} ms (HTTP {} to a stranger)", took.as_millis(), seen.status);
            (vec![Diagnosis::fine(Topic::Connection, answer), clock(ours, seen.date)], Some(seen))
        }
        Err(e) => {
            let fix = match e.found.to_ascii_lowercase().contains("certificate") {
                true => "check this machine's clock, and its certificates: apt-get install --reinstall ca-certificates",
                false => "check the network, the firewall, and HTTPS_PROXY where there is a proxy",
            };
            (vec![Diagnosis::error(Topic::Connection, e.to_string()).fix(fix)], None)
        }
    }
}

/// This machine's clock beside the server's.
fn clock(ours: DateTime<Utc>, theirs: Option<DateTime<Utc>>) -> Diagnosis {
    let Some(theirs) = theirs else { return Diagnosis::unknown(Topic::Clock, "the server does not tell its time") };
    let apart = ours - theirs;
    let found = match apart.num_seconds() {
        // The server's word has no fractions.
        -2..=2 => "agrees with the server's".to_owned(),
        seconds if seconds > 0 => format!("{} ahead of the server's", words(seconds)),
        seconds => format!("{} behind the server's", words(-seconds)),
    };
    let fix = "sudo timedatectl set-ntp true";
    match apart.abs() {
        apart if apart > WRONG => Diagnosis::error(Topic::Clock, format!("{found}: signatures are refused beyond 15 minutes")).fix(fix),
        apart if apart > ODD => Diagnosis::warning(Topic::Clock, format!("{found}: new SAS tokens may not be valid yet")).fix(fix),
        _ => Diagnosis::fine(Topic::Clock, found),
    }
}

fn words(seconds: i64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} minutes", seconds / 60),
        7200..=172_799 => format!("{} hours", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn a_clock_is_judged_by_what_a_signature_suffers() {
        let now = Utc::now();
        for (seconds, verdict, word) in [
            (0, Verdict::Fine, "agrees"),
            (-2, Verdict::Fine, "agrees"),
            (120, Verdict::Fine, "2 minutes ahead"),
            (-400, Verdict::Warning, "6 minutes behind"),
            (400, Verdict::Warning, "6 minutes ahead"),
            (1000, Verdict::Error, "16 minutes ahead"),
            (-90_000, Verdict::Error, "25 hours behind"),
        ] {
            let said = clock(now + TimeDelta::seconds(seconds), Some(now));
            assert_eq!(said.verdict, verdict, "{said:?}");
            assert!(said.found.contains(word), "{said:?}");
        }
        assert_eq!(clock(now, None).verdict, Verdict::Unknown);
    }
}
