//! Hashes that other systems made: which are taken, and what enters them.

mod base64;
mod compute;
mod des;
mod format;
mod scheme;
mod weak;

use zeroize::Zeroizing;

pub(super) use format::{Foreign, Kind};
pub use scheme::PasswordScheme;
pub(super) use weak::Weak;

use crate::error::{Error, Result};

/// Which schemes the reference hashes once; all others hash what an HMAC-SHA-512 under `password_salt` made of the
/// password (`password_single_hash`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SingleHash {
    /// Every one.
    All,
    /// These.
    Only(Vec<PasswordScheme>),
}

impl Default for SingleHash {
    /// Django's, as in the reference.
    fn default() -> Self {
        let schemes = PasswordScheme::ALL.iter().copied();
        SingleHash::Only(schemes.filter(|scheme| scheme.is_of_django()).collect())
    }
}

/// How hashes of other systems are read. Nothing of it concerns hashes that this library made.
///
/// It has no `Debug`, because it holds `password_salt`.
///
/// ```
/// use rocket_security::crypto::{ForeignHashes, PasswordCost, PasswordQueue, Passwords, SingleHash};
///
/// // A system that used passlib without a pre-hash.
/// let foreign = ForeignHashes { single: SingleHash::All, ..ForeignHashes::default() };
/// let passwords = Passwords::with_foreign(PasswordCost::default(), PasswordQueue::default(), foreign)?;
/// # Ok::<(), rocket_security::Error>(())
/// ```
pub struct ForeignHashes {
    /// The key of the pre-hash (`password_salt`).
    pub salt: Option<Zeroizing<String>>,
    /// Which schemes have no pre-hash.
    pub single: SingleHash,
    /// The schemes that are taken (`password_schemes`).
    pub schemes: Vec<PasswordScheme>,
}

impl Default for ForeignHashes {
    /// No pre-hash key, Django's schemes single, and every scheme but the weak ones.
    fn default() -> Self {
        let schemes = PasswordScheme::ALL.iter().copied();
        ForeignHashes {
            salt: None,
            single: SingleHash::default(),
            schemes: schemes.filter(|scheme| !scheme.is_weak()).collect(),
        }
    }
}

impl ForeignHashes {
    fn is_single(&self, scheme: PasswordScheme) -> bool {
        match &self.single {
            SingleHash::All => true,
            SingleHash::Only(schemes) => schemes.contains(&scheme),
        }
    }

    /// Whether there may be wrapped hashes.
    pub(super) fn takes_weak(&self) -> bool {
        self.schemes.iter().any(|scheme| scheme.is_weak())
    }

    /// Whether hashes of the scheme can be verified.
    pub(super) fn takes(&self, scheme: PasswordScheme) -> bool {
        self.check(scheme).is_ok()
    }

    /// Why hashes of the scheme cannot be taken over.
    pub(super) fn check(&self, scheme: PasswordScheme) -> Result<()> {
        let name = scheme.name();
        if !self.schemes.contains(&scheme) {
            return Err(Error::config(format!(
                "the hash is of the scheme {name}, which password_schemes does not list"
            )));
        }
        if !self.is_single(scheme) && self.salt.is_none() {
            return Err(Error::config(format!(
                "the hash is of the scheme {name}, which is hashed twice: write password_salt as it was there, or add \
                 \"{name}\" to password_single_hash if it was hashed once"
            )));
        }
        Ok(())
    }

    /// The bytes that enter the scheme's function for a password. `None` when the scheme never takes such a password.
    pub(super) fn input(
        &self,
        scheme: PasswordScheme,
        password: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>> {
        if self.is_single(scheme) {
            return Ok(compute::input(scheme, password));
        }
        match &self.salt {
            Some(salt) => Ok(compute::input(
                scheme,
                &compute::pre_hash(salt.as_bytes(), password)?,
            )),
            None => Ok(None),
        }
    }
}
