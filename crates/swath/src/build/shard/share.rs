use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// Which share of a build's items one process converts: every `count`th, beginning with the `index`th, in the order of the plan.
///
/// ```
/// use swath::build::Shard;
/// let second: Shard = "2/4".parse()?;
/// assert!(second.takes(1) && second.takes(5) && !second.takes(2));
/// assert!("0/4".parse::<Shard>().is_err());
/// # Ok::<(), swath::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    count: usize,
    index: usize,
}

impl Shard {
    /// # Errors
    /// Misuse unless `index` is one of 1 to `count`.
    pub fn new(index: usize, count: usize) -> Result<Self> {
        let typed = format!("{index}/{count}");
        if count == 0 {
            return Err(Error::misuse(format!("shard {typed}"), "no shard is one of 0", "1/4 is the first of four"));
        }
        if index == 0 || index > count {
            let right = format!("shards are counted from 1: 1/{count} is the first, {count}/{count} the last");
            return Err(Error::misuse(format!("shard {typed}"), format!("there is no number {index} among {count}"), right));
        }
        Ok(Self { count, index })
    }

    /// Who converts an item, given the item's place among all of the plan.
    pub(super) fn of(item: usize, count: usize) -> Self {
        let count = count.max(1);
        Self { count, index: item % count + 1 }
    }

    /// From 1.
    pub fn index(self) -> usize {
        self.index
    }

    pub fn count(self) -> usize {
        self.count
    }

    /// Whether the item at this place (from 0) among all of the plan is its own.
    pub fn takes(self, item: usize) -> bool {
        Self::of(item, self.count) == self
    }

    /// `2-of-4`: what its files are called.
    pub(crate) fn stem(self) -> String {
        format!("{}-of-{}", self.index, self.count)
    }

    pub(super) fn of_stem(stem: &str) -> Option<Self> {
        let (index, count) = stem.split_once("-of-")?;
        Self::new(index.parse().ok()?, count.parse().ok()?).ok()
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        let Some((index, count)) = parts else {
            return Err(Error::misuse(format!("shard {text:?}"), "not two numbers", "2/4 is the second of four"));
        };
        Self::new(index, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_belongs_to_exactly_one_shard() {
        for count in [1, 2, 3, 7, 40] {
            for item in 0..100 {
                let owners: Vec<_> = (1..=count).filter(|i| Shard::new(*i, count).unwrap().takes(item)).collect();
                assert_eq!(owners.len(), 1, "item {item} of {count}");
            }
        }
    }

    #[test]
    fn what_is_no_shard_is_refused_by_what_is_wrong() {
        for (text, found) in [
            ("0/4", "shard 0/4: there is no number 0 among 4; shards are counted from 1: 1/4 is the first, 4/4 the last"),
            ("5/4", "shard 5/4: there is no number 5 among 4; shards are counted from 1: 1/4 is the first, 4/4 the last"),
            ("1/0", "shard 1/0: no shard is one of 0; 1/4 is the first of four"),
            ("2", "shard \"2\": not two numbers; 2/4 is the second of four"),
            ("/4", "shard \"/4\": not two numbers; 2/4 is the second of four"),
            ("-1/4", "shard \"-1/4\": not two numbers; 2/4 is the second of four"),
        ] {
            assert_eq!(text.parse::<Shard>().unwrap_err().to_string(), found);
        }
    }

    #[test]
    fn its_name_says_which_it_is() {
        let shard: Shard = "3/12".parse().unwrap();
        assert_eq!((shard.to_string().as_str(), shard.stem().as_str()), ("3/12", "3-of-12"));
        assert_eq!(Shard::of_stem("3-of-12"), Some(shard));
        assert_eq!(Shard::of_stem("13-of-12"), None);
    }
}
