//! Plain data and its rules. Nothing here does I/O.

mod api_key;
mod assurance;
mod counter;
mod event;
mod issued;
mod mechanism;
mod reason;
mod refresh;
mod remember;
mod role;
mod session;
mod timestamp;
mod token;
mod user;

pub use api_key::{ApiKey, ApiKeyHash, NewApiKey};
pub(crate) use api_key::{Lives, role_of};
pub use assurance::Assurance;
pub use counter::{Counter, CounterKey, CounterSwap};
pub use event::Event;
pub use issued::Issued;
pub use mechanism::Mechanism;
pub use reason::Reason;
pub use refresh::{FamilyHash, RefreshEnd, RefreshFamily, RefreshTurn};
pub use remember::{RememberSeries, Rotation, SeriesHash, TokenHash};
pub use role::Role;
pub use session::{Factor, Proof, Session, SessionHash};
pub use timestamp::Timestamp;
pub use token::Token;
pub use user::{FIELDS_MAX, NewUser, OwnIdentity, User, UserId};
