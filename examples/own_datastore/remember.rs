use rocket_security::store::{Issued, Remember, RememberSeries, Rotation, SeriesHash};
use rocket_security::{Error, Result, Session, Timestamp, User, UserId};

use super::{MemoryStore, Rows, at_most};

impl Rows {
    /// Ends a series and the session restored from it.
    fn end(&mut self, hash: &SeriesHash) -> bool {
        let Some(series) = self.series.remove(hash) else {
            return false;
        };
        if let Some(session) = series.session {
            self.sessions.remove(&session);
        }
        true
    }
}

#[rocket::async_trait]
impl Remember for MemoryStore {
    fn contract(&self) -> u32 {
        1
    }

    async fn create_series(&self, series: &Issued<RememberSeries>) -> Result<()> {
        let mut rows = self.rows()?;
        rows.may_enter(series.user_id, &series.fs_uniquifier)?;
        if rows.series.contains_key(&series.hash) {
            return Err(Error::conflict_on("series"));
        }
        rows.series.insert(series.hash, RememberSeries::clone(series));
        Ok(())
    }

    async fn series(&self, hashes: &[SeriesHash]) -> Result<Option<(RememberSeries, User)>> {
        let rows = self.rows()?;
        let Some(series) = hashes.iter().find_map(|hash| rows.series.get(hash)) else {
            return Ok(None);
        };
        let account = rows.users.get(&series.user_id);
        Ok(account.map(|account| (series.clone(), account.user.clone())))
    }

    async fn rotate_series(&self, rotation: &Rotation, session: &Issued<Session>) -> Result<bool> {
        let mut rows = self.rows()?;
        rows.may_enter(session.user_id, &session.fs_uniquifier)?;
        let Some(series) = rows.series.get(&rotation.series) else {
            return Ok(false);
        };
        let may_turn_over = series.user_id == session.user_id
            && series.token == rotation.expected
            && series.expires_at > rotation.now;
        if !may_turn_over {
            return Ok(false);
        }
        rows.check_hash_free(&session.hash)?;
        let mut series = series.clone();
        rows.series.remove(&rotation.series);
        if let Some(former) = series.session.replace(session.hash) {
            rows.sessions.remove(&former);
        }
        series.hash = rotation.rehashed;
        series.token = rotation.token;
        series.previous = Some(rotation.expected);
        series.nonce = Some(rotation.nonce);
        series.rotated_at = Some(rotation.now);
        series.last_used_at = rotation.now;
        rows.series.insert(series.hash, series);
        rows.insert(session);
        Ok(true)
    }

    async fn end_series(&self, series: &SeriesHash) -> Result<bool> {
        Ok(self.rows()?.end(series))
    }

    async fn end_series_of(&self, user: UserId) -> Result<usize> {
        let mut rows = self.rows()?;
        let his = rows.series.values().filter(|series| series.user_id == user);
        let his: Vec<SeriesHash> = his.map(|series| series.hash).collect();
        for series in &his {
            rows.end(series);
        }
        Ok(his.len())
    }

    async fn sweep_series(&self, now: Timestamp, limit: i64) -> Result<usize> {
        let mut rows = self.rows()?;
        let expired = rows.series.values().filter(|series| series.expires_at < now);
        let expired: Vec<SeriesHash> = expired.map(|series| series.hash).take(at_most(limit)).collect();
        // The sessions restored from them end by their own limits.
        for series in &expired {
            rows.series.remove(series);
        }
        Ok(expired.len())
    }
}
