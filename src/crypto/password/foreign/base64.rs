//! The dialects of base64 in which the schemes write salts and hashes.

use data_encoding::{BASE64, BASE64_NOPAD};

const BCRYPT: &[u8; 64] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const CRYPT: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Standard, without padding.
pub(super) fn plain(text: &str) -> Option<Vec<u8>> {
    BASE64_NOPAD.decode(text.as_bytes()).ok()
}

/// Standard, with padding.
pub(super) fn padded(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.as_bytes()).ok()
}

/// passlib's own: a dot for the plus, without padding.
pub(super) fn passlib(text: &str) -> Option<Vec<u8>> {
    if text.contains('+') {
        return None;
    }
    plain(&text.replace('.', "+"))
}

/// The one of bcrypt. Bits after the last whole byte are dropped: old writers left garbage there.
pub(super) fn bcrypt(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut held, mut bits) = (0u32, 0);
    for char in text.bytes() {
        held = (held << 6 | digit(BCRYPT, char)?) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    Some(bytes)
}

/// The one of SHA-crypt: the lowest bits first.
pub(super) fn crypt(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut held, mut bits) = (0u32, 0);
    for char in text.bytes() {
        held |= digit(CRYPT, char)? << bits;
        bits += 6;
        if bits >= 8 {
            bytes.push(held as u8);
            held >>= 8;
            bits -= 8;
        }
    }
    (held == 0).then_some(bytes)
}

/// The value of one character of the traditional crypt.
pub(super) fn crypt_digit(char: u8) -> Option<u32> {
    digit(CRYPT, char)
}

/// The character for six bits of the traditional crypt.
pub(super) fn crypt_char(six: u32) -> u8 {
    CRYPT[(six & 63) as usize]
}

fn digit(alphabet: &[u8; 64], char: u8) -> Option<u32> {
    let position = alphabet.iter().position(|symbol| *symbol == char)?;
    u32::try_from(position).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reads_its_own() {
        assert_eq!(plain("AQID").unwrap(), [1, 2, 3]);
        assert_eq!(padded("AQI=").unwrap(), [1, 2]);
        assert_eq!(passlib("..8").unwrap(), plain("++8").unwrap());
        assert!(passlib("++8").is_none());
        // The first salt of jBCrypt's own tests.
        assert_eq!(
            bcrypt("DCq7YPn5Rq63x1Lad4cll.").unwrap()[..4],
            [0x14, 0x4b, 0x3d, 0x69]
        );
        assert_eq!(crypt("/../").unwrap(), [1, 0, 4]);
        for wrong in ["é", "=", " ", "!"] {
            assert!(bcrypt(wrong).is_none() && crypt(wrong).is_none() && plain(wrong).is_none());
        }
        assert!(crypt("zz").is_none(), "bits are left over");
    }
}
