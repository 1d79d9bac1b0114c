//! The names and attributes of our cookies.

use std::time::Duration;

use rocket::http::{Cookie, SameSite};
use rocket::time::Duration as CookieDuration;

use crate::config::Config;

/// A cookie of ours by its purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CookieKind {
    /// The session's secret.
    Session,
    /// The sealed browser secret that anonymous CSRF tokens and flashes are bound to.
    Browser,
    /// Sealed messages for the next page.
    Flash,
    /// What a remembered browser comes back with.
    Remember,
    /// The refresh token of a client that keeps it in a cookie.
    Refresh,
    /// The CSRF token, for scripts.
    Csrf,
    /// Who has signed in with this browser before.
    Device,
}

/// How cookies go out in this application: decided once at launch.
#[derive(Debug, Clone)]
pub(crate) struct CookiePolicy {
    session: String,
    browser: String,
    flash: String,
    remember: String,
    /// Empty where clients keep it themselves.
    refresh: String,
    /// Empty where there is none.
    csrf: String,
    csrf_same_site: SameSite,
    device: String,
    domain: Option<String>,
    same_site: SameSite,
    secure: bool,
}

impl CookiePolicy {
    /// `insecure` only in development, where there is no TLS: then neither `Secure` nor the prefix that demands it.
    ///
    /// Otherwise the browser itself guards the name: `__Host-` refuses a cookie that a subdomain or plain HTTP
    /// planted (RFC 6265bis 4.1.3); with a domain only `__Secure-` is possible.
    pub fn new(config: &Config, insecure: bool) -> Self {
        let domain = config.session_cookie_domain.as_ref().map(ToString::to_string);
        let prefix = match (insecure, &domain) {
            (true, _) => "",
            (false, None) => "__Host-",
            (false, Some(_)) => "__Secure-",
        };
        let named = |name: &str| format!("{prefix}{name}");
        CookiePolicy {
            session: named(&config.session_cookie_name),
            browser: named("security_browser"),
            flash: named("security_flash"),
            remember: named(&config.remember_cookie_name),
            refresh: config
                .refresh_token_cookie_name
                .as_ref()
                .map(|name| named(name))
                .unwrap_or_default(),
            // Scripts look for it by its name.
            csrf: config
                .csrf_cookie_name
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            csrf_same_site: config.csrf_cookie_samesite,
            device: named("security_device"),
            domain,
            same_site: config.session_cookie_samesite,
            secure: !insecure,
        }
    }

    /// The name on the wire.
    pub fn name(&self, kind: CookieKind) -> &str {
        match kind {
            CookieKind::Session => &self.session,
            CookieKind::Browser => &self.browser,
            CookieKind::Flash => &self.flash,
            CookieKind::Remember => &self.remember,
            CookieKind::Refresh => &self.refresh,
            CookieKind::Csrf => &self.csrf,
            CookieKind::Device => &self.device,
        }
    }

    /// Whether scripts are given the CSRF token in a cookie.
    pub fn has_csrf(&self) -> bool {
        !self.csrf.is_empty()
    }

    /// Whether refresh tokens travel in a cookie.
    pub fn has_refresh(&self) -> bool {
        !self.refresh.is_empty()
    }

    /// A cookie that outlives the browser.
    pub fn lasting(&self, kind: CookieKind, value: &str, lives: Duration) -> Cookie<'static> {
        let mut cookie = self.cookie(kind, Some(value));
        cookie.set_max_age(CookieDuration::seconds(
            i64::try_from(lives.as_secs()).unwrap_or(i64::MAX),
        ));
        cookie
    }

    /// The whole cookie; it ends with the browser. `None` removes it.
    pub fn cookie(&self, kind: CookieKind, value: Option<&str>) -> Cookie<'static> {
        let mut cookie = Cookie::build((self.name(kind).to_owned(), value.unwrap_or_default().to_owned()))
            .path("/")
            .http_only(kind != CookieKind::Csrf)
            .secure(self.secure)
            .same_site(match kind {
                CookieKind::Csrf => self.csrf_same_site,
                // Scripts of this site alone exchange it; no link from elsewhere has to bring it along.
                CookieKind::Refresh => SameSite::Strict,
                _ => self.same_site,
            });
        if let Some(domain) = &self.domain {
            cookie = cookie.domain(domain.clone());
        }
        if value.is_none() {
            cookie = cookie
                .max_age(CookieDuration::ZERO)
                .expires(rocket::time::OffsetDateTime::UNIX_EPOCH);
        }
        cookie.build()
    }
}
