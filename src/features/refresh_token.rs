//! Refresh tokens: exchanging one, and seeing and revoking one's own.
//!
//! * Settings: `refresh_token`, `refresh_token_url`, `refresh_tokens_url`, `refresh_token_max_age`,
//!   `refresh_token_max_idle`, `refresh_token_overlap`, `refresh_token_cookie_name`
//! * Endpoints: `POST /refresh-token`; `GET`, `POST /refresh-tokens`
//! * Events: `RefreshTrackerCreated`, `RefreshTrackerRevoked`
//!
//! The reference is spec sections 2.23 and 4.5. A family begins where an auth token is asked for (`include_auth_token`);
//! `web/refresh.rs` does that, and ends it at sign-out. The page of one's own is ours alone (ASVS 10.4.9).

use rocket::futures::future::BoxFuture;
use rocket::http::Method;
use rocket::route::Route;
use rocket::{Data, Request};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::error::Result;
use crate::gate::{Caller, Freshness, RefreshRefusal};
use crate::model::{Reason, RefreshFamily, UserId};
use crate::security::Security;
use crate::text::Message;
use crate::web::fields::{FieldErrors, Fields};
use crate::web::form::{self, Sketch};
#[cfg(feature = "openapi")]
use crate::web::openapi::{About, CSRF, REFRESH, Takes};
use crate::web::page::{Details, Field};
use crate::web::reply::{self, Reply};
use crate::web::submission::{BodyProblem, Submission};
use crate::web::{negotiate, receive, refresh, visit};

pub(super) fn routes(config: &Config) -> Vec<Route> {
    if !config.refresh_token {
        return Vec::new();
    }
    let own = config.refresh_tokens_url.as_str();
    vec![
        super::route(
            "refresh_token",
            Method::Post,
            config.refresh_token_url.as_str(),
            exchange,
        ),
        super::route("refresh_tokens", Method::Get, own, list),
        super::route("refresh_tokens", Method::Post, own, revoke),
    ]
}

#[cfg(feature = "openapi")]
pub(super) fn describe(config: &Config, name: &str, method: Method) -> Option<About> {
    Some(match (name, method) {
        ("refresh_token", Method::Post) => {
            let about =
                About::of_store("Exchanges a refresh token for an auth token and the next refresh token");
            let about = match config.refresh_token_cookie_name {
                Some(_) => about.by(&[REFRESH, CSRF]),
                None => about,
            };
            let token = "The refresh token; beside its cookie it may be left out.";
            about
                .json_body()
                .field(refresh::FIELD, Takes::Secret, token)
                .says_without_token::<Exchanged>()
        }
        ("refresh_tokens", Method::Get) => About::of_store("Lists who holds refresh tokens of the user's")
            .by_mechanisms(config, method)
            .page()
            .says::<Own<'_>>(),
        ("refresh_tokens", Method::Post) => About::of_store("Revokes refresh tokens of the user's")
            .by_mechanisms(config, method)
            .form()
            .field("delete", Takes::Text, "The id of the one to revoke.")
            .field("delete_all", Takes::Flag, "Whether to revoke all of them.")
            .page()
            .leads_on()
            .says::<Own<'_>>(),
        _ => return None,
    })
}

fn exchange<'r>(
    req: &'r Request<'_>,
    security: &'r Security,
    data: Data<'r>,
) -> BoxFuture<'r, Result<Reply>> {
    Box::pin(async move {
        // A form can be sent by any site; JSON only by one that the browser has asked this one about.
        if !negotiate::has_json_body(req) {
            return Ok(reply::bad_body(req, BodyProblem::Malformed));
        }
        let fields = match security.cookies().has_refresh() {
            true => {
                let fields = match receive::form(req, security, data).await? {
                    Ok((fields, _)) => fields,
                    Err(refused) => return Ok(refused),
                };
                // The browser brings the cookie along whoever has it ask.
                if let Err(errors) = receive::csrf(req, security, &fields) {
                    return Ok(Reply::errors(errors));
                }
                fields
            }
            // Who writes the token into the body knows it.
            false => match Submission::read(req, data, security.config().form_limit.as_u64()).await {
                Ok(fields) => fields,
                Err(problem) => return Ok(reply::bad_body(req, problem)),
            },
        };
        let secret = match refresh::presented(req, security, &fields) {
            Ok(secret) => secret,
            Err(errors) => return Ok(Reply::errors(errors)),
        };
        let refreshed = match security.gate().exchange(&secret).await? {
            Ok(refreshed) => refreshed,
            Err(refusal) => {
                // A locked account may be unlocked; everything else is for good.
                if !matches!(refusal, RefreshRefusal::Account(_)) {
                    refresh::forget(req, security);
                }
                return Ok(Reply::errors(refresh::refused(refusal)));
            }
        };
        let mut payload = security.gate().policy.payload(&refreshed.user);
        payload.insert("authentication_token".to_owned(), refreshed.auth_token.into());
        if let Some(secret) = refresh::hand_out(req, security, refreshed.secret) {
            payload.insert(refresh::FIELD.to_owned(), secret.into());
        }
        Reply::json_without_token(&Exchanged { user: payload })
    })
}

fn list<'r>(req: &'r Request<'_>, security: &'r Security, _: Data<'r>) -> BoxFuture<'r, Result<Reply>> {
    Box::pin(async move {
        let who = match receive::signed_in(req, security, None).await? {
            Ok(who) => who,
            Err(refused) => return Ok(refused),
        };
        if !is_fresh(security, &who).await? {
            return Ok(receive::refuse(req, security, Reason::Stale));
        }
        show(req, security, who.user().id, None, FieldErrors::default()).await
    })
}

fn revoke<'r>(req: &'r Request<'_>, security: &'r Security, data: Data<'r>) -> BoxFuture<'r, Result<Reply>> {
    Box::pin(async move {
        let (fields, _) = match receive::form(req, security, data).await? {
            Ok(received) => received,
            Err(refused) => return Ok(refused),
        };
        let who = match receive::signed_in(req, security, Some(&fields)).await? {
            Ok(who) => who,
            Err(refused) => return Ok(refused),
        };
        let user = who.user().id;
        if let Err(errors) = receive::csrf(req, security, &fields) {
            return again(req, security, user, &fields, errors).await;
        }
        if !is_fresh(security, &who).await? {
            return Ok(receive::refuse(req, security, Reason::Stale));
        }
        // Asked before, for afterwards none of them is there.
        let families = security.refresh_families(user).await?;
        let here = families
            .into_iter()
            .find(|family| refresh::is_here(req, security, family));
        let id = match fields.text("delete") {
            Ok(id) => id.filter(|id| !id.is_empty()),
            Err(problem) => {
                let errors = FieldErrors::one("delete", problem.message());
                return again(req, security, user, &fields, errors).await;
            }
        };
        match (id, fields.flag("delete_all")) {
            (Some(id), false) => {
                if !security.revoke_refresh_family(user, id).await? {
                    let mut errors = FieldErrors::default();
                    errors.add("delete", Message::RefreshTokenInvalid, &[("reason", "NOT_FOUND")]);
                    return again(req, security, user, &fields, errors).await;
                }
            }
            (None, true) => drop(security.revoke_refresh_families(user).await?),
            // Nothing, or both: which of the two was meant is not guessed.
            (None, false) | (Some(_), true) => {
                let errors = FieldErrors::one("delete", Message::ValueNotProvided);
                return again(req, security, user, &fields, errors).await;
            }
        }
        if here.is_some_and(|here| id.is_none_or(|id| id == here.id)) {
            refresh::forget(req, security);
        }
        if reply::wants_json(req) {
            return show(req, security, user, None, FieldErrors::default()).await;
        }
        visit::flash(req, security, Message::RefreshTokenRevoked, &[]);
        Ok(Reply::found(
            security.config().page("refresh_tokens").unwrap_or_default(),
        ))
    })
}

async fn is_fresh(security: &Security, who: &Caller) -> Result<bool> {
    let config = security.config();
    let Some(within) = config.freshness.within() else {
        return Ok(true);
    };
    let found = security
        .gate()
        .freshness(who, within, config.freshness_grace_period)
        .await?;
    Ok(found == Freshness::Fresh)
}

async fn again(
    req: &Request<'_>,
    security: &Security,
    user: UserId,
    fields: &Fields,
    errors: FieldErrors,
) -> Result<Reply> {
    if reply::wants_json(req) {
        return Ok(Reply::errors(errors));
    }
    show(req, security, user, Some(fields), errors).await
}

/// What the user has: as a page, or in JSON.
async fn show(
    req: &Request<'_>,
    security: &Security,
    user: UserId,
    sent: Option<&Fields>,
    errors: FieldErrors,
) -> Result<Reply> {
    let families = security.refresh_families(user).await?;
    let has_none = families.is_empty();
    let data = Own {
        refresh_tokens: families
            .iter()
            .map(|family| Described::of(family, refresh::is_here(req, security, family)))
            .collect(),
    };
    if reply::wants_json(req) {
        return Reply::json(&data);
    }
    let sketch = Sketch {
        view: "refresh_tokens",
        template: "security/refresh_token".to_owned(),
        name: "refresh_tokens_form",
        submit: "refresh-tokens-submit",
        fields: vec![Field::hidden("delete_all", "y")],
    };
    let mut page = form::page(security, sketch, sent, errors, None);
    page.details = Details(json!(data));
    if has_none {
        page.form = None;
    }
    Ok(Reply::page(page))
}

/// The two new tokens; the refresh token only where it has no cookie.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = RefreshedTokens))]
struct Exchanged {
    #[cfg_attr(feature = "openapi", schema(value_type = crate::web::openapi::UserPayload))]
    user: Map<String, Value>,
}

/// Who holds refresh tokens of the user's.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = RefreshTokens))]
struct Own<'a> {
    refresh_tokens: Vec<Described<'a>>,
}

/// One of them. Nothing of which a token could be made.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = RefreshToken))]
struct Described<'a> {
    /// By which it is revoked.
    id: &'a str,
    /// Whether it is that of this request.
    current: bool,
    created_at: String,
    /// When its user proved who he is.
    authenticated_at: String,
    last_used_at: String,
    expires_at: String,
    /// By what he proved it.
    authn_via: Vec<&'a str>,
    /// From where it was used last.
    ip: Option<&'a str>,
    user_agent: Option<&'a str>,
}

impl<'a> Described<'a> {
    fn of(family: &'a RefreshFamily, current: bool) -> Self {
        Described {
            id: &family.id,
            current,
            created_at: family.created_at.to_string(),
            authenticated_at: family.authenticated_at.to_string(),
            last_used_at: family.last_used_at.to_string(),
            expires_at: family.expires_at.to_string(),
            authn_via: family.factors.iter().map(|proof| proof.factor.name()).collect(),
            ip: family.ip.as_deref(),
            user_agent: family.user_agent.as_deref(),
        }
    }
}
