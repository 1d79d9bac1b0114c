//! API keys: by which programs act for a user, within the scopes that he gave them.
//!
//! * Settings: `api_keys`, `api_keys_url`, `api_keys_template`, `api_key_header`, `api_key_prefix`, `api_keys_max`,
//!   `api_key_lifetime`, `api_key_lifetime_max`, `freshness`
//! * Endpoints: `GET`, `POST /api-keys` (while `api_keys` is on)
//! * Events: `ApiKeyCreated`, `ApiKeyRevoked`
//!
//! The reference has none. `GET` lists, `POST` makes one, or revokes the one that `delete` names. To make one the user
//! must be fresh; to revoke one he need not be, for that is urgent. The key itself stands in the one answer that made it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rocket::futures::future::BoxFuture;
use rocket::http::Method;
#[cfg(feature = "openapi")]
use rocket::http::Status;
use rocket::route::Route;
use rocket::{Data, Request};
use serde::Serialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::config::{Config, with_query};
use crate::error::Result;
use crate::gate::{Authenticated, Caller, Freshness, KeyRefusal};
use crate::model::{ApiKey, Lives, NewApiKey, Reason, Timestamp};
use crate::security::Security;
use crate::store::rules;
use crate::text::{Message, Words};
use crate::web::extend::{self, Sent};
use crate::web::fields::{FieldErrors, Fields};
use crate::web::form::{self, Sketch};
#[cfg(feature = "openapi")]
use crate::web::openapi::{About, Takes};
use crate::web::page::{Details, Field, Kind, Page};
use crate::web::reply::{self, Reply};
use crate::web::{receive, refusal, visit};

const DAY: u64 = 86_400;

/// The lives that the page offers besides the usual one, in days.
const DAYS: [u64; 4] = [7, 30, 90, 365];

/// What `expires` says for a key without an end.
const NEVER: &str = "never";

pub(super) fn routes(config: &Config) -> Vec<Route> {
    if !config.api_keys {
        return Vec::new();
    }
    vec![
        super::route("api_keys", Method::Get, config.api_keys_url.as_str(), get),
        super::route("api_keys", Method::Post, config.api_keys_url.as_str(), post),
    ]
}

#[cfg(feature = "openapi")]
pub(super) fn describe(name: &str, method: Method) -> Option<About> {
    Some(match (name, method) {
        ("api_keys", Method::Get) => About::of_store("Lists the user's API keys")
            .by_session(method)
            .page()
            .says::<Own<'_>>(),
        ("api_keys", Method::Post) => About::of_store("Makes an API key, or revokes one")
            .by_session(method)
            .form()
            .field("name", Takes::Text, "What the new key is called.")
            .field("scopes", Takes::List, "What it may do.")
            .field("expires", Takes::Code, "After how many days it ends, or `never`.")
            .field(
                "delete",
                Takes::Text,
                "The id of a key to revoke; then none is made.",
            )
            .page()
            .says::<Made<'_>>()
            .says::<Revoked<'_>>()
            .refuses(Status::TooManyRequests),
        _ => return None,
    })
}

fn get<'r>(req: &'r Request<'_>, security: &'r Security, _: Data<'r>) -> BoxFuture<'r, Result<Reply>> {
    Box::pin(async move {
        let Some(who) = reply::owned(visit::identify(req, security).await)? else {
            return Ok(anonymous(req));
        };
        if reply::wants_json(req) {
            let keys = security.api_keys(who.user.id).await?;
            let now = security.gate().clock.now();
            return Reply::json(&Own {
                api_keys: keys.iter().map(|key| Described::of(key, now)).collect(),
                scopes: security.gate().scopes_for(who.user.id).await?,
            });
        }
        let about = Shown::of(security, who, None).await?;
        Ok(Reply::page(page(security, None, FieldErrors::default(), about)))
    })
}

fn post<'r>(req: &'r Request<'_>, security: &'r Security, data: Data<'r>) -> BoxFuture<'r, Result<Reply>> {
    Box::pin(async move {
        let (fields, who) = match receive::form(req, security, data).await? {
            Ok(received) => received,
            Err(refused) => return Ok(refused),
        };
        let Some(who) = who else {
            return Ok(anonymous(req));
        };
        if let Err(errors) = receive::csrf(req, security, &fields) {
            return again(req, security, who, &fields, errors).await;
        }
        let mut errors = FieldErrors::default();
        let id = errors.take("delete", fields.text("delete"));
        if !errors.is_empty() {
            return again(req, security, who, &fields, errors).await;
        }
        match id {
            Some(id) => revoke(req, security, who, &fields, id).await,
            None => create(req, security, who, &fields).await,
        }
    })
}

/// Sends whoever is not signed in to sign in, and tells the application, as a guard does.
fn anonymous(req: &Request<'_>) -> Reply {
    refusal::note(req, Reason::Unauthenticated);
    reply::refusal(req, Reason::Unauthenticated)
}

async fn revoke(
    req: &Request<'_>,
    security: &Security,
    who: &Arc<Authenticated>,
    fields: &Fields,
    id: &str,
) -> Result<Reply> {
    if !security.revoke_api_key(who.user.id, id).await? {
        // Somebody else's is as little there as one that never was.
        let errors = FieldErrors::one("delete", Message::ApiKeyNotFound);
        return again(req, security, who, fields, errors).await;
    }
    if reply::wants_json(req) {
        return Reply::json(&Revoked { deleted: id });
    }
    visit::flash(req, security, Message::ApiKeyRevoked, &[]);
    Ok(Reply::found(here(security)))
}

async fn create(
    req: &Request<'_>,
    security: &Security,
    who: &Arc<Authenticated>,
    fields: &Fields,
) -> Result<Reply> {
    if !is_fresh(security, who).await? {
        return Ok(stale(req, security));
    }
    let wanted = match wanted(security, fields) {
        Ok(wanted) => wanted,
        Err(errors) => return again(req, security, who, fields, errors).await,
    };
    let client = visit::client(req, security);
    let sent = Sent {
        form: "api_keys",
        fields,
        user: Some(&who.user),
        client: &client,
        braked: true,
    };
    if let Err(refused) = extend::check_form(req, security, &sent).await? {
        let about = Shown::of(security, who, Some(fields)).await?;
        return Ok(refused.answer(|errors| again_with(req, security, fields, errors, about)));
    }
    let (key, text) = match security.gate().create_api_key(&who.user, wanted).await? {
        Ok(made) => made,
        // Signed out everywhere while the form was on its way.
        Err(KeyRefusal::NoUser) => return Ok(anonymous(req)),
        Err(refused) => return again(req, security, who, fields, errors_of(security, refused)).await,
    };
    if reply::wants_json(req) {
        let now = security.gate().clock.now();
        return Reply::json(&Made {
            api_key: Described::of(&key, now),
            key: text.as_str(),
        });
    }
    // Shown here and not after a redirect: a redirect would have to carry it.
    visit::flash(req, security, Message::ApiKeyCreated, &[("name", &key.name)]);
    let mut about = Shown::of(security, who, None).await?;
    about.made = Some(text);
    Ok(Reply::page(page(security, None, FieldErrors::default(), about)))
}

/// What the form asks for.
fn wanted(security: &Security, fields: &Fields) -> Result<NewApiKey, FieldErrors> {
    let mut errors = FieldErrors::default();
    let name = errors.take("name", fields.text("name")).unwrap_or_default();
    let scopes = errors.take("scopes", fields.list("scopes"));
    let expires = errors.take("expires", fields.code("expires"));
    let lives = match expires.as_deref().map(str::trim) {
        None | Some("") => Some(Lives::AsUsual),
        Some(NEVER) => Some(Lives::ForEver),
        Some(days) => days
            .parse::<u32>()
            .ok()
            .map(|days| Lives::For(Duration::from_secs(u64::from(days) * DAY))),
    };
    if lives.is_none() {
        errors.extend(errors_of(security, KeyRefusal::Lifetime));
    }
    errors.into_result()?;
    let wanted = scopes.into_iter().fold(NewApiKey::new(name), NewApiKey::scope);
    Ok(match lives {
        Some(Lives::For(life)) => wanted.expires_in(life),
        Some(Lives::ForEver) => wanted.without_end(),
        _ => wanted,
    })
}

fn errors_of(security: &Security, refused: KeyRefusal) -> FieldErrors {
    let config = security.config();
    let (field, message, max) = match refused {
        KeyRefusal::Name => ("name", Message::ApiKeyInvalidName, rules::API_KEY_NAME_MAX as u64),
        KeyRefusal::Scope => ("scopes", Message::ApiKeyInvalidScope, 0),
        KeyRefusal::Lifetime => ("expires", Message::ApiKeyInvalidLifetime, days_max(config)),
        KeyRefusal::TooMany | KeyRefusal::NoUser => {
            ("", Message::ApiKeyLimitReached, u64::from(config.api_keys_max))
        }
    };
    let max = max.to_string();
    let args: &[_] = match message.args() {
        [] => &[],
        _ => &[("max", max.as_str())],
    };
    let mut errors = FieldErrors::default();
    errors.add(field, message, args);
    errors
}

fn days_max(config: &Config) -> u64 {
    config
        .api_key_lifetime_max
        .map_or(36_500, |max| max.as_secs() / DAY)
}

async fn is_fresh(security: &Security, who: &Arc<Authenticated>) -> Result<bool> {
    let config = security.config();
    let Some(within) = config.freshness.within() else {
        return Ok(true);
    };
    let grace = config.freshness_grace_period;
    Ok(security
        .gate()
        .freshness(&Caller::Session(who.clone()), within, grace)
        .await?
        == Freshness::Fresh)
}

/// Asks for the password and leads back here.
fn stale(req: &Request<'_>, security: &Security) -> Reply {
    refusal::note(req, Reason::Stale);
    match verify_url(security) {
        Some(verify) if !reply::wants_json(req) => {
            visit::flash(req, security, Message::ReauthenticationRequired, &[]);
            Reply::found(verify)
        }
        _ => reply::refusal(req, Reason::Stale),
    }
}

fn here(security: &Security) -> String {
    security.config().page("api_keys").unwrap_or_default()
}

fn verify_url(security: &Security) -> Option<String> {
    let verify = security.config().page("verify")?;
    Some(with_query(&verify, &[("next", &here(security))]))
}

/// The user's keys, and what a new one may be given.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ApiKeys))]
struct Own<'a> {
    api_keys: Vec<Described<'a>>,
    scopes: BTreeSet<String>,
}

/// A key that was just made.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ApiKeyMade))]
struct Made<'a> {
    api_key: Described<'a>,
    /// The key itself, which is never told again.
    key: &'a str,
}

/// A key that serves nobody any more.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ApiKeyRevoked))]
struct Revoked<'a> {
    /// Its id.
    deleted: &'a str,
}

/// What may be said of a key.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ApiKey))]
struct Described<'a> {
    /// By which it is revoked.
    id: &'a str,
    name: &'a str,
    /// How the key begins.
    shown: String,
    scopes: &'a BTreeSet<String>,
    created_at: String,
    /// Nothing for a key without an end.
    expires_at: Option<String>,
    expired: bool,
    last_used_at: Option<String>,
    last_used_ip: Option<&'a str>,
}

impl<'a> Described<'a> {
    fn of(key: &'a ApiKey, now: Timestamp) -> Self {
        Described {
            id: &key.id,
            name: &key.name,
            shown: key.shown(),
            scopes: &key.scopes,
            created_at: key.created_at.to_string(),
            expires_at: key.expires_at.map(|at| at.to_string()),
            expired: key.is_expired(now),
            last_used_at: key.last_used_at.map(|at| at.to_string()),
            last_used_ip: key.last_used_ip.as_deref(),
        }
    }
}

/// What the page shows besides its form.
struct Shown {
    keys: Vec<Value>,
    scopes: Vec<Value>,
    may_create: bool,
    /// The key that was just made.
    made: Option<Zeroizing<String>>,
}

impl Shown {
    async fn of(security: &Security, who: &Arc<Authenticated>, sent: Option<&Fields>) -> Result<Self> {
        let now = security.gate().clock.now();
        let keys = security.api_keys(who.user.id).await?;
        let scopes = security.gate().scopes_for(who.user.id).await?;
        let ticked = sent.and_then(|sent| sent.list("scopes").ok()).unwrap_or_default();
        let scope = |name: &String| json!({ "name": name, "checked": ticked.contains(&name.as_str()) });
        Ok(Shown {
            keys: keys.iter().map(|key| json!(Described::of(key, now))).collect(),
            scopes: scopes.iter().map(scope).collect(),
            may_create: is_fresh(security, who).await?,
            made: None,
        })
    }
}

async fn again(
    req: &Request<'_>,
    security: &Security,
    who: &Arc<Authenticated>,
    fields: &Fields,
    errors: FieldErrors,
) -> Result<Reply> {
    let about = Shown::of(security, who, Some(fields)).await?;
    Ok(again_with(req, security, fields, errors, about))
}

fn again_with(
    req: &Request<'_>,
    security: &Security,
    fields: &Fields,
    errors: FieldErrors,
    about: Shown,
) -> Reply {
    match reply::wants_json(req) {
        true => Reply::errors(errors),
        false => Reply::page(page(security, Some(fields), errors, about)),
    }
}

fn page(security: &Security, sent: Option<&Fields>, errors: FieldErrors, about: Shown) -> Page {
    let config = security.config();
    let sketch = Sketch {
        view: "api_keys",
        template: config.api_keys_template.to_string(),
        name: "api_keys_form",
        submit: "api-keys-submit",
        fields: fields(config, sent),
    };
    let mut page = form::page(security, sketch, sent, errors, None);
    if !about.may_create {
        page.form = None;
        // What went wrong is told without the form as well: revoking needs none.
        page.message = page.errors.first_message();
    }
    page.details = Details(json!({
        "keys": about.keys,
        "scopes": about.scopes,
        "action": here(security),
        "verify": verify_url(security),
        "made": about.made.as_ref().map(|text| text.as_str()),
    }));
    page
}

fn fields(config: &Config, sent: Option<&Fields>) -> Vec<Field> {
    let name = Field::new("name", Kind::Text, "field-key-name", "off")
        .length(None, Some(rules::API_KEY_NAME_MAX))
        .hint("key-name-hint", &[])
        .value(form::typed(sent, "name"));
    let mut fields = vec![name];
    let usual = config.api_key_lifetime.as_secs() / DAY;
    let mut days: Vec<u64> = DAYS.into_iter().chain([usual]).collect();
    days.retain(|days| (1..=days_max(config)).contains(days));
    days.sort_unstable();
    days.dedup();
    if usual > 0 && !days.is_empty() {
        let usual = usual.to_string();
        let mut expires = Field::new("expires", Kind::Select, "field-key-expires", "off")
            .value(Some(form::typed(sent, "expires").unwrap_or(&usual)));
        let choice = |days: u64| (days.to_string(), Words::id("key-days").with("count", days));
        expires.choices = days.into_iter().map(choice).collect();
        if config.api_key_lifetime_max.is_none() {
            expires.choices.push((NEVER.to_owned(), Words::id("key-never")));
        }
        fields.push(expires);
    }
    fields
}
