//! The statements about remembered browsers, and the trait that runs them. Included by each backend's module, like `roles.rs`.
//!
//! Whoever ends a series first lets it expire: from then on nobody can rotate it, so the session that the row names is
//! the last one. The order of locks is that of `create_session`: the user, the series, the session.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::failure::Failure;
use super::super::lookups::session_id;
use super::super::rows::{NewRememberRow, RememberRow, UserRow};
use super::super::schema::{security_remember, security_sessions, security_users};
use super::sessions::insert_session;
use super::store::Store;
use super::{Line, lock_user};
use crate::error::Result;
use crate::model::{
    Issued, RememberSeries, Rotation, SeriesHash, Session, SessionHash, Timestamp, User, UserId,
};
use crate::store::Remember;

type Answer<T> = Result<T, Failure>;

/// The most rows that one sweep takes, so that its statement stays short.
const SWEEP: i64 = 1000;

/// Before every moment.
const ENDED: i64 = i64::MIN;

/// In a transaction.
pub(super) async fn create_series(line: &mut Line, series: RememberSeries) -> Answer<()> {
    if !lock_user(line, series.user_id, series.fs_uniquifier.clone()).await? {
        return Err(Failure::Conflict("user_id"));
    }
    let inserted = diesel::insert_into(security_remember::table)
        .values(NewRememberRow::from(&series))
        .execute(line.statement())
        .await
        .map_err(Failure::from);
    match inserted {
        Ok(_) => Ok(()),
        Err(failure) if failure.is_unique_violation() => Err(Failure::Conflict("series")),
        Err(failure) => Err(failure),
    }
}

pub(super) async fn series(
    line: &mut Line,
    hashes: Vec<SeriesHash>,
) -> Answer<Option<(RememberSeries, User)>> {
    for hash in &hashes {
        let row: Option<(RememberRow, UserRow)> = security_remember::table
            .filter(security_remember::series.eq(hash.as_bytes().as_slice()))
            .inner_join(security_users::table)
            .get_result(line.statement())
            .await
            .optional()?;
        if let Some((series, user)) = row {
            return Ok(Some((series.try_into()?, user.into())));
        }
    }
    Ok(None)
}

/// In a transaction.
pub(super) async fn rotate_series(line: &mut Line, rotation: Rotation, session: Session) -> Answer<bool> {
    if !lock_user(line, session.user_id, session.fs_uniquifier.clone()).await? {
        return Err(Failure::Conflict("user_id"));
    }
    // Whoever holds the user's row sees the last one; the update asks for the token all the same.
    let former: Option<Option<Vec<u8>>> = security_remember::table
        .filter(security_remember::series.eq(rotation.series.as_bytes().as_slice()))
        .select(security_remember::session_hash)
        .get_result(line.statement())
        .await
        .optional()?;
    let rotated = diesel::update(security_remember::table)
        .filter(security_remember::series.eq(rotation.series.as_bytes().as_slice()))
        .filter(security_remember::user_id.eq(session.user_id))
        .filter(security_remember::token_hash.eq(rotation.expected.as_bytes().as_slice()))
        .filter(security_remember::expires_at.gt(rotation.now.as_millis()))
        .set((
            security_remember::series.eq(rotation.rehashed.as_bytes().as_slice()),
            security_remember::token_hash.eq(rotation.token.as_bytes().as_slice()),
            security_remember::previous_hash.eq(rotation.expected.as_bytes().as_slice()),
            security_remember::nonce.eq(rotation.nonce.as_slice()),
            security_remember::session_hash.eq(session.hash.as_bytes().as_slice()),
            security_remember::rotated_at.eq(rotation.now.as_millis()),
            security_remember::last_used_at.eq(rotation.now.as_millis()),
        ))
        .execute(line.statement())
        .await?;
    if rotated == 0 {
        return Ok(false);
    }
    if let Some(former) = former.flatten() {
        delete_by_hash(line, vec![former]).await?;
    }
    insert_session(line, &session).await?;
    Ok(true)
}

/// A session that moves to the current key stays the one that its series names.
pub(super) async fn move_session(line: &mut Line, hash: SessionHash, rehashed: SessionHash) -> Answer<()> {
    diesel::update(security_remember::table)
        .filter(security_remember::session_hash.eq(hash.as_bytes().as_slice()))
        .set(security_remember::session_hash.eq(rehashed.as_bytes().as_slice()))
        .execute(line.statement())
        .await?;
    Ok(())
}

/// In a transaction.
pub(super) async fn end_series(line: &mut Line, series: SeriesHash) -> Answer<bool> {
    let found = diesel::update(security_remember::table)
        .filter(security_remember::series.eq(series.as_bytes().as_slice()))
        .set(security_remember::expires_at.eq(ENDED))
        .execute(line.statement())
        .await?;
    if found == 0 {
        return Ok(false);
    }
    let session: Option<Vec<u8>> = security_remember::table
        .filter(security_remember::series.eq(series.as_bytes().as_slice()))
        .select(security_remember::session_hash)
        .get_result(line.statement())
        .await?;
    if let Some(session) = session {
        delete_by_hash(line, vec![session]).await?;
    }
    let ended = diesel::delete(security_remember::table)
        .filter(security_remember::series.eq(series.as_bytes().as_slice()))
        .execute(line.statement())
        .await?;
    Ok(ended == 1)
}

/// In a transaction.
pub(super) async fn end_series_of(line: &mut Line, user: UserId) -> Answer<usize> {
    diesel::update(security_remember::table)
        .filter(security_remember::user_id.eq(user))
        .set(security_remember::expires_at.eq(ENDED))
        .execute(line.statement())
        .await?;
    let sessions: Vec<Option<Vec<u8>>> = security_remember::table
        .filter(security_remember::user_id.eq(user))
        .select(security_remember::session_hash)
        .load(line.statement())
        .await?;
    let sessions: Vec<Vec<u8>> = sessions.into_iter().flatten().collect();
    if !sessions.is_empty() {
        delete_by_hash(line, sessions).await?;
    }
    delete_series_of(line, user).await
}

/// Without the sessions: for who ends all of them.
pub(super) async fn delete_series_of(line: &mut Line, user: UserId) -> Answer<usize> {
    Ok(diesel::delete(security_remember::table)
        .filter(security_remember::user_id.eq(user))
        .execute(line.statement())
        .await?)
}

async fn delete_by_hash(line: &mut Line, sessions: Vec<Vec<u8>>) -> Answer<()> {
    let ids: Vec<i64> = sessions.iter().map(|hash| session_id(hash)).collect();
    diesel::delete(security_sessions::table)
        .filter(security_sessions::id.eq_any(ids))
        .filter(security_sessions::hash.eq_any(sessions))
        .execute(line.statement())
        .await?;
    Ok(())
}

pub(super) async fn sweep_series(line: &mut Line, now: Timestamp, limit: i64) -> Answer<usize> {
    let expired: Vec<Vec<u8>> = security_remember::table
        .filter(security_remember::expires_at.lt(now.as_millis()))
        .order(security_remember::expires_at)
        .limit(limit.clamp(0, SWEEP))
        .select(security_remember::series)
        .load(line.statement())
        .await?;
    if expired.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(security_remember::table)
        .filter(security_remember::series.eq_any(expired))
        .execute(line.statement())
        .await?)
}

#[rocket::async_trait]
impl Remember for Store {
    fn contract(&self) -> u32 {
        <dyn Remember>::CONTRACT
    }

    async fn create_series(&self, series: &Issued<RememberSeries>) -> Result<()> {
        let series = RememberSeries::clone(series);
        self.transaction(move |line| Box::pin(create_series(line, series.clone())))
            .await
    }

    async fn series(&self, hashes: &[SeriesHash]) -> Result<Option<(RememberSeries, User)>> {
        let hashes = hashes.to_vec();
        self.read(move |line| Box::pin(series(line, hashes))).await
    }

    async fn rotate_series(&self, rotation: &Rotation, session: &Issued<Session>) -> Result<bool> {
        let (rotation, session) = (rotation.clone(), Session::clone(session));
        self.transaction(move |line| Box::pin(rotate_series(line, rotation.clone(), session.clone())))
            .await
    }

    async fn end_series(&self, series: &SeriesHash) -> Result<bool> {
        let series = *series;
        self.transaction(move |line| Box::pin(end_series(line, series)))
            .await
    }

    async fn end_series_of(&self, user: UserId) -> Result<usize> {
        self.transaction(move |line| Box::pin(end_series_of(line, user)))
            .await
    }

    async fn sweep_series(&self, now: Timestamp, limit: i64) -> Result<usize> {
        self.write(move |line| Box::pin(sweep_series(line, now, limit)))
            .await
    }
}
