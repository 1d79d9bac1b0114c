//! What lies inside a seal.
//!
//! ```text
//! $argon2id$…                          our own
//! imported:<hash as it came>           another system's
//! wrapped:<scheme>:<salt>:$argon2id$…  our own, of another system's weak digest
//! ```
//!
//! The marks keep an argon2 hash that was imported, and may be one of a pre-hash, apart from our own.

use zeroize::Zeroizing;

use super::argon::Hash;
use super::foreign::{Foreign, ForeignHashes, Weak};

const IMPORTED: &str = "imported:";
const WRAPPED: &str = "wrapped:";

pub(super) enum Stored {
    Own(Hash),
    Imported(Foreign),
    Wrapped(Weak, Hash),
}

impl Stored {
    /// `None` for what is no hash, above a cap, or of a scheme that is not taken.
    pub(super) fn read(text: &[u8], foreign: &ForeignHashes) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        if let Some(hash) = text.strip_prefix(IMPORTED) {
            let hash = Foreign::read(hash)?;
            return foreign.takes(hash.scheme).then_some(Stored::Imported(hash));
        }
        if let Some(hash) = text.strip_prefix(WRAPPED) {
            let (weak, hash) = hash.split_at_checked(hash.find(":$")?)?;
            let weak = Weak::from_written(weak)?;
            let hash = Hash::read(hash.strip_prefix(':')?.as_bytes())?;
            return foreign.takes(weak.scheme).then_some(Stored::Wrapped(weak, hash));
        }
        Hash::read(text.as_bytes()).map(Stored::Own)
    }

    pub(super) fn write_imported(hash: &str) -> Zeroizing<String> {
        Zeroizing::new([IMPORTED, hash].concat())
    }

    pub(super) fn write_wrapped(weak: &Weak, hash: &Hash) -> Zeroizing<String> {
        Zeroizing::new([WRAPPED, &weak.write(), ":", &hash.write()].concat())
    }
}
