use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// An address, or all addresses that share their first bits: `10.0.0.0/8`, `2001:db8::/32`, `192.0.2.7`.
///
/// ```
/// use rocket_security::config::Network;
///
/// let office: Network = "10.1.0.0/16".parse().unwrap();
/// assert!(office.contains("10.1.2.3".parse().unwrap()));
/// assert!(!office.contains("10.2.0.1".parse().unwrap()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether the address lies in it. An IPv4 address is recognised in its IPv6 clothes too.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                masked(own.to_bits().into(), 32, self.prefix)
                    == masked(other.to_bits().into(), 32, self.prefix)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                masked(own.to_bits(), 128, self.prefix) == masked(other.to_bits(), 128, self.prefix)
            }
            _ => false,
        }
    }

    /// Whether it is every address of its family.
    pub fn is_everything(&self) -> bool {
        self.prefix == 0
    }
}

fn masked(bits: u128, width: u8, prefix: u8) -> u128 {
    bits.checked_shr(u32::from(width.saturating_sub(prefix)))
        .unwrap_or(0)
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let written: IpAddr = address
            .parse()
            .map_err(|_| format!("`{text}` is neither an address nor a network"))?;
        let address = written.to_canonical();
        // A prefix of an IPv4 address in IPv6 clothes would count from the wrong end.
        if prefix.is_some() && address.is_ipv4() != written.is_ipv4() {
            return Err(format!("`{text}`: write the IPv4 network itself"));
        }
        let width: u8 = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix
                .parse::<u8>()
                .ok()
                .filter(|bits| *bits <= width && prefix.bytes().all(|byte| byte.is_ascii_digit()))
                .ok_or_else(|| format!("`{text}`: the part after `/` must lie between 0 and {width}"))?,
            None => width,
        };
        let network = Network { address, prefix };
        let first = network.first();
        if first != address {
            return Err(format!(
                "`{text}` has bits beyond its prefix: write `{first}/{prefix}`"
            ));
        }
        Ok(network)
    }
}

impl Network {
    fn first(&self) -> IpAddr {
        let host = u32::from(if self.address.is_ipv4() { 32 } else { 128 } - self.prefix);
        match self.address {
            IpAddr::V4(own) => {
                let mask = u32::MAX.checked_shl(host).unwrap_or(0);
                IpAddr::V4(std::net::Ipv4Addr::from_bits(own.to_bits() & mask))
            }
            IpAddr::V6(own) => {
                let mask = u128::MAX.checked_shl(host).unwrap_or(0);
                IpAddr::V6(std::net::Ipv6Addr::from_bits(own.to_bits() & mask))
            }
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    #[test]
    fn contains_by_prefix() {
        for (net, inside, outside) in [
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
            ("192.0.2.128/25", "192.0.2.200", "192.0.2.127"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::1", "::1", "::2"),
            ("127.0.0.0/8", "::ffff:127.0.0.1", "::1"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("::/0", "ffff::1", "1.2.3.4"),
            ("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"),
        ] {
            assert!(network(net).contains(inside.parse().unwrap()), "{net} {inside}");
            assert!(
                !network(net).contains(outside.parse().unwrap()),
                "{net} {outside}"
            );
        }
        assert!(network("0.0.0.0/0").is_everything());
        assert!(!network("10.0.0.0/8").is_everything());
    }

    #[test]
    fn refuses_what_is_no_network() {
        for text in [
            "",
            "localhost",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10.0.0.1/8",
            "2001:db8::1/32",
            "::/129",
            "10.0.0/8",
            "::ffff:10.0.0.0/104",
            "10.0.0.0/8/8",
            " 10.0.0.0/8",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        assert!(
            "10.0.0.1/8"
                .parse::<Network>()
                .unwrap_err()
                .contains("10.0.0.0/8")
        );
    }
}
