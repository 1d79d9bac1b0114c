//! New hashes, and the ways in for those of other systems.

use zeroize::Zeroizing;

use super::{Passwords, Ticket};
use crate::crypto::password::argon::{Hash, OUTPUT, SALT, Variant};
use crate::crypto::password::cost::PasswordCost;
use crate::crypto::password::foreign::{Foreign, ForeignHashes, Kind, PasswordScheme, Weak};
use crate::crypto::password::plain::Password;
use crate::crypto::password::sealed::SealedPassword;
use crate::crypto::password::stored::Stored;
use crate::crypto::{Keys, random_bytes};
use crate::error::{Error, Result};

impl Passwords {
    /// Seals a hash that another system made, for the user with that handle. It stays as it is until its user
    /// signs in, and is then made anew.
    ///
    /// # Errors
    ///
    /// When it is of no known scheme or above a cap, when `password_schemes` does not list its scheme, when it is hashed twice and
    /// `password_salt` is not set, and when the scheme is [weak](PasswordScheme::is_weak), which takes
    /// [`Ticket::import`]. The error never quotes the hash.
    pub fn seal_foreign(&self, keys: &Keys, hash: &str, handle: &str) -> Result<SealedPassword> {
        if Weak::read(hash).is_some() {
            return Err(Error::config(
                "the hash is of a weak scheme, which must be wrapped: use `Ticket::import`",
            ));
        }
        seal(&self.0.foreign, keys, hash, handle)
    }
}

impl Ticket {
    /// Takes over what another system kept of a password, for the user with that handle: a hash of a strong scheme
    /// is [sealed as it is](Passwords::seal_foreign); of a weak one an argon2id hash is made, so that a
    /// thief of the table gains nothing from it. A plain password is none of this: [`Ticket::hash`] makes its hash.
    ///
    /// ```
    /// use rocket_security::crypto::{
    ///     ForeignHashes, KeyRing, Keys, NormalForm, Password, PasswordCost, PasswordQueue, PasswordScheme, Passwords,
    ///     Verdict,
    /// };
    ///
    /// # #[rocket::main]
    /// # async fn main() -> Result<(), rocket_security::Error> {
    /// # let keys = Keys::new(
    /// #     KeyRing::new(&["a secret of the example: 4TzGq6VrXoBw"])?,
    /// #     KeyRing::new(&["a data key of the example: 9fKp2LmXs7Vd"])?,
    /// # )?;
    /// # let cost = PasswordCost { memory_kib: 64, iterations: 1, parallelism: 1 };
    /// # let queue = PasswordQueue::default();
    /// let foreign = ForeignHashes { schemes: vec![PasswordScheme::DjangoSaltedMd5], ..ForeignHashes::default() };
    /// let passwords = Passwords::with_foreign(cost, queue, foreign)?;
    /// let old = "md5$seasalt$b18eb9b3e53cc3bb1c2cff3a05bb1a8a";
    /// let stored = passwords.admit(None)?.import(&keys, old, "handle of the user").await?;
    /// # let typed = Password::new("wrong", NormalForm::Nfkd);
    /// # let verdict = passwords.admit(None)?.verify(&keys, &typed, Some((&stored, "handle of the user"))).await?;
    /// # assert!(matches!(verdict, Verdict::Wrong));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Passwords::seal_foreign`], but for the weak schemes.
    pub async fn import(self, keys: &Keys, hash: &str, handle: &str) -> Result<SealedPassword> {
        let Some((weak, digest)) = Weak::read(hash) else {
            return seal(&self.service.foreign, keys, hash, handle);
        };
        self.service.foreign.check(weak.scheme)?;
        let cost = self.service.cost;
        let hash = self.make(cost, digest).await?;
        SealedPassword::seal(keys, handle, &Stored::write_wrapped(&weak, &hash))
    }

    /// Makes the hash anew, after [`Verdict::Right`](super::Verdict::Right) called it outdated. Never lower
    /// than it was: where the old hash is argon2 and dearer than configured, its cost is kept.
    pub async fn rehash(
        self,
        keys: &Keys,
        password: &Password,
        handle: &str,
        old: &SealedPassword,
    ) -> Result<SealedPassword> {
        let own = self.service.cost;
        let stored = (old.open(keys, handle)).and_then(|text| Stored::read(&text, &self.service.foreign));
        let before = match &stored {
            Some(Stored::Own(hash) | Stored::Wrapped(_, hash)) => Some(hash.cost),
            Some(Stored::Imported(Foreign {
                kind: Kind::Argon { hash, .. },
                ..
            })) => Some(hash.cost),
            _ => None,
        };
        let cost = before.filter(|before| own.is_below(before)).unwrap_or(own);
        self.hash_at(cost, keys, password, handle).await
    }

    pub(super) async fn hash_at(
        self,
        cost: PasswordCost,
        keys: &Keys,
        password: &Password,
        handle: &str,
    ) -> Result<SealedPassword> {
        let hash = self.make(cost, password.to_bytes()).await?;
        SealedPassword::seal(keys, handle, &hash.write())
    }

    async fn make(self, cost: PasswordCost, input: Zeroizing<Vec<u8>>) -> Result<Hash> {
        let salt = random_bytes::<SALT>()?;
        self.run(move |service| {
            let mut output = Zeroizing::new(vec![0; OUTPUT]);
            service.compute(Variant::OWN, &cost, &input, &salt, &mut output)?;
            let salt = salt.to_vec();
            Ok(Hash { cost, salt, output })
        })
        .await
    }
}

fn seal(foreign: &ForeignHashes, keys: &Keys, hash: &str, handle: &str) -> Result<SealedPassword> {
    let scheme: PasswordScheme = Foreign::read(hash)
        .ok_or_else(|| Error::config("the hash is of no known scheme, or costs more than is accepted"))?
        .scheme;
    foreign.check(scheme)?;
    SealedPassword::seal(keys, handle, &Stored::write_imported(hash))
}
