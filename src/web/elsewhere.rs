//! Other hosts that a `next` may lead to, because the settings say so: nobody else can.
//!
//! The hosts come from `trusted_hosts` and `redirect_base_domain`, never from what a request calls itself by. Hosts are
//! compared as browsers read them (the `url` crate), whole labels only (GHSA-w2j7-f3c6-g8cw: without the dot,
//! `evilexample.com` is a part of `example.com`), ports included.

use url::{Host, Url};

use crate::config::Config;
use crate::web::origin::{Origin, Scheme};

/// What the settings allow.
#[derive(Debug, Default, Clone)]
pub(crate) struct Elsewhere {
    /// Hosts with their port, if they have one.
    hosts: Vec<String>,
    /// Those whose subdomains are meant too.
    above: Vec<String>,
    /// Whether plain http will do: in development only. Elsewhere our cookies are `Secure`, so we are behind TLS
    /// whether or not a proxy hides it, and nobody is sent from there into the clear.
    http: bool,
}

impl Elsewhere {
    pub fn of(config: &Config) -> Self {
        let mut elsewhere = Elsewhere {
            http: config.development.is_on(),
            ..Elsewhere::default()
        };
        if config.redirect_allow_subdomains {
            elsewhere.above = config.trusted_hosts.iter().map(ToString::to_string).collect();
            elsewhere.hosts = elsewhere.above.clone();
        }
        if let Some(base) = &config.redirect_base_domain {
            let whole = |label: &str| match label {
                "." => base.to_string(),
                label => format!("{label}.{base}"),
            };
            let listed = config.redirect_allowed_subdomains.iter();
            elsewhere.hosts.extend(listed.map(|label| whole(label)));
        }
        elsewhere
    }

    /// Whether the settings allow `url`. `secure` says that this request came by TLS.
    pub fn allows(&self, url: &Url, secure: bool) -> bool {
        let scheme = match url.scheme() {
            "https" => Scheme::Https,
            "http" if self.http && !secure => Scheme::Http,
            _ => return false,
        };
        let Some(host) = url.host() else { return false };
        let host = host.to_owned();
        let same_port = |allowed: &Origin| allowed.port() == url.port();
        let is = |allowed: &String| {
            Origin::new(scheme, allowed).is_some_and(|allowed| same_port(&allowed) && *allowed.host() == host)
        };
        let is_below = |allowed: &String| {
            Origin::new(scheme, allowed)
                .is_some_and(|allowed| same_port(&allowed) && below(&host, allowed.host()))
        };
        self.hosts.iter().any(is) || self.above.iter().any(is_below)
    }

    /// The same as sources of a content security policy: a browser follows no form to where the policy does not lead.
    pub fn sources(&self) -> Vec<String> {
        let schemes: &[&str] = if self.http { &["https", "http"] } else { &["https"] };
        let with = |host: &str| {
            schemes
                .iter()
                .map(move |scheme| format!("{scheme}://{host}"))
                .collect::<Vec<_>>()
        };
        let hosts = self.hosts.iter().flat_map(|host| with(host));
        let below = self.above.iter().flat_map(|host| with(&format!("*.{host}")));
        hosts.chain(below).collect()
    }
}

/// Whether `host` is a name of whole labels before `above`.
fn below(host: &Host<String>, above: &Host<String>) -> bool {
    let (Host::Domain(host), Host::Domain(above)) = (host, above) else {
        return false;
    };
    let Some(labels) = host
        .strip_suffix(above.as_str())
        .and_then(|rest| rest.strip_suffix('.'))
    else {
        return false;
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    labels.split('.').all(is_label)
}

#[cfg(test)]
mod tests;
