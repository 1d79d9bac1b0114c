use super::safe_next as judged;
use super::*;
use crate::web::origin::Scheme;
use rocket::http::uri::Reference;

/// Without settings that allow other hosts.
fn safe_next(next: &str, own: Option<&Origin>) -> Option<SafeNext> {
    judged(next, own, &Elsewhere::default())
}

fn own() -> Origin {
    Origin::new(Scheme::Http, "app.example:8000").unwrap()
}

fn located(next: &str) -> Option<String> {
    safe_next(next, Some(&own())).map(|safe| safe.to_string())
}

/// An independent check: what does a browser on one of our pages do with this header?
fn assert_stays(next: &str, location: &str) {
    for page in [
        "http://app.example:8000/login",
        "https://app.example:8000/",
        "http://app.example:8000/x/y/z?q#f",
    ] {
        let page = Url::parse(page).unwrap();
        let followed = page.join(location).unwrap();
        assert_eq!(
            followed.origin(),
            page.origin(),
            "{next:?} -> {location:?} -> {followed}"
        );
        // And by a reader that has cut off the host.
        let again = page.join(&followed[url::Position::BeforePath..]).unwrap();
        assert_eq!(
            again.origin(),
            page.origin(),
            "{next:?} -> {location:?} -> {again}"
        );
    }
    assert!(
        location
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\'),
        "{location:?}"
    );
    assert!(
        Reference::parse(location).is_ok(),
        "Rocket cannot read {location:?}"
    );
}

#[test]
fn places_of_our_own_pass() {
    let cases = [
        ("/", "/"),
        ("/profile", "/profile"),
        ("/profile/", "/profile/"),
        ("/prot?a=b", "/prot?a=b"),
        ("/prot?a=b&c=d#e", "/prot?a=b&c=d#e"),
        ("/?next=//evil.com", "/?next=//evil.com"),
        ("/go?to=https://evil.com/", "/go?to=https://evil.com/"),
        ("/a//b", "/a//b"),
        ("/a:b", "/a:b"),
        ("/a@b", "/a@b"),
        ("/@evil.com", "/@evil.com"),
        ("/a/../b", "/a/../b"),
        ("/a b", "/a%20b"),
        ("/a%20b", "/a%20b"),
        ("/100%", "/100%25"),
        ("/a%zz", "/a%25zz"),
        ("/caf\u{e9}", "/caf%C3%A9"),
        ("/caf%C3%A9", "/caf%C3%A9"),
        ("/\u{ff0f}evil.com", "/%EF%BC%8Fevil.com"),
        ("/<script>", "/%3Cscript%3E"),
        ("/\"quoted\"", "/%22quoted%22"),
        ("/q?[x]={y}|z", "/q?%5Bx%5D=%7By%7D%7Cz"),
        ("/f#a#b", "/f#a%23b"),
        ("profile", "profile"),
        ("./profile", "./profile"),
        ("../profile", "../profile"),
        ("a/b:c", "a/b:c"),
        ("?tab=2", "?tab=2"),
        ("#top", "#top"),
        ("evil.com", "evil.com"),
        ("@evil.com", "@evil.com"),
        ("http://app.example:8000/profile", "/profile"),
        ("https://app.example:8000/profile?a=b#c", "/profile?a=b#c"),
        ("HTTP://APP.Example:8000", "/"),
        ("http://app.example:8000?a=b", "/?a=b"),
        ("http://app.example:8000/a b", "/a%20b"),
    ];
    for (next, expected) in cases {
        assert_eq!(located(next).as_deref(), Some(expected), "{next}");
        assert_stays(next, expected);
    }
}

#[test]
fn places_of_others_are_refused() {
    let cases = [
        "",
        " ",
        "\t",
        "\u{a0}",
        " /profile",
        "/profile ",
        "\u{3000}/profile",
        "//evil.com",
        "///evil.com",
        "////evil.com",
        "/////evil.com",
        "//evil.com/../profile",
        "//app.example:8000/profile",
        "//",
        "///",
        "//@evil.com",
        "\\\\evil.com",
        "\\/evil.com",
        "/\\evil.com",
        "/\\/evil.com",
        "\\evil.com",
        "/a\\b",
        "http:\\\\evil.com",
        "/\t/evil.com",
        "/\n/evil.com",
        "/\r/evil.com",
        "\t//evil.com",
        "/\u{0}/evil.com",
        "ht\ntp://evil.com",
        "/a\r\nSet-Cookie: x=y",
        "/a\u{7f}",
        "/a\u{85}",
        "/a%0d%0aSet-Cookie:x",
        "/a%00",
        "/%09/evil.com",
        "%20//evil",
        "%20//evil.com",
        "%09//evil.com",
        "%2f%2fevil.com",
        "/%2fevil.com",
        "/%2Fevil.com",
        "/%5cevil.com",
        "%5c%5cevil.com",
        "%5C/evil.com",
        "/%252fevil.com",
        "/%25252fevil.com",
        "%252f%252fevil.com",
        "/%2525252525252525252fx",
        "/%20/%0aevil.com",
        "/..//evil.com",
        "/.//evil.com",
        "..//evil.com",
        ".//evil.com",
        "/a/..//evil.com",
        "/a/%2e%2e//evil.com",
        "/%2e//evil.com",
        "/a/../..//evil.com",
        "http://evil.com",
        "https://evil.com/",
        "http://evil.com:8000/",
        "HTTP://EVIL.COM",
        "http:evil.com",
        "http:/evil.com",
        "https:evil.com",
        "http:///evil.com",
        "http:////evil.com",
        "https:///app.example:8000/",
        "http:",
        "http://",
        "https://?",
        "http://app.example/",
        "http://app.example:8001/",
        "https://app.example/",
        "http://app.example:80/",
        "http://app.example.evil.com:8000/",
        "http://evilapp.example:8000/",
        "http://www.app.example:8000/",
        "http://app.example:8000@evil.com/",
        "http://app.example:8000:x@evil.com/",
        "http://user@app.example:8000/",
        "http://user:pw@app.example:8000/",
        "http://@app.example:8000/",
        "http://evil.com#@app.example:8000/",
        "http://evil.com?@app.example:8000/",
        "http://app.example:8000.evil.com/",
        "http://app.example:8000%2eevil.com/",
        "http://app.example:8000//evil.com",
        "http://app.example:8000/..//evil.com",
        "http://app.example:8000/%2fevil.com",
        "http://app.example:99999/",
        "http://[::1/",
        "http://app.example\u{3002}evil.com:8000/",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "javascript://app.example:8000/%0aalert(1)",
        "javascript%3aalert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://app.example:8000/",
        "about:blank",
        "blob:http://app.example:8000/x",
        "mailto:a@b.co",
        "x:y",
        ":",
        ":/",
        "://evil.com",
        ":80",
        "app.example:8000/x",
    ];
    for next in cases {
        assert_eq!(located(next), None, "{next:?}");
    }
    assert!(cases.len() >= 60);
}

#[test]
fn without_a_known_host_only_relative_targets_pass() {
    assert!(safe_next("/profile", None).is_some());
    assert!(safe_next("http://app.example:8000/", None).is_none());
}

#[test]
fn the_usual_port_of_either_scheme_is_ours() {
    let own = Origin::new(Scheme::Http, "app.example").unwrap();
    for next in [
        "http://app.example/x",
        "https://app.example/x",
        "https://app.example:443/x",
        "http://app.example:80/x",
    ] {
        assert_eq!(safe_next(next, Some(&own)).unwrap().to_string(), "/x", "{next}");
    }
    for next in [
        "https://app.example:80/x",
        "http://app.example:443/x",
        "https://app.example:8443/x",
    ] {
        assert!(safe_next(next, Some(&own)).is_none(), "{next}");
    }
}

#[test]
fn length_is_bounded_also_after_quoting() {
    let path = |length: usize| format!("/{}", "a".repeat(length - 1));
    assert!(located(&path(MAX_BYTES)).is_some());
    assert!(located(&path(MAX_BYTES + 1)).is_none());
    assert!(located(&format!("/{}", "\u{e9}".repeat(600))).is_none());
    assert!(located(&"%25".repeat(600)).is_some());
}

/// Every row of up to four fragments that have ever been part of an open redirect.
#[test]
fn next_never_leaves() {
    let wide = [
        "/",
        "//",
        "\\",
        "/\\",
        "..",
        ".",
        "%2e",
        "%2f",
        "%5c",
        "%5C%5C",
        "%20",
        "%09",
        "%0a",
        "%00",
        "%25",
        "%252f",
        "\t",
        "\n",
        "\r",
        "\0",
        " ",
        "\u{a0}",
        "\u{3000}",
        "\u{ff0f}",
        "\u{3002}",
        "\u{202e}",
        "@",
        ":",
        "?",
        "#",
        ";",
        "&",
        "http:",
        "https://",
        "javascript:",
        "app.example:8000",
        "user:pw@",
        "evil.com",
        "[::1]",
        "\u{e9}",
    ];
    let deep = [
        "/",
        "\\",
        "..",
        ".",
        "%2e",
        "%2f",
        "%5c",
        "%20",
        "\t",
        "@",
        "?",
        "#",
        "http:",
        "app.example:8000",
        "evil.com",
        "a",
    ];
    let mut accepted = 0;
    let mut judge = |parts: &[&str]| {
        let next = parts.concat();
        if let Some(location) = located(&next) {
            accepted += 1;
            assert_stays(&next, &location);
        }
    };
    for a in wide {
        judge(&[a]);
        for b in wide {
            judge(&[a, b]);
            for c in wide {
                judge(&[a, b, c]);
            }
        }
    }
    for a in deep {
        for b in deep {
            for c in deep {
                for d in deep {
                    judge(&[a, b, c, d]);
                    judge(&["http://app.example:8000", a, b, c, d]);
                }
            }
        }
    }
    // The judge refuses much, but not everything: else this test would say nothing.
    assert!(accepted > 10_000, "{accepted}");
}

#[test]
fn next_becomes_a_query_parameter() {
    let next = safe_next("/prot?a=b&c=d e%20f+g#h", None).unwrap();
    assert_eq!(
        next.append_to("/login"),
        "/login?next=/prot?a%3Db%26c%3Dd%2520e%2520f%2Bg%23h"
    );
    assert_eq!(
        safe_next("/x", None).unwrap().append_to("/login?a=b#top"),
        "/login?a=b&next=/x#top"
    );
    // What is read back is what was put in.
    let url = Url::parse("http://app.example/")
        .unwrap()
        .join(&next.append_to("/login"))
        .unwrap();
    let (_, back) = url.query_pairs().find(|(name, _)| name == "next").unwrap();
    assert_eq!(back, next.to_string());
}
