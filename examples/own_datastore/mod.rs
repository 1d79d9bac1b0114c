//! Accounts in the memory of the process: the whole of a datastore, and small enough to read in one sitting.
//!
//! All rows lie behind one lock. An operation takes it once, does all that it has to do, and lets go: so each of them is
//! one atomic step, whatever the others do. None of them awaits while it holds the lock. That is all there is to it; a
//! store on a server has transactions and conditional writes in its place.

mod api_keys;
mod counters;
mod refresh;
mod remember;
mod roles;
mod sessions;
mod users;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use rocket_security::store::{
    Counter, CounterKey, CounterSwap, Datastore, FamilyHash, Issued, OwnIdentity, RefreshFamily,
    RememberSeries, SeriesHash, SessionHash,
};
use rocket_security::{ApiKey, Error, Result, Role, Session, User, UserId};

/// The store. Its clones share their rows.
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Rows>>);

#[derive(Default)]
struct Rows {
    users: BTreeMap<UserId, Account>,
    roles: BTreeMap<i64, Role>,
    sessions: HashMap<SessionHash, Session>,
    series: HashMap<SeriesHash, RememberSeries>,
    families: HashMap<FamilyHash, RefreshFamily>,
    counters: HashMap<CounterKey, Counter>,
    /// By their public ids.
    api_keys: HashMap<String, ApiKey>,
    /// Given out last; none is given out again.
    last_user: UserId,
    last_role: i64,
}

/// A user with what is not in [`User`].
struct Account {
    user: User,
    email_key: String,
    username_key: Option<String>,
    /// By the attribute's name.
    identities: BTreeMap<String, OwnIdentity>,
    roles: BTreeSet<i64>,
}

impl MemoryStore {
    fn rows(&self) -> Result<MutexGuard<'_, Rows>> {
        // Who panicked with the lock in his hands may have left half of something behind.
        self.0
            .lock()
            .map_err(|_| Error::broken("an operation on the store has panicked"))
    }
}

impl Rows {
    /// The user whose sessions, series, families and keys may be stored now.
    fn may_enter(&mut self, id: UserId, fs_uniquifier: &str) -> Result<&mut User> {
        let user = self.users.get_mut(&id).map(|account| &mut account.user);
        user.filter(|user| user.active && user.fs_uniquifier == fs_uniquifier)
            .ok_or_else(|| Error::conflict_on("user_id"))
    }

    /// Ends whatever lets the user in without proving again who he is.
    fn end_all_of(&mut self, user: UserId) {
        self.sessions.retain(|_, session| session.user_id != user);
        self.series.retain(|_, series| series.user_id != user);
        self.api_keys.retain(|_, key| key.user_id != user);
        self.families.retain(|_, family| family.user_id != user);
    }
}

/// How many rows a sweep may take.
fn at_most(limit: i64) -> usize {
    usize::try_from(limit).unwrap_or(0)
}

#[rocket::async_trait]
impl Datastore for MemoryStore {
    async fn ping(&self) -> Result<()> {
        self.rows().map(drop)
    }

    async fn sign_in(
        &self,
        session: &Issued<Session>,
        replaces: Option<&SessionHash>,
        track: bool,
        forgiven: &[CounterSwap],
    ) -> Result<bool> {
        let mut rows = self.rows()?;
        if !rows.are_as_expected(forgiven) {
            return Ok(false);
        }
        rows.create_session(session, replaces, track)?;
        rows.swap(forgiven);
        Ok(true)
    }
}
