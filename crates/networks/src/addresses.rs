//! Which addresses may be reached. A server's name is typed by a person and a picture's address is written by a
//! stranger: both could point into the home or the office. So every host is checked twice: as it is written, and
//! again as the addresses it resolves to, and the connection goes to the checked addresses and no others.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use url::{Host, Origin, Url};

/// Where a connector may connect to. Chosen once, by the shell, for the whole process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// https, to public addresses.
    Public,
    /// http, to this machine's own loopback: tests and the rehearsal.
    Loopback,
}

impl Reach {
    /// Whether the address as written may be contacted. Its resolved addresses are checked again on connecting.
    pub fn allows(self, url: &Url) -> bool {
        let plain = url.username().is_empty() && url.password().is_none();
        let scheme = match self {
            Self::Public => "https",
            Self::Loopback => "http",
        };
        plain
            && url.scheme() == scheme
            && match url.host() {
                Some(Host::Ipv4(ip)) => self.allows_ip(IpAddr::V4(ip)),
                Some(Host::Ipv6(ip)) => self.allows_ip(IpAddr::V6(ip)),
                Some(Host::Domain(name)) => self.allows_name(name),
                None => false,
            }
    }

    fn allows_name(self, name: &str) -> bool {
        let name = name.trim_end_matches('.');
        match self {
            // A name without a dot is a machine of the local network; these endings never leave it.
            Self::Public => {
                name.contains('.')
                    && ![".localhost", ".local", ".internal", ".home.arpa", ".onion"]
                        .iter()
                        .any(|end| name.ends_with(end))
            }
            Self::Loopback => name == "localhost",
        }
    }

    pub(crate) fn allows_ip(self, ip: IpAddr) -> bool {
        match self {
            Self::Public => is_public(ip),
            Self::Loopback => is_loopback(ip),
        }
    }
}

/// Whether two addresses share scheme, host and port.
pub(crate) fn same_origin(a: &Url, b: &Url) -> bool {
    match (a.origin(), b.origin()) {
        (a @ Origin::Tuple(..), b @ Origin::Tuple(..)) => a == b,
        _ => false,
    }
}

/// Whether two hosts belong to one registrable name (`streaming.exemple.social` and `exemple.social`).
pub(crate) fn same_site(a: &Url, b: &Url) -> bool {
    match (a.host(), b.host()) {
        (Some(Host::Domain(a)), Some(Host::Domain(b))) => {
            a == b || psl::domain_str(a).is_some_and(|site| psl::domain_str(b) == Some(site))
        }
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

fn is_loopback(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_loopback(),
    }
}

/// Whether an address is of the open internet, whatever form it is written in.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

/// RFC 6890 and its registry of special-purpose addresses.
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19)))
}

/// Only what is handed out for the open internet (2000::/3) and, inside the forms that carry an IPv4 address
/// (mapped, 6to4, NAT64), only where that one is public too.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    let carried = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    if let Some(mapped) = ip.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    if s[0] == 0x64 && s[1] == 0xff9b {
        // 64:ff9b:1::/48 is a local translator's own (RFC 8215); 64:ff9b::/96 is everybody's (RFC 6052).
        return s[2..6] == [0, 0, 0, 0] && is_public_v4(carried(s[6], s[7]));
    }
    if s[0] == 0x2002 {
        return is_public_v4(carried(s[1], s[2]));
    }
    let global = s[0] & 0xe000 == 0x2000;
    // 2001::/23 holds Teredo, ORCHID and benchmarks; 2001:db8::/32 and 3fff::/20 are for documents.
    let special = (s[0] == 0x2001 && (s[1] < 0x200 || s[1] == 0xdb8)) || (s[0] == 0x3fff && s[1] < 0x1000);
    global && !special
}

/// Resolves a name and keeps it only if every address it has is allowed: one bad address among good ones is a
/// sign of somebody trying.
pub(crate) struct CheckedNames(pub Reach);

/// A name led to an address that is not to be contacted.
#[derive(Debug)]
pub(crate) struct OutOfReach;

impl std::fmt::Display for OutOfReach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an address outside this program's reach")
    }
}

impl std::error::Error for OutOfReach {}

impl reqwest::dns::Resolve for CheckedNames {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.is_empty() {
                return Err(std::io::Error::from(std::io::ErrorKind::NotFound).into());
            }
            if found.iter().any(|at| !reach.allows_ip(at.ip())) {
                return Err(OutOfReach.into());
            }
            Ok(Box::new(found.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

/// A client builder that goes where `reach` says, on its own: no proxy of the environment, no referrer, no repeats.
pub(crate) fn client(reach: Reach) -> reqwest::ClientBuilder {
    let client = reqwest::Client::builder()
        .dns_resolver(Arc::new(CheckedNames(reach)))
        .https_only(reach == Reach::Public)
        .no_proxy()
        .referer(false)
        .retry(reqwest::retry::never())
        .user_agent(concat!("Guichet/", env!("CARGO_PKG_VERSION")));
    match reach {
        Reach::Public => client,
        // Nothing there speaks TLS: the system's certificates, read for every client, would be most of a start.
        Reach::Loopback => client.tls_certs_only([]),
    }
}

#[cfg(test)]
#[path = "addresses_tests.rs"]
mod tests;
