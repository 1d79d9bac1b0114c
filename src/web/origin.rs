//! Where this application lives, and whether a request comes from there.
//!
//! A session cookie travels with whatever the browser sends, from whichever site. What tells the sites apart is
//! what the browser itself adds and no script can forge: `Sec-Fetch-Site` and `Origin`.

use std::fmt;

use rocket::Request;
use rocket::http::Method;
use url::{Host, Url};

use crate::config::Network;
use crate::web::client::is_trusted;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

/// Scheme, host and port of this application, as a browser would compare them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: Scheme,
    host: Host<String>,
    /// None for the scheme's own port.
    port: Option<u16>,
}

impl Origin {
    /// Reads `authority` (`host` or `host:port`) as a browser reads it: lower case, IDNA, numeric addresses in one form.
    pub(crate) fn new(scheme: Scheme, authority: &str) -> Option<Origin> {
        // Whatever could end the authority, or put a user before it, would name another host than it shows.
        let plain = |byte: u8| byte.is_ascii_graphic() && !br#"/\?#@%"'<>`{}|^"#.contains(&byte);
        if authority.is_empty() || !authority.bytes().all(|byte| plain(byte) || !byte.is_ascii()) {
            return None;
        }
        let url = Url::parse(&format!("{}://{authority}/", scheme.as_str())).ok()?;
        Some(Origin {
            scheme,
            host: url.host()?.to_owned(),
            port: url.port(),
        })
    }

    /// `https`, when the connection is known to be TLS. A proxy that is not in the settings hides that.
    pub(crate) fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    pub(crate) fn host(&self) -> &Host<String> {
        &self.host
    }

    /// None for the scheme's own port.
    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether `url` is served by this host and port. The scheme is left out of it, since a proxy may take TLS off
    /// without our knowing; a host without a port has the usual one of either scheme.
    pub(crate) fn serves(&self, url: &Url) -> bool {
        let usual = match url.scheme() {
            "http" => 80,
            "https" => 443,
            _ => return false,
        };
        url.host().is_some_and(|host| host.to_owned() == self.host)
            && url.port().unwrap_or(usual) == self.port.unwrap_or(usual)
    }

    /// Whether the value of an `Origin` header names this application.
    fn is_named_by(&self, header: &str) -> bool {
        let Ok(url) = Url::parse(header) else { return false };
        // An origin has no path, user or query; parsing adds the slash.
        let bare = url.path() == "/"
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        // A page fetched in clear can be anybody's; it does not speak for the one behind TLS.
        let downgraded = self.is_https() && url.scheme() != "https";
        bare && !downgraded && self.serves(&url)
    }

    fn matches_trusted_host(&self, pattern: &str) -> bool {
        let (subdomains, pattern) = match pattern.strip_prefix('.') {
            Some(domain) => (true, domain),
            None => (false, pattern),
        };
        let Some(wanted) = Origin::new(self.scheme, pattern) else {
            return false;
        };
        // `app.example` trusts every port, `app.example:8443` that one.
        if wanted.port.is_some() && wanted.port != self.port {
            return false;
        }
        if wanted.host == self.host {
            return true;
        }
        match (&wanted.host, &self.host) {
            (Host::Domain(wanted), Host::Domain(own)) if subdomains => {
                // With the dot, or `evil-app.example` would be a part of `app.example`.
                own.strip_suffix(wanted.as_str())
                    .is_some_and(|rest| rest.ends_with('.'))
            }
            _ => false,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host)?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

/// The application's own origin as this request addresses it: from `Host`, or from what a trusted proxy says.
/// None when there is no host, it cannot be read, or it is not among `trusted_hosts` while those are given.
pub(crate) fn own_origin(
    req: &Request<'_>,
    trusted_proxies: &[Network],
    trusted_hosts: &[impl AsRef<str>],
) -> Option<Origin> {
    let proxied = req
        .remote()
        .is_some_and(|peer| is_trusted(peer.ip(), trusted_proxies));
    let forwarded = |name: &str| if proxied { last_item(req, name) } else { None };

    let scheme = match forwarded("X-Forwarded-Proto") {
        Some(proto) if proto.eq_ignore_ascii_case("https") => Scheme::Https,
        Some(_) => Scheme::Http,
        None if req.rocket().config().tls_enabled() => Scheme::Https,
        None => Scheme::Http,
    };
    let origin = match (forwarded("X-Forwarded-Host"), req.host()) {
        (Some(host), _) => Origin::new(scheme, host)?,
        (None, Some(host)) => Origin::new(scheme, &host.to_string())?,
        // Rocket's local client, unlike its server, does not turn the header into the request's host.
        (None, None) => Origin::new(scheme, req.headers().get_one("Host")?)?,
    };
    let trusted = trusted_hosts.is_empty()
        || trusted_hosts
            .iter()
            .any(|pattern| origin.matches_trusted_host(pattern.as_ref()));
    trusted.then_some(origin)
}

/// The entry that the proxy before us wrote: the last one.
fn last_item<'r>(req: &'r Request<'_>, name: &str) -> Option<&'r str> {
    let line = req.headers().get(name).last()?;
    line.rsplit(',').map(str::trim).find(|item| !item.is_empty())
}

/// What the browser says about the page that a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// From a page of this application, or typed by the user.
    SameOrigin,
    /// From another site, or from a sibling domain, which may be anybody's.
    CrossSite,
    /// The client says nothing: an old browser, or no browser.
    Unknown,
}

/// Judges by `Sec-Fetch-Site`, else by `Origin`. What cannot be read counts as another site.
pub(crate) fn cross_site(req: &Request<'_>, own: Option<&Origin>) -> Evidence {
    let verdict = |allowed: bool| {
        if allowed {
            Evidence::SameOrigin
        } else {
            Evidence::CrossSite
        }
    };

    let mut sites = req.headers().get("Sec-Fetch-Site").peekable();
    if sites.peek().is_some() {
        // `none` is a request that no page has caused.
        return verdict(sites.all(|site| matches!(site.trim(), "same-origin" | "none")));
    }
    let mut origins = req.headers().get("Origin").peekable();
    if origins.peek().is_some() {
        return verdict(origins.all(|origin| own.is_some_and(|own| own.is_named_by(origin.trim()))));
    }
    Evidence::Unknown
}

/// Whether a request may change something: by its method, or because it carries what a form of another site can
/// send. Rocket turns a POST whose form begins with `_method=get` into a GET before anybody sees it.
pub(crate) fn is_unsafe(req: &Request<'_>) -> bool {
    let by_method = !matches!(
        req.method(),
        Method::Get | Method::Head | Method::Options | Method::Trace
    );
    by_method || carries_form(req)
}

/// The three content types that a form of any site may send without being asked first.
fn carries_form(req: &Request<'_>) -> bool {
    req.content_type().is_some_and(|body| {
        body.is_form() || body.is_form_data() || (body.top() == "text" && body.sub() == "plain")
    })
}

#[cfg(test)]
mod tests;
