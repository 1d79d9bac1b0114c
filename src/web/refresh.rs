//! Refresh tokens on their way in and out: in a cookie, or in JSON where `refresh_token_cookie_name` is empty.

use rocket::Request;

use crate::crypto::RefreshSecret;
use crate::error::Result;
use crate::gate::RefreshRefusal;
use crate::model::{Proof, RefreshEnd, RefreshFamily, Timestamp, User};
use crate::security::Security;
use crate::text::Message;
use crate::web::cookies::CookieKind;
use crate::web::fields::{FieldErrors, Fields};
use crate::web::visit::{self, Visit};

/// The field of a form, and key of a JSON body, that carries a refresh token.
pub(crate) const FIELD: &str = "refresh_token";

/// The token in the cookie, if cookies are in use and it is one of ours.
fn in_cookie(req: &Request<'_>, security: &Security) -> Option<RefreshSecret> {
    cookie(req, security).and_then(RefreshSecret::from_text)
}

fn cookie<'r>(req: &'r Request<'_>, security: &Security) -> Option<&'r str> {
    if !security.config().refresh_token || !security.cookies().has_refresh() {
        return None;
    }
    let cookie = req.cookies().get(security.cookies().name(CookieKind::Refresh))?;
    Some(cookie.value())
}

/// The token that is to be exchanged: the cookie, or the field where no cookies are in use. Beside a cookie the field may
/// be left out or say the same; two tokens in one request are none.
pub(crate) fn presented(
    req: &Request<'_>,
    security: &Security,
    fields: &Fields,
) -> std::result::Result<RefreshSecret, FieldErrors> {
    let sent = fields
        .text(FIELD)
        .map_err(|problem| FieldErrors::one(FIELD, problem.message()))?
        .filter(|text| !text.is_empty());
    let text = match (security.cookies().has_refresh(), cookie(req, security), sent) {
        (true, Some(cookie), Some(sent)) if cookie != sent => return Err(invalid("INVALID")),
        (true, cookie, _) => cookie,
        (false, _, sent) => sent,
    };
    match text {
        None => Err(FieldErrors::one(FIELD, Message::ValueNotProvided)),
        Some(text) => RefreshSecret::from_text(text).ok_or_else(|| invalid("INVALID")),
    }
}

/// What is wrong with a token, as the reference says it.
pub(crate) fn refused(refusal: RefreshRefusal) -> FieldErrors {
    match refusal {
        RefreshRefusal::NotFound => invalid("NOT_FOUND"),
        RefreshRefusal::GenMismatch => invalid("GEN_MISMATCH"),
        RefreshRefusal::Expired => invalid("EXPIRED"),
        RefreshRefusal::Revoked => invalid("REVOKED"),
        RefreshRefusal::UserDoesNotExist => FieldErrors::one(FIELD, Message::UserDoesNotExist),
        RefreshRefusal::Account(reason) => FieldErrors::one(FIELD, reason.message()),
    }
}

/// [`Message::RefreshTokenInvalid`] with its reason.
fn invalid(reason: &str) -> FieldErrors {
    let mut errors = FieldErrors::default();
    errors.add(FIELD, Message::RefreshTokenInvalid, &[("reason", reason)]);
    errors
}

/// Makes a family for who has just proved who he is, in the place of the one that the browser held. The token comes back
/// where it has to go into the JSON; else it leaves in the cookie. None when refresh tokens are off.
pub(crate) async fn begin(
    req: &Request<'_>,
    security: &Security,
    user: &User,
    factors: &[Proof],
    authenticated_at: Timestamp,
) -> Result<Option<String>> {
    if !security.config().refresh_token {
        return Ok(None);
    }
    replace(req, security).await?;
    let client = visit::client(req, security);
    let begun = security
        .gate()
        .begin_family(user, factors, authenticated_at, &client)
        .await;
    match begun {
        Ok(secret) => Ok(hand_out(req, security, secret)),
        // Deactivated or signed out everywhere within these milliseconds: the auth token is worth nothing either.
        Err(error) if error.conflict() == Some("user_id") => Ok(None),
        Err(error) => Err(error),
    }
}

/// Puts a token where the client looks for it: into the cookie, or into what is returned.
pub(crate) fn hand_out(req: &Request<'_>, security: &Security, secret: RefreshSecret) -> Option<String> {
    if security.cookies().has_refresh() {
        Visit::of(req).keep_refresh(secret);
        return None;
    }
    Some(secret.to_text().to_string())
}

/// Ends what the browser held before somebody signs in with it: it may be of another user, or planted by one, and the
/// scripts of the page would go on exchanging it.
pub(super) async fn replace(req: &Request<'_>, security: &Security) -> Result<()> {
    end_held(req, security, RefreshEnd::Replaced).await
}

/// Ends what the browser holds, for who signs out with it.
pub(crate) async fn leave(req: &Request<'_>, security: &Security) -> Result<()> {
    end_held(req, security, RefreshEnd::SignedOut).await
}

async fn end_held(req: &Request<'_>, security: &Security, why: RefreshEnd) -> Result<()> {
    if cookie(req, security).is_none() {
        return Ok(());
    }
    if let Some(secret) = in_cookie(req, security) {
        security.gate().end_family(&secret, why).await?;
    }
    Visit::of(req).forget_refresh();
    Ok(())
}

/// Ends the families of whatever tokens a sign-out brought, and takes the cookie back. Whether anybody is signed in plays
/// no part: an access token that has expired must not keep its refresh token alive.
///
/// `from_here` says that the request came from this site; otherwise the cookie, which the browser may have added by
/// itself, is left alone. A token in a field was put there by who knows it.
pub(crate) async fn end(
    req: &Request<'_>,
    security: &Security,
    fields: &Fields,
    from_here: bool,
) -> Result<()> {
    if !security.config().refresh_token {
        return Ok(());
    }
    let sent = fields.text(FIELD).ok().flatten();
    if let Some(secret) = sent.and_then(RefreshSecret::from_text) {
        security.gate().end_family(&secret, RefreshEnd::SignedOut).await?;
    }
    match from_here {
        true => leave(req, security).await,
        false => Ok(()),
    }
}

/// Whether the browser holds a token of that family.
pub(crate) fn is_here(req: &Request<'_>, security: &Security, family: &RefreshFamily) -> bool {
    in_cookie(req, security).is_some_and(|secret| security.gate().is_of_family(&secret, family))
}

/// Takes the cookie back if there is one: its token was found to be worth nothing.
pub(crate) fn forget(req: &Request<'_>, security: &Security) {
    if cookie(req, security).is_some() {
        Visit::of(req).forget_refresh();
    }
}
