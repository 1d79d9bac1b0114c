//! Which pages there are, and where.

use super::{Config, UrlPath};

/// The pages that [`Config::page`] knows, by name.
pub(crate) const PAGES: [&str; 4] = ["login", "logout", "register", "verify"];

impl Config {
    /// The whole path of a page (`"login"`, `"logout"`, `"register"`, `"verify"`); nothing when it is off.
    pub fn page(&self, name: &str) -> Option<String> {
        let url: &UrlPath = match name {
            "login" => &self.login_url,
            "logout" if !self.logout_methods.is_empty() => &self.logout_url,
            "register" if self.registerable => &self.register_url,
            "verify" if self.freshness.within().is_some() => &self.verify_url,
            _ => return None,
        };
        Some(self.path(url))
    }
}
