//! What the Resource Manager says no with, and what a person does about it.

use reqwest::StatusCode;
use serde_json::Value;

use super::account::quoted;
use super::line::Reply;
use crate::{Error, Family, redact};

/// An answer of 4xx or 5xx, or the end of an operation that failed.
#[derive(Debug, Default)]
pub(super) struct Refusal {
    status: u16,
    code: String,
    message: String,
    /// The policies that forbid it, by the names people gave them.
    policies: Vec<String>,
    /// What Microsoft's support asks for.
    correlation: Option<String>,
}

impl Refusal {
    pub fn of(reply: &Reply) -> Self {
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
        let correlation = reply.headers.get("x-ms-correlation-request-id").and_then(|v| v.to_str().ok()).map(str::to_owned);
        Self { status: reply.status.as_u16(), correlation, ..Self::said(&body) }
    }
    pub fn of_operation(body: &Value) -> Self {
        let said = Self::said(body);
        if said.code.is_empty() { Self { code: "OperationFailed".into(), ..said } } else { said }
    }
    /// Whether the same request may succeed a little later.
    pub fn heals(&self) -> bool {
        matches!(self.status, 408 | 429 | 500 | 502 | 503 | 504)
            || matches!(self.code.as_str(), "StorageAccountOperationInProgress" | "AnotherOperationInProgress" | "RetryableError")
    }
    /// The error a person reads, and the way out.
    pub fn error(&self, at: &str, tries: u32) -> Error {
        let error = |family, right: &str| Error::new(family, at, self.says(), right);
        match self.code.as_str() {
            _ if self.status == 401 => self.unknown_person(at),
            "RequestDisallowedByPolicy" => self.policy(at),
            "AuthorizationFailed" | "LinkedAuthorizationFailed" => self.forbidden(at),
            "MissingSubscriptionRegistration" | "SubscriptionNotRegistered" => {
                Error::new(Family::Absent, at, "the subscription is not registered for Microsoft.Storage", "").hint(REGISTER)
            }
            // Asked of Microsoft.Storage, which does not know a subscription that never was registered there.
            "SubscriptionNotFound" | "InvalidSubscriptionId" => error(Family::Absent, "").hint(
                "list yours with `az account list --output table`; if the id is right, Microsoft.Storage is not registered in it: `az provider register --namespace Microsoft.Storage --wait`",
            ),
            "ResourceGroupBeingDeleted" => {
                error(Family::Conflict, "").hint("wait until it is gone (minutes), then run the same command again, or name another --group")
            }
            "StorageAccountAlreadyTaken" | "StorageAccountAlreadyExists" => {
                error(Family::Conflict, "").hint("account names are unique in all of Azure; choose another --name")
            }
            "InvalidResourceGroupLocation" => error(Family::Conflict, "").hint("leave --location out, or name another --group"),
            "ScopeLocked" => error(Family::Refused, "").hint("list the locks with `az lock list --output table`; who set them can remove them"),
            "ReadOnlyDisabledSubscription" | "SubscriptionRequestsThrottledByDisabled" => {
                error(Family::Refused, "").hint("the subscription is disabled: see its state with `az account list --all --output table`")
            }
            code if code.starts_with("LocationNotAvailable") || code == "InvalidLocation" => self.elsewhere(at),
            _ => self.by_status(at, tries),
        }
    }

    fn by_status(&self, at: &str, tries: u32) -> Error {
        let traced = match &self.correlation {
            Some(id) => format!("{}; Microsoft's support finds it by the correlation id {id}", self.says()),
            None => self.says(),
        };
        match self.status {
            403 => self.forbidden(at),
            404 | 410 => Error::new(Family::Absent, at, self.says(), ""),
            409 | 412 => Error::new(Family::Conflict, at, self.says(), ""),
            429 => Error::new(Family::Unreachable, at, format!("too many requests ({tries} attempts)"), "")
                .hint("Azure limits requests for each subscription; run the same command again in some minutes"),
            408 | 500..=599 => {
                Error::new(Family::Unreachable, at, format!("{traced} ({tries} attempts)"), "").hint("run the same command again later")
            }
            400 | 405 | 411 | 413..=422 => Error::new(Family::Misuse, at, self.says(), ""),
            // An operation that Azure took on and could not finish.
            0 => Error::new(Family::Conflict, at, format!("the operation failed: {}", self.says()), "").hint("run the same command again"),
            _ => Error::new(Family::Unsupported, at, traced, ""),
        }
    }
    fn unknown_person(&self, at: &str) -> Error {
        let error = Error::new(Family::Refused, at, format!("the login is not accepted: {}", self.says()), "");
        match self.code.as_str() {
            "InvalidAuthenticationTokenTenant" => {
                error.hint("the subscription belongs to another tenant: set AZURE_TENANT_ID, or `az login --tenant TENANT`")
            }
            _ => error.hint("log in again with `az login`, or check AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET"),
        }
    }
    /// Azure names who asked and where: `The client 'a' with object id 'b' does not have authorization to perform action 'c' over
    /// scope '/subscriptions/d/...'`.
    fn forbidden(&self, at: &str) -> Error {
        let error = Error::new(Family::Refused, at, self.says(), "");
        let after = |words: &str| self.message.split_once(words)?.1.split('\'').next();
        let who = after("object id '").or_else(|| after("The client '")).unwrap_or("WHO");
        let id = after("scope '/subscriptions/").and_then(|scope| scope.split('/').next()).unwrap_or("ID");
        error.hint(format!(
            "whoever owns the subscription can allow it: az role assignment create --role Contributor --assignee {} --scope /subscriptions/{}",
            quoted(who),
            quoted(id)
        ))
    }
    fn policy(&self, at: &str) -> Error {
        let named = if self.policies.is_empty() { self.says() } else { format!("a policy forbids it: {}", self.policies.join(", ")) };
        Error::new(Family::Refused, at, named, "")
            .hint("change what it forbids (often the region, --public, or tags), or ask who set the policy for an exemption")
    }
    /// Azure lists the regions it has in one quoted list.
    fn elsewhere(&self, at: &str) -> Error {
        let lists = self.message.split('\'').filter(|part| part.contains(','));
        let regions: Vec<&str> = lists.flat_map(|list| list.split(',')).map(str::trim).filter(|region| !region.is_empty()).collect();
        let asked = self.message.split('\'').nth(1).unwrap_or_default();
        let near = regions.iter().min_by_key(|region| strsim::damerau_levenshtein(region, asked));
        let error = Error::new(Family::Misuse, at, format!("the region '{asked}' is not available"), "");
        match near {
            Some(near) => {
                let right = format!("regions: {}", regions.join(", "));
                Error { right, ..error }.hint(format!("did you mean --location {near}?"))
            }
            None => Error { found: self.says(), ..error }.hint("list the regions with `az account list-locations --query [].name`"),
        }
    }
    /// What Azure said, in one line.
    fn says(&self) -> String {
        match (self.code.as_str(), self.message.as_str()) {
            ("", "") => {
                let reason = StatusCode::from_u16(self.status).ok().and_then(|s| s.canonical_reason()).unwrap_or("no reason given");
                format!("HTTP {} {reason}", self.status)
            }
            ("", message) => message.to_owned(),
            (code, "") => code.to_owned(),
            (code, message) => format!("{message} ({code})"),
        }
    }
    /// Code, message and policies of an error's JSON, wherever it stands.
    fn said(body: &Value) -> Self {
        let error = body.get("error").or_else(|| body.pointer("/properties/error")).unwrap_or(body);
        let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
        let first_line = text("message").split(['\r', '\n']).next().unwrap_or_default();
        // An operation may wrap the reason: the innermost one that says something is meant.
        let inner = error.get("details").and_then(Value::as_array).and_then(|all| all.first());
        if let Some(inner) = inner.filter(|_| matches!(text("code"), "ResourceDeploymentFailure" | "DeploymentFailed" | "")) {
            return Self::said(inner);
        }
        let display = |info: &Value| {
            let named = |name: &str| info.pointer(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
            named("/info/policyAssignmentDisplayName")
                .or_else(|| named("/info/policyDefinitionDisplayName"))
                .map(|name| format!("'{name}'"))
        };
        let infos = error.get("additionalInfo").and_then(Value::as_array);
        Self {
            code: text("code").to_owned(),
            message: redact(first_line.trim().trim_end_matches('.')),
            policies: infos.into_iter().flatten().filter_map(display).collect(),
            ..Self::default()
        }
    }
}

const REGISTER: &str = "az provider register --namespace Microsoft.Storage --wait";

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, code: &str, message: &str) -> Error {
        let body = serde_json::json!({ "error": { "code": code, "message": message } });
        Refusal { status, ..Refusal::said(&body) }.error("storage account 'maps'", 1)
    }

    #[test]
    fn every_refusal_has_its_family_and_a_way_out() {
        for (status, code, family, hint) in [
            (401, "ExpiredAuthenticationToken", Family::Refused, "az login"),
            (401, "InvalidAuthenticationTokenTenant", Family::Refused, "AZURE_TENANT_ID"),
            (403, "AuthorizationFailed", Family::Refused, "role assignment"),
            (403, "RequestDisallowedByPolicy", Family::Refused, "exemption"),
            (404, "SubscriptionNotFound", Family::Absent, "az provider register"),
            (409, "MissingSubscriptionRegistration", Family::Absent, "az provider register --namespace Microsoft.Storage"),
            (409, "ResourceGroupBeingDeleted", Family::Conflict, "another --group"),
            (409, "StorageAccountAlreadyTaken", Family::Conflict, "another --name"),
            (409, "InvalidResourceGroupLocation", Family::Conflict, "--group"),
            (409, "ScopeLocked", Family::Refused, "az lock list"),
            (409, "ReadOnlyDisabledSubscription", Family::Refused, "az account list"),
            (429, "TooManyRequests", Family::Unreachable, "in some minutes"),
            (503, "ServerTimeout", Family::Unreachable, "again"),
        ] {
            let found = error(status, code, "What Azure says.");
            assert_eq!(found.family, family, "{found}");
            assert!(found.hint.clone().unwrap().contains(hint), "{found} {:?}", found.hint);
        }
        assert_eq!(error(404, "ResourceNotFound", "gone").hint, None);
        assert_eq!(error(400, "AccountNameInvalid", "bad").family, Family::Misuse);
    }

    #[test]
    fn a_region_that_is_not_there_is_answered_with_the_nearest() {
        let said = "The provided location 'westeurop' is not available for resource group. List of available regions is 'eastus,westeurope,northeurope'.";
        let found = error(400, "LocationNotAvailableForResourceGroup", said);
        assert_eq!(found.hint.as_deref(), Some("did you mean --location westeurope?"));
        assert!(found.to_string().contains("regions: eastus, westeurope, northeurope"), "{found}");
    }

    #[test]
    fn a_role_that_is_missing_is_asked_for_by_a_command_that_runs() {
        let said = "The client 'app' with object id 'me' does not have authorization to perform action 'x' over scope '/subscriptions/s/rg/g' or not.";
        let hint = error(403, "AuthorizationFailed", said).hint.unwrap();
        assert!(hint.ends_with("az role assignment create --role Contributor --assignee me --scope /subscriptions/s"), "{hint}");
    }

    #[test]
    fn a_policy_is_named_as_people_named_it() {
        let body = serde_json::json!({ "error": { "code": "RequestDisallowedByPolicy", "message": "Resource 'maps' was disallowed by policy.",
            "additionalInfo": [{ "type": "PolicyViolation", "info": { "policyAssignmentDisplayName": "Only Europe",
            "policyDefinitionDisplayName": "Allowed locations" } }] } });
        let found = Refusal { status: 403, ..Refusal::said(&body) }.error("x", 1);
        assert_eq!(found.to_string(), "x: a policy forbids it: 'Only Europe'");
    }

    #[test]
    fn what_azure_wraps_is_unwrapped_and_secrets_are_not_repeated() {
        let wrapped = serde_json::json!({ "status": "Failed", "error": { "code": "ResourceDeploymentFailure", "message": "failed",
            "details": [{ "code": "StorageAccountAlreadyTaken", "message": "The name sig=CANARY is taken." }] } });
        let found = Refusal::of_operation(&wrapped).error("x", 1);
        assert_eq!(found.family, Family::Conflict);
        assert!(!found.to_string().contains("CANARY"), "{found}");
        assert_eq!(Refusal::of_operation(&serde_json::json!({ "status": "Failed" })).error("x", 1).family, Family::Conflict);
    }
}
