use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rocket_security::store::{Issued, SessionHash, Sessions, Users};
use rocket_security::{Result, Session, Timestamp, User, UserId};

use super::{Fault, WrongStore, pause};

impl WrongStore {
    async fn exists(&self, hash: &SessionHash) -> Result<bool> {
        Ok(self.right.session_with_user(&[*hash]).await?.is_some())
    }

    pub(super) async fn remember_session(&self, session: &Session) -> Result<()> {
        if let Some(user) = self.right.user(session.user_id).await? {
            let mut memory = self.memory();
            memory.sessions.insert(session.hash, (session.clone(), user));
        }
        Ok(())
    }
}

#[rocket::async_trait]
impl Sessions for WrongStore {
    fn contract(&self) -> u32 {
        match self.is(Fault::NewContract) {
            true => u32::MAX,
            false => 1,
        }
    }

    async fn session_with_user(&self, hashes: &[SessionHash]) -> Result<Option<(Session, User)>> {
        let hashes = match self.is(Fault::LastHashIsNotAsked) {
            true => &hashes[..hashes.len().min(1)],
            false => hashes,
        };
        {
            let memory = self.memory();
            let is_hidden = |hash: &SessionHash| {
                memory
                    .hidden_until
                    .get(hash)
                    .is_some_and(|until| Instant::now() < *until)
            };
            if hashes.iter().any(is_hidden) {
                return Ok(None);
            }
        }
        if let Some(found) = self.right.session_with_user(hashes).await? {
            return Ok(Some(found));
        }
        let memory = self.memory();
        let undead = hashes.iter().find(|hash| memory.undead.contains(*hash));
        Ok(undead.and_then(|hash| memory.sessions.get(hash).cloned()))
    }

    async fn create_session(
        &self,
        session: &Issued<Session>,
        replaces: Option<&SessionHash>,
        track: bool,
    ) -> Result<()> {
        self.remember_session(session).await?;
        let mut replaces = replaces;
        let mut track = track;
        let mut holds_tracking = false;
        match self.fault {
            Fault::ReplacedStays => replaces = None,
            Fault::ReplacedEndsFirst => {
                if let Some(hash) = replaces {
                    self.right.delete_session(hash).await?;
                }
            }
            Fault::NothingIsTracked => track = false,
            Fault::AllIsTracked => track = true,
            Fault::TrackingLosesUpdates if track => {
                holds_tracking = !self.tracking.swap(true, Ordering::SeqCst);
                track = holds_tracking;
                pause().await;
            }
            _ => {}
        }
        let made = self.right.create_session(session, replaces, track).await;
        if holds_tracking {
            self.tracking.store(false, Ordering::SeqCst);
        }
        match made {
            Err(error) if error.conflict() == Some("user_id") && self.is(Fault::RefusedSessionIsKept) => {
                self.memory().undead.insert(session.hash);
                Err(error)
            }
            Err(error) if error.conflict() == Some("hash") && self.is(Fault::HashIsOverwritten) => Ok(()),
            made => made,
        }
    }

    async fn renew_session(&self, old: &SessionHash, new: &Issued<Session>) -> Result<bool> {
        match self.fault {
            Fault::RenewalPanics => panic!("out of range"),
            Fault::RenewalHangs => std::future::pending().await,
            Fault::RenewalBlocksItsThread => std::thread::sleep(Duration::from_secs(10)),
            Fault::RenewalRevives => {
                if !self.right.renew_session(old, new).await? {
                    self.right.create_session(new, None, false).await?;
                }
                return Ok(true);
            }
            Fault::RenewalIsReadThenWritten => {
                let found = self.exists(old).await?;
                pause().await;
                if found {
                    self.right.create_session(new, Some(old), false).await?;
                }
                return Ok(found);
            }
            _ => {}
        }
        self.right.renew_session(old, new).await
    }

    async fn touch_session(
        &self,
        hash: &SessionHash,
        rehashed: &SessionHash,
        now: Timestamp,
    ) -> Result<bool> {
        match self.fault {
            Fault::TouchFindsOldHashOnly if !self.exists(hash).await? => return Ok(false),
            Fault::TouchDoesNotMove => return self.right.touch_session(hash, hash, now).await,
            Fault::TouchForgetsTheSeries => {
                let mut memory = self.memory();
                if let Some((mut session, user)) = memory.sessions.get(hash).cloned() {
                    session.hash = *rehashed;
                    memory.sessions.insert(*rehashed, (session, user));
                    memory.undead.insert(*rehashed);
                }
            }
            _ => {}
        }
        self.right.touch_session(hash, rehashed, now).await
    }

    async fn set_grace(&self, hash: &SessionHash, until: Timestamp) -> Result<bool> {
        match self.is(Fault::GraceIsLost) {
            true => self.exists(hash).await,
            false => self.right.set_grace(hash, until).await,
        }
    }

    async fn delete_session(&self, hash: &SessionHash) -> Result<bool> {
        if !self.is(Fault::EndIsReadThenWritten) {
            return self.right.delete_session(hash).await;
        }
        let found = self.exists(hash).await?;
        pause().await;
        self.right.delete_session(hash).await?;
        Ok(found)
    }

    async fn delete_sessions_of(&self, user: UserId, except: Option<&SessionHash>) -> Result<usize> {
        let except = except.filter(|_| !self.is(Fault::EndSparesNone));
        if !self.is(Fault::EndIsCountedByAll) {
            return self.right.delete_sessions_of(user, except).await;
        }
        let all: Vec<SessionHash> = self.memory().sessions.keys().copied().collect();
        let mut found = 0;
        for hash in all {
            let session = self.right.session_with_user(&[hash]).await?;
            found += usize::from(session.is_some_and(|(session, _)| session.user_id == user));
        }
        pause().await;
        self.right.delete_sessions_of(user, except).await?;
        Ok(found)
    }

    async fn delete_sessions_since(&self, user: UserId, since: Timestamp) -> Result<usize> {
        let since = match self.is(Fault::YoungestBeginLater) {
            true => since + Duration::from_millis(1),
            false => since,
        };
        self.right.delete_sessions_since(user, since).await
    }

    async fn sweep_sessions(&self, idle: Timestamp, absolute: Timestamp, limit: i64) -> Result<usize> {
        let swept = self
            .right
            .sweep_sessions(self.swept(idle), self.swept(absolute), self.limit(limit))
            .await?;
        match self.is(Fault::SweepCountsWhatItFinds) {
            true => Ok(swept.max(1)),
            false => Ok(swept),
        }
    }
}
