use serde_json::Value;

use super::Plan;
use super::plan::text;
use crate::Result;
use crate::manage::{Management, Verb, Watch};

/// What there is after a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The account's blob endpoint, with a slash at its end: `https://maps.blob.core.windows.net/`.
    pub blobs: String,
    /// How many requests changed something.
    pub changes: usize,
}

/// Sends the requests of a plan, in order, each after the operation before it is over; no other request changes anything.
///
/// # Errors
/// What Azure refuses, with the way out. What was done before stays, and the same wish goes on from there.
pub async fn run(plan: &Plan, management: &Management, watch: &dyn Watch) -> Result<Made> {
    let mut account = plan.account.clone().unwrap_or(Value::Null);
    let path = plan.place.account_path();
    for (at, step) in plan.steps.iter().enumerate() {
        watch.begin(step, at + 1, plan.steps.len());
        let answer = management.perform(&step.request, &step.at, watch).await?;
        if step.request.path == path && step.request.verb == Verb::Put {
            account = answer;
        }
        watch.done(step);
    }
    let said = text(&account, "/properties/primaryEndpoints/blob");
    let blobs = if said.is_empty() { management.cloud.blobs_of(plan.place.account.as_str()) } else { said };
    Ok(Made { blobs, changes: plan.steps.len() })
}
