//! Page or JSON: what the client asked for.

use rocket::Request;
use rocket::http::{MediaType, QMediaType};

use crate::security::Security;

/// Whether the answer is to be JSON: as the application's own handler says, else as the client asks.
pub(crate) fn wants_json(req: &Request<'_>) -> bool {
    by_handler(req).unwrap_or_else(|| asks_for_json(req))
}

/// The same for a refusal, where a script gets JSON too whatever it asked for: a redirect to a page does not help it.
pub(crate) fn refusal_in_json(req: &Request<'_>) -> bool {
    by_handler(req).unwrap_or_else(|| asks_for_json(req) || !is_navigation(req))
}

fn by_handler(req: &Request<'_>) -> Option<bool> {
    req.rocket().state::<Security>()?.handlers().wants_json(req)
}

/// Whether the client asks for JSON: the request's body is, or the best entry of `Accept` is exactly
/// `application/json`. A browser's `text/html,…,*/*` is a page; `*/*` alone, which `fetch` and curl send, is one too.
fn asks_for_json(req: &Request<'_>) -> bool {
    has_json_body(req) || req.accept().is_some_and(|accept| prefers_json(accept.iter()))
}

/// Whether the body is declared as JSON: `application/json` or any `application/*+json`.
pub(crate) fn has_json_body(req: &Request<'_>) -> bool {
    req.content_type()
        .is_some_and(|content_type| is_json(content_type))
}

/// Whether the browser is going to show the answer, as opposed to a script that fetches it. A script is not
/// helped by a redirect to a page. Old browsers and tools send nothing and count as navigating.
fn is_navigation(req: &Request<'_>) -> bool {
    req.headers()
        .get_one("Sec-Fetch-Mode")
        .is_none_or(|mode| mode.eq_ignore_ascii_case("navigate"))
}

pub(crate) fn is_json(media_type: &MediaType) -> bool {
    if media_type.top() != "application" {
        return false;
    }
    let sub = media_type.sub().as_str();
    let suffix = sub.len().checked_sub("+json".len()).and_then(|at| sub.get(at..));
    sub.eq_ignore_ascii_case("json") || suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case("+json"))
}

/// The reference ranks the entries by how exact they are and only then by weight; the first of equals wins.
/// Rocket's `preferred()` depends on their order, and takes an entry of weight 0, which says "never this".
fn prefers_json<'a>(entries: impl Iterator<Item = &'a QMediaType>) -> bool {
    let mut best: Option<&QMediaType> = None;
    for entry in entries.filter(|entry| entry.weight_or(1.0) > 0.0) {
        let rank = |entry: &QMediaType| (exactness(entry), entry.weight_or(1.0));
        if best.is_none_or(|best| rank(entry) > rank(best)) {
            best = Some(entry);
        }
    }
    best.is_some_and(|best| best.top() == "application" && best.sub() == "json")
}

fn exactness(entry: &QMediaType) -> u8 {
    u8::from(entry.top() != "*") + u8::from(entry.sub() != "*")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rocket::http::Header;
    use rocket::local::blocking::Client;

    fn with<T>(headers: &[(&'static str, &'static str)], ask: impl FnOnce(&Request<'_>) -> T) -> T {
        let client = Client::debug(rocket::build()).unwrap();
        let mut request = client.post("/");
        for (name, value) in headers {
            request.add_header(Header::new(*name, *value));
        }
        ask(request.inner())
    }

    #[test]
    fn json_by_accept() {
        let cases = [
            ("application/json", true),
            ("Application/JSON", true),
            ("application/json; charset=utf-8", true),
            ("application/json, text/plain, */*", true),
            ("*/*, application/json", true),
            ("*/*, application/json;q=0.1", true),
            ("application/json;q=0.1, */*", true),
            ("text/html;q=0.8, application/json;q=0.9", true),
            ("text/html,application/json", false),
            ("application/json;q=0.8, text/html;q=0.9", false),
            ("application/json;q=0, */*", false),
            ("application/json;q=0", false),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                false,
            ),
            ("*/*", false),
            ("application/*", false),
            ("text/html", false),
            ("application/problem+json", false),
            ("application/json2", false),
            (";;;", false),
            ("", false),
        ];
        for (accept, expected) in cases {
            assert_eq!(with(&[("Accept", accept)], wants_json), expected, "{accept}");
        }
        assert!(!with(&[], wants_json));
    }

    #[test]
    fn json_by_body() {
        let cases = [
            ("application/json", true),
            ("application/json; charset=utf-8", true),
            ("APPLICATION/JSON", true),
            ("application/vnd.api+json", true),
            ("application/problem+JSON", true),
            ("text/json", false),
            ("application/jsonp", false),
            ("application/xml", false),
            ("application/x-www-form-urlencoded", false),
            ("garbage", false),
        ];
        for (content_type, expected) in cases {
            assert_eq!(
                with(&[("Content-Type", content_type)], wants_json),
                expected,
                "{content_type}"
            );
        }
        let both = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Accept", "application/json"),
        ];
        assert!(with(&both, wants_json));
        let body_wins = [("Content-Type", "application/json"), ("Accept", "text/html")];
        assert!(with(&body_wins, wants_json));
    }

    #[test]
    fn navigation() {
        assert!(with(&[], is_navigation));
        assert!(with(&[("Sec-Fetch-Mode", "navigate")], is_navigation));
        for mode in ["cors", "no-cors", "same-origin", "websocket", ""] {
            assert!(!with(&[("Sec-Fetch-Mode", mode)], is_navigation), "{mode}");
        }
    }
}
