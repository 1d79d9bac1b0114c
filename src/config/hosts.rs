//! The shapes of hosts and domains.

use super::value::Wrong;

pub(super) fn cookie_domain(text: String) -> Result<String, Wrong> {
    if let Some(rest) = text.strip_prefix('.') {
        return Err(Wrong::new("must not begin with a dot, which browsers ignore.")
            .mend(format!("Write \"{rest}\".")));
    }
    let wrong = || Wrong::new("must be a plain domain: no scheme, port or path.");
    match url::Host::parse(&text) {
        Ok(url::Host::Domain(domain)) if domain == text.to_ascii_lowercase() && is_host_name(&domain) => {
            if domain.contains('.') {
                Ok(domain)
            } else {
                Err(
                    Wrong::new("has no dot: browsers refuse a cookie for such a domain.")
                        .mend("Write \"\": the cookie then belongs to the one host that set it."),
                )
            }
        }
        Ok(url::Host::Domain(domain)) if is_host_name(&domain) => {
            Err(wrong().mend(format!("Write \"{domain}\".")))
        }
        Ok(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => Err(Wrong::new(
            "is an address: browsers refuse a cookie for such a domain.",
        )
        .mend("Write \"\": the cookie then belongs to the one host that set it.")),
        _ => Err(wrong()),
    }
}

pub(super) fn host_name(text: String) -> Result<String, Wrong> {
    let wrong = || Wrong::new("must be a host, with a port if need be: no scheme and no path.");
    // The `url` crate brings every spelling of a host into one, as a browser does.
    let url = url::Url::parse(&format!("http://{text}/")).map_err(|_| wrong())?;
    let host = url.host().ok_or_else(wrong)?;
    let is_plain = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && !text.contains(['/', '\\', '@', '?', '#'])
        && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    let is_host = match &host {
        url::Host::Domain(domain) => is_host_name(domain),
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => true,
    };
    if !is_plain || !is_host {
        return Err(wrong());
    }
    // `url` forgets port 80 of http; whoever writes it means that port.
    Ok(match text.rsplit_once(':').map(|(_, port)| port) {
        Some("80") => format!("{host}:80"),
        _ => url
            .port()
            .map_or_else(|| host.to_string(), |port| format!("{host}:{port}")),
    })
}

/// One or more labels to be put before a domain, in lower case and without letters beyond ASCII.
pub(super) fn subdomain(text: String) -> Result<String, Wrong> {
    if text == "." {
        return Ok(text);
    }
    if text.contains('*') {
        return Err(Wrong::new("must be written out: there is no `*` here.")
            .mend("List each subdomain, or see redirect_allow_subdomains."));
    }
    let wrong = || Wrong::new("must be what stands before the domain: `\"shop\"`, without dots at its ends.");
    if text.contains('%') {
        return Err(wrong());
    }
    // Read with a domain behind it, as it will be used; a number alone would read as an address.
    match url::Host::parse(&format!("{text}.example")) {
        Ok(url::Host::Domain(whole)) => match whole.strip_suffix(".example") {
            Some(labels) if is_host_name(labels) => Ok(labels.to_owned()),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

fn is_host_name(domain: &str) -> bool {
    domain.len() <= 253
        && domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

#[cfg(test)]
mod tests {
    use crate::config::texts::tests::{check, read};
    use crate::config::{CookieDomain, HostName, Subdomain};

    #[test]
    fn domains() {
        check::<CookieDomain>(
            &["example.com", "a.b-c.example"],
            &[
                "",
                ".example.com",
                "localhost",
                "https://example.com",
                "example.com:80",
                "example.com/",
                "127.0.0.1",
                "[::1]",
                "münchen.example",
                "a..b",
                "-a.example",
                "example.com; Path=/",
                "example.com.",
            ],
        );
        assert_eq!(
            read::<CookieDomain>("Example.COM").as_deref(),
            Some("example.com")
        );
    }

    #[test]
    fn subdomains() {
        check::<Subdomain>(
            &[".", "shop", "eu.shop", "a-b", "1"],
            &[
                "", "..", ".shop", "shop.", "*", "*.shop", "a..b", "a b", "a/b", "a:80", "a@b", "a_b", "-a",
                "a%2eb",
            ],
        );
        assert_eq!(read::<Subdomain>("Shop").as_deref(), Some("shop"));
        assert_eq!(read::<Subdomain>("bücher").as_deref(), Some("xn--bcher-kva"));
    }

    #[test]
    fn hosts() {
        check::<HostName>(
            &[
                "example.com",
                "example.com:8443",
                "localhost:8000",
                "127.0.0.1",
                "[::1]:8000",
                "example.com:80",
            ],
            &[
                "",
                "https://example.com",
                "example.com/",
                "a@example.com",
                "*.example.com",
                "exa mple.com",
                "a_b.com",
                "example.com:99999",
                "example.com:x",
                ".example.com",
                "example.com?",
                "\texample.com",
            ],
        );
        assert_eq!(read::<HostName>("EXAMPLE.com").as_deref(), Some("example.com"));
        assert_eq!(
            read::<HostName>("MÜNCHEN.example").as_deref(),
            Some("xn--mnchen-3ya.example")
        );
    }
}
