use zeroize::Zeroizing;

use super::derive::{self, LEN};
use super::purpose::Purpose;
use crate::error::{Error, Result};

/// First part of everything that a ring writes: another construction would get another.
pub(super) const VERSION: &str = "v1";

/// Hexadecimal digits of a key id.
const ID_LEN: usize = 12;

/// Characters that a secret must have at least: 32 hexadecimal digits are 128 bits, the least that ASVS 11.2.3 allows.
const SECRET_MIN: usize = 32;

/// Different characters that a secret must have at least. Random digits have fewer than 8 once in some 10^10 times;
/// `changemechangeme…` and a row of one letter always.
const SECRET_VARIETY: usize = 8;

/// Secrets that can be replaced one by one: the newest makes new values, all are accepted.
///
/// See the [module](crate::crypto) for how keys are derived from them.
///
/// ```
/// use rocket_security::crypto::{KeyRing, Purpose};
///
/// let old = "an old secret: mOvAq3UsLhYlWJ2dXzk9";
/// let new = "a newer secret: 7RyBfEw0CtGp5uKiNaVh";
/// let before = KeyRing::new(&[old])?;
/// let mac = before.mac(Purpose::Csrf, &[b"form"]);
///
/// let rotated = KeyRing::new(&[new, old])?;
/// assert!(rotated.verify_mac(Purpose::Csrf, &[b"form"], &mac));
/// assert_ne!(rotated.mac(Purpose::Csrf, &[b"form"]), mac);
/// # Ok::<(), rocket_security::Error>(())
/// ```
pub struct KeyRing {
    current: Key,
    former: Vec<Key>,
}

/// What is kept of one secret.
pub(super) struct Key {
    pub(super) id: String,
    // Boxed, so that moving a key leaves no copy of it behind.
    prk: Box<Zeroizing<[u8; LEN]>>,
    /// The subkey of session hashes: every request needs it, and deriving it costs as much as using it.
    session: Box<Zeroizing<[u8; LEN]>>,
}

/// Which of the three keys of a purpose.
#[derive(Clone, Copy)]
pub(super) enum Usage {
    Mac,
    Sign,
    Seal,
}

impl KeyRing {
    /// A ring of these secrets, the newest first.
    ///
    /// Refused are an empty ring, a secret of fewer than 32 characters, one of fewer than 8 different characters
    /// or that repeats a shorter text, one with white space around it or control characters in it (the newline
    /// of a file that one instance cut off and another did not), and the same secret twice. No message repeats a secret.
    pub fn new(secrets: &[impl AsRef<str>]) -> Result<Self> {
        let mut keys: Vec<Key> = Vec::with_capacity(secrets.len());
        for (i, secret) in secrets.iter().enumerate() {
            let number = i + 1;
            let secret = secret.as_ref();
            if let Some(problem) = weakness(secret) {
                return Err(Error::config(format!(
                    "key {number} {problem}; make one with `openssl rand -base64 48`"
                )));
            }
            let key = Key::new(secret);
            if let Some(twin) = keys.iter().position(|known| known.id == key.id) {
                return Err(Error::config(format!(
                    "key {number} is the same as key {}; write each key once",
                    twin + 1
                )));
            }
            keys.push(key);
        }
        let mut keys = keys.into_iter();
        match keys.next() {
            Some(current) => Ok(KeyRing {
                current,
                former: keys.collect(),
            }),
            None => Err(Error::config(
                "a key ring needs at least one key; make one with `openssl rand -base64 48`",
            )),
        }
    }

    /// The MAC of `parts` under the current key.
    pub fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; LEN] {
        self.current.mac(purpose, parts)
    }

    /// The MACs of `parts` under every key, the current one first: for look-ups while keys rotate.
    pub fn macs(&self, purpose: Purpose, parts: &[&[u8]]) -> Vec<[u8; LEN]> {
        self.keys().map(|key| key.mac(purpose, parts)).collect()
    }

    /// Whether `mac` is the MAC of `parts` under any key. Takes the same time whichever it is.
    pub fn verify_mac(&self, purpose: Purpose, parts: &[&[u8]], mac: &[u8]) -> bool {
        // No `any`: it would stop at the first match.
        self.keys().fold(false, |found, key| {
            found | derive::equal(&key.mac(purpose, parts), mac)
        })
    }

    /// The public names of the keys, the current one first.
    pub fn key_ids(&self) -> Vec<String> {
        self.keys().map(|key| key.id.clone()).collect()
    }

    /// The public name of the key that a sealed value or a token says it was made with.
    /// Nothing is verified; the name need not be one of this ring.
    pub fn key_id_of(sealed: &str) -> Option<&str> {
        Self::split(sealed).map(|(id, _)| id)
    }

    /// The key id that a value names, and what follows it.
    pub(super) fn split(sealed: &str) -> Option<(&str, &str)> {
        let (id, rest) = sealed.strip_prefix(VERSION)?.strip_prefix('.')?.split_once('.')?;
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (id.len() == ID_LEN && id.bytes().all(hex)).then_some((id, rest))
    }

    /// Whether a sealed value or a token names the current key.
    pub(crate) fn is_current(&self, sealed: &str) -> bool {
        Self::key_id_of(sealed) == Some(&self.current.id)
    }

    pub(super) fn current(&self) -> &Key {
        &self.current
    }

    pub(super) fn key(&self, id: &str) -> Option<&Key> {
        self.keys().find(|key| key.id == id)
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.former)
    }
}

impl Key {
    fn new(secret: &str) -> Self {
        let prk = Box::new(derive::extract(secret.as_bytes()));
        let id = derive::expand(&prk, &[b"rocket_security/v1/id"]);
        let session = Box::new(subkey(&prk, Usage::Mac, Purpose::Session));
        Key {
            id: data_encoding::HEXLOWER.encode(&id[..ID_LEN / 2]),
            prk,
            session,
        }
    }

    pub(super) fn subkey(&self, usage: Usage, purpose: Purpose) -> Zeroizing<[u8; LEN]> {
        subkey(&self.prk, usage, purpose)
    }

    fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; LEN] {
        match purpose {
            Purpose::Session => derive::mac(&self.session, parts),
            _ => derive::mac(&self.subkey(Usage::Mac, purpose), parts),
        }
    }
}

fn subkey(prk: &[u8; LEN], usage: Usage, purpose: Purpose) -> Zeroizing<[u8; LEN]> {
    let usage: &[u8] = match usage {
        Usage::Mac => b"mac/",
        Usage::Sign => b"sign/",
        Usage::Seal => b"seal/",
    };
    derive::expand(prk, &[b"rocket_security/v1/", usage, purpose.label().as_bytes()])
}

/// Why nobody should use this secret. Cannot know a bad one from its text; catches what was never made to be one.
fn weakness(secret: &str) -> Option<&'static str> {
    if secret.trim() != secret {
        return Some("begins or ends with white space");
    }
    if secret.chars().any(char::is_control) {
        return Some("contains a control character");
    }
    if secret.chars().count() < SECRET_MIN {
        return Some("is shorter than 32 characters");
    }
    let different: std::collections::HashSet<char> = secret.chars().collect();
    if different.len() < SECRET_VARIETY {
        return Some("has fewer than 8 different characters");
    }
    let bytes = secret.as_bytes();
    let repeats = |period: usize| bytes.iter().zip(&bytes[period..]).all(|(one, next)| one == next);
    if (1..=bytes.len() / 2).any(repeats) {
        return Some("repeats a shorter text");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "old key: pQ7cV2xJtB8mZsR4nKfW";
    const NEW: &str = "new key: 3GdLy6hTuE9wXaCb5iMo";
    const OTHER: &str = "other key: Yk1qN8rDvS0zFjHp7UeI";

    fn ring(secrets: &[&str]) -> KeyRing {
        KeyRing::new(
            &secrets
                .iter()
                .map(|text| format!("{text}....+"))
                .collect::<Vec<_>>(),
        )
        .unwrap()
    }

    fn refusal(secrets: &[&str]) -> String {
        match KeyRing::new(secrets) {
            Ok(_) => panic!("accepted {secrets:?}"),
            Err(error) => error.to_string(),
        }
    }

    /// Computed by another implementation (Python's `hmac`): the format is a promise to everything stored.
    #[test]
    fn known_answers() {
        let ring = KeyRing::new(&["known answer key: 0123456789 abcdefghij"]).unwrap();
        assert_eq!(ring.key_ids(), ["bbbd86b43612"]);
        assert_eq!(
            data_encoding::HEXLOWER.encode(&ring.mac(Purpose::Session, &[b"ab", b"", b"c"])),
            "2c9eef162d62b864750434b66c78632c853bd8e1c6f4d4e155b6aec6b78e9526"
        );
    }

    #[test]
    fn refuses_secrets_that_are_none() {
        let none: &[&str] = &[];
        assert!(refusal(none).contains("at least one key"));
        assert!(refusal(&["short but 0therwise quite fine!"]).contains("key 1 is shorter than 32"));
        assert!(refusal(&[&"a".repeat(64)]).contains("fewer than 8"));
        assert!(refusal(&[&"changeme".repeat(8)]).contains("fewer than 8"));
        assert!(refusal(&[&"0123456789".repeat(5)[..47]]).contains("repeats"));
        let good = "Jb8sX2vQ0kLz5TgW9cRn7YhM3dPf1AeU";
        assert!(refusal(&[good, &format!("{good}\n")]).contains("key 2 begins or ends with white space"));
        assert!(refusal(&[&format!("{good}\0{good}x")]).contains("control character"));
        assert!(refusal(&[good, NEW.repeat(2).as_str()]).contains("key 2 repeats"));
        let twice = refusal(&[good, "another good one: 6TzGq4VrXoBw2NiY", good]);
        assert!(twice.contains("key 3 is the same as key 1"), "{twice}");
        assert!(!twice.contains(good));
    }

    #[test]
    fn accepts_what_people_make() {
        for secret in [
            "0f3a9c27d8b1e6450f7e2d6c1b9a8354",
            "Vt1t5vHWkQy5cXrRGzZ7c3bKXw3J2bM3hJt0oQ8Yy2lEo6dL1uF9sA4nPqIeUgTx",
            "zufällig gewählte Wörter: Kühlschrank Öl Straße",
        ] {
            assert!(KeyRing::new(&[secret]).is_ok(), "{secret}");
        }
    }

    #[test]
    fn rotation_makes_under_the_first_and_accepts_all() {
        let before = ring(&[OLD]);
        let during = ring(&[NEW, OLD]);
        let after = ring(&[NEW]);
        let parts: &[&[u8]] = &[b"who", b"what"];
        let mac = before.mac(Purpose::Csrf, parts);

        assert!(during.verify_mac(Purpose::Csrf, parts, &mac));
        assert!(!after.verify_mac(Purpose::Csrf, parts, &mac));
        assert_eq!(during.mac(Purpose::Csrf, parts), after.mac(Purpose::Csrf, parts));
        assert_eq!(
            during.macs(Purpose::Csrf, parts),
            [after.mac(Purpose::Csrf, parts), mac]
        );
        assert_eq!(during.key_ids(), [after.key_ids(), before.key_ids()].concat());
    }

    #[test]
    fn a_mac_belongs_to_its_purpose_parts_and_ring() {
        let ours = ring(&[NEW, OLD]);
        let theirs = ring(&[OTHER]);
        let mac = ours.mac(Purpose::Session, &[b"ab", b"c"]);
        assert!(ours.verify_mac(Purpose::Session, &[b"ab", b"c"], &mac));
        for &purpose in Purpose::ALL {
            assert_eq!(
                ours.verify_mac(purpose, &[b"ab", b"c"], &mac),
                purpose == Purpose::Session
            );
        }
        assert!(!ours.verify_mac(Purpose::Session, &[b"a", b"bc"], &mac));
        assert!(!ours.verify_mac(Purpose::Session, &[b"abc"], &mac));
        assert!(!theirs.verify_mac(Purpose::Session, &[b"ab", b"c"], &mac));
        assert!(!ours.verify_mac(Purpose::Session, &[b"ab", b"c"], &mac[..31]));
        assert!(!ours.verify_mac(Purpose::Session, &[b"ab", b"c"], b""));
        for i in 0..LEN {
            let mut forged = mac;
            forged[i] ^= 1;
            assert!(!ours.verify_mac(Purpose::Session, &[b"ab", b"c"], &forged));
        }
    }

    #[test]
    fn every_usage_and_purpose_has_a_key_of_its_own() {
        let ring = ring(&[NEW]);
        let mut seen = std::collections::HashSet::new();
        for &purpose in Purpose::ALL {
            for usage in [Usage::Mac, Usage::Sign, Usage::Seal] {
                assert!(seen.insert(*ring.current.subkey(usage, purpose)));
            }
        }
        assert!(seen.insert(**ring.current.prk));
    }

    #[test]
    fn key_id_of_reads_only_the_form_that_is_written() {
        assert_eq!(KeyRing::key_id_of("v1.0123456789ab.x"), Some("0123456789ab"));
        for text in [
            "",
            "v1",
            "v1.",
            "v1.0123456789ab",
            "v2.0123456789ab.x",
            "v1.0123456789AB.x",
            "v1.0123456789a.x",
            "v1.0123456789abc.x",
            "v10123456789ab.x",
            "0123456789ab.x",
            "v1.0123456789aé.x",
        ] {
            assert_eq!(KeyRing::key_id_of(text), None, "{text}");
        }
    }
}
