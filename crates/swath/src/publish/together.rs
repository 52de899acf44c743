use std::path::Path;
use std::time::Duration;

use swath_store::Store;

use super::decide::{apart, draw, read_build};
use super::plan::{PublishPlan, Request, Trust};
use super::record::random;
use super::remote::Remote;
use super::report::{PublishReport, Watch};
use super::run::execute;
use super::tally::Tally;
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
    insist(first(request, store).await, request, store, watch).await
}

async fn first(request: &Request, store: &Store) -> Result<PublishPlan> {
    apart(&request.build, store)?;
    store.may_write()?;
    plan_from(request, request.trust, store).await
}

/// Plans from the build as it is now, and remembers what was summed for it.
async fn plan_from<R: Remote>(request: &Request, trust: Trust, remote: &R) -> Result<PublishPlan> {
    let scan = read_build(&request.build, trust).await?;
    if let Some(learned) = &scan.learned {
        // Whoever may not write there sums again next time.
        let _ = learned.save();
    }
    draw(request, scan, remote).await
}

pub(super) async fn insist<R: Remote>(
    first: Result<PublishPlan>,
    request: &Request,
    remote: &R,
    watch: &dyn Watch,
) -> Result<(PublishPlan, PublishReport)> {
    let tally = Tally::default();
    let mut plan = first;
    for attempt in 1.. {
        let lost = match plan {
            Ok(plan) => {
                watch.planned(&plan);
                match execute(&plan, remote, watch, &tally).await {
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
        // A file that is not what it was believed to be: what is remembered of others is not believed any more either.
        let is_local = Path::new(&lost.at).starts_with(&request.build);
        plan = plan_from(request, if is_local { Trust::Nothing } else { request.trust }, remote).await;
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
