use rocket::figment::Figment;
use rocket::figment::providers::{Format, Toml};

use super::*;
use crate::config::Development;
use crate::web::redirect::safe_next;

const KEYS: &str = "secret_keys = ['kJ2vXw9Qm4ZtR7sLb1Ny8GcHd5FpAa3U']\ndata_keys = ['Tz6YqEoW0iKxVnMjR4uBhC2gSfDl9P7e']\n\
                    accepted_risks = ['redirect_allow_subdomains']\n";

const BELOW: &str = "trusted_hosts = ['app.example', 'other.example:8443', '127.0.0.1', '[::1]:8000']\n\
                     redirect_allow_subdomains = true";
const LISTED: &str = "redirect_base_domain = 'base.example:8443'\n\
                      redirect_allowed_subdomains = ['.', 'shop', 'eu.shop', 'bücher']";

fn config(settings: &str, development: Development) -> Config {
    let figment = Figment::from(Toml::string(&format!("[security]\n{KEYS}{settings}")));
    Config::from_figment(&figment, development, &[]).unwrap_or_else(|report| panic!("{report}"))
}

/// Where `next` leads on an application behind TLS that calls itself `app.example`.
fn located(settings: &str, next: &str) -> Option<String> {
    let own = Origin::new(Scheme::Https, "app.example").unwrap();
    let elsewhere = Elsewhere::of(&config(settings, Development::PublicAddress));
    safe_next(next, Some(&own), &elsewhere).map(|safe| safe.to_string())
}

#[test]
fn subdomains_of_trusted_hosts_are_whole_labels_on_the_same_port() {
    for (next, expected) in [
        (
            "https://sub.app.example/x?y#z",
            Some("https://sub.app.example/x?y#z"),
        ),
        ("https://sub.app.example", Some("https://sub.app.example/")),
        ("https://a.b.app.example:443/", Some("https://a.b.app.example/")),
        ("HTTPS://SUB.APP.EXAMPLE/X", Some("https://sub.app.example/X")),
        (
            "https://s\u{fc}b.app.example/",
            Some("https://xn--sb-xka.app.example/"),
        ),
        (
            "https://xn--sb-xka.app.example/",
            Some("https://xn--sb-xka.app.example/"),
        ),
        (
            "https://sub\u{3002}app\u{ff0e}example/",
            Some("https://sub.app.example/"),
        ),
        ("https://other.example:8443/", Some("https://other.example:8443/")),
        (
            "https://x.other.example:8443/",
            Some("https://x.other.example:8443/"),
        ),
        ("https://127.0.0.1/", Some("https://127.0.0.1/")),
        ("https://[::1]:8000/", Some("https://[::1]:8000/")),
        ("https://[0:0:0:0:0:0:0:1]:8000/", Some("https://[::1]:8000/")),
        // Our own host is a path, as ever.
        ("https://app.example/x", Some("/x")),
        // GHSA-w2j7-f3c6-g8cw, and its kin.
        ("https://evilapp.example/", None),
        ("https://app.example.evil.example/", None),
        ("https://evil-app.example/", None),
        ("https://evil.example/.app.example/", None),
        ("https://evil.example?.app.example", None),
        ("https://evil.example#.app.example", None),
        ("https://example/", None),
        (r"https://evil.example\.app.example/", None),
        ("https://.app.example/", None),
        ("https://..app.example/", None),
        ("https://a..app.example/", None),
        ("https://sub.app.example./", None),
        ("https://app.example./", None),
        ("https://a_b.app.example/", None),
        ("https://sub%2eapp.example/", None),
        ("https://evil.example%2f.app.example/", None),
        ("https://evil.example%00.app.example/", None),
        ("https://evil.example\u{0}.app.example/", None),
        ("https://evil.example\t.app.example/", None),
        ("https://evil\u{2024}.app.example.evil.example/", None),
        // Users.
        ("https://user@sub.app.example/", None),
        ("https://user:pass@sub.app.example/", None),
        ("https://@sub.app.example/", None),
        ("https://sub.app.example@evil.example/", None),
        // Ports.
        ("https://sub.app.example:8443/", None),
        ("https://sub.app.example:80/", None),
        ("https://x.other.example/", None),
        ("https://other.example:443/", None),
        ("https://[::1]/", None),
        ("https://127.0.0.1:8000/", None),
        // Addresses have no subdomains.
        ("https://1.127.0.0.1/", None),
        ("https://x.127.0.0.1/", None),
        ("https://[::2]:8000/", None),
        ("https://[::ffff:127.0.0.1]/", None),
        // Schemes: nobody is sent into the clear, and nothing but the web.
        ("http://sub.app.example/", None),
        ("http://sub.app.example:443/", None),
        ("ftp://sub.app.example/", None),
        ("javascript://sub.app.example/%0aalert(1)", None),
        ("ws://sub.app.example/", None),
        ("blob:https://sub.app.example/x", None),
        // What was never a link of ours stays none.
        ("//sub.app.example/", None),
        ("https:sub.app.example/", None),
        ("https:/sub.app.example/", None),
        ("https:///sub.app.example/", None),
        ("https:\\\\sub.app.example/", None),
        ("https://sub.app.example\\@evil.example/", None),
        (" https://sub.app.example/", None),
        ("https://sub.app.example/\r\nLocation: https://evil.example", None),
        ("https://sub.app.example//evil.example", None),
        ("https://sub.app.example/%2f/evil.example", None),
        ("https://sub.app.example/..//evil.example", None),
    ] {
        assert_eq!(located(BELOW, next).as_deref(), expected, "{next}");
    }
}

#[test]
fn a_list_of_subdomains_is_just_that() {
    for (next, expected) in [
        ("https://base.example:8443/", Some("https://base.example:8443/")),
        (
            "https://shop.base.example:8443/x",
            Some("https://shop.base.example:8443/x"),
        ),
        (
            "https://eu.shop.base.example:8443/",
            Some("https://eu.shop.base.example:8443/"),
        ),
        (
            "https://b\u{fc}cher.base.example:8443/",
            Some("https://xn--bcher-kva.base.example:8443/"),
        ),
        ("https://base.example/", None),
        ("https://shop.base.example/", None),
        ("https://us.shop.base.example:8443/", None),
        ("https://a.base.example:8443/", None),
        ("https://shopbase.example:8443/", None),
        ("https://evilshop.base.example:8443/", None),
        ("https://shop.base.example.:8443/", None),
        ("https://shop.base.example:8443@evil.example/", None),
        ("http://shop.base.example:8443/", None),
        ("//shop.base.example:8443/", None),
    ] {
        assert_eq!(located(LISTED, next).as_deref(), expected, "{next}");
    }
    // Without the dot, the base itself is not meant.
    let listed = "redirect_base_domain = 'base.example'\nredirect_allowed_subdomains = ['shop']";
    assert_eq!(located(listed, "https://base.example/"), None);
    assert!(located(listed, "https://shop.base.example/").is_some());
}

#[test]
fn without_the_settings_no_other_host_is_allowed() {
    for settings in [
        "",
        "trusted_hosts = ['app.example', 'other.example']",
        "redirect_host = 'ui.example'",
    ] {
        for next in [
            "https://sub.app.example/",
            "https://other.example/",
            "https://ui.example/",
        ] {
            assert_eq!(located(settings, next), None, "{settings} {next}");
        }
    }
}

#[test]
fn plain_http_will_do_in_development_unless_the_request_came_by_tls() {
    let settings = "redirect_base_domain = 'app.example:3000'\nredirect_allowed_subdomains = ['ui']";
    let url = Url::parse("http://ui.app.example:3000/").unwrap();
    for (development, secure, allowed) in [
        (Development::On, false, true),
        (Development::On, true, false),
        (Development::PublicAddress, false, false),
    ] {
        let elsewhere = Elsewhere::of(&config(settings, development));
        assert_eq!(elsewhere.allows(&url, secure), allowed, "{development} {secure}");
    }
}

/// A forged `Host` is our own host as far as we know, and then only its path is taken.
#[test]
fn what_a_request_calls_itself_by_allows_nothing() {
    let elsewhere = Elsewhere::of(&config(BELOW, Development::PublicAddress));
    let forged = Origin::new(Scheme::Https, "evil.example").unwrap();
    let next = |next: &str| safe_next(next, Some(&forged), &elsewhere).map(|safe| safe.to_string());
    assert_eq!(next("https://evil.example/x").as_deref(), Some("/x"));
    assert_eq!(next("https://sub.evil.example/"), None);
    let next = safe_next("https://sub.app.example/", None, &elsewhere);
    assert_eq!(
        next.map(|safe| safe.to_string()).as_deref(),
        Some("https://sub.app.example/")
    );
}

#[test]
fn the_policy_of_pages_names_the_same_hosts() {
    let sources = |settings, development| Elsewhere::of(&config(settings, development)).sources();
    assert_eq!(sources("", Development::PublicAddress), Vec::<String>::new());
    let listed = "redirect_base_domain = 'base.example:8443'\nredirect_allowed_subdomains = ['.', 'shop']";
    assert_eq!(
        sources(listed, Development::PublicAddress),
        ["https://base.example:8443", "https://shop.base.example:8443"]
    );
    let below = "trusted_hosts = ['app.example']\nredirect_allow_subdomains = true";
    assert_eq!(
        sources(below, Development::On),
        [
            "https://app.example",
            "http://app.example",
            "https://*.app.example",
            "http://*.app.example"
        ]
    );
}

/// Every row of up to five fragments, on applications that allow other hosts: what is accepted leads, for a browser on any page
/// of ours, to this application or to a host that the settings name.
#[test]
fn next_never_leaves_the_hosts_of_the_settings() {
    const STARTS: [&str; 11] = [
        "https://shop.",
        "https://sub.",
        "https://",
        "http://",
        "//",
        "https:",
        "HTTPS://",
        "https:\\\\",
        "/",
        "",
        "https://user@",
    ];
    const PARTS: [&str; 22] = [
        "",
        "shop.",
        "sub.",
        "evil.com",
        "evil",
        ".",
        "@",
        ":8443",
        ":443",
        "/",
        "\\",
        "%2e",
        "#",
        "?",
        "base.example",
        "app.example",
        "other.example",
        "%40",
        "\t",
        "\u{3002}",
        "xn--",
        "[::1]:8000",
    ];
    let own = Origin::new(Scheme::Https, "app.example").unwrap();
    for (settings, hosts, above) in [
        (
            BELOW,
            vec!["app.example", "other.example:8443", "127.0.0.1", "[::1]:8000"],
            vec![(".app.example", None), (".other.example", Some(8443))],
        ),
        (
            LISTED,
            vec![
                "base.example:8443",
                "shop.base.example:8443",
                "eu.shop.base.example:8443",
                "xn--bcher-kva.base.example:8443",
            ],
            vec![],
        ),
    ] {
        let elsewhere = Elsewhere::of(&config(settings, Development::PublicAddress));
        let (mut accepted, mut away) = (0, 0);
        let mut judge = |next: &str| {
            let Some(location) = safe_next(next, Some(&own), &elsewhere).map(|safe| safe.to_string()) else {
                return;
            };
            accepted += 1;
            assert!(
                location
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && byte != b'\\'),
                "{next:?} {location:?}"
            );
            for page in ["https://app.example/login", "https://app.example/x/y?z#f"] {
                let page = Url::parse(page).unwrap();
                let to = page.join(&location).unwrap();
                assert!(
                    to.username().is_empty() && to.password().is_none(),
                    "{next:?} {to}"
                );
                if to.origin() == page.origin() {
                    continue;
                }
                away += 1;
                // Compared as text, and not as the judge compares.
                let host = to[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
                let is_below = |(above, port): &(&str, Option<u16>)| {
                    to.host_str().is_some_and(|host| host.ends_with(above)) && to.port() == *port
                };
                assert!(
                    hosts.contains(&host.as_str()) || above.iter().any(is_below),
                    "{next:?} leads to {to}"
                );
                assert_eq!(to.scheme(), "https", "{next:?} leads to {to}");
            }
        };
        for start in STARTS {
            for a in PARTS {
                for b in PARTS {
                    for c in PARTS {
                        judge(&[start, a, b, c].concat());
                        for host in ["base.example:8443", "app.example", "other.example:8443"] {
                            judge(&[start, a, b, host, c].concat());
                        }
                    }
                }
            }
        }
        // Much is refused, but not everything, and not everything that leads elsewhere: else this test would say nothing.
        assert!(accepted > 5_000 && away > 80, "{accepted} {away}");
    }
}
