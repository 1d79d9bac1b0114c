//! Settings that are text of a certain shape. Each is a type of its own, so that what has not been checked cannot be used.

use std::fmt;
use std::ops::Deref;

use rocket::figment::value::Value;
use rocket::http::uri::Origin;

use super::hosts::{cookie_domain, host_name, subdomain};
use super::pages::PAGES;
use super::value::{FromSetting, Wrong, text};

macro_rules! texts {
    ($( $(#[$doc:meta])+ $name:ident($kind:literal, $check:path); )+) => {$(
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// As it was written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromSetting for $name {
            fn kind() -> String {
                $kind.into()
            }

            fn from_setting(value: &Value) -> Result<Self, Wrong> {
                let text = text(value).ok_or_else(|| Wrong::new("must be text in quotes."))?;
                $check(text).map($name)
            }
        }
    )+};
}

texts! {
    /// A path of this application: `/login`. It begins with a slash and has no query.
    UrlPath("a path such as `\"/login\"`", path);
    /// Where a browser is sent: a path of this application, with a query if need be, a whole `http(s)` URL, or the
    /// name of one of our pages (`login`). [`Config::view`](super::Config::view) makes an address of it.
    View("a path or URL such as `\"/\"`, or a page's name such as `\"login\"`", view);
    /// The name of a page's template: `security/login`, without a suffix.
    TemplateName("a template's name without suffix", template);
    /// The name of a cookie, without the `__Host-` that the library puts before it.
    CookieName("a cookie's name", cookie_name);
    /// A domain whose hosts all get the cookie: `example.com`.
    CookieDomain("a domain such as `\"example.com\"`", cookie_domain);
    /// Directives of `Cache-Control` that keep an answer from other visitors: `private, no-store`.
    CacheControl("directives such as `\"private, no-store\"`", cache_control);
    /// The name of an HTTP header.
    HeaderName("a header's name", header_name);
    /// The name of a form field.
    FieldName("a form field's name", field_name);
    /// A host by which this application is called, in lower case, with its port unless that is the scheme's own: `example.com`, `example.com:8443`.
    HostName("a host such as `\"example.com\"` or `\"example.com:8443\"`", host_name);
    /// What stands before a domain, `shop` or `eu.shop`; `.` is the domain itself.
    Subdomain("what stands before the domain, such as `\"shop\"`, or `\".\"` for the domain itself", subdomain);
    /// What API keys begin with: 1 to 16 letters, digits and underscores.
    KeyPrefix("1 to 16 letters, digits and underscores, such as `\"rsk\"`", key_prefix);
    /// What an authentication challenge calls the application.
    Realm("text of printable ASCII without quotes", realm);
    /// The name of a setting that weakens security.
    RiskName("a setting's name", any);
}

fn key_prefix(text: String) -> Result<String, Wrong> {
    match crate::crypto::is_prefix(&text) {
        true => Ok(text),
        false => Err(Wrong::new("must be 1 to 16 letters, digits and underscores.")),
    }
}

fn any(text: String) -> Result<String, Wrong> {
    Ok(text)
}

/// It goes into a quoted string of a header.
fn realm(text: String) -> Result<String, Wrong> {
    let fits = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    match text.bytes().all(fits) && text.len() <= 200 {
        true => Ok(text),
        false => Err(Wrong::new(
            "must be at most 200 printable ASCII characters, without quotes and backslashes.",
        )),
    }
}

fn path(text: String) -> Result<String, Wrong> {
    if !text.starts_with('/') {
        let mend = format!(
            "Write \"/{}\".",
            text.trim_matches(|c: char| c.is_whitespace() || c == '/')
        );
        let wrong = Wrong::new("must begin with a slash.");
        let is_plain = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte));
        return Err(if is_plain { wrong.mend(mend) } else { wrong });
    }
    if text.contains(['?', '#']) {
        return Err(Wrong::new("must be a path without a query or fragment."));
    }
    // Rocket would read these as a dynamic segment of the route.
    if text.contains(['<', '>']) {
        return Err(Wrong::new("must not have `<` or `>`."));
    }
    if text.len() > 1 && text.ends_with('/') {
        return Err(Wrong::new("must not end with a slash.")
            .mend(format!("Write \"{}\".", text.trim_end_matches('/'))));
    }
    if text[1..]
        .split('/')
        .any(|segment| segment == "." || segment == "..")
    {
        return Err(Wrong::new("must not have `.` or `..` as a segment."));
    }
    match Origin::parse(&text) {
        Ok(origin) if origin.is_normalized() && !text.contains('\\') => Ok(text),
        _ => Err(Wrong::new("is no path that Rocket can serve.")),
    }
}

fn view(text: String) -> Result<String, Wrong> {
    let wrong = || {
        Wrong::new("must be a path of this application, a whole URL or the name of a page.")
            .mend("Write a path such as \"/welcome\" or a URL such as \"https://example.com/welcome\".")
    };
    let is_printing = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if !is_printing {
        return Err(
            Wrong::new("must have no spaces, backslashes or letters beyond ASCII.")
                .mend("Write other letters in percent form, such as `%20`."),
        );
    }
    if let Some(rest) = text.strip_prefix('/') {
        let before_fragment = text.split('#').next().unwrap_or_default();
        // A browser takes `//host` for another site.
        return if rest.starts_with('/') || Origin::parse(before_fragment).is_err() {
            Err(wrong())
        } else {
            Ok(text)
        };
    }
    // As the reference writes its endpoints: `.login`, `security.login`.
    let bare = text.strip_prefix("security.").or_else(|| text.strip_prefix('.'));
    if PAGES.contains(&bare.unwrap_or(&text)) {
        return Ok(bare.unwrap_or(&text).to_owned());
    }
    if bare.is_some() {
        return Err(Wrong::new("names a page that this version does not have.")
            .mend(format!("Write a path, or one of {}.", PAGES.join(", "))));
    }
    match url::Url::parse(&text) {
        Ok(url)
            if matches!(url.scheme(), "http" | "https")
                && text.contains("://")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none() =>
        {
            Ok(text)
        }
        _ => Err(wrong()),
    }
}

fn template(text: String) -> Result<String, Wrong> {
    for suffix in [".html.j2", ".html.tera", ".html.hbs", ".html", ".j2"] {
        if let Some(name) = text.strip_suffix(suffix) {
            return Err(Wrong::new("must be the template's name without its suffix.")
                .mend(format!("Write \"{name}\".")));
        }
    }
    let is_name = |segment: &str| {
        !segment.is_empty()
            && segment
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    };
    if text.split('/').all(is_name) {
        Ok(text)
    } else {
        Err(Wrong::new(
            "must consist of letters, digits, `_`, `-` and single slashes.",
        ))
    }
}

/// What RFC 9110 allows in the names of headers, and RFC 6265 in those of cookies.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn cookie_name(text: String) -> Result<String, Wrong> {
    for prefix in ["__host-", "__secure-"] {
        if text.to_ascii_lowercase().starts_with(prefix) {
            return Err(
                Wrong::new("must not carry the prefix, which the library adds itself.")
                    .mend(format!("Write \"{}\".", &text[prefix.len()..])),
            );
        }
    }
    // Rocket would write other marks in percent form, under which no client knows the cookie.
    if is_token(&text)
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
    {
        Ok(text)
    } else {
        Err(Wrong::new(
            "must consist of at most 64 letters, digits, `_`, `-` and `.`.",
        ))
    }
}

/// RFC 9111, 5.2.2.
fn cache_control(text: String) -> Result<String, Wrong> {
    const KNOWN: [&str; 7] = [
        "private",
        "no-store",
        "no-cache",
        "must-revalidate",
        "must-understand",
        "no-transform",
        "immutable",
    ];
    let directives: Vec<String> = text.split(',').map(|it| it.trim().to_ascii_lowercase()).collect();
    let is_known = |directive: &String| {
        let age = directive.strip_prefix("max-age=");
        KNOWN.contains(&directive.as_str())
            || age.is_some_and(|age| {
                !age.is_empty() && age.len() < 10 && age.bytes().all(|it| it.is_ascii_digit())
            })
    };
    let has = |name: &str| directives.iter().any(|directive| directive == name);
    if has("public") || !(has("private") || has("no-store")) {
        return Err(
            Wrong::new("would let a shared cache give one visitor's page to the next.")
                .mend("Write \"private, no-store\", or at least \"private\"."),
        );
    }
    match directives.iter().find(|directive| !is_known(directive)) {
        Some(unknown) => Err(Wrong::new(format!(
            "has the directive {unknown:?}, which says nothing here."
        ))),
        None => Ok(directives.join(", ")),
    }
}

fn header_name(text: String) -> Result<String, Wrong> {
    #[rustfmt::skip]
    const TAKEN: &[&str] = &[
        "accept", "authorization", "connection", "content-length", "content-type",
        "cookie", "forwarded", "host", "origin", "referer", "te", "transfer-encoding", "upgrade",
        "user-agent", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
    ];
    let lower = text.to_ascii_lowercase();
    if TAKEN.contains(&lower.as_str()) || lower.starts_with("sec-") || lower.starts_with("proxy-") {
        return Err(Wrong::new("is a header that means something else."));
    }
    if is_token(&text) {
        Ok(text)
    } else {
        Err(Wrong::new(
            "must be a header's name: at most 64 letters, digits and dashes.",
        ))
    }
}

fn field_name(text: String) -> Result<String, Wrong> {
    #[rustfmt::skip]
    const TAKEN: &[&str] = &[
        "email", "identity", "next", "password", "password_confirm", "remember", "submit", "username",
        "_method",
    ];
    if TAKEN.contains(&text.as_str()) {
        return Err(Wrong::new("is the name of another field."));
    }
    // Dots and brackets nest in Rocket's forms.
    let is_name = !text.is_empty()
        && text.len() <= 64
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if is_name {
        Ok(text)
    } else {
        Err(Wrong::new(
            "must consist of at most 64 letters, digits, `_` and `-`.",
        ))
    }
}

#[cfg(test)]
pub(super) mod tests;
