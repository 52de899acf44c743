use swath_store::{Look, Seen, Store, Whom};

use super::diagnosis::{Diagnosis, Topic};
use crate::check::live::{self, IsThere};

/// Names that a root document may have.
const ROOTS: [&str; 2] = ["collection.json", "catalog.json"];

/// Whether the container is there, and who may read it: by the answers to a stranger and to ourselves.
pub(super) async fn check(store: &Store, stranger: &Seen, ourselves: Option<&Seen>) -> Vec<Diagnosis> {
    let Some(place) = store.azure_place() else { return Vec::new() };
    let absent = |seen: &Seen| seen.code.as_deref() == Some("ContainerNotFound");
    if ourselves.is_some_and(absent) || absent(stranger) {
        let found = format!("there is no container '{}' in the account '{}'", place.container, place.account);
        let fix = format!("az storage container create --account-name {} --name {}", place.account, place.container);
        return vec![Diagnosis::warning(Topic::Container, format!("{found}; `swath publish` makes it where the credentials may")).fix(fix)];
    }
    let root = root(store, Whom::Ourselves).await;
    let public = root_status(store, root, Whom::Anybody).await;
    let who = match (stranger.status, public) {
        (200, _) => "public: anybody may read and list it",
        (_, Some(200..=299)) => "public: anybody may read what they know the name of",
        _ => "private",
    };
    let what = root.map_or("no catalog is published there yet".to_owned(), |root| format!("{} is there", store.url_of(root)));
    match ourselves {
        Some(Seen { status: 200, .. }) => vec![Diagnosis::fine(Topic::Container, format!("{}: {who}; {what}", place.container))],
        _ if root.is_some() => vec![Diagnosis::fine(Topic::Container, format!("{}: {who}; {what}", place.container))],
        _ => vec![Diagnosis::unknown(Topic::Container, format!("{}: cannot be seen with these credentials", place.container))],
    }
}

/// Whether pages of other hosts may read.
pub(super) async fn browsers(store: &Store) -> Option<Diagnosis> {
    let root = root(store, Whom::Ourselves).await;
    let is_there = if root.is_some() { IsThere::Yes } else { IsThere::No };
    match live::browsers(store, root.unwrap_or(ROOTS[0]), is_there).await {
        Ok(None) => Some(Diagnosis::fine(Topic::Browsers, "pages of other hosts may read ranges (CORS)")),
        Ok(Some((found, fix))) => {
            Some(Diagnosis::warning(Topic::Browsers, format!("pages of other hosts read nothing (CORS): {found}")).fix(fix))
        }
        Err(e) => Some(Diagnosis::unknown(Topic::Browsers, e.to_string())),
    }
}

async fn root(store: &Store, whom: Whom) -> Option<&'static str> {
    for root in ROOTS {
        if root_status(store, Some(root), whom).await.is_some_and(|status| (200..300).contains(&status)) {
            return Some(root);
        }
    }
    None
}

async fn root_status(store: &Store, root: Option<&str>, whom: Whom) -> Option<u16> {
    let look = Look { range: Some(0..1), whom, ..Look::default() };
    store.look(root?, &look).await.ok().map(|seen| seen.status)
}
