use swath_raster::Shape;
use swath_raster::tiff::{Level, Tiff};

use super::StackPlan;
use super::fetch::Fetch;
use super::header;

/// The plan, knowing how its first file is cut into blocks: its header is read, unless one was already. Of a file that cannot be
/// read the run will tell.
pub async fn with_blocks(plan: StackPlan, fetch: &dyn Fetch) -> StackPlan {
    let Some(source) = plan.sources.first().filter(|_| plan.blocks.is_none()) else { return plan };
    let blocks = header::open(fetch, source).await.ok().and_then(|opened| of(&opened.tiff));
    StackPlan { blocks, ..plan }
}

/// Of the full resolution.
pub(super) fn of(tiff: &Tiff) -> Option<Shape> {
    tiff.levels().first().map(Level::block)
}
