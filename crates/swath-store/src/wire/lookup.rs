//! Names become addresses here, and those nearer than who named them are not connected to.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Url;

use crate::environment::{self, PROXIES};
use crate::nearness::Nearness;

type Found = Result<Vec<SocketAddr>, String>;

/// Looks names up for the line to one host.
///
/// The host itself is free where a person named it; where a link led to it, and wherever a redirection leads, an address must be no nearer
/// than the host that the link stood at. It is judged when it is connected to: a name that changes its address meanwhile gains nothing.
pub(super) struct Lookup {
    host: String,
    /// The host of the document whose link led here.
    linked_from: Option<String>,
    /// Hosts that a person named to go through.
    proxies: Vec<String>,
    ask: fn(&str) -> Found,
}

impl Lookup {
    pub fn new(host: &Url, linked_from: Option<&Url>) -> Self {
        let name = |url: &Url| url.host_str().unwrap_or_default().to_ascii_lowercase();
        let proxies = PROXIES.iter().filter_map(|variable| environment::read(variable));
        let proxies = proxies.filter_map(|text| Url::parse(&text).or_else(|_| Url::parse(&format!("http://{text}"))).ok());
        Self { host: name(host), linked_from: linked_from.map(name), proxies: proxies.map(|url| name(&url)).collect(), ask }
    }

    /// Who must be as near as this name, if anybody.
    fn witness(&self, name: &str) -> Option<&str> {
        if self.proxies.iter().any(|proxy| proxy == name) {
            return None;
        }
        match &self.linked_from {
            Some(from) => Some(from),
            None if name == self.host => None,
            None => Some(&self.host),
        }
    }

    fn look_up(&self, name: &str) -> Found {
        let found = (self.ask)(name)?;
        let nearest = found.iter().map(|at| Nearness::of(at.ip())).max().unwrap_or(Nearness::Public);
        let Some(witness) = self.witness(&name.to_ascii_lowercase()).filter(|_| nearest > Nearness::Public) else { return Ok(found) };
        // A witness without an address, as behind a proxy, lies outside.
        let bare = witness.trim_start_matches('[').trim_end_matches(']');
        let there = (self.ask)(bare).unwrap_or_default();
        let allowed = there.iter().map(|at| Nearness::of(at.ip())).min().unwrap_or(Nearness::Public);
        if nearest > allowed {
            let inner = found.iter().find(|at| Nearness::of(at.ip()) == nearest).map(|at| at.ip().to_string()).unwrap_or_default();
            return Err(format!("'{name}' is {inner}, inside this machine's own network, where {witness} must not lead"));
        }
        Ok(found)
    }
}

fn ask(name: &str) -> Found {
    Ok((name, 0).to_socket_addrs().map_err(|e| e.to_string())?.collect())
}

/// The lookup as the client calls it.
pub(super) struct Shared(pub Arc<Lookup>);

impl Resolve for Shared {
    fn resolve(&self, name: Name) -> Resolving {
        let lookup = self.0.clone();
        Box::pin(async move {
            let found = tokio::task::spawn_blocking(move || lookup.look_up(name.as_str())).await??;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str) -> Found {
        let ip = match name {
            "public" | "cdn" => "8.8.8.8",
            "intranet" | "10.0.0.9" => "10.0.0.9",
            "archive" | "proxy" => "10.0.0.10",
            "here" | "127.0.0.1" => "127.0.0.1",
            "metadata" => "169.254.169.254",
            _ => return Err("unknown name".into()),
        };
        Ok(vec![SocketAddr::new(ip.parse().unwrap(), 0)])
    }

    #[test]
    fn a_name_leads_no_nearer_than_who_named_it() {
        for (host, linked_from, name, reached) in [
            ("http://intranet/", None, "intranet", true),
            ("http://here/", None, "here", true),
            ("http://public/", None, "intranet", false),
            ("http://public/", None, "cdn", true),
            ("http://public/", None, "proxy", true),
            ("http://intranet/", Some("https://public/c.json"), "intranet", false),
            ("http://metadata/", Some("https://public/c.json"), "metadata", false),
            ("http://here/", Some("https://public/c.json"), "here", false),
            ("http://cdn/", Some("https://public/c.json"), "cdn", true),
            ("http://cdn/", Some("https://public/c.json"), "intranet", false),
            ("http://archive/", Some("http://intranet/c.json"), "archive", true),
            ("http://archive/", Some("http://10.0.0.9/c.json"), "archive", true),
            ("http://metadata/", Some("http://intranet/c.json"), "metadata", false),
            ("http://here/", Some("http://127.0.0.1:8080/c.json"), "here", true),
            ("http://intranet/", Some("https://unknown/c.json"), "intranet", false),
        ] {
            let linked_from = linked_from.map(|url| Url::parse(url).unwrap());
            let made = Lookup::new(&Url::parse(host).unwrap(), linked_from.as_ref());
            let lookup = Lookup { proxies: vec!["proxy".into()], ask: told, ..made };
            assert_eq!(lookup.look_up(name).is_ok(), reached, "{host} {linked_from:?} {name}");
        }
    }

    #[tokio::test]
    async fn nothing_is_sent_to_where_a_link_must_not_lead() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let host = Url::parse(&format!("http://localhost:{}/", listener.local_addr().unwrap().port())).unwrap();
        let from = Url::parse("https://192.0.2.1/collection.json").unwrap();
        let wire = super::super::Wire::linked(&host, super::super::Signer::None, Arc::default(), Some(&from)).unwrap();
        let said = wire.send(super::super::request(reqwest::Method::GET, &host).unwrap()).await.unwrap_err();
        assert!(format!("{said:?}").contains("192.0.2.1 must not lead"), "{said:?}");
        assert!(listener.accept().is_err(), "nobody connected");
    }
}
