//! Values that nobody without the key can read or change, bound to where they belong.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::derive;
use super::purpose::Purpose;
use super::random::random_bytes;
use super::ring::{KeyRing, Usage, VERSION};
use crate::error::{Error, Result};

const NONCE: usize = 24;
const TAG: usize = 16;

/// Bytes that can be sealed at most. A bound for what a stranger can make us decode.
const PLAIN_MAX: usize = 1 << 20;

/// Characters that a sealed value has at most: version, key id and dots, then base64 of the rest.
const SEALED_MAX: usize = 32 + (NONCE + PLAIN_MAX + TAG).div_ceil(3) * 4;

impl KeyRing {
    /// Encrypts and authenticates `plain` under the current key.
    ///
    /// `aad` is not stored: it says where the value belongs (a row, a cookie), and without exactly the same parts it
    /// does not open. At most 1 MiB can be sealed.
    ///
    /// ```
    /// use rocket_security::crypto::{KeyRing, Purpose};
    ///
    /// let ring = KeyRing::new(&["a secret of the example: 4TzGq6VrXoBw"])?;
    /// let sealed = ring.seal(Purpose::Flash, &[b"row 1"], b"hello")?;
    /// assert_eq!(ring.open(Purpose::Flash, &[b"row 1"], &sealed).unwrap()[..], *b"hello");
    /// assert!(ring.open(Purpose::Flash, &[b"row 2"], &sealed).is_none());
    /// # Ok::<(), rocket_security::Error>(())
    /// ```
    pub fn seal(&self, purpose: Purpose, aad: &[&[u8]], plain: &[u8]) -> Result<String> {
        if plain.len() > PLAIN_MAX {
            return Err(Error::internal("a value to be sealed is larger than 1 MiB"));
        }
        let key = self.current();
        let nonce = random_bytes::<NONCE>()?;
        let cipher = XChaCha20Poly1305::new((&*key.subkey(Usage::Seal, purpose)).into());
        let payload = Payload {
            msg: plain,
            aad: &associated(purpose, aad),
        };
        let ciphertext = cipher
            .encrypt((&nonce).into(), payload)
            .map_err(|_| Error::internal("a value could not be sealed"))?;
        let body = BASE64URL_NOPAD.encode(&[&nonce[..], &ciphertext].concat());
        Ok(format!("{VERSION}.{}.{body}", key.id))
    }

    /// Opens what [`seal`](KeyRing::seal) made, by whichever key of the ring.
    ///
    /// `None` for everything else: a changed, cut or foreign value, another purpose, other associated data, a
    /// key that left the ring.
    pub fn open(&self, purpose: Purpose, aad: &[&[u8]], sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
        if sealed.len() > SEALED_MAX {
            return None;
        }
        let (id, body) = KeyRing::split(sealed)?;
        let key = self.key(id)?;
        let body = BASE64URL_NOPAD.decode(body.as_bytes()).ok()?;
        let (nonce, ciphertext) = body.split_first_chunk::<NONCE>()?;
        let cipher = XChaCha20Poly1305::new((&*key.subkey(Usage::Seal, purpose)).into());
        let payload = Payload {
            msg: ciphertext,
            aad: &associated(purpose, aad),
        };
        cipher.decrypt(nonce.into(), payload).ok().map(Zeroizing::new)
    }
}

fn associated(purpose: Purpose, aad: &[&[u8]]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::with_capacity(aad.len() + 2);
    parts.push(VERSION.as_bytes());
    parts.push(purpose.label().as_bytes());
    parts.extend_from_slice(aad);
    derive::encode(&parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "old key for sealing: pQ7cV2xJtB8mZsR4nKfW";
    const NEW: &str = "new key for sealing: 3GdLy6hTuE9wXaCb5iMo";

    fn ring(secrets: &[&str]) -> KeyRing {
        KeyRing::new(secrets).unwrap()
    }

    /// Made by another implementation: HChaCha20 by hand, ChaCha20-Poly1305 and HMAC from Python's libraries.
    #[test]
    fn known_answer() {
        let ring = ring(&["known answer key: 0123456789 abcdefghij"]);
        let sealed =
            "v1.bbbd86b43612.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXmBtKB19H7Ih-coDOige9rRa7i4Wo7fRxCNT_Hzvy";
        let plain = ring.open(Purpose::Password, &[b"row 1"], sealed).unwrap();
        assert_eq!(plain[..], *b"a sealed value");
    }

    #[test]
    fn opens_what_it_sealed_whatever_it_was() {
        let ring = ring(&[NEW]);
        for plain in [&b""[..], b"x", b"\0\xff", &[7; 4096]] {
            for aad in [&[][..], &[&b""[..]], &[b"row", b"column"]] {
                let sealed = ring.seal(Purpose::Flash, aad, plain).unwrap();
                assert_eq!(ring.open(Purpose::Flash, aad, &sealed).unwrap()[..], *plain);
                assert_ne!(ring.seal(Purpose::Flash, aad, plain).unwrap(), sealed);
            }
        }
    }

    #[test]
    fn is_bound_to_its_row_and_purpose() {
        let ring = ring(&[NEW]);
        let sealed = ring.seal(Purpose::Password, &[b"alice"], b"hash").unwrap();
        for aad in [&[][..], &[&b"bob"[..]], &[b"alice", b""], &[b"ali", b"ce"]] {
            assert!(ring.open(Purpose::Password, aad, &sealed).is_none());
        }
        for &purpose in Purpose::ALL {
            let opened = ring.open(purpose, &[b"alice"], &sealed);
            assert_eq!(opened.is_some(), purpose == Purpose::Password);
        }
    }

    #[test]
    fn rotates() {
        let sealed = ring(&[OLD]).seal(Purpose::Flash, &[], b"kept").unwrap();
        let during = ring(&[NEW, OLD]);
        assert_eq!(during.open(Purpose::Flash, &[], &sealed).unwrap()[..], *b"kept");
        assert!(!during.is_current(&sealed));
        assert!(during.is_current(&during.seal(Purpose::Flash, &[], b"").unwrap()));
        assert_eq!(KeyRing::key_id_of(&sealed), Some(during.key_ids()[1].as_str()));
        assert!(ring(&[NEW]).open(Purpose::Flash, &[], &sealed).is_none());
    }

    #[test]
    fn no_changed_value_opens() {
        let ring = ring(&[NEW, OLD]);
        let sealed = ring.seal(Purpose::Flash, &[], b"top secret").unwrap();
        for i in 0..sealed.len() {
            assert!(
                ring.open(Purpose::Flash, &[], &sealed[..i]).is_none(),
                "cut at {i}"
            );
            for change in [b'A', b'B', b'.', b'=', b'0', b'_'] {
                let mut bytes = sealed.clone().into_bytes();
                if bytes[i] == change {
                    continue;
                }
                bytes[i] = change;
                let changed = String::from_utf8(bytes).unwrap();
                assert!(ring.open(Purpose::Flash, &[], &changed).is_none(), "{changed}");
            }
        }
        for tail in ["A", "=", ".", " ", "\n", ".AAAA", "é"] {
            assert!(
                ring.open(Purpose::Flash, &[], &format!("{sealed}{tail}"))
                    .is_none()
            );
        }
        let (head, body) = sealed.rsplit_once('.').unwrap();
        for piece in ["", ".", "AAAA.", "v1."] {
            let longer = format!("{head}.{piece}{body}");
            assert_eq!(
                ring.open(Purpose::Flash, &[], &longer).is_some(),
                piece.is_empty()
            );
        }
        // The other key of the ring: its name alone does not make it fit.
        let [new, old] = &ring.key_ids()[..] else {
            unreachable!()
        };
        assert!(
            ring.open(Purpose::Flash, &[], &sealed.replace(new, old))
                .is_none()
        );
    }

    #[test]
    fn size_is_bounded() {
        let ring = ring(&[NEW]);
        let largest = vec![1; PLAIN_MAX];
        let sealed = ring.seal(Purpose::Flash, &[], &largest).unwrap();
        assert!(sealed.len() <= SEALED_MAX);
        assert_eq!(ring.open(Purpose::Flash, &[], &sealed).unwrap()[..], largest[..]);
        assert!(ring.seal(Purpose::Flash, &[], &vec![1; PLAIN_MAX + 1]).is_err());
    }
}
