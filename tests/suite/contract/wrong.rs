//! A right store in a wrapper that does one thing wrong: what its users would take for the store's own mistake.

mod api_keys;
mod refresh;
mod remember;
mod roles;
mod sessions;
mod users;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use rocket_security::store::{
    Counter, CounterKey, CounterSwap, Counters, Datastore, FamilyHash, Issued, RefreshFamily, RememberSeries,
    SeriesHash, SessionHash, Sessions,
};
use rocket_security::{ApiKey, Error, Result, Session, Timestamp, User, UserId};

use crate::own_datastore::example::memory::MemoryStore;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    DoesNotAnswer,
    OldContract,
    NewContract,
    AllIsUnavailable,
    EmailIgnoresCase,
    EmailIgnoresSpaces,
    OwnIdentityIgnoresCase,
    OwnIdentityIgnoresAttribute,
    ConflictNamesNoColumn,
    TakenIsTheSameUser,
    UserIsMadeBeforeHisIdentities,
    PartOfTheApplicationIsForgotten,
    CutsWhatDoesNotFit,
    CutsPasswords,
    LosesFields,
    ForgetsConfirmation,
    PasswordIsNotCompared,
    PasswordIsReadThenWritten,
    DeactivationKeepsSessions,
    DeactivationIsAlwaysNew,
    UniquifierKeepsSessions,
    UniquifierKeepsSeries,
    UniquifierMayBeTaken,
    DeletionIsAlwaysNew,
    DeletionKeepsSessions,
    NumberMayBeTaken,
    NumberHasNoTime,
    NumberThatDoesNotFitIsTaken,
    IdentityMayBeTaken,
    IdentityIsRemovedFirst,
    IdentityIsReadThenRemoved,
    IdentitiesOfAUserPileUp,
    TakenRoleIsTheSame,
    RoleIgnoresCase,
    RolesAreUnsorted,
    RoleIsReadThenGiven,
    RoleIsAlwaysTaken,
    PermissionsStay,
    PermissionsAreSplit,
    LastHashIsNotAsked,
    ReplacedStays,
    ReplacedEndsFirst,
    NothingIsTracked,
    AllIsTracked,
    TrackingLosesUpdates,
    RefusedSessionIsKept,
    HashIsOverwritten,
    RenewalRevives,
    RenewalIsReadThenWritten,
    RenewalPanics,
    RenewalHangs,
    RenewalBlocksItsThread,
    TouchFindsOldHashOnly,
    TouchDoesNotMove,
    TouchForgetsTheSeries,
    GraceIsLost,
    EndIsReadThenWritten,
    EndSparesNone,
    EndIsCountedByAll,
    YoungestBeginLater,
    SweepTakesTooMuch,
    SweepHasNoLimit,
    SweepCountsWhatItFinds,
    SeriesIsOverwritten,
    RefusedSeriesIsKept,
    TokenIsNotCompared,
    RotationComesBeforeItsSession,
    FormerSessionStays,
    ExpiredSeriesRestores,
    SeriesEndKeepsSession,
    AllSeriesEndKeepSessions,
    SeriesEndIsAlwaysNew,
    FamilyIsOverwritten,
    RefusedFamilyIsKept,
    RefreshTokenIsNotCompared,
    RefreshTokenIsReadThenWritten,
    ExpiredFamilyTurnsOver,
    RevokedFamilyTurnsOver,
    AnybodyRevokesAFamily,
    RevocationIsAlwaysNew,
    FamiliesOutliveAll,
    IdleFamiliesAreListed,
    FamiliesAreListedBackwards,
    CounterIsNotCompared,
    CounterIsReadThenWritten,
    CounterIsComparedByFailuresOnly,
    CounterIsNotForgotten,
    DeactivationKeepsKeys,
    UniquifierKeepsKeys,
    DeletionKeepsKeys,
    KeyLimitIsNotKept,
    KeyLimitIsReadThenKept,
    KeyIsOverwritten,
    RefusedKeyIsMade,
    KeyThatDoesNotFitIsTaken,
    KeyIgnoresSpaces,
    ScopesAreLost,
    KeyHashIsNotCompared,
    KeyHashIsReadThenWritten,
    AddressOfUseIsLost,
    KeysAreUnsorted,
    KeyOfAnotherIsRevoked,
    KeyIsReadThenRevoked,
    CountersAreUnsorted,
    CountersAreSwappedOneByOne,
    SignInForgivesNothing,
    SignInMakesTheSessionFirst,
    SignInForgivesFirst,
}

pub struct WrongStore {
    right: MemoryStore,
    fault: Fault,
    memory: Mutex<Memory>,
    tracking: AtomicBool,
}

/// What the wrapper has seen, and what it still shows though it has ended.
#[derive(Default)]
struct Memory {
    sessions: HashMap<SessionHash, (Session, User)>,
    undead: HashSet<SessionHash>,
    restored: HashSet<SessionHash>,
    hidden_until: HashMap<SessionHash, Instant>,
    series: HashMap<SeriesHash, (RememberSeries, User)>,
    undead_series: HashSet<SeriesHash>,
    families: HashMap<FamilyHash, (RefreshFamily, User)>,
    identities: HashMap<(String, String), UserId>,
    keys: HashMap<String, (ApiKey, User)>,
    undead_keys: HashSet<String>,
}

impl WrongStore {
    pub fn new(fault: Fault) -> Self {
        WrongStore {
            right: MemoryStore::default(),
            fault,
            memory: Mutex::default(),
            tracking: AtomicBool::new(false),
        }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap()
    }

    /// Goes on showing the sessions of a user that end now.
    fn keep_sessions_of(&self, user: UserId, which: impl Fn(&Memory, &SessionHash) -> bool) {
        let mut memory = self.memory();
        let kept: Vec<SessionHash> = memory
            .sessions
            .iter()
            .filter(|(hash, (session, _))| session.user_id == user && which(&memory, hash))
            .map(|(hash, _)| *hash)
            .collect();
        memory.undead.extend(kept);
    }

    /// Goes on showing the keys of a user that end now.
    async fn keep_keys_of(&self, user: UserId) {
        pause().await;
        let mut memory = self.memory();
        let his = memory.keys.iter().filter(|(_, (key, _))| key.user_id == user);
        let his: Vec<String> = his.map(|(id, _)| id.clone()).collect();
        memory.undead_keys.extend(his);
    }

    fn swept(&self, moment: Timestamp) -> Timestamp {
        match self.is(Fault::SweepTakesTooMuch) {
            true => moment + Duration::from_millis(1),
            false => moment,
        }
    }

    fn limit(&self, limit: i64) -> i64 {
        match self.is(Fault::SweepHasNoLimit) {
            true => i64::MAX,
            false => limit,
        }
    }
}

impl WrongStore {
    async fn swap_wrongly(&self, swaps: &[CounterSwap]) -> Result<bool> {
        for swap in swaps {
            let found = self.right.counter(&swap.key).await?;
            let failures = |row: Option<Counter>| row.map(|row| row.failures);
            let as_expected = match self.fault {
                Fault::CounterIsNotCompared => true,
                Fault::CounterIsComparedByFailuresOnly => failures(found) == failures(swap.expected),
                _ => found == swap.expected,
            };
            if !as_expected {
                return Ok(false);
            }
        }
        pause().await;
        for swap in swaps {
            if swap.new.is_none() && self.is(Fault::CounterIsNotForgotten) {
                continue;
            }
            let mut now = *swap;
            now.expected = self.right.counter(&swap.key).await?;
            self.right.swap_counters(&[now]).await?;
        }
        Ok(true)
    }
}

/// Long enough for the others to come in between.
async fn pause() {
    rocket::tokio::time::sleep(Duration::from_millis(5)).await;
}

#[rocket::async_trait]
impl Counters for WrongStore {
    fn contract(&self) -> u32 {
        2
    }

    async fn counter(&self, key: &CounterKey) -> Result<Option<Counter>> {
        self.right.counter(key).await
    }

    async fn counters(&self, keys: &[CounterKey]) -> Result<Vec<Option<Counter>>> {
        let mut found = self.right.counters(keys).await?;
        if self.is(Fault::CountersAreUnsorted) {
            found.reverse();
        }
        Ok(found)
    }

    async fn swap_counters(&self, swaps: &[CounterSwap]) -> Result<bool> {
        match self.fault {
            Fault::AllIsUnavailable => Err(Error::unavailable("nobody is there")),
            Fault::CounterIsNotCompared
            | Fault::CounterIsReadThenWritten
            | Fault::CounterIsComparedByFailuresOnly
            | Fault::CounterIsNotForgotten => self.swap_wrongly(swaps).await,
            Fault::CountersAreSwappedOneByOne => {
                let mut all = true;
                for swap in swaps {
                    all &= self.right.swap_counters(&[*swap]).await?;
                }
                Ok(all)
            }
            _ => self.right.swap_counters(swaps).await,
        }
    }

    async fn sweep_counters(&self, now: Timestamp, limit: i64) -> Result<usize> {
        self.right
            .sweep_counters(self.swept(now), self.limit(limit))
            .await
    }
}

#[rocket::async_trait]
impl Datastore for WrongStore {
    async fn ping(&self) -> Result<()> {
        match self.is(Fault::DoesNotAnswer) {
            true => Err(Error::unavailable("nobody is there")),
            false => self.right.ping().await,
        }
    }

    async fn sign_in(
        &self,
        session: &Issued<Session>,
        replaces: Option<&SessionHash>,
        track: bool,
        forgiven: &[CounterSwap],
    ) -> Result<bool> {
        match self.fault {
            Fault::SignInForgivesNothing => self.right.sign_in(session, replaces, track, &[]).await,
            Fault::SignInMakesTheSessionFirst => {
                self.right.create_session(session, replaces, track).await?;
                self.right.swap_counters(forgiven).await
            }
            Fault::SignInForgivesFirst => {
                let forgiven = self.right.swap_counters(forgiven).await?;
                if forgiven {
                    self.right.create_session(session, replaces, track).await?;
                }
                Ok(forgiven)
            }
            _ => self.right.sign_in(session, replaces, track, forgiven).await,
        }
    }
}
