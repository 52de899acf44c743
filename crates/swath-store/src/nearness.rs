//! How near an address is: what lies far away must not send us to what is near.

use std::net::IpAddr;

use url::{Host, Url};

use crate::location::is_loopback;

/// From the whole world to this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Nearness {
    Public,
    /// A private network (RFC 1918, RFC 4193) or one shared by a provider's customers (RFC 6598).
    Private,
    /// This machine, or the services that it alone may ask (link-local: the metadata of a cloud).
    Own,
}

impl Nearness {
    pub fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => {
                let shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64;
                if ip.is_loopback() || ip.is_link_local() || ip.octets()[0] == 0 || ip.is_broadcast() {
                    Self::Own
                } else if ip.is_private() || shared {
                    Self::Private
                } else {
                    Self::Public
                }
            }
            IpAddr::V6(ip) => {
                if let Some(inner) = ip.to_ipv4_mapped() {
                    return Self::of(inner.into());
                }
                // Translated to IPv4 on its way (RFC 6052).
                if let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = ip.segments() {
                    return Self::of(IpAddr::V4((u32::from(high) << 16 | u32::from(low)).into()));
                }
                if ip.is_loopback() || ip.is_unspecified() || ip.is_unicast_link_local() {
                    Self::Own
                } else if ip.is_unique_local() {
                    Self::Private
                } else {
                    Self::Public
                }
            }
        }
    }

    /// As far as a URL says so itself: a name counts as public until it is looked up.
    fn of_url(url: &Url) -> Self {
        match url.host() {
            Some(Host::Ipv4(ip)) => Self::of(ip.into()),
            Some(Host::Ipv6(ip)) => Self::of(ip.into()),
            _ if is_loopback(url) => Self::Own,
            _ => Self::Public,
        }
    }
}

/// Whether one URL leads nearer to this machine than it lies itself, as far as their hosts say so.
pub(crate) fn leads_inside(from: &Url, to: &Url) -> bool {
    Nearness::of_url(to) > Nearness::of_url(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_is_as_near_as_its_network() {
        for (ip, expected) in [
            ("8.8.8.8", Nearness::Public),
            ("100.63.0.1", Nearness::Public),
            ("100.100.100.200", Nearness::Private),
            ("10.0.0.1", Nearness::Private),
            ("172.16.0.1", Nearness::Private),
            ("192.168.1.1", Nearness::Private),
            ("127.0.0.2", Nearness::Own),
            ("169.254.169.254", Nearness::Own),
            ("0.0.0.0", Nearness::Own),
            ("::1", Nearness::Own),
            ("fe80::1", Nearness::Own),
            ("fd00:ec2::254", Nearness::Private),
            ("::ffff:169.254.169.254", Nearness::Own),
            ("64:ff9b::7f00:1", Nearness::Own),
            ("2606:4700::1111", Nearness::Public),
        ] {
            assert_eq!(Nearness::of(ip.parse().unwrap()), expected, "{ip}");
        }
    }

    #[test]
    fn only_what_is_as_near_may_lead_there() {
        for (from, to, inside) in [
            ("https://host/a", "http://10.0.0.1/", true),
            ("https://host/a", "http://localhost/", true),
            ("http://10.0.0.1/a", "http://10.0.0.2/", false),
            ("http://10.0.0.1/a", "http://169.254.169.254/", true),
            ("http://127.0.0.1/a", "http://10.0.0.2/", false),
            ("http://10.0.0.1/a", "https://host/", false),
        ] {
            assert_eq!(leads_inside(&Url::parse(from).unwrap(), &Url::parse(to).unwrap()), inside, "{from} {to}");
        }
    }
}
