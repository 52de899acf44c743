use std::time::Duration;

use swath_store::Store;

use super::decide::{draw, plan_for, read_build};
use super::plan::{PublishPlan, Request};
use super::record::random;
use super::remote::Remote;
use super::report::{PublishReport, Watch};
use super::run::execute;
use crate::{Error, Family, Result};

/// How often a publisher that others overtake plans anew before it gives up.
const ATTEMPTS: u32 = 60;
const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(3);

/// Plans and runs; where somebody else changes the place meanwhile, plans anew from what is there then, a bounded number of times
/// and with pauses of random length. The plan that came through, and what it did.
///
/// # Errors
/// As [`plan_for`](super::plan_for) and [`run`](super::run); Conflict where the plan itself meets one, or others were faster every time.
pub async fn publish(request: &Request, store: &Store, watch: &dyn Watch) -> Result<(PublishPlan, PublishReport)> {
    insist(plan_for(request, store).await, request, store, watch).await
}

pub(super) async fn insist<R: Remote>(
    first: Result<PublishPlan>,
    request: &Request,
    remote: &R,
    watch: &dyn Watch,
) -> Result<(PublishPlan, PublishReport)> {
    let mut plan = first;
    for attempt in 1.. {
        let lost = match plan {
            Ok(plan) => {
                watch.planned(&plan);
                match execute(&plan, remote, watch).await {
                    // Nobody overtook anybody: the build itself is at odds with what is there.
                    Err(e) if !plan.conflicts.is_empty() => return Err(e),
                    Err(e) => e,
                    Ok(report) => return Ok((plan, PublishReport { attempts: attempt, ..report })),
                }
            }
            Err(e) => e,
        };
        if lost.family != Family::Conflict || attempt >= ATTEMPTS {
            return Err(exhausted(lost, attempt));
        }
        watch.again(&lost);
        remote.pause(pause(attempt)).await;
        plan = draw(request, read_build(&request.build).await?, remote).await;
    }
    Err(Error::misuse(remote.url(), "no attempt was made", ""))
}

fn exhausted(error: Error, attempts: u32) -> Error {
    if error.family != Family::Conflict || attempts < ATTEMPTS {
        return error;
    }
    let found = format!("{}, {attempts} times in a row", error.found);
    Error { found, ..error }.hint("others publish here all the time: what was uploaded is kept, run the same command again")
}

/// Somewhere between nothing and a bound that doubles, so that those who met do not meet again.
fn pause(attempt: u32) -> Duration {
    let most = LONGEST.min(SHORTEST.saturating_mul(1 << attempt.min(10)));
    let share = (random() % 1024) as u32;
    most * share / 1024
}
