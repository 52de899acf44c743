use serde_json::{Value, json};
use swath::store::manage::account::{Plan, Step};

use crate::talk::Talk;

/// What a dry run prints: each request as it would be sent, and the command of `az` that sends the same.
pub(super) fn show_plan(plan: &Plan, talk: &Talk) {
    talk.event_of(
        "plan",
        || json!({ "steps": plan.steps.iter().map(json_of).collect::<Vec<_>>(), "present": plan.present, "notes": plan.notes }),
    );
    for (at, step) in plan.steps.iter().enumerate() {
        talk.data(format!("{}. {}\n   {}", at + 1, step.what, step.request));
        if let Some(body) = &step.request.body {
            talk.data(format!("   {body}"));
        }
        talk.data(format!("   {}", step.az));
    }
}

fn json_of(step: &Step) -> Value {
    let body: Value = step.request.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or(Value::Null);
    json!({ "what": step.what, "method": step.request.verb.name(), "path": step.request.path,
        "api_version": step.request.api_version, "body": body, "az": step.az })
}

/// `1 request`, `2 requests`
pub(super) fn requests(count: usize) -> String {
    if count == 1 { "1 request".to_owned() } else { format!("{count} requests") }
}
