use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::derive;
use super::keys::Keys;
use super::purpose::Purpose;
use super::random::{random_bytes, random_hex32};
use crate::error::Result;
use crate::model::ApiKeyHash;

/// Digits of the id, of the secret and of the check.
const ID: usize = 32;
const SECRET: usize = 64;
const CHECK: usize = 8;

/// Characters that a prefix may have.
pub(crate) const PREFIX_MAX: usize = 16;

/// An API key: `<prefix>_<id>_<secret>_<check>`.
///
/// The id is 32 hexadecimal digits and public, the secret 256 random bits. The check is the beginning of the SHA-256 of
/// all before it: a scanner that finds a key in a repository can tell it from other digits without asking anybody, and a
/// mistyped one costs no look-up. The server keeps a keyed hash of the whole ([`Keys::api_key_hash`]), so a stolen
/// table opens nothing.
///
/// ```
/// use rocket_security::crypto::ApiKeySecret;
///
/// let key = ApiKeySecret::generate("rsk")?;
/// let text = key.to_text();
/// assert!(text.starts_with("rsk_"));
/// assert_eq!(ApiKeySecret::parse(&text).unwrap().id(), key.id());
/// assert!(ApiKeySecret::parse("rsk_mistyped").is_none());
/// # Ok::<(), rocket_security::Error>(())
/// ```
pub struct ApiKeySecret {
    prefix: String,
    id: String,
    secret: Box<Zeroizing<[u8; SECRET / 2]>>,
}

impl ApiKeySecret {
    /// A new one. `prefix` is up to 16 letters, digits and underscores.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn generate(prefix: &str) -> Result<Self> {
        Ok(ApiKeySecret {
            prefix: prefix.to_owned(),
            id: random_hex32()?,
            secret: Box::new(Zeroizing::new(random_bytes()?)),
        })
    }

    /// The key as its owner gets it to see, once.
    pub fn to_text(&self) -> Zeroizing<String> {
        let secret = Zeroizing::new(HEXLOWER.encode(&self.secret[..]));
        let mut text = Zeroizing::new(String::with_capacity(self.prefix.len() + ID + SECRET + CHECK + 3));
        for part in [self.prefix.as_str(), "_", self.id.as_str(), "_", secret.as_str()] {
            text.push_str(part);
        }
        let check = check(&text);
        text.push('_');
        text.push_str(&check);
        text
    }

    /// Reads a key. Only the one spelling that [`to_text`](ApiKeySecret::to_text) writes is accepted.
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, id, secret) = split(text)?;
        let (signed, stated) = text.rsplit_once('_')?;
        if check(signed) != stated {
            return None;
        }
        let secret = Zeroizing::new(HEXLOWER.decode(secret.as_bytes()).ok()?);
        Some(ApiKeySecret {
            prefix: prefix.to_owned(),
            id: id.to_owned(),
            secret: Box::new(Zeroizing::new(<[u8; SECRET / 2]>::try_from(&secret[..]).ok()?)),
        })
    }

    /// Whether the text has the form of an API key, right or not: no other credential has.
    pub fn looks_like(text: &str) -> bool {
        split(text).is_some()
    }

    /// By what the key is spoken of.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it begins with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    fn parts(&self) -> [&[u8]; 3] {
        [self.prefix.as_bytes(), self.id.as_bytes(), &self.secret[..]]
    }
}

/// Prefix, id and secret of what has the form of a key. From the end, because a prefix may have underscores.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    if text.len() > PREFIX_MAX + ID + SECRET + CHECK + 3 {
        return None;
    }
    let hex = |part: &str, digits: usize| {
        part.len() == digits && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let mut parts = text.rsplitn(4, '_');
    let (check, secret, id, prefix) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let whole = hex(check, CHECK) && hex(secret, SECRET) && hex(id, ID) && is_prefix(prefix);
    whole.then_some((prefix, id, secret))
}

/// Whether keys may begin so.
pub(crate) fn is_prefix(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=PREFIX_MAX).contains(&bytes.len())
        && bytes
            .iter()
            .all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn check(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    HEXLOWER.encode(&digest[..CHECK / 2])
}

impl Keys {
    /// The hash under which a key is stored from now on: under the current key of the ring.
    pub fn api_key_hash(&self, key: &ApiKeySecret) -> ApiKeyHash {
        ApiKeyHash(self.secret.mac(Purpose::ApiKey, &key.parts()))
    }

    /// Whether `stored` is the hash of the key, under any key of the ring. In constant time.
    pub fn is_api_key(&self, key: &ApiKeySecret, stored: &ApiKeyHash) -> bool {
        self.secret
            .verify_mac(Purpose::ApiKey, &key.parts(), stored.as_bytes())
    }
}

/// In constant time.
impl PartialEq for ApiKeyHash {
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
    fn has_one_spelling() {
        for prefix in ["rsk", "a", "my_app_live_1", "ABCDEFGHIJKLMNOP"] {
            let key = ApiKeySecret::generate(prefix).unwrap();
            let text = key.to_text();
            assert_eq!(text.len(), prefix.len() + 107);
            let read = ApiKeySecret::parse(&text).unwrap();
            assert_eq!((read.prefix(), read.id()), (prefix, key.id()));
            assert_eq!(read.to_text(), text);
            for odd in [
                text.to_uppercase(),
                format!("{} ", text.as_str()),
                format!(" {}", text.as_str()),
                format!("{}0", text.as_str()),
                format!("x{}", text.as_str()),
                text[1..].to_owned(),
                text[..text.len() - 1].to_owned(),
                text.replace('_', "-"),
                format!("{}\0", &text[..text.len() - 1]),
                format!("{}é", &text[..text.len() - 2]),
            ] {
                assert!(ApiKeySecret::parse(&odd).is_none(), "{odd:?}");
            }
        }
        assert!(ApiKeySecret::parse("").is_none());
        assert!(ApiKeySecret::parse(&"_".repeat(120)).is_none());
        assert!(!ApiKeySecret::looks_like(&"a".repeat(1_000_000)));
    }

    #[test]
    fn every_changed_digit_is_noticed() {
        let text = ApiKeySecret::generate("rsk").unwrap().to_text();
        for at in 0..text.len() {
            let mut changed = text.as_bytes().to_vec();
            changed[at] = if changed[at] == b'a' { b'b' } else { b'a' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(ApiKeySecret::parse(&changed).is_none(), "at {at}");
        }
    }

    #[test]
    fn the_stored_hash_is_of_the_whole_key_and_follows_the_ring() {
        let (key, other) = (
            ApiKeySecret::generate("rsk").unwrap(),
            ApiKeySecret::generate("rsk").unwrap(),
        );
        let stored = keys(&[A]).api_key_hash(&key);
        assert!(keys(&[A]).is_api_key(&key, &stored));
        assert!(keys(&[B, A]).is_api_key(&key, &stored));
        assert!(!keys(&[B]).is_api_key(&key, &stored));
        assert!(!keys(&[A]).is_api_key(&other, &stored));
        assert!(stored != keys(&[B, A]).api_key_hash(&key));
        let with = |prefix: &str, id: &str| ApiKeySecret {
            prefix: prefix.to_owned(),
            id: id.to_owned(),
            secret: key.secret.clone(),
        };
        assert!(keys(&[A]).is_api_key(&with("rsk", key.id()), &stored));
        assert!(!keys(&[A]).is_api_key(&with("rsl", key.id()), &stored));
        assert!(!keys(&[A]).is_api_key(&with("rsk", other.id()), &stored));
    }
}
