use serde_json::Value;

use super::request::SUBSCRIPTIONS;
use super::{Management, Request, Verb};
use crate::{Error, Family, Result, environment};

/// What is billed together; everything made lies in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pub id: String,
    /// What people call it; empty where it was not asked.
    pub name: String,
}

impl Subscription {
    /// A subscription by its id, as typed.
    ///
    /// # Errors
    /// Misuse where it is no GUID.
    pub fn parse(text: &str) -> Result<Self> {
        let id = text.trim().to_ascii_lowercase();
        let sizes: Vec<usize> = id.split('-').map(str::len).collect();
        if sizes != [8, 4, 4, 4, 12] || !id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
            let right = "an id like 01234567-89ab-cdef-0123-456789abcdef";
            return Err(Error::misuse("--subscription", format!("'{text}' is no id of a subscription"), right)
                .hint("list yours with `az account list --output table`"));
        }
        Ok(Self { id, name: String::new() })
    }
    /// What was asked for, else what `AZURE_SUBSCRIPTION_ID` says; `None` where neither does.
    ///
    /// # Errors
    /// Misuse where it is no GUID.
    pub fn named(asked: Option<&str>) -> Result<Option<Self>> {
        match asked {
            Some(text) => Self::parse(text).map(Some),
            None => environment::read(environment::SUBSCRIPTION)
                .map(|text| Self::parse(&text).map_err(|e| Error { at: environment::SUBSCRIPTION.into(), ..e }))
                .transpose(),
        }
    }
}

impl Management {
    /// The subscription that is named, else the only enabled one.
    ///
    /// # Errors
    /// Misuse that lists them where there are several; Refused where there is none.
    pub async fn subscription(&self, asked: Option<&str>) -> Result<Subscription> {
        if let Some(named) = Subscription::named(asked)? {
            return Ok(named);
        }
        let all = self.list(&Request::new(Verb::Get, "/subscriptions", SUBSCRIPTIONS), "the subscriptions").await?;
        let enabled = |one: &&Value| matches!(text(one, "state").as_str(), "Enabled" | "Warned" | "PastDue");
        let mut found: Vec<Subscription> = all
            .iter()
            .filter(enabled)
            .map(|one| Subscription { id: text(one, "subscriptionId"), name: text(one, "displayName") })
            .collect();
        match (found.pop(), found.is_empty()) {
            (Some(only), true) => Ok(only),
            (None, _) => Err(Error::new(Family::Refused, "the subscriptions", "this login sees no enabled subscription", "")
                .hint("log in to another tenant (`az login --tenant TENANT`), or ask for a role in a subscription")),
            (Some(last), false) => {
                found.push(last);
                let list: Vec<_> = found.iter().map(|one| format!("{} ({})", one.id, one.name)).collect();
                let hint = format!("--subscription {}, or set AZURE_SUBSCRIPTION_ID", found[0].id);
                Err(Error::misuse(
                    "--subscription",
                    format!("this login sees {} subscriptions", found.len()),
                    format!("one of {}", list.join(", ")),
                )
                .hint(hint))
            }
        }
    }
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_is_named_by_its_id() {
        assert_eq!(Subscription::parse(" 01234567-89AB-cdef-0123-456789abcdef").unwrap().id, "01234567-89ab-cdef-0123-456789abcdef");
        for text in ["", "My subscription", "01234567-89ab-cdef-0123-456789abcde", "../../x", "0123456789abcdef0123456789abcdef"] {
            assert!(Subscription::parse(text).is_err(), "{text}");
        }
    }
}
