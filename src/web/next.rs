//! Where a visitor goes afterwards: what he asked for, if it is safe, else what the settings say.

use rocket::Request;

use crate::config::{Config, View};
use crate::security::Security;
use crate::text::Message;
use crate::web::elsewhere::Elsewhere;
use crate::web::fields::{FieldProblem, Fields};
use crate::web::origin::{self, Origin};
use crate::web::redirect::{SafeNext, safe_next};

/// The `next` of the form, else of the query; nothing when neither has one.
///
/// # Errors
/// `InvalidRedirect` when it leads elsewhere: told, not passed over, as in the reference (trap 16).
pub(crate) fn requested(
    req: &Request<'_>,
    security: &Security,
    fields: &Fields,
) -> Result<Option<String>, Message> {
    let form = fields
        .text("next")
        .map_err(|_| Message::InvalidRedirect)?
        .filter(|next| !next.trim().is_empty());
    let query = query(req).filter(|next| !next.trim().is_empty());
    let judge = Judge::of(req, security);
    // The query is judged even when the form decides: an honest page never carries a bad one.
    let query = query
        .map(|next| judge.safe(&next).ok_or(Message::InvalidRedirect))
        .transpose()?;
    let form = form
        .map(|next| judge.safe(next).ok_or(Message::InvalidRedirect))
        .transpose()?;
    Ok(form.or(query).map(|next| next.to_string()))
}

/// The first of the form's and the query's `next` that is safe: for endpoints whose form has no such field on the
/// reference's wire, where a bad one is passed over.
///
/// # Errors
/// When the field is no text at all.
pub(crate) fn first_safe(
    req: &Request<'_>,
    security: &Security,
    fields: &Fields,
) -> Result<Option<String>, FieldProblem> {
    let judge = Judge::of(req, security);
    let form = fields.text("next")?.map(str::to_owned);
    let candidates = [form, query(req)].into_iter().flatten();
    Ok(candidates
        .filter_map(|next| judge.safe(&next))
        .map(|next| next.to_string())
        .next())
}

/// The `next` that a page carries on: only a safe one.
pub(crate) fn carried(req: &Request<'_>, security: &Security, fields: Option<&Fields>) -> Option<String> {
    let judge = Judge::of(req, security);
    let form = fields.and_then(|fields| fields.text("next").ok().flatten().map(str::to_owned));
    form.or_else(|| query(req))
        .and_then(|next| judge.safe(&next))
        .map(|next| next.to_string())
}

/// `next` when it is safe.
pub(crate) fn safe(req: &Request<'_>, security: &Security, next: &str) -> Option<String> {
    Judge::of(req, security).safe(next).map(|next| next.to_string())
}

/// The address of this request as a `next`: for GET only, since nothing else can be repeated by a redirect.
pub(crate) fn here(req: &Request<'_>, security: &Security) -> Option<SafeNext> {
    if req.method() != rocket::http::Method::Get {
        return None;
    }
    // Ours always: no other host has a say in where this request came to.
    safe_next(
        &req.uri().to_string(),
        own(req, security).as_ref(),
        &Elsewhere::default(),
    )
}

pub(crate) fn after_login(config: &Config) -> String {
    config.view(&config.post_login_view, &[])
}

pub(crate) fn after_logout(config: &Config) -> String {
    config.view(&config.post_logout_view, &[])
}

pub(crate) fn after_register(config: &Config) -> String {
    view_or_root(config, config.post_register_view.as_ref())
}

pub(crate) fn after_verify(config: &Config) -> String {
    view_or_root(config, config.post_verify_view.as_ref())
}

fn view_or_root(config: &Config, view: Option<&View>) -> String {
    view.map_or_else(|| "/".to_owned(), |view| config.view(view, &[]))
}

/// What this request's `next` is judged by.
struct Judge {
    own: Option<Origin>,
    elsewhere: Elsewhere,
}

impl Judge {
    fn of(req: &Request<'_>, security: &Security) -> Self {
        Judge {
            own: own(req, security),
            elsewhere: Elsewhere::of(security.config()),
        }
    }

    fn safe(&self, next: &str) -> Option<SafeNext> {
        safe_next(next, self.own.as_ref(), &self.elsewhere)
    }
}

/// This application's own origin as the request names it.
pub(crate) fn own(req: &Request<'_>, security: &Security) -> Option<Origin> {
    let config = security.config();
    origin::own_origin(req, &config.trusted_proxies, &config.trusted_hosts)
}

fn query(req: &Request<'_>) -> Option<String> {
    let query = req.uri().query()?;
    let (_, value) = query
        .raw_segments()
        .map(|segment| segment.split_at_byte(b'='))
        .find(|(name, _)| *name == "next")?;
    // Bad UTF-8 is no address: judged, and refused, as the text that it stands in the query.
    Some(
        value
            .url_decode()
            .map_or_else(|_| value.as_str().to_owned(), |next| next.into_owned()),
    )
}
