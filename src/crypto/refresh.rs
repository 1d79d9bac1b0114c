use zeroize::Zeroizing;

use super::keys::Keys;
use super::purpose::Purpose;
use super::remember::RememberSecret;
use crate::error::Result;
use crate::model::{FamilyHash, TokenHash};

/// A refresh token: the id of its family, which stays, and a part that each exchange replaces.
///
/// It has the form of a [`RememberSecret`], but keys of its own: neither passes for the other. The server keeps keyed
/// hashes of both parts, so a stolen table refreshes nothing.
pub struct RefreshSecret(RememberSecret);

impl RefreshSecret {
    /// The first token of a new family: 128 random bits of family, 256 of token.
    ///
    /// # Errors
    /// When the operating system has no random numbers.
    pub fn generate() -> Result<Self> {
        RememberSecret::generate().map(RefreshSecret)
    }

    /// As clients hold it: 64 characters of base64url.
    pub fn to_text(&self) -> Zeroizing<String> {
        self.0.to_cookie()
    }

    /// Reads what a client sent. Only the one spelling that [`to_text`](RefreshSecret::to_text) writes is accepted.
    pub fn from_text(text: &str) -> Option<Self> {
        RememberSecret::from_cookie(text).map(RefreshSecret)
    }

    fn family(&self) -> &[u8] {
        self.0.series()
    }

    fn parts(&self) -> [&[u8]; 2] {
        [self.0.series(), self.0.token()]
    }

    fn with_token(&self, token: [u8; 32]) -> Self {
        RefreshSecret(self.0.with_token(token))
    }
}

impl Keys {
    /// The hashes under which a family may be stored, one per key, the current one first.
    pub fn family_hashes(&self, secret: &RefreshSecret) -> Vec<FamilyHash> {
        let macs = self.secret.macs(Purpose::RefreshFamily, &[secret.family()]);
        macs.into_iter().map(FamilyHash).collect()
    }

    /// The hash under which a family is stored from now on: under the current key.
    pub fn family_hash(&self, secret: &RefreshSecret) -> FamilyHash {
        FamilyHash(self.secret.mac(Purpose::RefreshFamily, &[secret.family()]))
    }

    /// The hash under which a refresh token is stored: under the current key, and for its own family only.
    pub fn refresh_hash(&self, secret: &RefreshSecret) -> TokenHash {
        TokenHash(self.secret.mac(Purpose::RefreshToken, &secret.parts()))
    }

    /// Whether `stored` is the hash of the refresh token, under any key. In constant time.
    pub fn is_refresh(&self, secret: &RefreshSecret, stored: &TokenHash) -> bool {
        self.secret
            .verify_mac(Purpose::RefreshToken, &secret.parts(), stored.as_bytes())
    }

    /// The refresh token that follows on this one: as random as `nonce`, and to be found again by who has all of the
    /// token, the nonce and the key.
    pub fn next_refresh(&self, secret: &RefreshSecret, nonce: &[u8; 16]) -> RefreshSecret {
        let [family, token] = secret.parts();
        let parts = [family, token, nonce.as_slice()];
        secret.with_token(self.secret.mac(Purpose::RefreshNext, &parts))
    }

    /// The refresh token stored as `stored`, if it is the one that followed on this one with `nonce`, under any key.
    pub fn following_refresh(
        &self,
        secret: &RefreshSecret,
        nonce: &[u8; 16],
        stored: &TokenHash,
    ) -> Option<RefreshSecret> {
        let [family, token] = secret.parts();
        let macs = self
            .secret
            .macs(Purpose::RefreshNext, &[family, token, nonce.as_slice()]);
        macs.into_iter()
            .map(|token| secret.with_token(token))
            .find(|next| self.is_refresh(next, stored))
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
    fn it_has_one_spelling() {
        let secret = RefreshSecret::generate().unwrap();
        let text = secret.to_text();
        assert_eq!(text.len(), 64);
        assert_eq!(RefreshSecret::from_text(&text).unwrap().parts(), secret.parts());
        for odd in [
            "",
            &text[1..],
            &format!("{}=", *text),
            &format!(" {}", &text[1..]),
        ] {
            assert!(RefreshSecret::from_text(odd).is_none(), "{odd:?}");
        }
    }

    #[test]
    fn it_is_a_token_of_its_own_family_key_and_purpose() {
        let (one, other) = (
            RefreshSecret::generate().unwrap(),
            RefreshSecret::generate().unwrap(),
        );
        let stored = keys(&[A]).refresh_hash(&one);
        assert!(keys(&[A]).is_refresh(&one, &stored) && keys(&[B, A]).is_refresh(&one, &stored));
        assert!(!keys(&[B]).is_refresh(&one, &stored) && !keys(&[A]).is_refresh(&other, &stored));
        // The same bytes in a remember cookie are noise.
        let remembered = RememberSecret::from_cookie(&one.to_text()).unwrap();
        assert!(!keys(&[A]).is_token(&remembered, &stored));
        let series = keys(&[A]).series_hash(&remembered);
        assert!(keys(&[A]).family_hash(&one).as_bytes() != series.as_bytes());
    }

    #[test]
    fn a_family_is_found_while_keys_rotate() {
        let secret = RefreshSecret::generate().unwrap();
        let before = keys(&[A]).family_hashes(&secret);
        let during = keys(&[B, A]).family_hashes(&secret);
        assert_eq!((before.len(), during.len()), (1, 2));
        assert!(during[1] == before[0] && during[0] == keys(&[B, A]).family_hash(&secret));
    }

    #[test]
    fn the_token_that_follows_is_found_again_with_the_nonce_alone() {
        let secret = RefreshSecret::generate().unwrap();
        let next = keys(&[A]).next_refresh(&secret, &[7; 16]);
        assert_eq!(next.family(), secret.family());
        assert_ne!(next.parts(), secret.parts());
        let stored = keys(&[A]).refresh_hash(&next);
        let found = |keys: &Keys, nonce| keys.following_refresh(&secret, nonce, &stored);
        assert!(found(&keys(&[A]), &[7; 16]).is_some_and(|found| found.parts() == next.parts()));
        assert!(found(&keys(&[B, A]), &[7; 16]).is_some_and(|found| found.parts() == next.parts()));
        assert!(found(&keys(&[A]), &[8; 16]).is_none());
        assert!(found(&keys(&[B]), &[7; 16]).is_none());
    }
}
