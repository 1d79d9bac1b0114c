//! argon2id and its text form.

use argon2::password_hash::phc::PasswordHash;
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use data_encoding::BASE64_NOPAD;
use zeroize::Zeroizing;

use super::cost::PasswordCost;
use crate::error::{Error, Result};

pub(super) const SALT: usize = 16;
pub(super) const OUTPUT: usize = 32;

/// Which argon2 a hash is of.
#[derive(Clone, Copy)]
pub(super) struct Variant {
    pub(super) algorithm: Algorithm,
    pub(super) version: Version,
}

impl Variant {
    /// The one of new hashes.
    pub(super) const OWN: Variant = Variant {
        algorithm: Algorithm::Argon2id,
        version: Version::V0x13,
    };
}

/// A stored hash taken apart.
pub(super) struct Hash {
    pub(super) cost: PasswordCost,
    pub(super) salt: Vec<u8>,
    pub(super) output: Zeroizing<Vec<u8>>,
}

impl Hash {
    /// Reads `$argon2id$v=19$m=…,t=…,p=…$salt$hash` within the caps. `None` for anything else: another algorithm or
    /// version, parameters beyond cost, a short salt or hash.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let parsed = PasswordHash::new(std::str::from_utf8(text).ok()?).ok()?;
        let version: u32 = Version::V0x13.into();
        if parsed.algorithm != ARGON2ID_IDENT || parsed.version != Some(version) {
            return None;
        }
        // argon2 would fill missing ones up with its defaults.
        if !["m", "t", "p"]
            .iter()
            .all(|name| parsed.params.get_decimal(*name).is_some())
        {
            return None;
        }
        let params = Params::try_from(&parsed).ok()?;
        if !params.keyid().is_empty() || !params.data().is_empty() {
            return None;
        }
        let cost = PasswordCost {
            memory_kib: params.m_cost(),
            iterations: params.t_cost(),
            parallelism: params.p_cost(),
        };
        cost.check().ok()?;
        let (salt, output) = (parsed.salt?, parsed.hash?);
        let salt: &[u8] = salt.as_ref();
        if salt.len() < argon2::MIN_SALT_LEN || output.as_bytes().len() < OUTPUT / 2 {
            return None;
        }
        Some(Hash {
            cost,
            salt: salt.to_vec(),
            output: Zeroizing::new(output.as_bytes().to_vec()),
        })
    }

    /// The text form that [`read`](Hash::read) reads.
    pub(super) fn write(&self) -> Zeroizing<String> {
        Zeroizing::new(format!(
            "$argon2id$v=19${}${}${}",
            self.cost,
            BASE64_NOPAD.encode(&self.salt),
            BASE64_NOPAD.encode(&self.output)
        ))
    }
}

/// How many blocks of memory a hash of that cost needs.
pub(super) fn blocks(cost: &PasswordCost) -> Result<usize> {
    Ok(cost.params()?.block_count())
}

/// One run of argon2 in memory that the caller keeps.
pub(super) fn compute(
    variant: Variant,
    cost: &PasswordCost,
    password: &[u8],
    salt: &[u8],
    output: &mut [u8],
    memory: &mut [Block],
) -> Result<()> {
    Argon2::new(variant.algorithm, variant.version, cost.params()?)
        .hash_password_into_with_memory(password, salt, output, memory)
        .map_err(|error| Error::internal(format!("argon2 failed: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first two are the reference implementation's own; the others were made with OpenSSL's argon2 by way of Python's
    /// `cryptography`, in the form and at the cost that passlib and argon2-cffi write.
    const VECTORS: &[(&str, &str)] = &[
        (
            "password",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        ),
        (
            "password",
            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
        ),
        (
            "correct horse battery staple",
            "$argon2id$v=19$m=65536,t=3,p=4$AAECAwQFBgcICQoLDA0ODw$hTsnKkTbFCHAKWJmmlXrCZTzyrOF7RxMeSU+7hm6tJ4",
        ),
        (
            "Pa\u{308}ssword \u{2126}",
            "$argon2id$v=19$m=64,t=1,p=1$c2l4dGVlbiBieXRlcyBvaw$hKpe4Y85j9QpQrWJ8uoYRuQdR2fGekS41DYrilNZ7ZE",
        ),
    ];

    #[test]
    fn known_answers() {
        for (password, text) in VECTORS {
            let hash = Hash::read(text.as_bytes()).unwrap();
            let mut output = vec![0; hash.output.len()];
            let mut memory = vec![Block::new(); blocks(&hash.cost).unwrap()];
            compute(
                Variant::OWN,
                &hash.cost,
                password.as_bytes(),
                &hash.salt,
                &mut output,
                &mut memory,
            )
            .unwrap();
            assert_eq!(output, hash.output[..], "{text}");
            assert_eq!(&hash.write()[..], *text);
        }
    }

    #[test]
    fn reads_nothing_else() {
        let salt = "c29tZXNhbHQ";
        let output = "bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
        assert!(Hash::read(format!("$argon2id$v=19$m=256,t=2,p=2${salt}${output}").as_bytes()).is_some());
        for text in [
            String::new(),
            "$".into(),
            "plaintext".into(),
            "$2b$12$0123456789012345678901234567890123456789012345678901".into(),
            format!("$argon2i$v=19$m=256,t=2,p=2${salt}${output}"),
            format!("$argon2d$v=19$m=256,t=2,p=2${salt}${output}"),
            format!("$argon2id$v=16$m=256,t=2,p=2${salt}${output}"),
            format!("$argon2id$m=256,t=2,p=2${salt}${output}"),
            format!("$argon2id$v=19$t=2,p=2${salt}${output}"),
            format!("$argon2id$v=19$m=256,p=2${salt}${output}"),
            format!("$argon2id$v=19$m=256,t=2${salt}${output}"),
            format!("$argon2id$v=19$m=256,t=2,p=2,x=1${salt}${output}"),
            format!("$argon2id$v=19$m=256,t=2,p=2,keyid=aGVsbG8${salt}${output}"),
            format!("$argon2id$v=19$m=256,t=2,p=2,data=aGVsbG8${salt}${output}"),
            format!("$argon2id$v=19$m=1048577,t=1,p=1${salt}${output}"),
            format!("$argon2id$v=19$m=4294967295,t=4294967295,p=1${salt}${output}"),
            format!("$argon2id$v=19$m=4294967296,t=1,p=1${salt}${output}"),
            format!("$argon2id$v=19$m=-1,t=2,p=2${salt}${output}"),
            format!("$argon2id$v=19$m=7,t=1,p=1${salt}${output}"),
            format!("$argon2id$v=19$m=256,t=0,p=2${salt}${output}"),
            format!("$argon2id$v=19$m=256,t=2,p=0${salt}${output}"),
            format!("$argon2id$v=19$m=256,t=2,p=16777215${salt}${output}"),
            format!("$argon2id$v=19$m=256,t=2,p=2$c29t${output}"),
            format!("$argon2id$v=19$m=256,t=2,p=2${salt}$bQk8UB/VmZY"),
            format!("$argon2id$v=19$m=256,t=2,p=2${salt}"),
            format!("$argon2id$v=19$m=256,t=2,p=2${salt}${output}="),
            format!("$argon2id$v=19$m=256,t=2,p=2${salt}${output}$"),
            format!("$argon2id$v=19$m=256,t=2,p=2${salt}${output}\n"),
        ] {
            assert!(Hash::read(text.as_bytes()).is_none(), "{text}");
        }
        assert!(Hash::read(b"\xff\xfe").is_none());
    }
}
