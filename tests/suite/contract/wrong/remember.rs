use std::time::{Duration, Instant};

use rocket_security::store::{Issued, Remember, RememberSeries, Rotation, SeriesHash, Sessions, Users};
use rocket_security::{Result, Session, Timestamp, User, UserId};

use super::{Fault, WrongStore, pause};

impl WrongStore {
    async fn series_now(&self, hash: &SeriesHash) -> Result<Option<RememberSeries>> {
        let found = self.right.series(&[*hash]).await?;
        Ok(found.map(|(series, _)| series))
    }
}

#[rocket::async_trait]
impl Remember for WrongStore {
    fn contract(&self) -> u32 {
        1
    }

    async fn create_series(&self, series: &Issued<RememberSeries>) -> Result<()> {
        let made = self.right.create_series(series).await;
        if made.is_ok()
            && let Some(user) = self.right.user(series.user_id).await?
        {
            let kept = (RememberSeries::clone(series), user);
            self.memory().series.insert(series.hash, kept);
        }
        match made {
            Err(error) if error.conflict() == Some("series") && self.is(Fault::SeriesIsOverwritten) => Ok(()),
            Err(error) if error.conflict() == Some("user_id") && self.is(Fault::RefusedSeriesIsKept) => {
                Ok(())
            }
            made => made,
        }
    }

    async fn series(&self, hashes: &[SeriesHash]) -> Result<Option<(RememberSeries, User)>> {
        let hashes = match self.is(Fault::LastHashIsNotAsked) {
            true => &hashes[..hashes.len().min(1)],
            false => hashes,
        };
        if let Some(found) = self.right.series(hashes).await? {
            return Ok(Some(found));
        }
        let memory = self.memory();
        let undead = hashes.iter().find(|hash| memory.undead_series.contains(*hash));
        Ok(undead.and_then(|hash| memory.series.get(hash).cloned()))
    }

    async fn rotate_series(&self, rotation: &Rotation, session: &Issued<Session>) -> Result<bool> {
        self.remember_session(session).await?;
        let mut rotation = rotation.clone();
        let now = self.series_now(&rotation.series).await?;
        match (self.fault, &now) {
            (Fault::TokenIsNotCompared, Some(now)) => rotation.expected = now.token,
            (Fault::ExpiredSeriesRestores, Some(now)) => rotation.now = now.created_at,
            (Fault::RotationComesBeforeItsSession, _) => {
                let until = Instant::now() + Duration::from_millis(200);
                self.memory().hidden_until.insert(session.hash, until);
            }
            _ => {}
        }
        let rotated = self.right.rotate_series(&rotation, session).await?;
        if rotated {
            let mut memory = self.memory();
            memory.restored.insert(session.hash);
            if self.is(Fault::FormerSessionStays)
                && let Some(former) = now.and_then(|now| now.session)
            {
                memory.undead.insert(former);
            }
        }
        Ok(rotated)
    }

    async fn end_series(&self, series: &SeriesHash) -> Result<bool> {
        if self.is(Fault::SeriesEndKeepsSession) {
            pause().await;
            if let Some(session) = self.series_now(series).await?.and_then(|now| now.session) {
                let touched = self.right.session_with_user(&[session]).await?;
                if let Some((session, _)) = touched {
                    self.remember_session(&session).await?;
                }
                self.memory().undead.insert(session);
            }
        }
        let ended = self.right.end_series(series).await?;
        Ok(ended || self.is(Fault::SeriesEndIsAlwaysNew))
    }

    async fn end_series_of(&self, user: UserId) -> Result<usize> {
        if self.is(Fault::AllSeriesEndKeepSessions) {
            pause().await;
            self.keep_sessions_of(user, |memory, hash| memory.restored.contains(hash));
        }
        let left = {
            let mut memory = self.memory();
            let memory = &mut *memory;
            let before = memory.undead_series.len();
            let series = &memory.series;
            memory
                .undead_series
                .retain(|hash| series.get(hash).is_none_or(|(series, _)| series.user_id != user));
            before - memory.undead_series.len()
        };
        Ok(self.right.end_series_of(user).await? + left)
    }

    async fn sweep_series(&self, now: Timestamp, limit: i64) -> Result<usize> {
        self.right.sweep_series(self.swept(now), self.limit(limit)).await
    }
}
