use rayon::prelude::*;
use serde_json::Value;

use super::facts::{self, ItemFacts};
use super::prepare::silent;
use super::{GroupBy, Order, StackPlan, StackRequest, group, plan};
use crate::Result;

/// Items as far as arrays are concerned: read once, to be planned with as often as wanted.
#[derive(Debug, Clone, Default)]
pub struct Known(Vec<ItemFacts>);

impl Known {
    /// # Errors
    /// Damaged, naming item and field, where a field that is there says something impossible.
    pub fn read(items: &[Value]) -> Result<Self> {
        let mut known = Self::default();
        known.add(items)?;
        Ok(known)
    }

    /// Reads more items (STAC items as JSON, asset hrefs absolute), behind those that are known.
    ///
    /// # Errors
    /// As [`Known::read`].
    pub fn add(&mut self, items: &[Value]) -> Result<()> {
        let more: Vec<ItemFacts> = items.par_iter().map(facts::read).collect::<Result<_>>()?;
        self.0.extend(more);
        Ok(())
    }

    /// Whether they say enough for this, so that no header needs to be read.
    pub fn is_enough(&self, request: &StackRequest) -> bool {
        silent(&self.0, request).is_empty()
    }

    /// As [`super::plan`].
    ///
    /// # Errors
    /// As [`super::plan`].
    pub fn plan(&self, request: &StackRequest) -> Result<StackPlan> {
        plan::of_facts(&self.0, request)
    }

    /// The places of the items of each step of time, as a plan groups them.
    pub fn steps(&self, by: GroupBy) -> Vec<Vec<usize>> {
        group::group(&self.0, by, Order::default())
    }

    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|item| item.id.as_str())
    }

    /// Where the first file lies.
    pub fn first_href(&self) -> Option<&str> {
        self.0.iter().flat_map(|item| &item.assets).map(|asset| asset.href.as_str()).next()
    }
}
