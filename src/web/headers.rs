//! The headers that keep an answer where it belongs.

use rocket::http::Status;
use rocket::{Request, Response};

use crate::model::Reason;
use crate::web::visit::Visit;

/// Seconds after which a client that found us busy may come again.
pub(crate) const RETRY_AFTER: u64 = 2;

/// Adds, where the application said nothing of it: no shared cache for what depends on who asks, and when to come
/// again after a 503.
///
/// `cookies` says that the answer carries cookies of ours: then no shared cache may keep it, whatever the application said.
pub(crate) fn finish(req: &Request<'_>, response: &mut Response<'_>, cookies: bool) {
    let visit = Visit::of(req);
    if visit.is_personal() || cookies {
        let varies = response
            .headers()
            .get("Vary")
            .flat_map(|value| value.split(','))
            .any(|name| name.trim().eq_ignore_ascii_case("cookie"));
        if !varies {
            response.adjoin_raw_header("Vary", "Cookie");
        }
        // A cache that does not know `Vary` would hand one visitor's session to the next.
        if cookies || !response.headers().contains("Cache-Control") {
            response.set_raw_header("Cache-Control", "private, no-store");
        }
    }
    if response.status() == Status::ServiceUnavailable
        && visit
            .challenge()
            .is_some_and(|challenge| matches!(challenge.reason, Reason::Busy | Reason::Unavailable))
        && !response.headers().contains("Retry-After")
    {
        response.set_raw_header("Retry-After", RETRY_AFTER.to_string());
    }
}
