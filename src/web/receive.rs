//! How every endpoint of ours takes a body and asks for the CSRF token.

use std::sync::Arc;

use rocket::{Data, Request};

use crate::error::Result;
use crate::gate::{Authenticated, Caller};
use crate::model::{Event, Mechanism, Reason};
use crate::security::Security;
use crate::text::Message;
use crate::web::credentials::{self, Credential};
use crate::web::fields::{FieldErrors, Fields};
use crate::web::origin;
use crate::web::refusal::{self, Wanted};
use crate::web::reply::{self, Reply};
use crate::web::submission::Submission;
use crate::web::visit::Visit;
use crate::web::{callers, next, visit};

/// The fields of the body and who sends them, or the answer to a body that cannot be read.
pub(crate) async fn form<'r>(
    req: &'r Request<'_>,
    security: &Security,
    data: Data<'r>,
) -> Result<Result<(Fields, Option<&'r Arc<Authenticated>>), Reply>> {
    match Submission::read(req, data, security.config().form_limit.as_u64()).await {
        Ok(fields) => Ok(Ok((fields, reply::owned(visit::identify(req, security).await)?))),
        Err(problem) => Ok(Err(reply::bad_body(req, problem))),
    }
}

/// Who asks an endpoint of ours that is for who is signed in, by one of `api_enabled_methods`; or the answer to who is not,
/// of which the application is told as of a guard's.
pub(crate) async fn signed_in(
    req: &Request<'_>,
    security: &Security,
    fields: Option<&Fields>,
) -> Result<Result<Caller, Reply>> {
    let mechanisms = &security.config().api_enabled_methods;
    Ok(callers::find(req, security, mechanisms, fields)
        .await?
        .map_err(|reason| refuse(req, security, reason)))
}

/// The answer to who is not signed in after all.
pub(crate) fn refuse(req: &Request<'_>, security: &Security, reason: Reason) -> Reply {
    let wanted = Wanted {
        mechanisms: security.config().api_enabled_methods.clone().into(),
        ..Wanted::default()
    };
    refusal::note_wanting(req, reason, wanted);
    reply::refusal(req, reason)
}

/// Refuses a form that another site may have sent: the browser says so, or the token in the body (or in a header)
/// was not issued to this visitor. Waived where a header that no other site can set says who asks.
///
/// # Errors
/// The error as it stands on the reference's wire: under the token's field.
pub(crate) fn csrf(req: &Request<'_>, security: &Security, fields: &Fields) -> Result<(), FieldErrors> {
    let own = next::own(req, security);
    let cross_site = origin::cross_site(req, own.as_ref()) == origin::Evidence::CrossSite;
    if visit::acting(req).is_some_and(|who| waives(req, security, &who)) {
        return Ok(());
    }
    let is_anonymous = visit::identified(req).is_none();
    if security.config().csrf_ignore_unauth_endpoints && is_anonymous && !cross_site {
        return Ok(());
    }
    let token = match fields.text(&security.config().csrf_field_name) {
        Ok(Some(token)) => Some(token),
        Ok(None) => visit::csrf_header(req, security),
        Err(_) => None,
    };
    let message = match token {
        Some(token) if !cross_site && visit::csrf_is_valid(req, security, token) => {
            Visit::of(req).csrf_was_right();
            return Ok(());
        }
        _ => Message::CsrfFailed,
    };
    let why = match (cross_site, token, visit::knows_browser(req, security)) {
        (true, ..) => "the browser says that it comes from another site",
        (_, None, _) => "it carries no token",
        (_, Some(_), false) => {
            "its cookies are missing; over plain http browsers send them to localhost only"
        }
        (_, Some(_), true) => "its token was issued to another visitor, or before signing in or out",
    };
    log::warn!("{} was refused: {why}", req.uri().path());
    security.gate().events.emit(Event::CrossSiteRefused);
    Err(FieldErrors::one(&security.config().csrf_field_name, message))
}

/// Whether no other site can have sent this request; a safe one always passes. The CSRF token is looked for in the headers
/// only. Waived as for our own endpoints.
///
/// # Errors
/// When the store does not answer.
pub(crate) async fn is_from_here(req: &Request<'_>, security: &Security) -> Result<bool> {
    if visit::may_act(req, security) {
        return Ok(true);
    }
    // A client without cookies has no token to send, and nobody's rights to abuse.
    if security.config().csrf_ignore_unauth_endpoints
        && visit::identified(req).is_none()
        && origin::cross_site(req, next::own(req, security).as_ref()) != origin::Evidence::CrossSite
    {
        return Ok(true);
    }
    let by_header = callers::find(req, security, &[Mechanism::Token, Mechanism::ApiKey], None).await?;
    Ok(by_header.is_ok_and(|who| waives(req, security, &who)))
}

/// Whether who acts was let in by what no other site can make a browser send: an auth token or an API key in a header.
fn waives(req: &Request<'_>, security: &Security, who: &Caller) -> bool {
    let config = security.config();
    match who.mechanism() {
        // A key is taken from headers alone.
        Mechanism::ApiKey => true,
        Mechanism::Token if !config.csrf_protect_mechanisms.contains(&Mechanism::Token) => matches!(
            credentials::presented(req, config, None),
            Ok(Some(Credential::Token { in_header: true, .. }))
        ),
        _ => false,
    }
}
