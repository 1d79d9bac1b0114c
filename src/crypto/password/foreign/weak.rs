//! Schemes that give a password away. What is kept of them is argon2id of their digest.

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use md5::Md5;
use sha1::Sha1;
use sha2::Digest;
use zeroize::Zeroizing;

use super::des;
use super::scheme::PasswordScheme;

/// Most bytes of a salt; none of the writers comes near.
const SALT_MAX: usize = 128;

/// How a weak scheme made its digest.
pub(in crate::crypto::password) struct Weak {
    pub(in crate::crypto::password) scheme: PasswordScheme,
    salt: Vec<u8>,
}

impl Weak {
    /// Reads a weak hash: how it was made, and the digest.
    pub(in crate::crypto::password) fn read(text: &str) -> Option<(Self, Zeroizing<Vec<u8>>)> {
        use PasswordScheme::*;
        let digest = |hex: &str, len: usize| {
            let digest = HEXLOWER_PERMISSIVE
                .decode(hex.as_bytes())
                .ok()
                .map(Zeroizing::new)?;
            (digest.len() == len).then_some(digest)
        };
        let parts: Vec<&str> = text.split('$').collect();
        let (scheme, salt, digest): (_, &str, _) = match parts.as_slice() {
            ["md5", salt, hex] => (DjangoSaltedMd5, salt, digest(hex, 16)?),
            ["sha1", salt, hex] => (DjangoSaltedSha1, salt, digest(hex, 20)?),
            [hex] if hex.len() == 32 => (HexMd5, "", digest(hex, 16)?),
            [hex] if hex.len() == 40 => (HexSha1, "", digest(hex, 20)?),
            [crypt] if des::is_hash(crypt) => {
                let (salt, _) = crypt.split_at_checked(2)?;
                (DesCrypt, salt, Zeroizing::new(crypt.as_bytes().to_vec()))
            }
            _ => return None,
        };
        let salt = salt.as_bytes().to_vec();
        (salt.len() <= SALT_MAX).then_some((Weak { scheme, salt }, digest))
    }

    /// The digest of a password.
    pub(in crate::crypto::password) fn digest(&self, password: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        use PasswordScheme::*;
        Some(Zeroizing::new(match self.scheme {
            HexMd5 => Md5::digest(password).to_vec(),
            HexSha1 => Sha1::digest(password).to_vec(),
            DjangoSaltedMd5 => Md5::new_with_prefix(&self.salt)
                .chain_update(password)
                .finalize()
                .to_vec(),
            DjangoSaltedSha1 => Sha1::new_with_prefix(&self.salt)
                .chain_update(password)
                .finalize()
                .to_vec(),
            DesCrypt => des::crypt(password, &self.salt)?.to_vec(),
            _ => return None,
        }))
    }

    /// `scheme:salt`, the salt in hexadecimal digits.
    pub(in crate::crypto::password) fn write(&self) -> String {
        format!("{}:{}", self.scheme.name(), HEXLOWER.encode(&self.salt))
    }

    /// Reads what [`write`](Weak::write) wrote.
    pub(in crate::crypto::password) fn from_written(text: &str) -> Option<Self> {
        let (name, salt) = text.split_once(':')?;
        let scheme = PasswordScheme::from_name(name)?;
        let salt = HEXLOWER.decode(salt.as_bytes()).ok()?;
        scheme.is_weak().then_some(Weak { scheme, salt })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_schemes() {
        for (text, scheme) in [
            ("5f4dcc3b5aa765d61d8327deb882cf99", PasswordScheme::HexMd5),
            (
                "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8",
                PasswordScheme::HexSha1,
            ),
            (
                "md5$$5f4dcc3b5aa765d61d8327deb882cf99",
                PasswordScheme::DjangoSaltedMd5,
            ),
        ] {
            let (weak, digest) = Weak::read(text).unwrap();
            assert_eq!(weak.scheme, scheme);
            assert_eq!(weak.digest(b"password").unwrap(), digest);
            assert_ne!(weak.digest(b"Password").unwrap(), digest);
            let again = Weak::from_written(&weak.write()).unwrap();
            assert_eq!(again.digest(b"password").unwrap(), digest);
        }
    }

    #[test]
    fn nothing_else_is_weak() {
        for text in [
            "",
            "password",
            "5f4dcc3b5aa765d61d8327deb882cf9",
            "md5$5f4dcc3b5aa765d61d8327deb882cf99",
        ] {
            assert!(Weak::read(text).is_none(), "{text}");
        }
        for text in ["", "hex_md5", "bcrypt:", "hex_md5:zz", "banana:00"] {
            assert!(Weak::from_written(text).is_none(), "{text}");
        }
    }
}
