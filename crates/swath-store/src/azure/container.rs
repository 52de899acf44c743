use reqwest::Method;
use url::Url;

use super::Container;
use crate::refusal::Action;
use crate::wire::{Failure, request};
use crate::{Family, Result, store};

impl Container {
    /// Makes the container unless it exists.
    ///
    /// A container's own SAS can neither create nor always list it: when the server knows the token but denies the
    /// question, the container is there.
    pub async fn ensure(&self) -> Result<store::Container> {
        let url = self.place.container_url();
        let shown = url.to_string();
        self.may_write(&shown, Action::CreateContainer)?;
        match self
            .wire
            .send(
                request(Method::GET, &with_query(&url, &[("comp", "list"), ("maxresults", "1")]))
                    .map_err(self.fail(&shown, Action::List))?,
            )
            .await
        {
            Ok(_) => return Ok(store::Container::There),
            Err(Failure::Answer(answer)) if answer.status.as_u16() == 404 => {}
            Err(Failure::Answer(answer)) if answer.code == "AuthorizationPermissionMismatch" => return Ok(store::Container::There),
            Err(failure) => return Err(self.spot(&shown, Action::List).error(&failure)),
        }
        let create = request(Method::PUT, &with_query(&url, &[])).map_err(self.fail(&shown, Action::CreateContainer))?;
        match self.wire.send(create).await {
            Ok(_) => Ok(store::Container::Created),
            Err(Failure::Answer(answer)) if answer.code == "ContainerAlreadyExists" => Ok(store::Container::There),
            Err(failure) => {
                let error = self.spot(&shown, Action::CreateContainer).error(&failure);
                Err(match error.family {
                    Family::Refused => {
                        error.hint("a container's SAS cannot create it: create the container first, or use the account's key")
                    }
                    _ => error,
                })
            }
        }
    }
}

/// The container's URL with `restype=container` and more.
pub(super) fn with_query(url: &Url, pairs: &[(&str, &str)]) -> Url {
    let mut url = url.clone();
    url.query_pairs_mut().append_pair("restype", "container").extend_pairs(pairs);
    url
}
