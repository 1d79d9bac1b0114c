use super::*;

/// What the text reads as, or `None`.
pub fn read<T: FromSetting + Deref<Target = str>>(text: &str) -> Option<String> {
    T::from_setting(&Value::from(text))
        .ok()
        .map(|read| read.to_string())
}

pub fn check<T: FromSetting + Deref<Target = str>>(good: &[&str], bad: &[&str]) {
    for text in good {
        assert_eq!(read::<T>(text).as_deref(), Some(*text));
    }
    for text in bad {
        assert_eq!(read::<T>(text), None, "{text:?}");
    }
    assert!(T::from_setting(&Value::from(1)).is_err());
}

#[test]
fn paths() {
    check::<UrlPath>(
        &["/", "/login", "/auth/sign-in", "/a%20b", "/~me"],
        &[
            "",
            "login",
            "//login",
            "/login/",
            "/a//b",
            "/a?b",
            "/a#b",
            "/<id>",
            "/../a",
            "/a/.",
            "/a b",
            "/é",
            "/a\\b",
            "/a\n",
            "https://a.b/c",
            "\u{e9}",
        ],
    );
}

#[test]
fn a_path_without_its_slash_is_mended() {
    let wrong = UrlPath::from_setting(&Value::from("login/")).err().unwrap();
    assert_eq!(wrong.mend.as_deref(), Some("Write \"/login\"."));
}

#[test]
fn views() {
    check::<View>(
        &[
            "/",
            "/welcome?new=1",
            "/a#b",
            "https://example.com/x",
            "http://127.0.0.1:3000",
            "login",
        ],
        &[
            "",
            "welcome",
            ".welcome",
            "security.welcome",
            "..login",
            "Login",
            "login?x",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "javascript:alert(1)",
            "https:example.com",
            "https://",
            "https://user@example.com/",
            "ftp://example.com/",
            "/a b",
            "/é",
            "data:text/html,x",
        ],
    );
}

#[test]
fn a_page_may_be_named_as_the_reference_names_endpoints() {
    for text in ["login", ".login", "security.login"] {
        assert_eq!(read::<View>(text).as_deref(), Some("login"));
    }
}

#[test]
fn templates() {
    check::<TemplateName>(
        &["security/login", "my_login", "a/b/c-d"],
        &[
            "",
            "/login",
            "login/",
            "a//b",
            "../login",
            "security/login.html",
            "login.html.j2",
            "a b",
            "a\\b",
        ],
    );
}

#[test]
fn cookies() {
    check::<CookieName>(
        &["session", "my-app.sid", "s_1"],
        &[
            "",
            "__Host-session",
            "__secure-x",
            "a b",
            "a=b",
            "a;b",
            "a\r\nb",
            "é",
            "a%b",
        ],
    );
}

#[test]
fn headers_and_fields() {
    check::<HeaderName>(
        &["X-XSRF-Token", "X-CSRFToken"],
        &[
            "",
            "Cookie",
            "authorization",
            "Sec-Fetch-Site",
            "X XSRF",
            "X:Y",
            "X\r\nY",
            "é",
        ],
    );
    check::<FieldName>(
        &["csrf_token", "csrf-token"],
        &["", "email", "password", "a.b", "a[]", "a b", "é"],
    );
}

#[test]
fn caching_is_never_shared() {
    check::<CacheControl>(
        &[
            "private, no-store",
            "private",
            "no-store",
            "private, max-age=0, must-revalidate",
        ],
        &[
            "",
            "public",
            "max-age=60",
            "no-cache",
            "public, no-store",
            "private, s-maxage=60",
            "private; no-store",
            "private, max-age=",
            "private, max-age=-1",
            "private\r\nX-Evil: 1",
            "private, no-stoer",
        ],
    );
    assert_eq!(
        read::<CacheControl>("Private,No-Store").as_deref(),
        Some("private, no-store")
    );
}
