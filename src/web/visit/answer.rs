//! What the ledger says, written into the answer.

use rocket::Request;
use rocket::http::{Cookie, Header};

use super::{Change, Ledger, Visit, binding, browser_secret};
use crate::crypto::Purpose;
use crate::error::Result;
use crate::gate::DEVICE_LIVES;
use crate::security::Security;
use crate::web::cookies::CookieKind;
use crate::web::{csrf, remember};

/// The CSRF token for scripts (spec 4.9): whenever the visitor has none that serves, so at sign-in, with the first token
/// that is asked for, and after a key was dropped; gone at sign-out.
fn csrf_cookie(
    req: &Request<'_>,
    security: &Security,
    ledger: &mut Ledger,
) -> Result<Option<Cookie<'static>>> {
    let policy = security.cookies();
    let presented = req.cookies().get(policy.name(CookieKind::Csrf));
    if matches!(ledger.session, Change::Remove) {
        return Ok(presented.map(|_| policy.cookie(CookieKind::Csrf, None)));
    }
    let signed_in = ledger.identified.is_some();
    if !signed_in && !ledger.csrf_issued {
        return Ok(None);
    }
    let ring = &security.gate().keys.secret;
    let binding = binding(req, security, ledger)?;
    let serves = presented.is_some_and(|cookie| csrf::verify(ring, &binding, cookie.value()));
    if serves && !(signed_in && security.config().csrf_cookie_refresh_each_request) {
        return Ok(None);
    }
    let token = csrf::issue(ring, &binding)?;
    Ok(Some(policy.cookie(CookieKind::Csrf, Some(&token))))
}

/// The `Set-Cookie` headers of this answer.
pub(crate) fn set_cookies(
    req: &Request<'_>,
    visit: &Visit,
    security: &Security,
) -> Result<Vec<Header<'static>>> {
    let mut ledger = visit.ledger();
    let policy = security.cookies();
    let ring = &security.gate().keys.secret;
    let mut cookies = Vec::new();
    match &ledger.session {
        Change::Set(secret) => {
            cookies.push(policy.cookie(CookieKind::Session, Some(secret.to_cookie().as_str())));
        }
        Change::Remove => cookies.push(policy.cookie(CookieKind::Session, None)),
        Change::None => {}
    }
    match &ledger.remember {
        Change::Set(keepsake) => cookies.push(remember::cookie(security, Some(keepsake))),
        Change::Remove => cookies.push(remember::cookie(security, None)),
        Change::None => {}
    }
    match &ledger.refresh {
        Change::Set(secret) => {
            cookies.push(policy.cookie(CookieKind::Refresh, Some(secret.to_text().as_str())));
        }
        Change::Remove => cookies.push(policy.cookie(CookieKind::Refresh, None)),
        Change::None => {}
    }
    if let Some(devices) = &ledger.devices {
        let sealed = devices.seal(ring, policy.name(CookieKind::Device))?;
        cookies.push(policy.lasting(CookieKind::Device, &sealed, DEVICE_LIVES));
    }
    if policy.has_csrf() {
        cookies.extend(csrf_cookie(req, security, &mut ledger)?);
    }
    if ledger.flashes_changed {
        match ledger.flashes.take() {
            Some(flashes) if !flashes.is_empty() => {
                let browser = browser_secret(req, security, &mut ledger)?;
                let plain = serde_json::to_vec(&flashes)
                    .map_err(|error| crate::Error::internal("a flash has no JSON").with_source(error))?;
                let aad: [&[u8]; 2] = [policy.name(CookieKind::Flash).as_bytes(), browser.as_slice()];
                let sealed = ring.seal(Purpose::Flash, &aad, &plain)?;
                cookies.push(policy.cookie(CookieKind::Flash, Some(&sealed)));
            }
            _ if ledger.flashes_came => cookies.push(policy.cookie(CookieKind::Flash, None)),
            _ => {}
        }
    }
    if ledger.browser_is_new
        && let Some(browser) = &ledger.browser
    {
        let name = policy.name(CookieKind::Browser);
        let sealed = ring.seal(Purpose::Browser, &[name.as_bytes()], browser.as_slice())?;
        cookies.push(policy.cookie(CookieKind::Browser, Some(&sealed)));
    }
    Ok(cookies
        .into_iter()
        .map(|cookie| Header::new("Set-Cookie", cookie.encoded().to_string()))
        .collect())
}
