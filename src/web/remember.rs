//! The remember cookie on its way in and out.

use std::sync::Arc;

use rocket::Request;

use crate::crypto::RememberSecret;
use crate::error::Result;
use crate::gate::{Authenticated, Keepsake, Restored};
use crate::security::Security;
use crate::web::cookies::CookieKind;
use crate::web::visit::{self, Visit};

/// What the request's remember cookie holds.
enum Presented {
    Nothing,
    /// Not one that we wrote.
    Garbage,
    Secret(RememberSecret),
}

fn presented(req: &Request<'_>, security: &Security) -> Presented {
    match req.cookies().get(security.cookies().name(CookieKind::Remember)) {
        None => Presented::Nothing,
        Some(cookie) => {
            RememberSecret::from_cookie(cookie.value()).map_or(Presented::Garbage, Presented::Secret)
        }
    }
}

/// Who comes with the remember cookie, for a request without a live session. The session goes out with the answer,
/// whoever makes that: what is noted in the ledger survives catchers.
pub(super) async fn restore(req: &Request<'_>, security: &Security) -> Result<Option<Arc<Authenticated>>> {
    let visit = Visit::of(req);
    let secret = match presented(req, security) {
        Presented::Nothing => return Ok(None),
        // Whoever was signed in by this very request is not to become somebody else.
        _ if visit.has_changed_session() => return Ok(None),
        Presented::Garbage => {
            visit.forget_cookie();
            return Ok(None);
        }
        Presented::Secret(secret) => secret,
    };
    let client = visit::client(req, security);
    match security.gate().restore(&secret, &client).await? {
        Restored::Session {
            who,
            secret,
            keepsake,
        } => {
            visit.restored(secret);
            if let Some(keepsake) = keepsake {
                visit.keep(keepsake);
            }
            Ok(Some(who))
        }
        Restored::Nobody => Ok(None),
        Restored::Void => {
            visit.forget_cookie();
            Ok(None)
        }
    }
}

/// Ends the series that the browser came with, if any, and takes its cookie back.
pub(crate) async fn forget(req: &Request<'_>, security: &Security) -> Result<()> {
    match presented(req, security) {
        Presented::Nothing => return Ok(()),
        Presented::Garbage => {}
        Presented::Secret(secret) => security.gate().forget(&secret).await?,
    }
    Visit::of(req).forget_cookie();
    Ok(())
}

/// The cookie of a keepsake: its value, and how long the browser keeps it.
pub(super) fn cookie(security: &Security, keepsake: Option<&Keepsake>) -> rocket::http::Cookie<'static> {
    let policy = security.cookies();
    match keepsake {
        Some(Keepsake { secret, lives }) => {
            policy.lasting(CookieKind::Remember, secret.to_cookie().as_str(), *lives)
        }
        None => policy.cookie(CookieKind::Remember, None),
    }
}
