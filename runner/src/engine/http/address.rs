//! Which addresses a call may go to, checked on what a name resolves to at every connect.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Which addresses are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AddressPolicy {
    /// Refuse loopback and private ranges too, for servers whose key holders are not their operators.
    pub deny_private: bool,
}

/// A name resolved to nothing but refused addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the host `{host}` has {reason}, which calls may not go to")]
pub struct AddressRefused {
    /// The host as named in the base URL.
    pub host: String,
    /// What kind of address it has.
    pub reason: &'static str,
}

impl AddressPolicy {
    /// What is wrong with an address, or `None` when calls may go to it.
    #[must_use]
    pub fn refuses(self, address: IpAddr) -> Option<&'static str> {
        match address {
            IpAddr::V4(v4) => self.refuses_v4(v4),
            IpAddr::V6(v6) => match embedded_v4(v6) {
                Some(v4) => self.refuses_v4(v4).or_else(|| self.refuses_v6(v6)),
                None => self.refuses_v6(v6),
            },
        }
    }

    fn refuses_v4(self, address: Ipv4Addr) -> Option<&'static str> {
        if address.is_link_local() {
            return Some("a link-local address");
        }
        if METADATA_V4.contains(&address) {
            return Some("the address of a cloud's metadata service");
        }
        if address.is_broadcast() || address.is_multicast() {
            return Some("a broadcast or multicast address");
        }
        let [a, b, ..] = address.octets();
        let shared = a == 100 && (64..128).contains(&b);
        let private = address.is_loopback() || address.is_private() || a == 0 || shared || a >= 240;
        (self.deny_private && private).then_some("a loopback or private address")
    }

    fn refuses_v6(self, address: Ipv6Addr) -> Option<&'static str> {
        if address.is_unicast_link_local() {
            return Some("a link-local address");
        }
        if address == METADATA_V6 {
            return Some("the address of a cloud's metadata service");
        }
        if address.is_multicast() {
            return Some("a broadcast or multicast address");
        }
        let private =
            address.is_loopback() || address.is_unique_local() || address.is_unspecified();
        (self.deny_private && private).then_some("a loopback or private address")
    }
}

/// Metadata services outside the link-local range: Alibaba Cloud, Azure's wire server, Oracle Cloud.
const METADATA_V4: [Ipv4Addr; 3] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(192, 0, 0, 192),
];

/// The metadata service of AWS over IPv6.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// The IPv4 address that an IPv6 address leads to: mapped, compatible, NAT64 or 6to4.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        // `::` and `::1` are addresses of their own.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => Some(from(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(from(high, low)),
        [0x2002, high, low, ..] => Some(from(high, low)),
        _ => None,
    }
}

/// Resolves names with the system's resolver and leaves out refused addresses.
#[derive(Debug, Clone, Copy)]
pub(super) struct GuardedResolver(pub(super) AddressPolicy);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.0;
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let mut refused = None;
            let allowed: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| {
                    let reason = policy.refuses(address.ip());
                    refused = refused.or(reason);
                    reason.is_none()
                })
                .collect();
            match refused {
                Some(reason) if allowed.is_empty() => Err(AddressRefused { host, reason }.into()),
                _ => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    fn refused(address: &str, deny_private: bool) -> bool {
        AddressPolicy { deny_private }.refuses(address.parse().unwrap()).is_some()
    }

    #[test]
    fn link_local_and_metadata_are_always_refused() {
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "fe80::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "224.0.0.1",
            "ff02::1",
        ] {
            assert!(refused(address, false), "{address}");
        }
    }

    #[test]
    fn loopback_and_private_are_refused_on_request() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.1.1",
            "172.16.0.1",
            "100.64.0.1",
            "0.0.0.0",
            "::",
            "::1",
            "fd12::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(!refused(address, false), "{address}");
            assert!(refused(address, true), "{address}");
        }
    }

    #[test]
    fn public_addresses_are_allowed() {
        for address in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101"] {
            assert!(!refused(address, true), "{address}");
        }
    }
}
