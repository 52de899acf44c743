use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use swath_store::{Credentials, Seen, Store, Whom};

use super::diagnosis::{Diagnosis, Topic};

/// What a person wants to do at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The plan publishes there.
    Publish,
    /// Somebody asked about it: to read is enough, the rest is told.
    Ask,
}

const SET: &str = "az login, or set AZURE_STORAGE_SAS_TOKEN, AZURE_STORAGE_KEY or AZURE_STORAGE_CONNECTION_STRING, or give --sas-file";
/// A publication may take as long.
const SOON: TimeDelta = TimeDelta::hours(1);

/// What each job needs of a token, by its letters (Service SAS, 'Permissions for a directory, container, or blob').
const JOBS: [(&str, &str); 3] = [("search and stack", "r"), ("publish", "rlcw"), ("publish --prune", "rlcwd")];

/// The credential that would be used, by its own word: whose it is, what it allows, until when.
pub(super) async fn own(store: &Store, given: &Credentials, purpose: Purpose) -> Vec<Diagnosis> {
    let Some(place) = store.azure_place() else { return web(store, purpose) };
    let identity = store.identity();
    if let Some(other) = given.account().filter(|other| *other != place.account && !given.is_anonymous()) {
        let found = format!("those that were given are for the account '{other}', and are never shown to '{}'", place.account);
        return vec![Diagnosis::error(Topic::Credentials, found).fix(format!("give credentials of '{}': {SET}", place.account))];
    }
    if let Some(identity) = store.who_is_it().await {
        return vec![match (identity, purpose) {
            (Ok(source), _) => {
                Diagnosis::fine(Topic::Credentials, format!("an identity ({source}): what it may do here, the account's roles say"))
            }
            (Err(e), Purpose::Publish) => Diagnosis::of(Topic::Credentials, &e.into()).fix(SET),
            (Err(e), Purpose::Ask) => Diagnosis::warning(Topic::Credentials, format!("what is public can be read, no more: {e}")).fix(SET),
        }];
    }
    if store.is_anonymous() {
        let found = "none: what is public can be read, nothing can be published";
        return vec![match purpose {
            Purpose::Publish => Diagnosis::error(Topic::Credentials, found).fix(SET),
            Purpose::Ask => Diagnosis::warning(Topic::Credentials, found).fix(SET),
        }];
    }
    let allows = |rights: &str| rights.chars().find_map(|right| store.lacks(right));
    let mut diagnoses = vec![match (allows(JOBS[0].1), allows(JOBS[1].1), allows(JOBS[2].1)) {
        (Some(why), ..) => Diagnosis::error(Topic::Credentials, format!("{identity}: {why}")).fix(renew(store)),
        (None, Some(why), _) if purpose == Purpose::Publish => {
            Diagnosis::error(Topic::Credentials, format!("{identity}: {why}")).fix(renew(store))
        }
        (None, Some(why), _) => Diagnosis::fine(Topic::Credentials, format!("{identity}: enough to search and stack; to publish, {why}")),
        (None, None, Some(_)) => {
            Diagnosis::fine(Topic::Credentials, format!("{identity}: enough to search, stack and publish, not to prune"))
        }
        (None, None, None) => Diagnosis::fine(Topic::Credentials, format!("{identity}: enough to search, stack, publish and prune")),
    }];
    diagnoses.extend(store.expires().filter(|_| allows("r").is_none()).map(|end| lapse(end, Utc::now(), &renew(store))));
    diagnoses
}

fn web(store: &Store, purpose: Purpose) -> Vec<Diagnosis> {
    let found = format!("{} is a web site: it can be read, nothing can be published there", store.url());
    vec![match purpose {
        Purpose::Publish => Diagnosis::error(Topic::Credentials, found)
            .fix("set `[publish] to` in swath.toml to a container: https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX"),
        Purpose::Ask => Diagnosis::unknown(Topic::Credentials, found),
    }]
}

fn lapse(end: DateTime<Utc>, now: DateTime<Utc>, renew: &str) -> Diagnosis {
    let (left, at) = (end - now, end.to_rfc3339_opts(SecondsFormat::Secs, true));
    match left {
        left if left < SOON => {
            Diagnosis::warning(Topic::Credentials, format!("lapse at {at}, in {} minutes", left.num_minutes())).fix(renew)
        }
        left if left > TimeDelta::days(7) => {
            let found = format!("valid until {at}, for {} more days: whoever finds the token can use it as long", left.num_days());
            Diagnosis::warning(Topic::Credentials, found).fix(renew)
        }
        _ => Diagnosis::fine(Topic::Credentials, format!("valid until {at}")),
    }
}

/// The credential by the server's word; with its answer.
pub(super) async fn shown(store: &Store) -> (Option<Diagnosis>, Option<Seen>) {
    match store.knock(Whom::Ourselves).await {
        Ok(seen) => (judge(store, &seen), Some(seen)),
        Err(e) => (Some(Diagnosis::error(Topic::Credentials, e.to_string()).fix(e.hint.unwrap_or_default())), None),
    }
}

fn judge(store: &Store, seen: &Seen) -> Option<Diagnosis> {
    let code = seen.code.as_deref().unwrap_or_default();
    let anonymous = store.is_anonymous();
    match (seen.status, code) {
        (200, _) if !anonymous => Some(Diagnosis::fine(Topic::Credentials, "the server accepts them")),
        (403, "AuthorizationPermissionMismatch") if store.identity() == "an identity" => {
            let found = "the server knows the identity, but it has no role for data here";
            Some(Diagnosis::error(Topic::Credentials, found).fix(role(store)))
        }
        // The token is known, but may not list.
        (403, "AuthorizationPermissionMismatch") => Some(
            Diagnosis::warning(Topic::Credentials, "the server knows them, but they may not list: to publish, listing is needed")
                .fix(renew(store)),
        ),
        (401 | 403, _) if !anonymous => {
            let found = format!("the server refuses {} (HTTP {} {code})", store.identity(), seen.status);
            let fix = "check that they are whole and of this account and container, and this machine's clock";
            Some(Diagnosis::error(Topic::Credentials, found).fix(fix))
        }
        _ => None,
    }
}

/// The commands that make a token for all that a plan does, and use it.
fn renew(store: &Store) -> String {
    let Some(place) = store.azure_place() else { return String::new() };
    let container = format!("{}/{}", place.endpoint.as_str().trim_end_matches('/'), place.container);
    format!("swath sas create {container} --for publish -o publish.sas --replace, then give --sas-file publish.sas")
}

/// The command that gives an identity the role to read and write data: being owner of an account is not enough.
fn role(store: &Store) -> String {
    let account = store.azure_place().map_or("ACCOUNT".to_owned(), |place| place.account);
    format!(
        "az role assignment create --role 'Storage Blob Data Contributor' --assignee YOU --scope \"$(az storage account show --name {account} \
         --query id --output tsv)\""
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    async fn said(token: &str, purpose: Purpose) -> Vec<Diagnosis> {
        let given = Credentials::sas(&format!("{token}&sig=CANARY")).unwrap();
        let store = Store::open("https://acct.blob.core.windows.net/maps/v1", &given).unwrap();
        own(&store, &given, purpose).await
    }

    #[tokio::test]
    async fn a_token_is_held_against_what_the_plan_needs() {
        let later = (Utc::now() + TimeDelta::hours(5)).to_rfc3339_opts(SecondsFormat::Secs, true);
        for (rights, end, purpose, verdict, word) in [
            ("rl", later.as_str(), Purpose::Publish, Verdict::Error, "not create (c)"),
            ("rl", &later, Purpose::Ask, Verdict::Fine, "enough to search and stack"),
            ("racwl", &later, Purpose::Publish, Verdict::Fine, "not to prune"),
            ("racwdl", &later, Purpose::Publish, Verdict::Fine, "publish and prune"),
            ("racwl", "2020-01-01T00:00:00Z", Purpose::Ask, Verdict::Error, "expired at 2020-01-01"),
            ("w", &later, Purpose::Ask, Verdict::Error, "not read (r)"),
        ] {
            let said = said(&format!("sp={rights}&se={end}"), purpose).await;
            assert_eq!(said[0].verdict, verdict, "{rights} {said:?}");
            assert!(said[0].found.contains(word), "{rights} {said:?}");
            assert!(!format!("{said:?}").contains("CANARY"));
        }
    }

    #[test]
    fn a_lifetime_is_neither_too_short_nor_too_long() {
        let now = Utc::now();
        for (minutes, verdict) in
            [(30, Verdict::Warning), (90, Verdict::Fine), (60 * 24 * 6, Verdict::Fine), (60 * 24 * 400, Verdict::Warning)]
        {
            assert_eq!(lapse(now + TimeDelta::minutes(minutes), now, "x").verdict, verdict, "{minutes}");
        }
    }

    #[tokio::test]
    async fn credentials_of_another_account_and_none_at_all_are_told() {
        let (given, none) = (Credentials::key("mine", "a2V5"), Credentials::anonymous());
        let open = |credentials| Store::open("https://theirs.blob.core.windows.net/maps", credentials).unwrap();
        let said = own(&open(&given), &given, Purpose::Ask).await;
        assert!(said[0].verdict == Verdict::Error && said[0].found.contains("'mine'"), "{said:?}");
        assert_eq!(own(&open(&none), &none, Purpose::Ask).await[0].verdict, Verdict::Warning);
        assert_eq!(own(&open(&none), &none, Purpose::Publish).await[0].verdict, Verdict::Error);
    }
}
