//! What the ledger says, written into the answer.

use rocket::Request;
use rocket::http::Header;

use super::{Change, Visit, browser_secret};
use crate::crypto::Purpose;
use crate::error::Result;
use crate::security::Security;
use crate::web::cookies::CookieKind;
use crate::web::remember;

/// The `Set-Cookie` headers of this answer.
pub(crate) fn set_cookies(req: &Request<'_>, security: &Security) -> Result<Vec<Header<'static>>> {
    let mut ledger = Visit::of(req).ledger();
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
