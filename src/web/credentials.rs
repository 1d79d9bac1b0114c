//! What a request brings, beside cookies, to say for whom it speaks.

use rocket::Request;

use crate::config::Config;
use crate::crypto::ApiKeySecret;
use crate::web::fields::Fields;

/// Longer is no credential of ours; what an attacker sends must not decide how much is looked at.
const LONGEST: usize = 8192;

/// A credential that the client put into the request by itself. A secret: no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credential {
    /// An auth token; from a header, or from where only a setting lets it be.
    Token { text: String, in_header: bool },
    /// What stands where an API key belongs, right or not. Never from elsewhere than a header.
    ApiKey(String),
    /// The part of `Authorization: Basic` that follows the scheme.
    Basic(String),
}

/// The request brings two that differ: whoever wrote it does not know as whom he comes, so nobody should guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TwoCredentials;

/// The one credential of this request: in `Authorization`, in the header of auth tokens, and, where the settings let it, in
/// the body of our own endpoints or in the query. Other schemes of `Authorization` are not ours to judge.
pub(crate) fn presented(
    req: &Request<'_>,
    config: &Config,
    body: Option<&Fields>,
) -> Result<Option<Credential>, TwoCredentials> {
    let mut found: Option<Credential> = None;
    let mut add = |credential: Credential| match &found {
        Some(Credential::Token { text, .. }) if matches!(&credential, Credential::Token { text: other, .. } if other == text) => {
            Ok(())
        }
        Some(known) if *known == credential => Ok(()),
        Some(_) => Err(TwoCredentials),
        None => {
            found = Some(credential);
            Ok(())
        }
    };
    let token = |text: &str, in_header: bool| Credential::Token {
        text: text.to_owned(),
        in_header,
    };
    // One pass: each look-up by name hashes it.
    for header in req.headers().iter().filter(|header| is_sane(&header.value)) {
        let value = header.value.trim();
        if header.name == "Authorization"
            && let Some(credential) = authorization(value)
        {
            add(credential)?;
        }
        if header.name == *config.token_authentication_header {
            add(token(value, true))?;
        }
        // Where keys are off the header may be the application's own.
        if config.api_keys && header.name == *config.api_key_header {
            add(Credential::ApiKey(value.to_owned()))?;
        }
    }
    if let Some(fields) = body.filter(|_| config.token_in_body)
        && let Ok(Some(text)) = fields.text(&config.token_authentication_key)
        && is_sane(text)
    {
        add(token(text.trim(), false))?;
    }
    if config.danger_token_in_query
        && let Some(query) = req.uri().query()
    {
        let values = query
            .raw_segments()
            .map(|segment| segment.split_at_byte(b'='))
            .filter(|(name, _)| *name == config.token_authentication_key.as_str())
            .filter_map(|(_, value)| value.url_decode().ok());
        for value in values.filter(|value| is_sane(value)) {
            add(token(value.trim(), false))?;
        }
    }
    Ok(found)
}

/// What `Authorization` says, if it is a scheme of ours.
fn authorization(value: &str) -> Option<Credential> {
    let (scheme, rest) = value.split_once(' ')?;
    let text = rest.trim().to_owned();
    if scheme.eq_ignore_ascii_case("basic") {
        return Some(Credential::Basic(text));
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    // No auth token has the form of a key.
    Some(match ApiKeySecret::looks_like(&text) {
        true => Credential::ApiKey(text),
        false => Credential::Token {
            text,
            in_header: true,
        },
    })
}

fn is_sane(value: &str) -> bool {
    !value.trim().is_empty() && value.len() <= LONGEST
}

/// Name and password of `Authorization: Basic` (RFC 7617): UTF-8, and the first colon ends the name.
pub(crate) fn name_and_password(encoded: &str) -> Option<(String, zeroize::Zeroizing<String>)> {
    let plain = data_encoding::BASE64.decode(encoded.as_bytes()).ok()?;
    let plain = zeroize::Zeroizing::new(String::from_utf8(plain).ok()?);
    let (name, password) = plain.split_once(':')?;
    let is_text = |text: &str| !text.chars().any(char::is_control);
    (is_text(name) && is_text(password))
        .then(|| (name.to_owned(), zeroize::Zeroizing::new(password.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_colon_ends_the_name() {
        let read = |plain: &[u8]| {
            name_and_password(&data_encoding::BASE64.encode(plain))
                .map(|(name, password)| (name, password.as_str().to_owned()))
        };
        let pair = |name: &str, password: &str| Some((name.to_owned(), password.to_owned()));
        assert_eq!(read(b"ada@example.org:a:b"), pair("ada@example.org", "a:b"));
        assert_eq!(read(b":"), pair("", ""));
        assert_eq!(read("ünal:pässwörd".as_bytes()), pair("ünal", "pässwörd"));
        for bad in [&b"no colon"[..], b"", b"a\0:b", b"a:b\n", b"\xff:b"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
        for bad in ["", "=", "YTpi=", "YTpi\n", "é", "YTpiYTp"] {
            assert!(name_and_password(bad).is_none(), "{bad}");
        }
    }
}
