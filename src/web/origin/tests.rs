use super::*;
use std::net::SocketAddr;

use rocket::http::Header;
use rocket::local::blocking::{Client, LocalRequest};

fn with<T>(
    method: Method,
    headers: &[(&'static str, &'static str)],
    ask: impl FnOnce(&mut LocalRequest<'_>) -> T,
) -> T {
    let client = Client::debug(rocket::build()).unwrap();
    let mut request = client.req(method, "/");
    for (name, value) in headers {
        request.add_header(Header::new(*name, *value));
    }
    ask(&mut request)
}

fn own(peer: &str, headers: &[(&'static str, &'static str)], hosts: &[&str]) -> Option<String> {
    let hosts: Vec<String> = hosts.iter().map(|host| host.to_string()).collect();
    with(Method::Get, headers, |request| {
        request
            .inner_mut()
            .set_remote(SocketAddr::new(peer.parse().unwrap(), 1));
        own_origin(request.inner(), &["10.0.0.0/8".parse().unwrap()], &hosts).map(|origin| origin.to_string())
    })
}

fn found(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn the_host_is_read_as_a_browser_reads_it() {
    let cases = [
        ("App.Example", found("http://app.example")),
        ("app.example:8000", found("http://app.example:8000")),
        ("app.example:80", found("http://app.example")),
        ("127.0.0.1:8000", found("http://127.0.0.1:8000")),
        ("[::1]:8000", found("http://[::1]:8000")),
        ("bücher.example", found("http://xn--bcher-kva.example")),
        ("", None),
        ("evil.example/", None),
        ("evil.example\\", None),
        ("user@app.example", None),
        ("app.example:99999", None),
        ("app.example:x", None),
        ("app example", None),
        ("a.example?b", None),
        ("a.example#b", None),
        ("%61pp.example", None),
    ];
    for (host, expected) in cases {
        assert_eq!(own("203.0.113.1", &[("Host", host)], &[]), expected, "{host}");
    }
    assert_eq!(own("203.0.113.1", &[], &[]), None);
}

#[test]
fn only_a_trusted_proxy_may_rename_us() {
    let headers = [
        ("Host", "inner:9000"),
        ("X-Forwarded-Host", "forged.example, app.example"),
        ("X-Forwarded-Proto", "https"),
    ];
    assert_eq!(own("10.1.1.1", &headers, &[]), found("https://app.example"));
    assert_eq!(own("203.0.113.1", &headers, &[]), found("http://inner:9000"));
    assert_eq!(own("10.1.1.1", &headers[..1], &[]), found("http://inner:9000"));
}

#[test]
fn trusted_hosts_keep_others_out() {
    let cases = [
        ("app.example", vec!["app.example"], true),
        ("app.example:8000", vec!["app.example"], true),
        ("app.example:8000", vec!["app.example:8000"], true),
        ("app.example:8001", vec!["app.example:8000"], false),
        ("APP.example", vec!["app.EXAMPLE"], true),
        ("evil.example", vec!["app.example", "www.example"], false),
        ("a.app.example", vec!["app.example"], false),
        ("a.app.example", vec![".app.example"], true),
        ("a.b.app.example", vec![".app.example"], true),
        ("app.example", vec![".app.example"], true),
        ("evil-app.example", vec![".app.example"], false),
        ("evilapp.example", vec![".app.example"], false),
        ("app.example.evil", vec![".app.example"], false),
        ("127.0.0.1", vec![".0.0.1"], false),
    ];
    for (host, hosts, expected) in cases {
        assert_eq!(
            own("203.0.113.1", &[("Host", host)], &hosts).is_some(),
            expected,
            "{host} {hosts:?}"
        );
    }
}

fn judge(scheme: Scheme, host: &str, headers: &[(&'static str, &'static str)]) -> Evidence {
    with(Method::Post, headers, |request| {
        cross_site(request.inner(), Origin::new(scheme, host).as_ref())
    })
}

#[test]
fn the_browser_tells_the_sites_apart() {
    use Evidence::*;
    let cases = [
        ("same-origin", SameOrigin),
        ("none", SameOrigin),
        ("same-site", CrossSite),
        ("cross-site", CrossSite),
        ("", CrossSite),
        ("odd", CrossSite),
    ];
    for (site, expected) in cases {
        assert_eq!(
            judge(Scheme::Http, "app.example", &[("Sec-Fetch-Site", site)]),
            expected,
            "{site}"
        );
    }
    let both = [
        ("Sec-Fetch-Site", "same-origin"),
        ("Origin", "https://renamed.example"),
    ];
    assert_eq!(judge(Scheme::Http, "app.example", &both), SameOrigin);
    let two = [
        ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Site", "cross-site"),
    ];
    assert_eq!(judge(Scheme::Http, "app.example", &two), CrossSite);
    assert_eq!(judge(Scheme::Http, "app.example", &[]), Unknown);
}

#[test]
fn the_origin_header_is_compared() {
    use Evidence::*;
    use Scheme::*;
    let cases = [
        (Http, "app.example", "http://app.example", SameOrigin),
        (Http, "app.example", "http://APP.example:80", SameOrigin),
        // TLS ended at a proxy that we know nothing of.
        (Http, "app.example", "https://app.example", SameOrigin),
        (Http, "app.example", "http://app.example:8000", CrossSite),
        (Http, "app.example:8000", "http://app.example:8000", SameOrigin),
        (Http, "app.example:8000", "http://app.example", CrossSite),
        (Https, "app.example", "https://app.example", SameOrigin),
        (Https, "app.example", "http://app.example", CrossSite),
        (Https, "app.example", "https://www.app.example", CrossSite),
        (Https, "app.example", "https://app.example.evil", CrossSite),
        (Https, "app.example", "https://user@app.example", CrossSite),
        (Https, "app.example", "https://app.example/path", CrossSite),
        (Https, "app.example", "null", CrossSite),
        (Https, "app.example", "", CrossSite),
        (Https, "app.example", "app.example", CrossSite),
        (Https, "app.example", "chrome-extension://app.example", CrossSite),
    ];
    for (scheme, host, origin, expected) in cases {
        assert_eq!(
            judge(scheme, host, &[("Origin", origin)]),
            expected,
            "{host} {origin}"
        );
    }
    let two = [
        ("Origin", "http://app.example"),
        ("Origin", "http://evil.example"),
    ];
    assert_eq!(judge(Http, "app.example", &two), CrossSite);
    with(Method::Post, &[("Origin", "http://app.example")], |request| {
        assert_eq!(cross_site(request.inner(), None), CrossSite);
    });
}

#[test]
fn unsafe_by_method_or_by_body() {
    for method in [Method::Get, Method::Head, Method::Options, Method::Trace] {
        assert!(
            !with(method, &[], |request| is_unsafe(request.inner())),
            "{method}"
        );
        for body in [
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/plain",
        ] {
            assert!(
                with(method, &[("Content-Type", body)], |request| is_unsafe(
                    request.inner()
                )),
                "{method} {body}"
            );
        }
        let json = [("Content-Type", "application/json")];
        assert!(!with(method, &json, |request| is_unsafe(request.inner())));
    }
    for method in [
        Method::Post,
        Method::Put,
        Method::Patch,
        Method::Delete,
        Method::Connect,
    ] {
        assert!(
            with(method, &[], |request| is_unsafe(request.inner())),
            "{method}"
        );
    }
}
