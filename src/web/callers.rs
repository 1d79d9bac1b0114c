//! For whom a request speaks: each mechanism asked once per request, in the order token, API key, session, basic.

use std::sync::Arc;

use rocket::Request;

use crate::config::Config;
use crate::error::Result;
use crate::gate::{ByBasic, ByKey, ByToken, Caller};
use crate::model::{Mechanism, Reason};
use crate::security::Security;
use crate::web::credentials::{self, Credential, TwoCredentials};
use crate::web::fields::Fields;
use crate::web::visit::{self, Visit};
use crate::web::{next, origin, reply};

struct TokenAsked(Result<Option<Arc<ByToken>>>);

struct KeyAsked(Result<Option<Arc<ByKey>>>);

struct BasicAsked(Result<Result<Arc<ByBasic>, Reason>>);

/// Who makes this request, by one of these mechanisms, and may act in it; or why nobody does.
pub(crate) async fn caller(
    req: &Request<'_>,
    security: &Security,
    mechanisms: &[Mechanism],
) -> Result<Result<Caller, Reason>> {
    let found = find(req, security, mechanisms, None).await?;
    Ok(found.and_then(|caller| match may_act(req, security, &caller) {
        true => Ok(caller),
        false => Err(Reason::CrossSite),
    }))
}

/// Who makes this request, whether or not another site made him.
///
/// A credential that is not good does not end the search: a browser whose token has expired may still have its session. But
/// two that differ do, and so does a password that may not be tried now.
///
/// `body` is for our own endpoints, which have read theirs.
pub(crate) async fn find(
    req: &Request<'_>,
    security: &Security,
    mechanisms: &[Mechanism],
    body: Option<&Fields>,
) -> Result<Result<Caller, Reason>> {
    // Whatever is found: another visitor would be told otherwise.
    let visit = Visit::of(req);
    visit.mark_personal();
    let has = |mechanism| mechanisms.contains(&mechanism);
    let mut credential = None;
    if has(Mechanism::Token) || has(Mechanism::ApiKey) || has(Mechanism::Basic) {
        credential = match credentials::presented(req, security.config(), body) {
            Ok(credential) => credential,
            Err(TwoCredentials) => return Ok(Err(Reason::TwoCredentials)),
        };
    }
    if has(Mechanism::Token)
        && let Some(Credential::Token { text, .. }) = &credential
        && let Some(who) = Box::pin(by_token(req, security, text)).await?
    {
        return Ok(Ok(found(visit, Caller::Token(who))));
    }
    if has(Mechanism::ApiKey)
        && let Some(Credential::ApiKey(text)) = &credential
        && let Some(who) = Box::pin(by_key(req, security, text)).await?
    {
        return Ok(Ok(found(visit, Caller::ApiKey(who))));
    }
    if has(Mechanism::Session)
        && let Some(who) = reply::owned(visit::identify(req, security).await)?
        // The session that this very request ended or replaced is no way in.
        && !visit.has_changed_session()
    {
        return Ok(Ok(found(visit, Caller::Session(who.clone()))));
    }
    if has(Mechanism::Basic)
        && let Some(Credential::Basic(encoded)) = &credential
    {
        return Ok(match Box::pin(by_basic(req, security, encoded)).await? {
            Ok(who) => Ok(found(visit, Caller::Basic(who))),
            // For the client it is the same as having sent none: told what it may send.
            Err(Reason::AuthenticationFailed) => Err(Reason::Unauthenticated),
            Err(reason) => Err(reason),
        });
    }
    Ok(Err(Reason::Unauthenticated))
}

fn found(visit: &Visit, caller: Caller) -> Caller {
    visit.set_caller(caller.clone());
    caller
}

/// Whether an unsafe request may act for who makes it. What rides along with every request of a browser must not be taken
/// from another site; what a script has to put in by itself cannot come from there.
fn may_act(req: &Request<'_>, security: &Security, caller: &Caller) -> bool {
    let mechanism = caller.mechanism();
    if !security.config().csrf_protect_mechanisms.contains(&mechanism) {
        return true;
    }
    match mechanism {
        Mechanism::Session => visit::may_act(req, security),
        // Whoever sends these without a browser sends no `Origin`, and has no token to send.
        Mechanism::Token | Mechanism::ApiKey | Mechanism::Basic => {
            !origin::is_unsafe(req)
                || origin::cross_site(req, next::own(req, security).as_ref()) != origin::Evidence::CrossSite
        }
    }
}

async fn by_token(req: &Request<'_>, security: &Security, token: &str) -> Result<Option<Arc<ByToken>>> {
    let asked = req
        .local_cache_async(async {
            let who = security.gate().by_token(token).await;
            TokenAsked(who.map(|who| who.map(Arc::new)))
        })
        .await;
    copied(&asked.0)
}

async fn by_key(req: &Request<'_>, security: &Security, key: &str) -> Result<Option<Arc<ByKey>>> {
    let asked = req
        .local_cache_async(async {
            Visit::of(req).mark_personal();
            let client = visit::client(req, security);
            let who = security.gate().by_api_key(key, &client).await;
            KeyAsked(who.map(|who| who.map(Arc::new)))
        })
        .await;
    copied(&asked.0)
}

async fn by_basic(
    req: &Request<'_>,
    security: &Security,
    encoded: &str,
) -> Result<Result<Arc<ByBasic>, Reason>> {
    let asked = req
        .local_cache_async(async {
            let Some((name, password)) = credentials::name_and_password(encoded) else {
                return BasicAsked(Ok(Err(Reason::AuthenticationFailed)));
            };
            let client = visit::client(req, security);
            let who = security.gate().by_basic(&name, &password, &client).await;
            BasicAsked(who.map(|who| who.map(Arc::new)))
        })
        .await;
    copied(&asked.0)
}

fn copied<T: Clone>(asked: &Result<T>) -> Result<T> {
    reply::owned(asked.as_ref()).cloned()
}

/// The `WWW-Authenticate` of a 401 where these mechanisms would have been taken (RFC 9110, 11.6.1): one for each that a
/// client can answer by a header.
pub(crate) fn challenges(config: &Config, mechanisms: &[Mechanism]) -> Vec<String> {
    let realm = &config.default_http_auth_realm;
    let has = |mechanism| mechanisms.contains(&mechanism);
    // Tokens and keys are asked for by the same word.
    let bearer = has(Mechanism::Token) || has(Mechanism::ApiKey);
    [
        bearer.then(|| format!("Bearer realm=\"{realm}\"")),
        has(Mechanism::Basic).then(|| format!("Basic realm=\"{realm}\", charset=\"UTF-8\"")),
    ]
    .into_iter()
    .flatten()
    .collect()
}
