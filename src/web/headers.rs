//! The headers that keep an answer where it belongs.
//!
//! They are put in at the very end, and only where nobody said anything else: neither the application nor Rocket's `Shield`,
//! which complains of every header that it finds taken.

use std::borrow::Cow;

use rocket::http::{ContentType, Status};
use rocket::{Request, Response};

use crate::model::Reason;
use crate::security::Security;
use crate::web::visit::Visit;

/// Seconds after which a client that found us busy may come again.
pub(crate) const RETRY_AFTER: u64 = 2;

/// What keeps an answer that carries cookies of ours from being given to somebody else.
const KEPT: &str = "private, no-store";

/// Adds what the answer needs. `cookies` says that it carries cookies of ours.
pub(crate) fn finish<'r>(
    req: &Request<'_>,
    visit: &Visit,
    security: &'r Security,
    response: &mut Response<'r>,
    cookies: bool,
) {
    if visit.is_personal() || cookies {
        keep_private(security, response, cookies);
    }
    if visit.is_ours() {
        protect(req, response);
    }
    if visit.has_signed_out() && response.status().code < 400 {
        clear_site_data(security, response);
    }
    if response.status() == Status::ServiceUnavailable
        && visit
            .challenge()
            .is_some_and(|challenge| matches!(challenge.reason, Reason::Busy | Reason::Unavailable))
    {
        unless_said(response, "Retry-After", RETRY_AFTER.to_string());
    }
}

fn unless_said<'r>(response: &mut Response<'r>, name: &'static str, value: impl Into<Cow<'r, str>>) {
    if !response.headers().contains(name) {
        response.set_raw_header(name, value);
    }
}

/// No shared cache for what depends on who asks.
fn keep_private<'r>(security: &'r Security, response: &mut Response<'r>, cookies: bool) {
    let mut varies = false;
    let mut is_said = false;
    // One pass: each look-up by name hashes it.
    for header in response.headers().iter() {
        let is_cookie = |name: &str| name.trim().eq_ignore_ascii_case("cookie");
        varies |= header.name == "Vary" && header.value.split(',').any(is_cookie);
        is_said |= header.name == "Cache-Control";
    }
    if !varies {
        response.adjoin_raw_header("Vary", "Cookie");
    }
    // A cache that does not know `Vary` would hand one visitor's session to the next.
    if cookies {
        response.set_raw_header("Cache-Control", KEPT);
    } else if let Some(control) = security.config().cache_control.as_ref().filter(|_| !is_said) {
        response.set_raw_header("Cache-Control", control.as_str());
    }
}

/// For answers that we made: the browser takes them for what they are, and gives other sites no hold on them (ASVS 3.4.4
/// to 3.4.8, 3.5.8). The policy of a page is set where its nonce is known.
fn protect(req: &Request<'_>, response: &mut Response<'_>) {
    unless_said(response, "X-Content-Type-Options", "nosniff");
    unless_said(response, "Cross-Origin-Opener-Policy", "same-origin");
    unless_said(response, "Cross-Origin-Resource-Policy", "same-origin");
    if has_secret_address(req) {
        response.set_raw_header("Referrer-Policy", "no-referrer");
    } else {
        unless_said(response, "Referrer-Policy", "same-origin");
    }
    match response.content_type() {
        // The look of a page in the application's own engine is the application's; frames are not a matter of looks.
        Some(body) if body.is_html() => {
            unless_said(response, "Content-Security-Policy", "frame-ancestors 'none'");
        }
        Some(body) if body == ContentType::JSON => {
            let policy = "default-src 'none'; frame-ancestors 'none'";
            unless_said(response, "Content-Security-Policy", policy);
        }
        _ => {}
    }
}

/// Whether the address of the page holds what nobody else may learn: a token as a segment of its path, or as a parameter.
fn has_secret_address(req: &Request<'_>) -> bool {
    let in_path = req.route().is_some_and(|route| route.uri.path().contains('<'));
    let in_query = req.uri().query().is_some_and(|query| {
        let secret = |name: &str| ["token", "code", "state"].contains(&name);
        query
            .raw_segments()
            .any(|segment| secret(segment.split_at_byte(b'=').0.as_str()))
    });
    in_path || in_query
}

/// What the browser drops after signing out (ASVS 14.3.1).
fn clear_site_data(security: &Security, response: &mut Response<'_>) {
    let mut kinds: Vec<_> = (security.config().clear_site_data.iter())
        .map(|kind| format!("{:?}", kind.name()))
        .collect();
    kinds.dedup();
    if !kinds.is_empty() {
        unless_said(response, "Clear-Site-Data", kinds.join(", "));
    }
}
