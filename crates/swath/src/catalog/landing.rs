use serde_json::Value;
use swath_stac::Object;
use swath_stac::query::Told;

/// What the landing page of a STAC API says that can be asked.
#[derive(Debug, Clone, Default)]
pub struct Landing {
    /// Of the search endpoint, by the method that it takes.
    pub search: Option<(Method, String)>,
    /// Of the list of collections.
    pub collections: Option<String>,
    /// What the server judges by itself.
    pub told: Told,
}

/// How a search endpoint is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

impl Landing {
    /// `None` where the document is no landing page but a plain Catalog (STAC API 1.0.0, core: "Landing Page").
    pub fn of(object: &Object) -> Option<Self> {
        let links: Vec<&Value> = object.get("links").and_then(Value::as_array).into_iter().flatten().collect();
        let text = |link: &Value, name: &str| link.get(name).and_then(Value::as_str).map(str::to_owned);
        let named = |rel: &'static str| links.iter().filter(move |link| link.get("rel").and_then(Value::as_str) == Some(rel));
        let classes: Vec<&str> = object.get("conformsTo").and_then(Value::as_array)?.iter().filter_map(Value::as_str).collect();
        let conforms = |parts: &[&str]| classes.iter().any(|class| parts.iter().all(|part| class.contains(part)));
        let searches: Vec<(Method, String)> = named("search")
            .filter_map(|link| {
                let is_post = text(link, "method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
                Some((if is_post { Method::Post } else { Method::Get }, text(link, "href")?))
            })
            .collect();
        let search = searches.iter().find(|(method, _)| *method == Method::Post).or(searches.first()).cloned();
        let collections = named("data").find_map(|link| text(link, "href"));
        let told = Told {
            filter: conforms(&["item-search#filter"]) || conforms(&["item-search", "filter"]),
            sort: conforms(&["item-search#sort"]) || conforms(&["item-search", "sort"]),
        };
        (search.is_some() || collections.is_some()).then_some(Self { search, collections, told })
    }
}
