use serde_json::{Value, json};

/// What pages of some web sites may do with the blobs of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorsRule {
    pub origins: Vec<String>,
    pub methods: Vec<String>,
    pub allowed: Vec<String>,
    pub exposed: Vec<String>,
    pub seconds: u64,
}

/// What a page reads a COG with.
pub(super) const METHODS: [&str; 3] = ["GET", "HEAD", "OPTIONS"];
/// What it must be able to see of an answer: where the range lies, which version it is, that ranges are served, how long it is.
pub(super) const EXPOSED: [&str; 4] = ["Content-Range", "ETag", "Accept-Ranges", "Content-Length"];
pub(super) const SECONDS: u64 = 3600;
/// Azure keeps at most this many rules.
pub(super) const MOST_RULES: usize = 5;

impl CorsRule {
    /// Reading by ranges from these origins, with any header.
    pub fn reading(origins: &[String]) -> Self {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self { origins: origins.to_vec(), methods: words(&METHODS), allowed: words(&["*"]), exposed: words(&EXPOSED), seconds: SECONDS }
    }
    /// The rules of a blob service, as `BlobServices_GetServiceProperties` answers them.
    pub(super) fn all(service: &Value) -> Vec<Self> {
        let rules = service.pointer("/properties/cors/corsRules").and_then(Value::as_array);
        rules.into_iter().flatten().map(Self::of).collect()
    }
    fn of(rule: &Value) -> Self {
        let words = |name: &str| {
            let all = rule.get(name).and_then(Value::as_array).into_iter().flatten();
            all.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Self {
            origins: words("allowedOrigins"),
            methods: words("allowedMethods"),
            allowed: words("allowedHeaders"),
            exposed: words("exposedHeaders"),
            seconds: rule.get("maxAgeInSeconds").and_then(Value::as_u64).unwrap_or_default(),
        }
    }
    /// In the words of the Resource Manager.
    pub(super) fn json(&self) -> Value {
        json!({ "allowedOrigins": self.origins, "allowedMethods": self.methods, "maxAgeInSeconds": self.seconds,
            "exposedHeaders": self.exposed, "allowedHeaders": self.allowed })
    }
    /// Whether this rule allows all that another does; only how long browsers remember it may differ.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let holds = |ours: &[String], theirs: &[String]| {
            theirs.iter().all(|want| ours.iter().any(|have| have == "*" || have.eq_ignore_ascii_case(want)))
        };
        holds(&self.origins, &other.origins)
            && holds(&self.methods, &other.methods)
            && holds(&self.allowed, &other.allowed)
            && holds(&self.exposed, &other.exposed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_covers_what_asks_for_no_more() {
        let rule = |origins: &[&str]| CorsRule::reading(&origins.iter().map(|o| (*o).to_owned()).collect::<Vec<_>>());
        let all = rule(&["*"]);
        assert!(all.covers(&rule(&["https://a.example"])) && all.covers(&all));
        assert!(!rule(&["https://a.example"]).covers(&all));
        let blind = CorsRule { exposed: vec!["etag".into()], ..all.clone() };
        assert!(!blind.covers(&all) && all.covers(&blind));
        assert_eq!(CorsRule::all(&json!({ "properties": { "cors": { "corsRules": [all.json()] } } })), [all]);
        assert!(CorsRule::all(&json!({ "properties": {} })).is_empty());
    }
}
