//! The API key that a request carries, and for whom it speaks.
//!
//! It is looked for in headers alone: a query ends in logs and histories, and a body or a cookie may be of another site's
//! making.

use std::sync::Arc;

use rocket::Request;

use crate::crypto::ApiKeySecret;
use crate::error::{Error, Result};
use crate::gate::ByKey;
use crate::security::Security;
use crate::web::visit::{self, Visit};

/// What a request says of API keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presented<'r> {
    Nothing,
    /// What stands where a key belongs, right or not.
    Key(&'r str),
    /// Two keys that differ.
    Two,
}

/// The key in the header of the settings or, where it has the form of one, in `Authorization: Bearer`.
pub(crate) fn presented<'r>(req: &'r Request<'_>, security: &Security) -> Presented<'r> {
    let config = security.config();
    let own = req.headers().get(config.api_key_header.as_str());
    let bearer = req.headers().get("Authorization").filter_map(|header| {
        let (scheme, key) = header.split_once(' ')?;
        let key = key.trim_matches(' ');
        (scheme.eq_ignore_ascii_case("Bearer") && ApiKeySecret::looks_like(key)).then_some(key)
    });
    own.chain(bearer)
        .fold(Presented::Nothing, |found, key| match found {
            Presented::Nothing => Presented::Key(key),
            Presented::Key(other) if other == key => found,
            Presented::Key(_) | Presented::Two => Presented::Two,
        })
}

struct Identified(Result<Option<Arc<ByKey>>>);

/// For whom this request's key speaks, if it is good. Asked of the store once per request.
pub(crate) async fn identify<'r>(
    req: &'r Request<'_>,
    security: &Security,
) -> Result<Option<&'r Arc<ByKey>>, &'r Error> {
    let identified = req
        .local_cache_async(async {
            Visit::of(req).mark_personal();
            let Presented::Key(text) = presented(req, security) else {
                return Identified(Ok(None));
            };
            let client = visit::client(req, security);
            let found = security.gate().by_api_key(text, &client).await;
            Identified(found.map(|found| found.map(Arc::new)))
        })
        .await;
    identified.0.as_ref().map(Option::as_ref)
}
