//! What each scheme makes of a password.

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256, Sha512};
use zeroize::Zeroizing;

use super::format::{Digest, Kind, ROUNDS_MAX};
use super::scheme::PasswordScheme;
use crate::error::{Error, Result};

/// Most bytes of a password that any of the schemes takes; passlib's and Django's own limit.
const PASSWORD_MAX: usize = 4096;

/// Bytes of a password that bcrypt looks at.
const BCRYPT_BYTES: usize = 72;

/// The pre-hash of the reference: HMAC-SHA-512 under `password_salt`, in base64.
pub(super) fn pre_hash(salt: &[u8], password: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let mac = Hmac::<Sha512>::new_from_slice(salt)
        .map_err(|_| Error::internal("the pre-hash takes no such key"))?
        .chain_update(password)
        .finalize()
        .into_bytes();
    Ok(Zeroizing::new(BASE64.encode(&mac).into_bytes()))
}

/// The bytes that enter the scheme's function. `None` when no password like that can ever have been hashed by it.
pub(super) fn input(scheme: PasswordScheme, password: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if password.len() > PASSWORD_MAX {
        return None;
    }
    match scheme {
        PasswordScheme::Bcrypt | PasswordScheme::DjangoBcrypt => bcrypt_key(password),
        PasswordScheme::DjangoBcryptSha256 => {
            bcrypt_key(HEXLOWER.encode(&Sha256::digest(password)).as_bytes())
        }
        _ => Some(Zeroizing::new(password.to_vec())),
    }
}

/// The first 72 bytes, ended by a zero if there is room. No writer takes a zero inside: it would end the password.
fn bcrypt_key(password: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if password.contains(&0) {
        return None;
    }
    let mut key = Zeroizing::new(Vec::with_capacity(BCRYPT_BYTES));
    key.extend(password.iter().chain([&0]).take(BCRYPT_BYTES));
    Some(key)
}

impl Kind {
    /// The hash as it was stored.
    pub(in crate::crypto::password) fn output(&self) -> &[u8] {
        match self {
            Kind::Argon { hash, .. } => &hash.output,
            Kind::Bcrypt { output, .. }
            | Kind::Pbkdf2 { output, .. }
            | Kind::Scrypt { output, .. }
            | Kind::ShaCrypt { output, .. } => output,
        }
    }

    /// Hashes what [`input`] made. `None` for argon2, whose memory the service keeps, and for a password whose
    /// length would make SHA-crypt run for minutes.
    pub(in crate::crypto::password) fn compute(&self, input: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let mut output = Zeroizing::new(vec![0; self.output().len()]);
        match self {
            Kind::Argon { .. } => return Ok(None),
            Kind::Bcrypt { cost, salt, .. } => {
                if input.is_empty() || input.len() > BCRYPT_BYTES {
                    return Ok(None);
                }
                let hash = Zeroizing::new(bcrypt::bcrypt(*cost, *salt, input));
                // The last of its 24 bytes is written by nobody.
                for (to, from) in output.iter_mut().zip(&*hash) {
                    *to = *from;
                }
            }
            Kind::Pbkdf2 {
                digest, rounds, salt, ..
            } => match digest {
                Digest::Sha1 => pbkdf2::pbkdf2_hmac::<sha1::Sha1>(input, salt, *rounds, &mut output),
                Digest::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(input, salt, *rounds, &mut output),
                Digest::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>(input, salt, *rounds, &mut output),
            },
            Kind::Scrypt { params, salt, .. } => {
                reserve(params)?;
                scrypt::scrypt(input, salt, params, &mut output)
                    .map_err(|error| Error::internal(format!("scrypt failed: {error}")))?;
            }
            Kind::ShaCrypt {
                digest, rounds, salt, ..
            } => {
                // Each round reads the password again.
                let blocks = 1 + input.len() as u64 / 128;
                if u64::from(*rounds) * blocks > u64::from(ROUNDS_MAX) / 2 {
                    return Ok(None);
                }
                let params = sha_crypt::Params::new(*rounds)
                    .map_err(|_| Error::internal("SHA-crypt takes no such number of rounds"))?;
                match digest {
                    Digest::Sha512 => transpose(
                        &*Zeroizing::new(sha_crypt::sha512_crypt(input, salt, params)),
                        &ORDER_512,
                        &mut output,
                    ),
                    _ => transpose(
                        &*Zeroizing::new(sha_crypt::sha256_crypt(input, salt, params)),
                        &ORDER_256,
                        &mut output,
                    ),
                }
            }
        }
        Ok(Some(output))
    }
}

/// The scrypt crate takes its memory with `vec!`, which ends the process when there is none: ask before.
fn reserve(params: &scrypt::Params) -> Result<()> {
    let bytes = (1usize << params.log_n()).saturating_mul(params.r() as usize * 128);
    Vec::<u8>::new()
        .try_reserve_exact(bytes)
        .map_err(|error| Error::internal("no memory for a hash").with_source(error))
}

/// SHA-crypt writes its bytes in an order of its own.
fn transpose(hash: &[u8], order: &[u8], output: &mut [u8]) {
    for (to, from) in output.iter_mut().zip(order) {
        *to = hash.get(usize::from(*from)).copied().unwrap_or_default();
    }
}

#[rustfmt::skip]
const ORDER_256: [u8; 32] = [
    20, 10, 0, 11, 1, 21, 2, 22, 12, 23, 13, 3, 14, 4, 24, 5, 25, 15, 26, 16, 6, 17, 7, 27, 8, 28, 18, 29, 19, 9, 30,
    31,
];

#[rustfmt::skip]
const ORDER_512: [u8; 64] = [
    42, 21, 0, 1, 43, 22, 23, 2, 44, 45, 24, 3, 4, 46, 25, 26, 5, 47, 48, 27, 6, 7, 49, 28, 29, 8, 50, 51, 30, 9, 10,
    52, 31, 32, 11, 53, 54, 33, 12, 13, 55, 34, 35, 14, 56, 57, 36, 15, 16, 58, 37, 38, 17, 59, 60, 39, 18, 19, 61, 40,
    41, 20, 62, 63,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pre_hash_is_the_reference_s() {
        let pre = pre_hash(b"salty", b"password").unwrap();
        assert_eq!(
            std::str::from_utf8(&pre).unwrap(),
            "LYTHjl+tR4olwwoVwxtw0B7j24WOOffplRNnqK1Gtadg0qjHc13Sd/BtqlP30Xyk1Q/wrihfJipJfRghXNm7FA=="
        );
    }

    #[test]
    fn bcrypt_sees_72_bytes_and_a_zero_ends() {
        let long = [b'x'; 80];
        assert_eq!(bcrypt_key(&long).unwrap()[..], long[..72]);
        assert_eq!(bcrypt_key(b"ab").unwrap()[..], *b"ab\0");
        assert_eq!(bcrypt_key(b"").unwrap()[..], *b"\0");
        assert!(bcrypt_key(b"a\0b").is_none());
    }

    #[test]
    fn nobody_hashes_a_novel() {
        assert!(input(PasswordScheme::Sha512Crypt, &[b'x'; PASSWORD_MAX + 1]).is_none());
        let costly = Kind::ShaCrypt {
            digest: Digest::Sha512,
            rounds: ROUNDS_MAX,
            salt: Vec::new(),
            output: Zeroizing::new(vec![0; 64]),
        };
        assert!(costly.compute(&[b'x'; 4000]).unwrap().is_none());
    }
}
