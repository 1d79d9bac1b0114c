//! The CSRF token: a keyed hash of the session's secret, or of the browser's for who is not signed in.
//!
//! It is bound to what it protects, so a token of another session, of another browser or of the time before the
//! sign-in is worth nothing (trap 51). Each page carries it under another mask, so that compressing a response
//! that repeats it tells nothing (BREACH). There is no list to keep and nothing to expire apart from the session.

use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use crate::crypto::{KeyRing, Purpose, random_bytes};
use crate::error::Result;

/// What a token is bound to.
pub(crate) enum Binding {
    Session(Zeroizing<Vec<u8>>),
    Browser(Zeroizing<Vec<u8>>),
}

impl Binding {
    fn parts(&self) -> [&[u8]; 2] {
        match self {
            Binding::Session(secret) => [b"session", secret],
            Binding::Browser(secret) => [b"browser", secret],
        }
    }
}

/// A token for a page or a JSON answer, masked anew.
pub(crate) fn issue(ring: &KeyRing, binding: &Binding) -> Result<String> {
    let mask = random_bytes::<32>()?;
    let mac = ring.mac(Purpose::Csrf, &binding.parts());
    let mut token = [0u8; 64];
    for (at, (mask, mac)) in mask.iter().zip(mac).enumerate() {
        token[at] = *mask;
        token[at + 32] = mask ^ mac;
    }
    Ok(BASE64URL_NOPAD.encode(&token))
}

/// Whether the token was issued for this binding, under any key of the ring.
pub(crate) fn verify(ring: &KeyRing, binding: &Binding, token: &str) -> bool {
    // The length is checked first: what an attacker sends must not decide how much is decoded.
    if token.len() != 86 {
        return false;
    }
    let Ok(token) = BASE64URL_NOPAD.decode(token.as_bytes()) else {
        return false;
    };
    let Some((mask, masked)) = token.split_at_checked(32) else {
        return false;
    };
    let mac: Vec<u8> = mask
        .iter()
        .zip(masked)
        .map(|(mask, masked)| mask ^ masked)
        .collect();
    ring.verify_mac(Purpose::Csrf, &binding.parts(), &mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(seed: char) -> KeyRing {
        KeyRing::new(&[format!("{seed}0123456789abcdefghijklmnopqrstuvwxyzABCDEF")]).unwrap()
    }

    fn session(byte: u8) -> Binding {
        Binding::Session(Zeroizing::new(vec![byte; 32]))
    }

    #[test]
    fn a_token_is_good_for_its_binding_alone() {
        let ring = ring('a');
        let token = issue(&ring, &session(1)).unwrap();
        assert!(verify(&ring, &session(1), &token));
        assert!(!verify(&ring, &session(2), &token));
        assert!(!verify(
            &ring,
            &Binding::Browser(Zeroizing::new(vec![1; 32])),
            &token
        ));
        assert!(!verify(&self::ring('b'), &session(1), &token));
    }

    #[test]
    fn each_page_masks_it_anew() {
        let ring = ring('a');
        let (one, two) = (
            issue(&ring, &session(1)).unwrap(),
            issue(&ring, &session(1)).unwrap(),
        );
        assert_ne!(one, two);
        assert!(verify(&ring, &session(1), &one) && verify(&ring, &session(1), &two));
    }

    #[test]
    fn rubbish_is_refused() {
        let ring = ring('a');
        let token = issue(&ring, &session(1)).unwrap();
        let mut flipped = token.clone().into_bytes();
        flipped[40] = if flipped[40] == b'A' { b'B' } else { b'A' };
        let flipped = String::from_utf8(flipped).unwrap();
        for bad in [
            "",
            "x",
            &token[..85],
            &format!("{token}A"),
            &"A".repeat(86),
            &flipped,
            &"ä".repeat(43),
        ] {
            assert!(!verify(&ring, &session(1), bad), "{bad} was taken");
        }
    }
}
