use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::random::random_bytes;
use crate::error::Result;

/// Characters of 32 bytes in base64url.
const COOKIE_LEN: usize = 43;

/// What the session cookie carries: 256 random bits and nothing else.
///
/// The server keeps only a keyed hash of it (see [`Keys::session_hashes`](crate::crypto::Keys::session_hashes)), so
/// a stolen table opens no session.
pub struct SessionSecret(Box<Zeroizing<[u8; 32]>>);

impl SessionSecret {
    /// A new one.
    pub fn generate() -> Result<Self> {
        Ok(SessionSecret(Box::new(Zeroizing::new(random_bytes()?))))
    }

    /// The cookie's value: 43 characters of base64url.
    pub fn to_cookie(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64URL_NOPAD.encode(&self.bytes()[..]))
    }

    /// Reads a cookie's value. Only the one spelling that [`to_cookie`](SessionSecret::to_cookie) writes is accepted.
    pub fn from_cookie(value: &str) -> Option<Self> {
        if value.len() != COOKIE_LEN {
            return None;
        }
        let mut bytes = Box::new(Zeroizing::new([0; 32]));
        let decoded = BASE64URL_NOPAD
            .decode_mut(value.as_bytes(), &mut bytes[..])
            .ok()?;
        (decoded == 32).then_some(SessionSecret(bytes))
    }

    /// One that was derived from another secret.
    pub(super) fn from_bytes(bytes: [u8; 32]) -> Self {
        SessionSecret(Box::new(Zeroizing::new(bytes)))
    }

    /// A second copy, for who has to keep the first.
    pub(crate) fn copy(&self) -> Self {
        Self::from_bytes(*self.bytes())
    }

    /// The bytes, for a MAC over them.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_the_cookie() {
        let secret = SessionSecret::generate().unwrap();
        let cookie = secret.to_cookie();
        assert_eq!(cookie.len(), COOKIE_LEN);
        assert_eq!(
            SessionSecret::from_cookie(&cookie).unwrap().bytes(),
            secret.bytes()
        );
        assert_ne!(SessionSecret::generate().unwrap().bytes(), secret.bytes());
    }

    #[test]
    fn has_one_spelling() {
        let zeros = "A".repeat(COOKIE_LEN);
        assert!(SessionSecret::from_cookie(&zeros).is_some());
        for odd in [
            String::new(),
            "A".repeat(42),
            "A".repeat(44),
            format!("{zeros}="),
            // The last character has two bits that belong to no byte.
            format!("{}B", "A".repeat(42)),
            format!("{}+", "A".repeat(42)),
            format!("{}/", "A".repeat(42)),
            format!(" {}", "A".repeat(42)),
            format!("{}\n", "A".repeat(42)),
            format!("{}é", "A".repeat(41)),
            format!("{}\0", "A".repeat(42)),
        ] {
            assert!(SessionSecret::from_cookie(&odd).is_none(), "{odd:?}");
        }
    }
}
