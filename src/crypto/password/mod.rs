//! Passwords: what a visitor typed, what the store keeps, and the queue in which the one is made from the other.

mod argon;
mod cost;
mod foreign;
mod plain;
mod queue;
mod sealed;
mod service;
mod stored;
mod threads;

pub use cost::PasswordCost;
pub use foreign::{ForeignHashes, PasswordScheme, SingleHash};
pub use plain::{NormalForm, Password};
pub use queue::PasswordQueue;
pub use sealed::SealedPassword;
pub use service::{PasswordProof, Passwords, Ticket, Verdict};
