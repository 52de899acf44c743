use reqwest::Method;
use reqwest::header::IF_MATCH;

use super::Container;
use crate::names::append;
use crate::refusal::Action;
use crate::wire::{Failure, header, request};
use crate::{Family, Result};

impl Container {
    /// Deletes one blob; one that is gone already is no failure.
    pub async fn delete(&self, name: &str, pin: Option<&str>, shown: &str) -> Result<()> {
        let fail = |failure: Failure| self.spot(shown, Action::Delete).error(&failure);
        self.may_write(shown, Action::Delete)?;
        let mut ask = request(Method::DELETE, &append(&self.place.container_url(), name)).map_err(fail)?;
        if let Some(pin) = pin {
            ask.headers_mut().insert(IF_MATCH, header(pin).map_err(fail)?);
        }
        match self.wire.send(ask).await.map_err(fail) {
            Err(e) if e.family != Family::Absent => Err(e),
            _ => Ok(()),
        }
    }
}
