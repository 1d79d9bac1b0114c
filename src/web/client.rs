//! Who is asking: the address of the client, as far as it can be known.
//!
//! Limits per address are worth nothing when anybody may choose his address, and worse than nothing when
//! all visitors seem to share one. So the peer of the connection counts, and what a header says only when a
//! proxy that the settings name has written it. `X-Real-IP`, which Rocket's own `client_ip()` believes from
//! anybody, is never read.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Once;

use rocket::Request;

use crate::config::Network;

/// More hops than any chain of proxies has; what lies beyond is a forgery or a fault.
const MAX_HOPS: usize = 32;

/// Whether `address` is one of the proxies whose headers count.
pub(crate) fn is_trusted(address: IpAddr, trusted: &[Network]) -> bool {
    trusted.iter().any(|network| network.contains(address))
}

/// The client's address, and whether limits may be built on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress {
    /// The best guess, for the record.
    pub(crate) ip: Option<IpAddr>,
    /// False when many visitors may share this address because the proxy before us is not in the settings,
    /// or when a proxy sent something that cannot be read.
    pub(crate) trustworthy: bool,
}

impl ClientAddress {
    /// The address that limits count by, or none when they must be off. A household or a server is given a whole
    /// /64 of IPv6, so such a range counts as one.
    pub(crate) fn limit_key(&self) -> Option<IpAddr> {
        let ip = self.ip.filter(|_| self.trustworthy)?;
        Some(match ip {
            IpAddr::V4(_) => ip,
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) & (u128::MAX << 64))),
        })
    }
}

/// Finds the client behind a request.
pub(crate) fn client_address(req: &Request<'_>, trusted: &[Network]) -> ClientAddress {
    let Some(peer) = req.remote().map(|remote| remote.ip().to_canonical()) else {
        return ClientAddress {
            ip: None,
            trustworthy: false,
        };
    };
    if is_trusted(peer, trusted) {
        return behind_proxies(req, peer, trusted);
    }

    // A proxy stands before us and nobody has told us of it: every visitor would have its address.
    let hidden = trusted.is_empty() && is_internal(peer) && carries_forwarding_headers(req);
    if hidden {
        // Once: the next request would say the same.
        static WARNED: Once = Once::new();
        WARNED.call_once(|| {
            log::warn!(
                "rocket_security: requests come through a proxy at {peer} that `trusted_proxies` does not name. Until it \
                 does, waits are counted by account alone and sessions note the proxy's address: write \
                 trusted_proxies = [\"{peer}\"]"
            );
        });
    }
    ClientAddress {
        ip: Some(peer),
        trustworthy: !hidden,
    }
}

/// Reads `X-Forwarded-For` from the right, the only end that our own proxies have written, up to the first
/// address that is not one of them. Everything to the left of that is hearsay.
fn behind_proxies(req: &Request<'_>, peer: IpAddr, trusted: &[Network]) -> ClientAddress {
    let lines: Vec<&str> = req.headers().get("X-Forwarded-For").collect();
    let hops = lines
        .iter()
        .rev()
        .flat_map(|line| line.rsplit(','))
        .map(str::trim)
        .filter(|hop| !hop.is_empty());

    let mut nearest = peer;
    let mut known = false;
    for hop in hops.take(MAX_HOPS) {
        let Some(address) = parse_hop(hop) else {
            known = false;
            break;
        };
        nearest = address;
        known = true;
        if !is_trusted(address, trusted) {
            break;
        }
    }
    ClientAddress {
        ip: Some(nearest),
        trustworthy: known,
    }
}

/// One entry of `X-Forwarded-For`: an address, possibly with a port, an IPv6 one possibly in brackets.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    if let Ok(address) = hop.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    if let Ok(socket) = hop.parse::<SocketAddr>() {
        return Some(socket.ip().to_canonical());
    }
    let inner = hop.strip_prefix('[')?.strip_suffix(']')?;
    inner
        .parse::<Ipv6Addr>()
        .ok()
        .map(|v6| IpAddr::V6(v6).to_canonical())
}

fn carries_forwarding_headers(req: &Request<'_>) -> bool {
    const HEADERS: [&str; 6] = [
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Real-IP",
        "Via",
    ];
    HEADERS.iter().any(|name| req.headers().contains(*name))
}

/// Addresses at which a proxy of our own stands, never a visitor from the internet.
fn is_internal(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            // 100.64.0.0/10 is what carriers and cloud networks use between their machines.
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || (first == 100 && second & 0xc0 == 64)
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rocket::http::Header;
    use rocket::local::blocking::Client;

    fn client() -> Client {
        Client::debug(rocket::build()).unwrap()
    }

    fn ask(peer: &str, headers: &[(&'static str, &'static str)], trusted: &[&str]) -> ClientAddress {
        let client = client();
        let mut request = client.get("/");
        for (name, value) in headers {
            request = request.header(Header::new(*name, *value));
        }
        if !peer.is_empty() {
            let peer: IpAddr = peer.parse().unwrap();
            request.inner_mut().set_remote(SocketAddr::new(peer, 40000));
        }
        let trusted: Vec<Network> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        client_address(request.inner(), &trusted)
    }

    fn known(ip: &str) -> ClientAddress {
        ClientAddress {
            ip: Some(ip.parse().unwrap()),
            trustworthy: true,
        }
    }

    fn doubtful(ip: &str) -> ClientAddress {
        ClientAddress {
            trustworthy: false,
            ..known(ip)
        }
    }

    #[test]
    fn without_trusted_proxies_headers_say_nothing() {
        let headers = [("X-Forwarded-For", "203.0.113.9"), ("X-Real-IP", "203.0.113.9")];
        assert_eq!(ask("198.51.100.4", &headers, &[]), known("198.51.100.4"));
        assert_eq!(ask("127.0.0.1", &[], &[]), known("127.0.0.1"));
    }

    #[test]
    fn an_unknown_proxy_turns_limits_off() {
        for peer in [
            "127.0.0.1",
            "10.1.2.3",
            "172.17.0.1",
            "100.64.0.1",
            "::1",
            "fd00::1",
            "::ffff:10.1.2.3",
        ] {
            for header in ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-Proto"] {
                let found = ask(peer, &[(header, "203.0.113.9")], &[]);
                assert!(!found.trustworthy, "{peer} {header}");
                assert_eq!(found.limit_key(), None);
            }
        }
        // Whoever comes from the internet cannot turn them off.
        assert!(ask("203.0.113.5", &[("Forwarded", "for=1.1.1.1")], &[]).trustworthy);
        // A private peer that the settings do not name is itself the client once they name others.
        assert_eq!(
            ask("10.0.0.9", &[("X-Forwarded-For", "1.1.1.1")], &["10.0.0.1"]),
            known("10.0.0.9")
        );
    }

    #[test]
    fn the_chain_is_read_from_the_right() {
        let trusted = ["10.0.0.0/8", "2001:db8::/32"];
        let cases = [
            ("203.0.113.9", known("203.0.113.9")),
            ("6.6.6.6, 203.0.113.9", known("203.0.113.9")),
            ("6.6.6.6, 203.0.113.9, 10.0.0.3", known("203.0.113.9")),
            ("203.0.113.9:4711, 10.0.0.3", known("203.0.113.9")),
            ("[2a00::1]:443", known("2a00::1")),
            ("[2a00::1]", known("2a00::1")),
            ("2a00::1,2001:db8::5", known("2a00::1")),
            ("::ffff:203.0.113.9", known("203.0.113.9")),
            ("10.0.0.8", known("10.0.0.8")),
            ("203.0.113.9, unknown", doubtful("10.0.0.1")),
            ("203.0.113.9, 10.0.0.3, x", doubtful("10.0.0.1")),
            ("y, 10.0.0.3", doubtful("10.0.0.3")),
            ("", doubtful("10.0.0.1")),
            (", ,", doubtful("10.0.0.1")),
        ];
        for (header, expected) in cases {
            assert_eq!(
                ask("10.0.0.1", &[("X-Forwarded-For", header)], &trusted),
                expected,
                "{header}"
            );
        }
        // Several lines are one list.
        let lines = [
            ("X-Forwarded-For", "6.6.6.6"),
            ("X-Forwarded-For", "203.0.113.9"),
            ("X-Forwarded-For", "10.0.0.2"),
        ];
        assert_eq!(ask("10.0.0.1", &lines, &trusted), known("203.0.113.9"));
        // And X-Real-IP is never one of them.
        assert_eq!(
            ask("10.0.0.1", &[("X-Real-IP", "203.0.113.9")], &trusted),
            doubtful("10.0.0.1")
        );
    }

    #[test]
    fn a_long_chain_ends() {
        let long: &'static str = Box::leak("10.0.0.2,".repeat(5000).into_boxed_str());
        assert_eq!(
            ask("10.0.0.1", &[("X-Forwarded-For", long)], &["10.0.0.0/8"]),
            known("10.0.0.2")
        );
    }

    #[test]
    fn no_peer_no_address() {
        let found = ask("", &[("X-Forwarded-For", "203.0.113.9")], &["0.0.0.0/0"]);
        assert_eq!((found.ip, found.limit_key()), (None, None));
    }

    #[test]
    fn limits_count_ipv6_by_64() {
        let a = known("2001:db8:1:2:aaaa::1").limit_key();
        assert_eq!(a, known("2001:db8:1:2:bbbb::2").limit_key());
        assert_eq!(a, Some("2001:db8:1:2::".parse().unwrap()));
        assert_ne!(a, known("2001:db8:1:3::1").limit_key());
        assert_ne!(known("203.0.113.1").limit_key(), known("203.0.113.2").limit_key());
    }
}
