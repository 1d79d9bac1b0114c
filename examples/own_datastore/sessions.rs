use rocket_security::store::{Issued, SessionHash, Sessions};
use rocket_security::{Error, Result, Session, Timestamp, User, UserId};

use super::{MemoryStore, Rows, at_most};

impl Rows {
    pub(super) fn check_hash_free(&self, hash: &SessionHash) -> Result<()> {
        match self.sessions.contains_key(hash) {
            true => Err(Error::conflict_on("hash")),
            false => Ok(()),
        }
    }

    pub(super) fn insert(&mut self, session: &Session) {
        self.sessions.insert(session.hash, session.clone());
    }

    pub(super) fn create_session(
        &mut self,
        session: &Session,
        replaces: Option<&SessionHash>,
        track: bool,
    ) -> Result<()> {
        self.check_hash_free(&session.hash)?;
        let user = self.may_enter(session.user_id, &session.fs_uniquifier)?;
        if track {
            user.last_login_at = user.current_login_at.replace(session.authenticated_at);
            user.last_login_ip = std::mem::replace(&mut user.current_login_ip, session.ip.clone());
            user.login_count += 1;
        }
        if let Some(replaced) = replaces {
            self.sessions.remove(replaced);
        }
        self.insert(session);
        Ok(())
    }
}

#[rocket::async_trait]
impl Sessions for MemoryStore {
    fn contract(&self) -> u32 {
        1
    }

    /// The only operation of every request: two look-ups by key.
    async fn session_with_user(&self, hashes: &[SessionHash]) -> Result<Option<(Session, User)>> {
        let rows = self.rows()?;
        let Some(session) = hashes.iter().find_map(|hash| rows.sessions.get(hash)) else {
            return Ok(None);
        };
        let account = rows.users.get(&session.user_id);
        Ok(account.map(|account| (session.clone(), account.user.clone())))
    }

    async fn create_session(
        &self,
        session: &Issued<Session>,
        replaces: Option<&SessionHash>,
        track: bool,
    ) -> Result<()> {
        self.rows()?.create_session(session, replaces, track)
    }

    async fn renew_session(&self, old: &SessionHash, new: &Issued<Session>) -> Result<bool> {
        let mut rows = self.rows()?;
        rows.may_enter(new.user_id, &new.fs_uniquifier)?;
        rows.check_hash_free(&new.hash)?;
        if rows.sessions.remove(old).is_none() {
            return Ok(false);
        }
        rows.insert(new);
        Ok(true)
    }

    async fn touch_session(
        &self,
        hash: &SessionHash,
        rehashed: &SessionHash,
        now: Timestamp,
    ) -> Result<bool> {
        let mut rows = self.rows()?;
        // Another request of the same browser may have rehashed it a moment ago.
        let found = rows.sessions.remove(hash);
        let Some(mut session) = found.or_else(|| rows.sessions.remove(rehashed)) else {
            return Ok(false);
        };
        session.hash = *rehashed;
        session.last_seen_at = now;
        rows.insert(&session);
        // The series that restored it has to find it when it ends.
        for series in rows.series.values_mut() {
            if series.session == Some(*hash) {
                series.session = Some(*rehashed);
            }
        }
        Ok(true)
    }

    async fn set_grace(&self, hash: &SessionHash, until: Timestamp) -> Result<bool> {
        match self.rows()?.sessions.get_mut(hash) {
            Some(session) => {
                session.grace_until = Some(until);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    async fn delete_session(&self, hash: &SessionHash) -> Result<bool> {
        Ok(self.rows()?.sessions.remove(hash).is_some())
    }

    async fn delete_sessions_of(&self, user: UserId, except: Option<&SessionHash>) -> Result<usize> {
        let mut rows = self.rows()?;
        let before = rows.sessions.len();
        rows.sessions
            .retain(|hash, session| session.user_id != user || except == Some(hash));
        Ok(before - rows.sessions.len())
    }

    async fn delete_sessions_since(&self, user: UserId, since: Timestamp) -> Result<usize> {
        let mut rows = self.rows()?;
        let before = rows.sessions.len();
        rows.sessions
            .retain(|_, session| session.user_id != user || session.created_at < since);
        Ok(before - rows.sessions.len())
    }

    async fn sweep_sessions(&self, idle: Timestamp, absolute: Timestamp, limit: i64) -> Result<usize> {
        let mut rows = self.rows()?;
        let is_over = |session: &&Session| session.last_seen_at < idle || session.created_at < absolute;
        let over = rows.sessions.values().filter(is_over);
        let over: Vec<SessionHash> = over.map(|session| session.hash).take(at_most(limit)).collect();
        for hash in &over {
            rows.sessions.remove(hash);
        }
        Ok(over.len())
    }
}
