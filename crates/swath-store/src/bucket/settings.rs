use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::environment;

/// What the environment says about S3 and Google Cloud Storage, by the names their own tools use. Values are never printed.
#[derive(Clone, Default)]
pub(crate) struct Settings(BTreeMap<String, SecretString>);

impl Settings {
    pub fn from_env() -> Self {
        let read = |name: &&str| environment::read(name).map(|value| ((*name).to_owned(), value.into()));
        Self(environment::BUCKETS.iter().filter_map(read).collect())
    }
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned().into());
    }
    /// The value of the first of some names that is set.
    pub fn read(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.0.get(*name)).map(|value| value.expose_secret())
    }
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
