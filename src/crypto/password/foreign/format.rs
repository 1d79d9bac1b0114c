//! From the text of a hash to its parts. What is above a cap, or not written as its scheme writes it, is no hash.

use argon2::{Algorithm, Version};
use zeroize::Zeroizing;

use super::base64;
use super::scheme::PasswordScheme;
use crate::crypto::password::argon::{self, Variant};
use crate::crypto::password::cost::PasswordCost;

/// Most characters of a hash. The longest that any of the schemes writes has some 200.
const TEXT_MAX: usize = 512;

/// Most rounds of bcrypt, as a power of two: some seconds of a core.
const BCRYPT_MAX: u32 = 16;

/// Most rounds of PBKDF2 and of SHA-crypt: some seconds of a core.
pub(super) const ROUNDS_MAX: u32 = 10_000_000;

/// Most memory of scrypt in bytes, and most memory times lanes: the caps of argon2.
const SCRYPT_MEMORY_MAX: u64 = (PasswordCost::MAX_MEMORY_KIB as u64) << 10;
const SCRYPT_WORK_MAX: u64 = PasswordCost::MAX_WORK_KIB << 10;

/// A hash of another system, taken apart.
pub(in crate::crypto::password) struct Foreign {
    pub(in crate::crypto::password) scheme: PasswordScheme,
    pub(in crate::crypto::password) kind: Kind,
}

pub(in crate::crypto::password) enum Kind {
    Argon {
        variant: Variant,
        hash: argon::Hash,
    },
    Bcrypt {
        cost: u32,
        salt: [u8; 16],
        output: Zeroizing<Vec<u8>>,
    },
    Pbkdf2 {
        digest: Digest,
        rounds: u32,
        salt: Vec<u8>,
        output: Zeroizing<Vec<u8>>,
    },
    Scrypt {
        params: scrypt::Params,
        salt: Vec<u8>,
        output: Zeroizing<Vec<u8>>,
    },
    ShaCrypt {
        digest: Digest,
        rounds: u32,
        salt: Vec<u8>,
        output: Zeroizing<Vec<u8>>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::crypto::password) enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

impl Digest {
    pub(super) const fn len(self) -> usize {
        match self {
            Digest::Sha1 => 20,
            Digest::Sha256 => 32,
            Digest::Sha512 => 64,
        }
    }
}

impl Foreign {
    /// Reads a hash of any scheme that is strong enough to be kept as it is.
    pub(in crate::crypto::password) fn read(text: &str) -> Option<Self> {
        use PasswordScheme::*;
        if text.len() > TEXT_MAX || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return None;
        }
        let parts: Vec<&str> = text.split('$').collect();
        let (scheme, kind) = match parts.as_slice() {
            ["", "argon2id" | "argon2i" | "argon2d", ..] => (Argon2, argon2(&parts)?),
            ["argon2", rest @ ..] => (DjangoArgon2, argon2(&[&[""], rest].concat())?),
            ["", "2a" | "2b" | "2y", cost, hash] => (Bcrypt, bcrypt(cost, hash)?),
            ["bcrypt", "", "2a" | "2b" | "2y", cost, hash] => (DjangoBcrypt, bcrypt(cost, hash)?),
            ["bcrypt_sha256", "", "2a" | "2b" | "2y", cost, hash] => {
                (DjangoBcryptSha256, bcrypt(cost, hash)?)
            }
            ["", "pbkdf2-sha256", rounds, salt, hash] => (
                Pbkdf2Sha256,
                pbkdf2(
                    Digest::Sha256,
                    rounds,
                    base64::passlib(salt)?,
                    base64::passlib(hash)?,
                )?,
            ),
            ["", "pbkdf2-sha512", rounds, salt, hash] => (
                Pbkdf2Sha512,
                pbkdf2(
                    Digest::Sha512,
                    rounds,
                    base64::passlib(salt)?,
                    base64::passlib(hash)?,
                )?,
            ),
            ["pbkdf2_sha256", rounds, salt, hash] => (
                DjangoPbkdf2Sha256,
                pbkdf2(
                    Digest::Sha256,
                    rounds,
                    salt.as_bytes().to_vec(),
                    base64::padded(hash)?,
                )?,
            ),
            ["pbkdf2_sha1", rounds, salt, hash] => (
                DjangoPbkdf2Sha1,
                pbkdf2(
                    Digest::Sha1,
                    rounds,
                    salt.as_bytes().to_vec(),
                    base64::padded(hash)?,
                )?,
            ),
            ["", "scrypt", params, salt, hash] => (Scrypt, scrypt(params, salt, hash)?),
            ["", "5", rest @ ..] => (Sha256Crypt, sha_crypt(Digest::Sha256, rest)?),
            ["", "6", rest @ ..] => (Sha512Crypt, sha_crypt(Digest::Sha512, rest)?),
            _ => return None,
        };
        Some(Foreign { scheme, kind })
    }
}

/// A number as every writer writes it: digits, no sign, no zero before them.
fn number(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    is_plain.then(|| text.parse().ok()).flatten()
}

/// The values of `a=1,b=2`, whose names must be these and in this order.
fn named<const N: usize>(text: &str, names: [&str; N]) -> Option<[u32; N]> {
    let mut values = [0; N];
    let mut fields = text.split(',');
    for (value, name) in values.iter_mut().zip(names) {
        *value = number(fields.next()?.strip_prefix(name)?.strip_prefix('=')?)?;
    }
    fields.next().is_none().then_some(values)
}

fn argon2(parts: &[&str]) -> Option<Kind> {
    let (version, params, salt, output) = match parts {
        [_, _, "v=19", params, salt, output] => (Version::V0x13, params, salt, output),
        // The first version had no mark of its own.
        [_, _, "v=16", params, salt, output] | [_, _, params, salt, output] => {
            (Version::V0x10, params, salt, output)
        }
        _ => return None,
    };
    let algorithm = match *parts.get(1)? {
        "argon2id" => Algorithm::Argon2id,
        "argon2i" => Algorithm::Argon2i,
        "argon2d" => Algorithm::Argon2d,
        _ => return None,
    };
    let [memory_kib, iterations, parallelism] = named(params, ["m", "t", "p"])?;
    let cost = PasswordCost {
        memory_kib,
        iterations,
        parallelism,
    };
    cost.check().ok()?;
    let (salt, output) = (base64::plain(salt)?, Zeroizing::new(base64::plain(output)?));
    if !(argon2::MIN_SALT_LEN..=64).contains(&salt.len()) || !(16..=64).contains(&output.len()) {
        return None;
    }
    let hash = argon::Hash { cost, salt, output };
    let variant = Variant { algorithm, version };
    Some(Kind::Argon { variant, hash })
}

fn bcrypt(cost: &str, hash: &str) -> Option<Kind> {
    let [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] = *cost.as_bytes() else {
        return None;
    };
    let cost = u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
    if !(4..=BCRYPT_MAX).contains(&cost) || hash.len() != 53 {
        return None;
    }
    let (salt, output) = hash.split_at_checked(22)?;
    let output = Zeroizing::new(base64::bcrypt(output)?);
    let salt = base64::bcrypt(salt)?.try_into().ok()?;
    (output.len() == 23).then_some(Kind::Bcrypt { cost, salt, output })
}

fn pbkdf2(digest: Digest, rounds: &str, salt: Vec<u8>, output: Vec<u8>) -> Option<Kind> {
    let rounds = number(rounds)?;
    let output = Zeroizing::new(output);
    ((1..=ROUNDS_MAX).contains(&rounds) && output.len() == digest.len()).then_some(Kind::Pbkdf2 {
        digest,
        rounds,
        salt,
        output,
    })
}

fn scrypt(params: &str, salt: &str, output: &str) -> Option<Kind> {
    let [log_n, r, p] = named(params, ["ln", "r", "p"])?;
    let memory = u64::from(r)
        .checked_mul(128)?
        .checked_mul(1u64.checked_shl(log_n)?)?;
    if log_n > 30 || memory > SCRYPT_MEMORY_MAX || memory.checked_mul(u64::from(p))? > SCRYPT_WORK_MAX {
        return None;
    }
    let params = scrypt::Params::new(u8::try_from(log_n).ok()?, r, p).ok()?;
    let (salt, output) = (base64::plain(salt)?, Zeroizing::new(base64::plain(output)?));
    // A shorter output would be the beginning of this one.
    (output.len() == 32).then_some(Kind::Scrypt { params, salt, output })
}

fn sha_crypt(digest: Digest, parts: &[&str]) -> Option<Kind> {
    let (rounds, salt, output) = match parts {
        [rounds, salt, output] => (number(rounds.strip_prefix("rounds=")?)?, salt, output),
        [salt, output] => (sha_crypt::Params::RECOMMENDED_ROUNDS, salt, output),
        _ => return None,
    };
    let output = Zeroizing::new(base64::crypt(output)?);
    let is_bounded = (sha_crypt::Params::ROUNDS_MIN..=ROUNDS_MAX).contains(&rounds);
    (is_bounded && salt.len() <= 16 && output.len() == digest.len()).then(|| Kind::ShaCrypt {
        digest,
        rounds,
        salt: salt.as_bytes().to_vec(),
        output,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(text: &str) -> bool {
        Foreign::read(text).is_some()
    }

    #[test]
    fn the_caps_hold() {
        let output = "A".repeat(43);
        let bcrypt = |cost: &str| format!("$2b${cost}${}", "a".repeat(53));
        let crypt = |rounds: &str| format!("$5$rounds={rounds}$salt${}", ".".repeat(43));
        for (text, good) in [
            (bcrypt("04"), true),
            (bcrypt("16"), true),
            (bcrypt("17"), false),
            (bcrypt("31"), false),
            (bcrypt("03"), false),
            (bcrypt("+4"), false),
            (bcrypt("4"), false),
            (format!("$pbkdf2-sha256$10000000$c2FsdA${output}"), true),
            (format!("$pbkdf2-sha256$10000001$c2FsdA${output}"), false),
            (format!("$pbkdf2-sha256$0$c2FsdA${output}"), false),
            (format!("$pbkdf2-sha256$010$c2FsdA${output}"), false),
            (format!("$pbkdf2-sha512$10$c2FsdA${output}"), false),
            (format!("pbkdf2_sha256$10000001$salt${output}="), false),
            (format!("$scrypt$ln=20,r=8,p=1$c2FsdA${output}"), true),
            (format!("$scrypt$ln=20,r=8,p=4$c2FsdA${output}"), true),
            (format!("$scrypt$ln=20,r=8,p=5$c2FsdA${output}"), false),
            (format!("$scrypt$ln=21,r=8,p=1$c2FsdA${output}"), false),
            (format!("$scrypt$ln=64,r=8,p=1$c2FsdA${output}"), false),
            (
                format!("$scrypt$ln=4294967295,r=4294967295,p=4294967295$c2FsdA${output}"),
                false,
            ),
            (format!("$scrypt$ln=10,r=0,p=1$c2FsdA${output}"), false),
            (format!("$scrypt$ln=10,r=8,p=0$c2FsdA${output}"), false),
            (crypt("1000"), true),
            (crypt("10000000"), true),
            (crypt("10000001"), false),
            (crypt("999"), false),
            (
                format!("$argon2i$v=19$m=1048576,t=4,p=1$c29tZXNhbHQ${output}"),
                true,
            ),
            (
                format!("$argon2i$v=19$m=1048577,t=1,p=1$c29tZXNhbHQ${output}"),
                false,
            ),
            (format!("$argon2i$m=64,t=1,p=1$c29tZXNhbHQ${output}"), true),
            (format!("$argon2i$v=17$m=64,t=1,p=1$c29tZXNhbHQ${output}"), false),
            (format!("$argon2x$v=19$m=64,t=1,p=1$c29tZXNhbHQ${output}"), false),
            (format!("$argon2i$v=19$t=1,m=64,p=1$c29tZXNhbHQ${output}"), false),
            (
                format!("$argon2i$v=19$m=64,t=1,p=1,data=AA$c29tZXNhbHQ${output}"),
                false,
            ),
        ] {
            assert_eq!(reads(&text), good, "{text}");
        }
    }

    #[test]
    fn nothing_else_is_a_hash() {
        for text in [
            "",
            "$",
            "$$$$",
            "password",
            "$1$salt$qjXMvbEw8oaL.CzflDtaK/",
            "$2$04$a",
            "$2x$04$a",
            "é",
            "\0",
            "bcrypt$2b$04$a",
            "argon2",
            "argon2$",
            "$argon2id",
            "$5$",
            "$6$$",
            "$scrypt$",
            "plaintext",
        ] {
            assert!(!reads(text), "{text}");
        }
        assert!(!reads(&"$5$".repeat(1000)));
    }
}
