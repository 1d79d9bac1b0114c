//! Tokens that anybody can read and nobody can make.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::derive;
use super::purpose::Purpose;
use super::ring::{KeyRing, Usage, VERSION};
use crate::error::{Error, Result};
use crate::model::Timestamp;

/// Characters of a token at most: it has to fit into a cookie or an address.
const TOKEN_MAX: usize = 4096;

/// How far the clocks of two instances may differ.
const SKEW: Duration = Duration::from_secs(60);

/// Why a token was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// Not made by this ring for this purpose, or changed since, or from the future.
    Invalid,
    /// It was right once, and is too old.
    Expired,
}

impl std::fmt::Display for TokenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            TokenError::Invalid => "the token is invalid",
            TokenError::Expired => "the token has expired",
        })
    }
}

impl std::error::Error for TokenError {}

impl KeyRing {
    /// Signs `payload` and the time under the current key.
    ///
    /// Signed, not encrypted: everybody who holds the token can read it. Fails when the payload does not serialise or
    /// the token would be longer than 4096 characters.
    ///
    /// ```
    /// use std::time::Duration;
    /// use rocket_security::Timestamp;
    /// use rocket_security::crypto::{KeyRing, Purpose, TokenError};
    ///
    /// let ring = KeyRing::new(&["a secret of the example: 4TzGq6VrXoBw"])?;
    /// let now = Timestamp::from_millis(1_767_268_800_000);
    /// let token = ring.sign(Purpose::Flash, &("hello", 7), now)?;
    ///
    /// let hour = Duration::from_secs(3600);
    /// let read = ring.verify::<(String, u8)>(Purpose::Flash, &token, now, hour);
    /// assert_eq!(read, Ok(("hello".into(), 7)));
    /// let late = ring.verify::<(String, u8)>(Purpose::Flash, &token, now + 2 * hour, hour);
    /// assert_eq!(late, Err(TokenError::Expired));
    /// # Ok::<(), rocket_security::Error>(())
    /// ```
    pub fn sign<T: Serialize>(&self, purpose: Purpose, payload: &T, now: Timestamp) -> Result<String> {
        let mut body = now.as_millis().to_be_bytes().to_vec();
        serde_json::to_writer(&mut body, payload)
            .map_err(|error| Error::internal("a token's payload does not serialise").with_source(error))?;
        let key = self.current();
        let tag = derive::mac(
            &key.subkey(Usage::Sign, purpose),
            &[VERSION.as_bytes(), key.id.as_bytes(), &body],
        );
        let token = format!(
            "{VERSION}.{}.{}.{}",
            key.id,
            BASE64URL_NOPAD.encode(&body),
            BASE64URL_NOPAD.encode(&tag)
        );
        if token.len() > TOKEN_MAX {
            return Err(Error::internal("a token's payload is too large"));
        }
        Ok(token)
    }

    /// Reads what [`sign`](KeyRing::sign) made for the same purpose, by whichever key of the ring, no longer than
    /// `max_age` ago.
    pub fn verify<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        token: &str,
        now: Timestamp,
        max_age: Duration,
    ) -> Result<T, TokenError> {
        let (issued, payload) = self.authentic(purpose, token).ok_or(TokenError::Invalid)?;
        if issued > now + SKEW {
            return Err(TokenError::Invalid);
        }
        if now.since(issued) > max_age {
            return Err(TokenError::Expired);
        }
        serde_json::from_slice(&payload).map_err(|_| TokenError::Invalid)
    }

    /// Time and payload of a token whose tag is right.
    fn authentic(&self, purpose: Purpose, token: &str) -> Option<(Timestamp, Vec<u8>)> {
        if token.len() > TOKEN_MAX {
            return None;
        }
        let (id, rest) = KeyRing::split(token)?;
        let key = self.key(id)?;
        // A third piece would leave a dot in the tag, which is no base64.
        let (body, tag) = rest.split_once('.')?;
        let mut body = BASE64URL_NOPAD.decode(body.as_bytes()).ok()?;
        let tag = BASE64URL_NOPAD.decode(tag.as_bytes()).ok()?;
        let expected = derive::mac(
            &key.subkey(Usage::Sign, purpose),
            &[VERSION.as_bytes(), key.id.as_bytes(), &body],
        );
        if !derive::equal(&expected, &tag) {
            return None;
        }
        let issued = i64::from_be_bytes(*body.first_chunk()?);
        Some((Timestamp::from_millis(issued), body.split_off(8)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const OLD: &str = "old key for tokens: pQ7cV2xJtB8mZsR4nKfW";
    const NEW: &str = "new key for tokens: 3GdLy6hTuE9wXaCb5iMo";
    const NOON: Timestamp = Timestamp::from_millis(1_767_268_800_000);
    const HOUR: Duration = Duration::from_secs(3600);

    fn ring(secrets: &[&str]) -> KeyRing {
        KeyRing::new(secrets).unwrap()
    }

    fn read(ring: &KeyRing, token: &str) -> Result<Value, TokenError> {
        ring.verify(Purpose::Csrf, token, NOON, HOUR)
    }

    /// Computed by another implementation (Python's `hmac`).
    #[test]
    fn known_answer() {
        let ring = ring(&["known answer key: 0123456789 abcdefghij"]);
        let token = "v1.bbbd86b43612.AAABm3lt1gB7InVzZXIiOjd9.9SwzPL5p0FyzqYoGoyaxMi7y7uCjS4AqAOsnktKIRNQ";
        assert_eq!(
            ring.sign(Purpose::Csrf, &json!({ "user": 7 }), NOON).unwrap(),
            token
        );
        assert_eq!(read(&ring, token), Ok(json!({ "user": 7 })));
    }

    #[test]
    fn is_bound_to_its_purpose_and_ring() {
        let ours = ring(&[NEW]);
        let token = ours.sign(Purpose::Csrf, &"x", NOON).unwrap();
        for &purpose in Purpose::ALL {
            let read = ours.verify::<String>(purpose, &token, NOON, HOUR);
            assert_eq!(read.is_ok(), purpose == Purpose::Csrf);
        }
        assert_eq!(read(&ring(&[OLD]), &token), Err(TokenError::Invalid));
        assert_eq!(read(&ring(&[OLD, NEW]), &token), Ok(json!("x")));
    }

    #[test]
    fn a_mac_is_never_a_token() {
        let ring = ring(&[NEW]);
        let token = ring.sign(Purpose::Csrf, &"x", NOON).unwrap();
        let (head, _) = token.rsplit_once('.').unwrap();
        let (_, body) = head.rsplit_once('.').unwrap();
        let id = &ring.key_ids()[0];
        let body = BASE64URL_NOPAD.decode(body.as_bytes()).unwrap();
        let mac = ring.mac(Purpose::Csrf, &[b"v1", id.as_bytes(), &body]);
        let forged = format!("{head}.{}", BASE64URL_NOPAD.encode(&mac));
        assert_eq!(read(&ring, &forged), Err(TokenError::Invalid));
    }

    #[test]
    fn lives_exactly_as_long_as_told() {
        let ring = ring(&[NEW]);
        let token = ring.sign(Purpose::Csrf, &"x", NOON).unwrap();
        let at = |now| ring.verify::<String>(Purpose::Csrf, &token, now, HOUR).err();
        let millisecond = Duration::from_millis(1);
        assert_eq!(at(NOON), None);
        assert_eq!(at(NOON + HOUR), None);
        assert_eq!(at(NOON + HOUR + millisecond), Some(TokenError::Expired));
        assert_eq!(at(Timestamp::from_millis(i64::MAX)), Some(TokenError::Expired));
        let zero = ring.verify::<String>(Purpose::Csrf, &token, NOON + millisecond, Duration::ZERO);
        assert_eq!(zero, Err(TokenError::Expired));
    }

    #[test]
    fn from_the_future_is_invalid_but_for_the_skew() {
        let ring = ring(&[NEW]);
        let token = ring.sign(Purpose::Csrf, &"x", NOON).unwrap();
        let at = |now| ring.verify::<String>(Purpose::Csrf, &token, now, HOUR).err();
        assert_eq!(at(NOON - SKEW), None);
        assert_eq!(
            at(NOON - SKEW - Duration::from_millis(1)),
            Some(TokenError::Invalid)
        );
        assert_eq!(at(Timestamp::from_millis(i64::MIN)), Some(TokenError::Invalid));
        for odd in [i64::MIN, -1, 0, i64::MAX] {
            let issued = Timestamp::from_millis(odd);
            let token = ring.sign(Purpose::Csrf, &"x", issued).unwrap();
            assert!(read(&ring, &token).is_err());
        }
    }

    #[test]
    fn no_changed_or_cut_token_is_read() {
        let ring = ring(&[NEW, OLD]);
        let token = ring.sign(Purpose::Csrf, &json!({ "a": 1 }), NOON).unwrap();
        for i in 0..token.len() {
            assert_eq!(read(&ring, &token[..i]), Err(TokenError::Invalid), "cut at {i}");
            for change in [b'A', b'B', b'.', b'=', b'0', b'_'] {
                let mut bytes = token.clone().into_bytes();
                if bytes[i] == change {
                    continue;
                }
                bytes[i] = change;
                let changed = String::from_utf8(bytes).unwrap();
                assert_eq!(read(&ring, &changed), Err(TokenError::Invalid), "{changed}");
            }
        }
        for tail in ["A", "=", ".", " ", "\n", ".AAAA", "é"] {
            let longer = format!("{token}{tail}");
            assert_eq!(read(&ring, &longer), Err(TokenError::Invalid));
        }
        let [new, old] = &ring.key_ids()[..] else {
            unreachable!()
        };
        assert_eq!(read(&ring, &token.replace(new, old)), Err(TokenError::Invalid));
        for odd in ["", ".", "...", "v1...", "v1.....", "é", "\0"] {
            assert_eq!(read(&ring, odd), Err(TokenError::Invalid));
        }
    }

    #[test]
    fn another_type_is_invalid_not_a_panic() {
        let ring = ring(&[NEW]);
        let token = ring.sign(Purpose::Csrf, &"text", NOON).unwrap();
        let read = ring.verify::<u32>(Purpose::Csrf, &token, NOON, HOUR);
        assert_eq!(read, Err(TokenError::Invalid));
    }

    #[test]
    fn length_is_bounded() {
        let ring = ring(&[NEW]);
        assert!(
            ring.sign(Purpose::Csrf, &"x".repeat(2900), NOON)
                .is_ok_and(|token| token.len() <= TOKEN_MAX && read(&ring, &token).is_ok())
        );
        assert!(ring.sign(Purpose::Csrf, &"x".repeat(4000), NOON).is_err());
        assert_eq!(read(&ring, &"v1.".repeat(TOKEN_MAX)), Err(TokenError::Invalid));
    }
}
