use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::derive;
use super::keys::Keys;
use super::purpose::Purpose;
use super::random::random_bytes;
use super::secret::SessionSecret;
use crate::error::Result;
use crate::model::{SeriesHash, SessionHash, TokenHash};

const SERIES: usize = 16;
const TOKEN: usize = 32;

/// Characters of both in base64url.
const COOKIE_LEN: usize = 64;

/// What the remember cookie carries: the id of a series, which stays, and a token, which each use replaces.
///
/// The server keeps keyed hashes of both (see [`Keys::series_hashes`] and [`Keys::is_token`]), so a stolen table
/// restores no session.
pub struct RememberSecret(Box<Zeroizing<[u8; SERIES + TOKEN]>>);

impl RememberSecret {
    /// A new series with its first token.
    pub fn generate() -> Result<Self> {
        Ok(RememberSecret(Box::new(Zeroizing::new(random_bytes()?))))
    }

    /// The cookie's value: 64 characters of base64url.
    pub fn to_cookie(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64URL_NOPAD.encode(&self.0[..]))
    }

    /// Reads a cookie's value. Only the one spelling that [`to_cookie`](RememberSecret::to_cookie) writes is accepted.
    pub fn from_cookie(value: &str) -> Option<Self> {
        if value.len() != COOKIE_LEN {
            return None;
        }
        let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(value.as_bytes()).ok()?);
        let bytes = <[u8; SERIES + TOKEN]>::try_from(&bytes[..]).ok()?;
        Some(RememberSecret(Box::new(Zeroizing::new(bytes))))
    }

    pub(super) fn series(&self) -> &[u8] {
        &self.0[..SERIES]
    }

    pub(super) fn token(&self) -> &[u8] {
        &self.0[SERIES..]
    }

    /// The same series with another token.
    pub(super) fn with_token(&self, token: [u8; TOKEN]) -> Self {
        let token = Zeroizing::new(token);
        let mut bytes = Box::new(Zeroizing::new([0; SERIES + TOKEN]));
        bytes[..SERIES].copy_from_slice(self.series());
        bytes[SERIES..].copy_from_slice(&token[..]);
        RememberSecret(bytes)
    }
}

impl Keys {
    /// The hashes under which a series may be stored, one per key, the current one first.
    pub fn series_hashes(&self, secret: &RememberSecret) -> Vec<SeriesHash> {
        let macs = self.secret.macs(Purpose::RememberSeries, &[secret.series()]);
        macs.into_iter().map(SeriesHash).collect()
    }

    /// The hash under which a series is stored from now on: under the current key.
    pub fn series_hash(&self, secret: &RememberSecret) -> SeriesHash {
        SeriesHash(self.secret.mac(Purpose::RememberSeries, &[secret.series()]))
    }

    /// The hash under which a token is stored: under the current key, and for its own series only.
    pub fn token_hash(&self, secret: &RememberSecret) -> TokenHash {
        let parts = [secret.series(), secret.token()];
        TokenHash(self.secret.mac(Purpose::RememberToken, &parts))
    }

    /// Whether `stored` is the hash of the secret's token, under any key. In constant time.
    pub fn is_token(&self, secret: &RememberSecret, stored: &TokenHash) -> bool {
        let parts = [secret.series(), secret.token()];
        self.secret
            .verify_mac(Purpose::RememberToken, &parts, stored.as_bytes())
    }

    /// The token that follows on the secret's one: as random as `nonce`, and to be found again by who has all of the
    /// secret, the nonce and the key.
    pub fn next_token(&self, secret: &RememberSecret, nonce: &[u8; 16]) -> RememberSecret {
        let parts = [secret.series(), secret.token(), nonce.as_slice()];
        secret.with_token(self.secret.mac(Purpose::RememberNext, &parts))
    }

    /// The token stored as `stored`, if it is the one that followed on the secret's with `nonce`, under any key.
    pub fn following_token(
        &self,
        secret: &RememberSecret,
        nonce: &[u8; 16],
        stored: &TokenHash,
    ) -> Option<RememberSecret> {
        let parts = [secret.series(), secret.token(), nonce.as_slice()];
        let macs = self.secret.macs(Purpose::RememberNext, &parts);
        macs.into_iter()
            .map(|token| secret.with_token(token))
            .find(|next| self.is_token(next, stored))
    }

    /// The secret of the session that the secret's token restores, one per key, the current one first. All requests
    /// that bring the same token find the same session, and so the same CSRF tokens.
    pub fn restored_secrets(&self, secret: &RememberSecret) -> Vec<SessionSecret> {
        let parts = [secret.series(), secret.token()];
        let macs = self.secret.macs(Purpose::RememberSession, &parts);
        macs.into_iter().map(SessionSecret::from_bytes).collect()
    }

    /// The same under the current key only, with the hash that the session is stored under.
    pub fn restored_secret(&self, secret: &RememberSecret) -> (SessionSecret, SessionHash) {
        let parts = [secret.series(), secret.token()];
        let derived = SessionSecret::from_bytes(self.secret.mac(Purpose::RememberSession, &parts));
        let hash = self.session_hash(&derived);
        (derived, hash)
    }
}

/// Whether two hashes of tokens are equal. Both come from the store, so time tells nothing; it is constant all the same.
impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        derive::equal(self.as_bytes(), other.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::KeyRing;

    const A: &str = "first key of the tests: pQ7cV2xJtB8mZsR4nKfW";
    const B: &str = "second key of the tests: 3GdLy6hTuE9wXaCb5iMo";
    const C: &str = "third key of the tests: Yk1qN8rDvS0zFjHp7UeI";

    fn keys(secret: &[&str]) -> Keys {
        Keys::new(KeyRing::new(secret).unwrap(), KeyRing::new(&[C]).unwrap()).unwrap()
    }

    #[test]
    fn survives_the_cookie_in_one_spelling() {
        let secret = RememberSecret::generate().unwrap();
        let cookie = secret.to_cookie();
        assert_eq!(cookie.len(), COOKIE_LEN);
        assert_eq!(RememberSecret::from_cookie(&cookie).unwrap().0, secret.0);
        assert_ne!(RememberSecret::generate().unwrap().0, secret.0);
        let zeros = "A".repeat(COOKIE_LEN);
        assert!(RememberSecret::from_cookie(&zeros).is_some());
        for odd in [
            String::new(),
            "A".repeat(63),
            "A".repeat(65),
            format!("{zeros}="),
            format!("{}+", "A".repeat(63)),
            format!("{}=", "A".repeat(63)),
            format!(" {}", "A".repeat(63)),
            format!("{}é", "A".repeat(62)),
            format!("{}\0", "A".repeat(63)),
        ] {
            assert!(RememberSecret::from_cookie(&odd).is_none(), "{odd:?}");
        }
    }

    #[test]
    fn a_token_is_one_of_its_own_series_and_key() {
        let (one, other) = (
            RememberSecret::generate().unwrap(),
            RememberSecret::generate().unwrap(),
        );
        let before = keys(&[A]);
        let stored = before.token_hash(&one);
        assert!(before.is_token(&one, &stored));
        assert!(keys(&[B, A]).is_token(&one, &stored));
        assert!(!keys(&[B]).is_token(&one, &stored));
        assert!(!before.is_token(&other, &stored));
        let swapped = other.with_token(one.token().try_into().unwrap());
        assert!(!before.is_token(&swapped, &stored));
        assert!(stored != keys(&[B]).token_hash(&one));
    }

    #[test]
    fn a_series_is_found_while_keys_rotate() {
        let secret = RememberSecret::generate().unwrap();
        let before = keys(&[A]).series_hashes(&secret);
        let during = keys(&[B, A]).series_hashes(&secret);
        assert_eq!((before.len(), during.len()), (1, 2));
        assert!(during[1] == before[0] && during[0] != before[0]);
        assert!(during[0] == keys(&[B, A]).series_hash(&secret));
    }

    #[test]
    fn the_token_that_follows_is_found_again_with_the_nonce_alone() {
        let secret = RememberSecret::generate().unwrap();
        let (nonce, other) = ([7; 16], [8; 16]);
        let next = keys(&[A]).next_token(&secret, &nonce);
        assert_eq!(next.series(), secret.series());
        assert_ne!(next.token(), secret.token());
        let stored = keys(&[A]).token_hash(&next);
        let found = |keys: &Keys, nonce| keys.following_token(&secret, nonce, &stored);
        assert!(found(&keys(&[A]), &nonce).is_some_and(|found| found.0 == next.0));
        assert!(found(&keys(&[B, A]), &nonce).is_some_and(|found| found.0 == next.0));
        assert!(found(&keys(&[A]), &other).is_none());
        assert!(found(&keys(&[B]), &nonce).is_none());
    }

    #[test]
    fn the_same_token_restores_the_same_session() {
        let keys = keys(&[B, A]);
        let secret = RememberSecret::generate().unwrap();
        let (derived, hash) = keys.restored_secret(&secret);
        let all = keys.restored_secrets(&secret);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].bytes(), derived.bytes());
        assert!(hash == keys.session_hash(&all[0]));
        assert_ne!(derived.bytes().as_slice(), secret.token());
        let next = keys.next_token(&secret, &[7; 16]);
        assert_ne!(keys.restored_secret(&next).0.bytes(), derived.bytes());
    }
}
