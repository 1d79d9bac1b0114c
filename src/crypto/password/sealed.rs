use zeroize::Zeroizing;

use crate::crypto::{KeyRing, Keys, Purpose};
use crate::error::Result;

/// A password hash, sealed under the data keys: what the store keeps.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedPassword(String);

impl SealedPassword {
    /// As read from the store.
    pub fn from_stored(text: String) -> Self {
        SealedPassword(text)
    }

    /// As the store keeps it.
    pub fn as_stored(&self) -> &str {
        &self.0
    }

    /// The public name of the data key that it says it is sealed under; nothing is verified.
    pub fn key_id(&self) -> Option<&str> {
        KeyRing::key_id_of(&self.0)
    }

    /// Seals the hash of the user with that handle.
    pub(super) fn seal(keys: &Keys, handle: &str, hash: &str) -> Result<Self> {
        let aad: &[&[u8]] = &[handle.as_bytes()];
        keys.data
            .seal(Purpose::Password, aad, hash.as_bytes())
            .map(SealedPassword)
    }

    /// The hash, if it is that user's.
    pub(super) fn open(&self, keys: &Keys, handle: &str) -> Option<Zeroizing<Vec<u8>>> {
        keys.data.open(Purpose::Password, &[handle.as_bytes()], &self.0)
    }
}
