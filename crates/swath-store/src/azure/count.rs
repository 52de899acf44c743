use reqwest::Method;

use super::Container;
use super::container::with_query;
use super::list::page;
use crate::refusal::Action;
use crate::wire::request;
use crate::{Error, Family, Result};

impl Container {
    /// How many blobs one listing shows, and whether there are more.
    pub async fn count_some(&self) -> Result<(usize, bool)> {
        let url = self.place.container_url();
        let shown = url.to_string();
        let ask = with_query(&url, &[("comp", "list"), ("maxresults", "5000")]);
        let ask = request(Method::GET, &ask).map_err(self.fail(&shown, Action::List))?;
        let reply = self.wire.send(ask).await.map_err(self.fail(&shown, Action::List))?;
        let page = page(&reply.body).map_err(|found| Error::new(Family::Damaged, &shown, found, "an XML listing is expected"))?;
        Ok((page.entries.len(), page.next.is_some()))
    }
}
