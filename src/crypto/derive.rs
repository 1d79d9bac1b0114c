//! HMAC, HKDF and the encoding of lists: the few lines that everything keyed goes through.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Bytes of a key, a MAC and an SHA-256 hash.
pub(super) const LEN: usize = 32;

/// Public, and constant so that equal secrets give equal keys on every instance; it separates our keys from whatever
/// else somebody derives from the same text.
const SALT: &[u8; 27] = b"rocket_security key ring v1";

fn hmac<const N: usize>(key: &[u8; N]) -> Hmac<Sha256> {
    // RFC 2104 fills a short key up with zeros. Doing it here spares the error of a key of any length.
    const { assert!(N <= 64) };
    let mut block = Zeroizing::new([0; 64]);
    block[..N].copy_from_slice(key);
    Hmac::new((&*block).into())
}

/// HKDF-Extract of a secret, with the salt of this library.
pub(super) fn extract(secret: &[u8]) -> Zeroizing<[u8; LEN]> {
    extract_with(SALT, secret)
}

fn extract_with<const N: usize>(salt: &[u8; N], secret: &[u8]) -> Zeroizing<[u8; LEN]> {
    Zeroizing::new(hmac(salt).chain_update(secret).finalize().into_bytes().into())
}

/// The first block of HKDF-Expand, which is all of a 32-byte key. `info` is the concatenation of the pieces.
pub(super) fn expand(prk: &[u8; LEN], info: &[&[u8]]) -> Zeroizing<[u8; LEN]> {
    let mut hmac = hmac(prk);
    for piece in info {
        hmac.update(piece);
    }
    hmac.update(&[1]);
    Zeroizing::new(hmac.finalize().into_bytes().into())
}

/// HMAC-SHA-256 over a list whose parts cannot run into one another.
pub(super) fn mac(key: &[u8; LEN], parts: &[&[u8]]) -> [u8; LEN] {
    let mut hmac = hmac(key);
    for part in parts {
        hmac.update(&(part.len() as u64).to_be_bytes());
        hmac.update(part);
    }
    hmac.finalize().into_bytes().into()
}

/// The same list as bytes, for associated data.
pub(super) fn encode(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

/// Whether two MACs are equal, in a time that does not depend on where they differ.
pub(super) fn equal(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        HEXLOWER.decode(text.as_bytes()).unwrap()
    }

    #[test]
    fn hkdf_as_in_rfc_5869_case_1() {
        let salt: [u8; 13] = hex("000102030405060708090a0b0c").try_into().unwrap();
        let prk = extract_with(&salt, &[0x0b; 22]);
        assert_eq!(
            prk[..],
            hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")
        );
        // The case asks for 42 bytes; the first 32 are the first block.
        let okm = expand(&prk, &[&hex("f0f1f2f3f4"), &hex("f5f6f7f8f9")]);
        assert_eq!(
            okm[..],
            hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf")
        );
    }

    #[test]
    fn hmac_as_in_rfc_4231_case_2() {
        let tag: [u8; 32] = hmac(b"Jefe")
            .chain_update(b"what do ya want for nothing?")
            .finalize()
            .into_bytes()
            .into();
        assert_eq!(
            tag[..],
            hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        );
    }

    #[test]
    fn no_two_lists_collide() {
        let lists: &[&[&[u8]]] = &[
            &[],
            &[b""],
            &[b"", b""],
            &[b"abc"],
            &[b"ab", b"c"],
            &[b"a", b"bc"],
            &[b"", b"abc"],
            &[b"abc", b""],
            &[b"\0\0\0\0\0\0\0\x03abc"],
            &[b"abc", b"\0\0\0\0\0\0\0\0"],
        ];
        let key = [7; LEN];
        for (i, one) in lists.iter().enumerate() {
            for (j, other) in lists.iter().enumerate() {
                assert_eq!(mac(&key, one) == mac(&key, other), i == j, "{one:?} {other:?}");
                assert_eq!(encode(one) == encode(other), i == j, "{one:?} {other:?}");
            }
            assert_eq!(
                mac(&key, one),
                <[u8; 32]>::from(
                    super::hmac(&key)
                        .chain_update(encode(one))
                        .finalize()
                        .into_bytes()
                )
            );
        }
    }

    #[test]
    fn comparison_sees_length_and_every_byte() {
        let one = [1u8; LEN];
        assert!(equal(&one, &one));
        assert!(!equal(&one, &one[..31]));
        assert!(!equal(&one, &[]));
        for i in 0..LEN {
            let mut other = one;
            other[i] ^= 0x80;
            assert!(!equal(&one, &other));
        }
    }
}
