//! Which pages there are, and where.

use url::form_urlencoded;

use super::{Config, UrlPath, View};

/// The pages that [`Config::page`] knows, by name.
pub(crate) const PAGES: [&str; 6] = [
    "login",
    "logout",
    "register",
    "verify",
    "api_keys",
    "refresh_tokens",
];

impl Config {
    /// The whole path of a page (`"login"`, `"logout"`, `"register"`, `"verify"`, `"api_keys"`, `"refresh_tokens"`), or of the
    /// endpoint `"refresh_token"`; nothing when it is off.
    pub fn page(&self, name: &str) -> Option<String> {
        let url: &UrlPath = match name {
            "login" => &self.login_url,
            "logout" if !self.logout_methods.is_empty() => &self.logout_url,
            "register" if self.registerable => &self.register_url,
            "verify" if self.freshness.within().is_some() => &self.verify_url,
            "api_keys" if self.api_keys => &self.api_keys_url,
            "refresh_token" if self.refresh_token => &self.refresh_token_url,
            "refresh_tokens" if self.refresh_token => &self.refresh_tokens_url,
            _ => return None,
        };
        Some(self.path(url))
    }

    /// Where a `*_view` setting leads, for `Location`: the path of a page of ours, or what was written, with
    /// `redirect_host` in it if there is one. `params` replace query parameters of the same name
    /// (`get_url` of the reference, spec 3.6).
    ///
    /// ```
    /// use rocket::figment::{Figment, providers::{Format, Toml}};
    /// use rocket_security::config::{Config, Development};
    ///
    /// let toml = "security = { post_login_view = '/home?tab=1', redirect_host = 'localhost:8080' }";
    /// let config = Config::from_figment(&Figment::from(Toml::string(toml)), Development::On, &[])?;
    /// let home = config.view(&config.post_login_view, &[("tab", "2"), ("email", "ada@example.org")]);
    /// assert_eq!(home, "//localhost:8080/home?tab=2&email=ada%40example.org");
    /// # Ok::<_, rocket_security::config::Report>(())
    /// ```
    pub fn view(&self, view: &View, params: &[(&str, &str)]) -> String {
        let address = match (self.page_of(view), &self.redirect_host) {
            (Some(path), _) => path,
            (None, Some(host)) => format!("//{host}{}", from_path(view)),
            (None, None) => view.to_string(),
        };
        with_query(&address, params)
    }

    /// The path of the page that the setting names. A page that is off stops the launch, so `/` never serves.
    fn page_of(&self, view: &View) -> Option<String> {
        let name = view.page()?;
        Some(self.page(name).unwrap_or_else(|| "/".to_owned()))
    }
}

impl View {
    /// The page of ours that this names; nothing when it is a path or a URL.
    pub fn page(&self) -> Option<&str> {
        PAGES.contains(&self.as_str()).then(|| self.as_str())
    }
}

/// A URL without its scheme and host.
fn from_path(view: &str) -> String {
    match url::Url::parse(view) {
        Ok(url) => url[url::Position::BeforePath..].to_owned(),
        Err(_) => view.to_owned(),
    }
}

/// `address` with these query parameters in place of others of the same name; its fragment stays at the end.
pub(crate) fn with_query(address: &str, params: &[(&str, &str)]) -> String {
    if params.is_empty() {
        return address.to_owned();
    }
    let (address, fragment) = match address.split_once('#') {
        Some((address, fragment)) => (address, Some(fragment)),
        None => (address, None),
    };
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let replaced = |pair: &str| {
        form_urlencoded::parse(pair.as_bytes())
            .next()
            .is_some_and(|(name, _)| params.iter().any(|(other, _)| *other == name))
    };
    let mut pairs: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !replaced(pair))
        .map(str::to_owned)
        .collect();
    pairs.push(
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(params)
            .finish(),
    );
    let fragment = fragment.map_or_else(String::new, |fragment| format!("#{fragment}"));
    format!("{path}?{}{fragment}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::relaxed;

    #[test]
    fn parameters_replace_those_of_the_same_name() {
        for (address, params, expected) in [
            ("/x", &[][..], "/x"),
            ("/x?a=1#f", &[], "/x?a=1#f"),
            ("/x", &[("a", "1")], "/x?a=1"),
            ("/x?a=1&b=2", &[("a", "3")], "/x?b=2&a=3"),
            ("/x?a=1&b=%20&a=2", &[("a", "3"), ("c", "4")], "/x?b=%20&a=3&c=4"),
            ("/x?%61=1", &[("a", "3")], "/x?a=3"),
            ("/x?#f", &[("a", "1")], "/x?a=1#f"),
            ("/x#f?a=1", &[("a", "2")], "/x?a=2#f?a=1"),
            (
                "https://ui.example/x?y",
                &[("m", "a&b=c#\r\n é")],
                "https://ui.example/x?y&m=a%26b%3Dc%23%0D%0A+%C3%A9",
            ),
        ] {
            assert_eq!(with_query(address, params), expected, "{address} {params:?}");
        }
    }

    #[test]
    fn a_view_is_a_page_a_path_or_a_url() {
        let view = |settings: &str| {
            let config = relaxed(settings).unwrap_or_else(|report| panic!("{report}"));
            config.view(&config.post_logout_view, &[])
        };
        for (written, plainly, on_the_host) in [
            ("/home?x=1#y", "/home?x=1#y", "//ui.example:8080/home?x=1#y"),
            ("/", "/", "//ui.example:8080/"),
            (
                "https://app.example/home?x",
                "https://app.example/home?x",
                "//ui.example:8080/home?x",
            ),
            ("https://app.example", "https://app.example", "//ui.example:8080/"),
            ("login", "/auth/login", "/auth/login"),
            (".login", "/auth/login", "/auth/login"),
        ] {
            let settings = format!("url_prefix = '/auth'\npost_logout_view = '{written}'\n");
            assert_eq!(view(&settings), plainly);
            assert_eq!(
                view(&format!("{settings}redirect_host = 'UI.example:8080'")),
                on_the_host
            );
        }
    }
}
