//! What an endpoint that can give out auth tokens adds to its answer (spec 2.0).

use rocket::Request;
use serde_json::Value;

use crate::error::Result;
use crate::gate::Caller;
use crate::security::Security;
use crate::web::reply::Reply;
use crate::web::{refresh, visit};

/// The query parameter that asks for one; its value means nothing.
const ASKS: &str = "include_auth_token";

/// Adds an auth token for who has just signed in to a JSON answer that was asked for one, and a refresh token where those
/// are on. Nothing else is changed.
pub(crate) async fn granted(req: &Request<'_>, security: &Security, reply: Reply) -> Result<Reply> {
    let Some(who) = visit::identified(req) else {
        return Ok(reply);
    };
    let granted = granted_to(req, security, &Caller::Session(who), reply).await;
    if granted.is_err() {
        visit::give_up(req, security).await;
    }
    granted
}

/// The same for somebody who came by whatever way.
pub(crate) async fn granted_to(
    req: &Request<'_>,
    security: &Security,
    who: &Caller,
    mut reply: Reply,
) -> Result<Reply> {
    if !security.config().backwards_compat_auth_token && !asks(req) {
        return Ok(reply);
    }
    let Some(response) = reply.json_mut() else {
        return Ok(reply);
    };
    let token = security
        .gate()
        .issue_token(who.user(), who.proofs(), who.authenticated_at())
        .await?;
    let (factors, at) = (who.proofs(), who.authenticated_at());
    let refresh_token = refresh::begin(req, security, who.user(), factors, at).await?;
    let user = response
        .entry("user")
        .or_insert_with(|| Value::Object(Default::default()));
    if let Value::Object(user) = user {
        user.insert("authentication_token".into(), token.into());
        user.extend(refresh_token.map(|token| (refresh::FIELD.to_owned(), token.into())));
    }
    Ok(reply)
}

fn asks(req: &Request<'_>) -> bool {
    let Some(query) = req.uri().query() else {
        return false;
    };
    query
        .raw_segments()
        .any(|segment| segment.split_at_byte(b'=').0 == ASKS)
}
