//! A STAC API, asked page by page (STAC API 1.0.0: core, collections, features, item search, filter, sort).

use std::collections::HashSet;

use bytes::Bytes;
use serde_json::Value;
use swath_stac::query::Told;
use swath_stac::{Collection, Item, Object, Query};
use swath_store::{Call, Store};

use super::run::Gathered;
use super::{Limits, Problem};
use crate::catalog::{Catalog, Document, Landing, Method, Node, Own, Settler};
use crate::{Error, Family, Result};

/// Items of one page: large enough to be few, small enough for servers that limit the size of an answer.
const PAGE: usize = 250;
/// One page, at most.
const LARGEST_PAGE: u64 = 256 << 20;

/// Asks an API for the items that match.
///
/// # Errors
/// Refused, Unreachable; Damaged where an answer is none; OverLimit where it goes on without end.
pub(super) async fn ask(catalog: &Catalog, query: &Query) -> Result<Gathered> {
    let Node::Tree(tree) = catalog.node() else { return Ok(Gathered::default()) };
    let mut asker = Asker { root: catalog.root(), limits: catalog.limits(), gathered: Gathered::default() };
    match (&tree.landing, &tree.features) {
        (Some(landing), _) => match &landing.search {
            Some((method, href)) => {
                let call = asker.search(*method, href, query, landing.told)?;
                asker.pages(call, &Judge { query, told: landing.told }).await?;
            }
            None => asker.every_collection(landing, query).await?,
        },
        (None, Some(features)) => asker.features(features, query).await?,
        (None, None) => {}
    }
    // Whoever finds nothing is told what there is.
    if asker.gathered.items.is_empty()
        && let Some(address) = tree.landing.as_ref().and_then(|landing| landing.collections.as_ref())
    {
        let there = collections(asker.root, address, asker.limits).await.unwrap_or_default();
        asker.gathered.collections.extend(there.into_iter().map(|collection| collection.id));
    }
    Ok(asker.gathered)
}

/// The collections that an API lists.
///
/// # Errors
/// As for any question.
pub(crate) async fn collections(root: &Document, address: &str, limits: &Limits) -> Result<Vec<Collection>> {
    let (mut question, mut found, mut seen) = (Question::get(root, address)?, Vec::new(), HashSet::new());
    while seen.insert(question.name()) {
        if seen.len() > limits.documents {
            return Err(endless(&question, limits));
        }
        let answer = question.answer().await?;
        let list = answer.get("collections").and_then(Value::as_array);
        found.extend(list.into_iter().flatten().filter_map(|value| Collection::from_json(value.clone()).ok()));
        match question.next(&answer)? {
            Some(next) => question = next,
            None => break,
        }
    }
    Ok(found)
}

struct Asker<'c> {
    root: &'c Document,
    limits: &'c Limits,
    gathered: Gathered,
}

/// What is left to be judged here of the answers.
struct Judge<'q> {
    query: &'q Query,
    told: Told,
}

impl Judge<'_> {
    fn keeps(&self, item: &Item) -> bool {
        if self.told.filter { self.query.matches_but_filter(item) } else { self.query.matches(item) }
    }

    /// Whether so many are all that is wanted: not where better ones may follow.
    fn is_enough(&self, count: usize) -> bool {
        let ordered = self.told.sort || self.query.order().keys.is_empty();
        ordered && self.query.at_most().is_some_and(|most| count >= most)
    }

    fn page(&self) -> usize {
        let all_count = self.told.filter || !self.query.has_filter();
        self.query.at_most().filter(|_| all_count).map_or(PAGE, |most| most.clamp(1, PAGE))
    }
}

impl Asker<'_> {
    fn search(&self, method: Method, href: &str, query: &Query, told: Told) -> Result<Question> {
        let page = Judge { query, told }.page();
        let mut question = Question::get(self.root, href)?;
        match method {
            Method::Post => question.body = Some(query.to_body(told, page)),
            Method::Get => question.add(query.to_parameters(told, page)),
        }
        Ok(question)
    }

    /// Where there is no search across collections.
    async fn every_collection(&mut self, landing: &Landing, query: &Query) -> Result<()> {
        let Some(address) = &landing.collections else { return Ok(()) };
        for collection in collections(self.root, address, self.limits).await? {
            let (place, (start, end)) = (collection.lonlat(), collection.interval());
            let near = query.may_match(place, &swath_stac::query::Interval { start, end });
            let items = collection.links.iter().find(|link| link.rel == "items").filter(|_| near && query.wants_collection(&collection.id));
            if let Some(link) = items {
                self.features(&link.href, query).await?;
            }
            self.gathered.collections.insert(collection.id);
        }
        Ok(())
    }

    /// One collection's items: place and time are judged by the server (OGC API Features), the rest here.
    async fn features(&mut self, href: &str, query: &Query) -> Result<()> {
        let judge = Judge { query, told: Told::default() };
        let mut question = Question::get(self.root, href)?;
        let simple = query.to_parameters(Told::default(), PAGE);
        question.add(simple.into_iter().filter(|(name, _)| matches!(name.as_str(), "bbox" | "datetime" | "limit")).collect());
        self.pages(question, &judge).await
    }

    async fn pages(&mut self, mut question: Question, judge: &Judge<'_>) -> Result<()> {
        let (mut seen, begun) = (HashSet::new(), self.root.store.counts().received);
        // A page that leads back to one that was read is the last.
        while seen.insert(question.name()) {
            let received = self.root.store.counts().received - begun;
            if self.gathered.documents >= self.limits.documents || received > self.limits.bytes {
                return Err(endless(&question, self.limits));
            }
            let answer = question.answer().await?;
            self.gathered.documents += 1;
            let next = question.next(&answer)?;
            let told_count = ["numberMatched", "matched"].iter().find_map(|name| {
                answer.get(*name).or_else(|| answer.get("context")?.get(*name))?.as_u64().and_then(|n| usize::try_from(n).ok())
            });
            self.take(answer, &question, judge)?;
            if judge.is_enough(self.gathered.items.len()) {
                let exact = judge.told.filter || !judge.query.has_filter();
                let more = told_count.filter(|_| exact).unwrap_or(0);
                self.gathered.unread = more.saturating_sub(self.gathered.items.len());
                return Ok(());
            }
            match next {
                Some(next) => question = next,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    /// One broken item does not stop the others.
    fn take(&mut self, answer: Value, question: &Question, judge: &Judge<'_>) -> Result<()> {
        let Value::Object(mut answer) = answer else { return Err(question.wrong("is no object")) };
        let features = match answer.remove("features") {
            Some(Value::Array(features)) => features,
            _ => return Err(question.wrong("has no features")),
        };
        let page = Document { store: question.store.clone(), path: self.root.path.clone() };
        let mut settler = Settler::of(&page);
        for feature in features {
            let id = feature.get("id").and_then(Value::as_str).unwrap_or("?").to_owned();
            let at = format!("{}: item {id}", question.shown());
            let mut item = match Item::from_json(feature) {
                Ok(item) => item,
                Err(e) => {
                    self.gathered.problems.push(Problem::of(at, &e.into()));
                    continue;
                }
            };
            self.gathered.collections.extend(item.collection.clone());
            if !judge.keeps(&item) {
                continue;
            }
            match settler.settle(&mut item, Own::No) {
                Ok(()) => self.gathered.items.push(item),
                Err(e) => self.gathered.problems.push(Problem::of(at, &e)),
            }
        }
        Ok(())
    }
}

/// One request, and to whom.
struct Question {
    store: Store,
    document: String,
    url: String,
    body: Option<Object>,
}

impl Question {
    fn get(root: &Document, href: &str) -> Result<Self> {
        let (store, url) = root.store.resolve_call(&root.path, href)?;
        Ok(Self { store, document: String::new(), url, body: None })
    }

    fn add(&mut self, parameters: Vec<(String, String)>) {
        let Ok(mut url) = url::Url::parse(&self.url) else { return };
        url.query_pairs_mut().extend_pairs(parameters);
        self.url = url.into();
    }

    async fn answer(&self) -> Result<Value> {
        let body = self.body.as_ref().map(|body| Bytes::from(Value::Object(body.clone()).to_string()));
        let call = Call { url: self.url.clone(), body, at_most: LARGEST_PAGE };
        let bytes = self.store.call(&call).await?;
        serde_json::from_slice(&bytes).map_err(|e| self.wrong(&format!("is no JSON: {e}")))
    }

    /// What the answer's `next` link asks (STAC API, item search: "Paging"): its body stands for itself, or, where it says so, is
    /// merged into what was asked before.
    fn next(&self, answer: &Value) -> Result<Option<Self>> {
        let links = answer.get("links").and_then(Value::as_array);
        let Some(link) = links.into_iter().flatten().find(|link| link.get("rel").and_then(Value::as_str) == Some("next")) else {
            return Ok(None);
        };
        let Some(href) = link.get("href").and_then(Value::as_str) else { return Ok(None) };
        let href = url::Url::parse(&self.url).and_then(|url| url.join(href)).map_or_else(|_| href.to_owned(), String::from);
        let (store, url) = self.store.resolve_call(&self.document, &href)?;
        let method = link.get("method").and_then(Value::as_str).unwrap_or("GET");
        let body = method.eq_ignore_ascii_case("post").then(|| {
            let said = link.get("body").and_then(Value::as_object);
            let merges = link.get("merge").and_then(Value::as_bool).unwrap_or(false);
            let mut body = if merges || said.is_none() { self.body.clone().unwrap_or_default() } else { Object::new() };
            body.extend(said.cloned().unwrap_or_default());
            body
        });
        Ok(Some(Self { store, document: self.document.clone(), url, body }))
    }

    /// What tells one page from another.
    fn name(&self) -> String {
        format!("{} {}", self.url, self.body.as_ref().map(|body| Value::Object(body.clone()).to_string()).unwrap_or_default())
    }

    /// Without a query, which may hold a secret.
    fn shown(&self) -> &str {
        self.url.split('?').next().unwrap_or_default()
    }

    fn wrong(&self, found: &str) -> Error {
        Error::new(Family::Damaged, self.shown(), format!("the answer {found}"), "a FeatureCollection of STAC Items")
    }
}

fn endless(question: &Question, limits: &Limits) -> Error {
    let found = format!("more than {} pages or {} bytes", limits.documents, limits.bytes);
    Error::new(Family::OverLimit, question.shown(), found, "a narrower search").hint("say --limit, --collections, --bbox or --datetime")
}
