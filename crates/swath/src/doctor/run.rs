use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use swath_store::{Credentials, Store};

use super::credential::Purpose;
use super::diagnosis::{Diagnosis, Topic};
use super::disk::{self, Need};
use super::plan::Told;
use super::{container, credential, line, machine, plan, projection};
use crate::Result;

/// What a doctor shall look at.
#[derive(Default)]
pub struct Ask {
    /// A plan; left out where there is none.
    pub plan: Option<PathBuf>,
    /// A place to read from or to publish to; the plan's own where none is named.
    pub target: Option<String>,
    pub credentials: Option<Result<Credentials>>,
}

/// No probe may take longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Every diagnosis, in the order in which a person would look. Never fails: what cannot be looked at is told.
pub async fn run(ask: Ask) -> Vec<Diagnosis> {
    let mut all = machine::check();
    all.push(apart(Topic::Projection, projection::check).await.unwrap_or_else(|late| late));
    let told = match &ask.plan {
        Some(path) => {
            let path = path.clone();
            let told = apart(Topic::Plan, move || plan::check(&path)).await;
            told.unwrap_or_else(|late| Told { diagnoses: vec![late], ..Told::default() })
        }
        None => Told::default(),
    };
    all.extend(told.diagnoses);
    let here = ask.plan.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).join("build");
    all.push(disk::check(&here, told.need));
    all.push(disk::check(&std::env::temp_dir(), Need::default()));
    let purpose = if ask.target.is_some() { Purpose::Ask } else { Purpose::Publish };
    if let Some(target) = ask.target.or(told.to) {
        let credentials = ask.credentials.unwrap_or_else(|| Ok(Credentials::anonymous()));
        all.extend(place(&target, credentials, purpose).await);
    }
    all
}

async fn place(target: &str, credentials: Result<Credentials>, purpose: Purpose) -> Vec<Diagnosis> {
    let credentials = match credentials {
        Ok(credentials) => credentials,
        Err(e) => return vec![Diagnosis::of(Topic::Credentials, &e)],
    };
    let store = match Store::open(target, &credentials) {
        Ok(store) => store,
        Err(e) => return vec![Diagnosis::of(Topic::Target, &e.into())],
    };
    if let Some(folder) = store.folder() {
        return vec![disk::writable(&folder), disk::check(&folder, Need::default())];
    }
    if !store.speaks_http() {
        let listed = patient(Topic::Connection, store.list("")).await;
        return vec![match listed {
            Ok(Ok(found)) => Diagnosis::fine(Topic::Target, format!("{}: can be listed, {} objects", store.url(), found.len())),
            Ok(Err(e)) => Diagnosis::of(Topic::Target, &e.into()),
            Err(late) => late,
        }];
    }
    let mut all = vec![Diagnosis::fine(Topic::Target, store.url())];
    all.push(patient(Topic::Name, line::name(&store)).await.unwrap_or_else(|late| late));
    let own = patient(Topic::Credentials, credential::own(&store, &credentials, purpose)).await;
    all.extend(own.unwrap_or_else(|late| vec![late]));
    let stranger = match patient(Topic::Connection, line::connection(&store)).await {
        Ok((diagnoses, seen)) => {
            all.extend(diagnoses);
            seen
        }
        Err(late) => {
            all.push(late);
            None
        }
    };
    let Some(stranger) = stranger else { return all };
    let ourselves = match patient(Topic::Credentials, credential::shown(&store)).await {
        Ok((diagnosis, seen)) => {
            all.extend(diagnosis);
            seen
        }
        Err(late) => {
            all.push(late);
            None
        }
    };
    let seen = patient(Topic::Container, container::check(&store, &stranger, ourselves.as_ref())).await;
    all.extend(seen.unwrap_or_else(|late| vec![late]));
    all.extend(patient(Topic::Browsers, container::browsers(&store)).await.unwrap_or_else(Some));
    all
}

/// A probe's word, or that it took too long.
async fn patient<T>(topic: Topic, probe: impl Future<Output = T>) -> std::result::Result<T, Diagnosis> {
    tokio::time::timeout(PATIENCE, probe).await.map_err(|_| late(topic))
}

/// Work on this machine, on a thread that is left to itself where it takes too long.
async fn apart<T: Send + 'static>(topic: Topic, work: impl FnOnce() -> T + Send + 'static) -> std::result::Result<T, Diagnosis> {
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || tell.send(work()));
    patient(topic, told).await?.map_err(|_| Diagnosis::error(topic, "the probe stopped").fix("report this as a bug of swath"))
}

fn late(topic: Topic) -> Diagnosis {
    Diagnosis::unknown(topic, format!("not told within {} s", PATIENCE.as_secs()))
}
