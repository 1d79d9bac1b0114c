//! The hashing service.

mod import;
mod work;

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::{Semaphore, oneshot};

use self::work::Buffer;
use super::argon::{self, SALT};
use super::cost::PasswordCost;
use super::foreign::ForeignHashes;
use super::plain::Password;
use super::queue::{PasswordQueue, Place, Places};
use super::sealed::SealedPassword;
use super::stored::Stored;
use super::threads::Threads;
use crate::crypto::{Keys, random_bytes};
use crate::error::{Error, Result};

/// Hashes and verifies passwords, off the threads that serve requests and never more than a few at a time.
///
/// A clone is another handle to the same service.
///
/// ```
/// use rocket_security::crypto::{
///     KeyRing, Keys, NormalForm, Password, PasswordCost, PasswordQueue, Passwords, Verdict,
/// };
///
/// # #[rocket::main]
/// # async fn main() -> Result<(), rocket_security::Error> {
/// let keys = Keys::new(
///     KeyRing::new(&["a secret of the example: 4TzGq6VrXoBw"])?,
///     KeyRing::new(&["a data key of the example: 9fKp2LmXs7Vd"])?,
/// )?;
/// let cost = PasswordCost { memory_kib: 64, iterations: 1, parallelism: 1 }; // for the example only
/// let passwords = Passwords::new(cost, PasswordQueue::default())?;
///
/// let typed = Password::new("correct horse battery staple", NormalForm::Nfkd);
/// let stored = passwords.admit(None)?.hash(&keys, &typed, "handle of the user").await?;
///
/// let ticket = passwords.admit(None)?; // before the look-up
/// let verdict = ticket.verify(&keys, &typed, Some((&stored, "handle of the user"))).await?;
/// assert!(matches!(verdict, Verdict::Right { outdated: false, .. }));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Passwords(Arc<Service>);

struct Service {
    cost: PasswordCost,
    /// Blocks of memory at that cost: the length of a kept buffer.
    blocks: usize,
    /// The salt of the hashes that are thrown away.
    dummy_salt: [u8; SALT],
    places: Arc<Places>,
    slots: Arc<Semaphore>,
    /// At most as many as there are slots.
    threads: Threads,
    /// At most as many as there are slots.
    buffers: Mutex<Vec<Buffer>>,
    hashes: AtomicU64,
    foreign: ForeignHashes,
    /// How long a hash at our own cost takes, in nanoseconds, as last seen; 0 before the first.
    own_nanos: AtomicU64,
}

/// The right to one hash. Taken before anything is looked up, so that a crowd is turned away at the door;
/// dropping it, also with a request that was given up, gives the place back.
pub struct Ticket {
    service: Arc<Service>,
    place: Place,
}

/// Whether a password was right.
pub enum Verdict {
    /// It was.
    Right {
        /// What the gate takes as evidence.
        proof: PasswordProof,
        /// The stored hash is cheaper than configured, of another system, or sealed under a former key: it should be
        /// made anew now, while the password is at hand ([`Ticket::rehash`]).
        outdated: bool,
    },
    /// It was not, or there was nothing to compare it with; nobody is told which.
    Wrong,
}

/// Evidence that somebody knew the password of one account. Only [`Ticket::verify`] makes it, and it cannot be copied.
pub struct PasswordProof {
    handle: String,
}

impl PasswordProof {
    /// Whether it was earned with the password of the account with that handle. The gate asks, so that evidence for one account
    /// never signs in another.
    pub fn is_of(&self, handle: &str) -> bool {
        self.handle == handle
    }
}

impl Passwords {
    /// A service that makes hashes at `cost`. Fails when argon2 refuses the cost or it is above the caps.
    pub fn new(cost: PasswordCost, queue: PasswordQueue) -> Result<Self> {
        Passwords::with_foreign(cost, queue, ForeignHashes::default())
    }

    /// The same, told how to read hashes of other systems.
    pub fn with_foreign(cost: PasswordCost, queue: PasswordQueue, foreign: ForeignHashes) -> Result<Self> {
        let threads = queue.resolved_threads();
        if threads > Semaphore::MAX_PERMITS {
            return Err(Error::config("there cannot be so many hashing threads"));
        }
        if queue.per_address == 0 {
            return Err(Error::config(
                "the queue for hashes admits nobody: an address needs at least one place",
            ));
        }
        let capacity = threads.saturating_add(queue.waiting);
        Ok(Passwords(Arc::new(Service {
            cost,
            blocks: argon::blocks(&cost)?,
            dummy_salt: random_bytes()?,
            places: Places::new(capacity, queue.per_address),
            slots: Arc::new(Semaphore::new(threads)),
            threads: Threads::default(),
            buffers: Mutex::default(),
            hashes: AtomicU64::new(0),
            foreign,
            own_nanos: AtomicU64::new(0),
        })))
    }

    /// Takes a place in the queue. The error [is busy](Error::is_busy) when all are taken or the address has its
    /// share. Without an address, as behind a proxy that nobody vouches for, only the whole is bounded.
    pub fn admit(&self, address: Option<IpAddr>) -> Result<Ticket> {
        Ok(Ticket {
            place: self.0.places.take(address)?,
            service: Arc::clone(&self.0),
        })
    }

    /// How often argon2, or the function of another system's hash, has run: tests compare requests by it.
    pub fn hashes(&self) -> u64 {
        self.0.hashes.load(Ordering::SeqCst)
    }
}

impl Ticket {
    /// Hashes a password for the user with that handle.
    pub async fn hash(self, keys: &Keys, password: &Password, handle: &str) -> Result<SealedPassword> {
        let cost = self.service.cost;
        self.hash_at(cost, keys, password, handle).await
    }

    /// Verifies a password against the stored hash of the user with that handle.
    ///
    /// `None`, and a hash that cannot be read (another user's, a key that is gone, a changed row, a scheme that is not
    /// taken), cost the same work and are [`Verdict::Wrong`]. A hash of another system is compared with the normal
    /// form of the password and, where that is something else, with what was typed.
    pub async fn verify(
        self,
        keys: &Keys,
        password: &Password,
        stored: Option<(&SealedPassword, &str)>,
    ) -> Result<Verdict> {
        let known = stored.and_then(|(sealed, handle)| {
            let hash = Stored::read(&sealed.open(keys, handle)?, &self.service.foreign)?;
            Some((hash, sealed, handle))
        });
        let (hash, subject) = match known {
            Some((hash, sealed, handle)) => (Some(hash), Some((sealed, handle))),
            None => (None, None),
        };
        let typed = password.to_typed();
        let comparison = self
            .run(move |service| service.compare(&typed, hash.as_ref()))
            .await?;
        Ok(match (comparison, subject) {
            (Some(is_lower), Some((sealed, handle))) => Verdict::Right {
                proof: PasswordProof {
                    handle: handle.to_owned(),
                },
                outdated: is_lower || !keys.data.is_current(sealed.as_stored()),
            },
            _ => Verdict::Wrong,
        })
    }

    /// Waits for a slot, then works on a thread of its own.
    ///
    /// Given up while waiting, place and turn are free at once; given up later, the hash runs to its end
    /// and holds both until then, because it still uses the core.
    async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce(&Service) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let slots = Arc::clone(&self.service.slots);
        let slot = slots
            .acquire_owned()
            .await
            .map_err(|error| Error::internal("the hashing slots are closed").with_source(error))?;
        let thread = self.service.threads.take()?;
        let (tell, hear) = oneshot::channel();
        thread.run(move |thread| {
            // By name, both: a closure captures only the fields that it mentions, and the place would stay outside.
            let (Ticket { service, place }, slot) = (self, slot);
            let done = work(&service);
            // Who has his answer may come again at once.
            drop(place);
            // Nobody listens where the request was given up.
            let _ = tell.send(done);
            // While the answer is on its way.
            service.wipe();
            service.threads.give_back(thread);
            drop(slot);
        })?;
        hear.await
            .map_err(|error| Error::internal("a hash was not finished").with_source(error))?
    }
}

#[cfg(test)]
mod foreign_tests;
#[cfg(test)]
mod tests;
