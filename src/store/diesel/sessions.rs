//! The statements about sessions. Included by each backend's module, like `roles.rs`.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::failure::Failure;
use super::super::lookups;
use super::super::rows::{NewSessionRow, SessionRow, UserRow};
use super::super::schema::{security_sessions, security_users};
use super::{Line, lock_user, remember, users};
use crate::model::{Session, SessionHash, Timestamp, User, UserId};

type Answer<T> = Result<T, Failure>;

/// The most rows that one sweep takes, so that its statement stays short.
const SWEEP: i64 = 1000;

pub(super) async fn session_with_user(
    line: &mut Line,
    hashes: Vec<SessionHash>,
) -> Answer<Option<(Session, User)>> {
    // A secret has one row, under the current key or under an older one; and there is an older one only while keys
    // are being changed. So this is one statement nearly always, and each is a point read.
    for hash in &hashes {
        let row: Option<(SessionRow, UserRow)> = lookups::session_by_hash(hash)
            .inner_join(security_users::table)
            .get_result(line.statement())
            .await
            .optional()?;
        if let Some((session, user)) = row {
            return Ok(Some((session.try_into()?, user.into())));
        }
    }
    Ok(None)
}

/// In a transaction.
pub(super) async fn create_session(
    line: &mut Line,
    session: Session,
    replaces: Option<SessionHash>,
    track: bool,
) -> Answer<()> {
    // Whoever deactivates the user or changes the uniquifier meanwhile waits for this lock and then ends the new
    // session with the others; whoever did so before makes it impossible.
    if !lock_user(line, session.user_id, session.fs_uniquifier.clone()).await? {
        return Err(Failure::Conflict("user_id"));
    }
    if let Some(replaced) = replaces {
        delete_session(line, replaced).await?;
    }
    if track {
        users::track(line, &session).await?;
    }
    insert_session(line, &session).await
}

/// In a transaction.
pub(super) async fn renew_session(line: &mut Line, old: SessionHash, new: Session) -> Answer<bool> {
    if !lock_user(line, new.user_id, new.fs_uniquifier.clone()).await? {
        return Err(Failure::Conflict("user_id"));
    }
    if !delete_session(line, old).await? {
        return Ok(false);
    }
    insert_session(line, &new).await?;
    Ok(true)
}

pub(super) async fn insert_session(line: &mut Line, session: &Session) -> Answer<()> {
    diesel::insert_into(security_sessions::table)
        .values(NewSessionRow::from(session))
        .execute(line.statement())
        .await
        .map_err(taken)?;
    Ok(())
}

/// Another session has that hash, or one that begins alike.
fn taken(error: diesel::result::Error) -> Failure {
    match Failure::from(error) {
        failure if failure.is_unique_violation() => Failure::Conflict("hash"),
        failure => failure,
    }
}

pub(super) async fn touch_session(line: &mut Line, hash: SessionHash, now: Timestamp) -> Answer<bool> {
    let touched = diesel::update(lookups::session_by_hash(&hash))
        .set(security_sessions::last_seen_at.eq(now.as_millis()))
        .execute(line.statement())
        .await?;
    Ok(touched == 1)
}

/// In a transaction.
pub(super) async fn rehash_session(
    line: &mut Line,
    hash: SessionHash,
    rehashed: SessionHash,
    now: Timestamp,
) -> Answer<bool> {
    let moved = diesel::update(lookups::session_by_hash(&hash))
        .set((
            security_sessions::id.eq(lookups::session_id(rehashed.as_bytes())),
            security_sessions::hash.eq(rehashed.as_bytes().as_slice()),
            security_sessions::last_seen_at.eq(now.as_millis()),
        ))
        .execute(line.statement())
        .await
        .map_err(taken)?;
    if moved == 1 {
        remember::move_session(line, hash, rehashed).await?;
        return Ok(true);
    }
    // Another request of the same browser may have rehashed it a moment ago.
    touch_session(line, rehashed, now).await
}

pub(super) async fn set_grace(line: &mut Line, hash: SessionHash, until: Timestamp) -> Answer<bool> {
    let changed = diesel::update(lookups::session_by_hash(&hash))
        .set(security_sessions::grace_until.eq(until.as_millis()))
        .execute(line.statement())
        .await?;
    Ok(changed == 1)
}

pub(super) async fn delete_session(line: &mut Line, hash: SessionHash) -> Answer<bool> {
    let deleted = diesel::delete(lookups::session_by_hash(&hash))
        .execute(line.statement())
        .await?;
    Ok(deleted == 1)
}

pub(super) async fn delete_sessions_of(
    line: &mut Line,
    user: UserId,
    except: Option<SessionHash>,
) -> Answer<usize> {
    let theirs = diesel::delete(security_sessions::table).filter(security_sessions::user_id.eq(user));
    let deleted = match except {
        Some(hash) => {
            theirs
                .filter(security_sessions::hash.ne(hash.as_bytes().as_slice()))
                .execute(line.statement())
                .await?
        }
        None => theirs.execute(line.statement()).await?,
    };
    Ok(deleted)
}

pub(super) async fn delete_sessions_since(line: &mut Line, user: UserId, since: Timestamp) -> Answer<usize> {
    let ended = diesel::delete(
        security_sessions::table
            .filter(security_sessions::user_id.eq(user))
            .filter(security_sessions::created_at.ge(since.as_millis())),
    )
    .execute(line.statement())
    .await?;
    Ok(ended)
}

pub(super) async fn sweep_sessions(
    line: &mut Line,
    idle: Timestamp,
    absolute: Timestamp,
    limit: i64,
) -> Answer<usize> {
    let limit = limit.clamp(0, SWEEP);
    // Two walks, each along its own index; MySQL allows no LIMIT in a subquery, hence read, then delete. The delete
    // asks again, for the session may have been used in between.
    let unused: Vec<i64> = security_sessions::table
        .filter(security_sessions::last_seen_at.lt(idle.as_millis()))
        .order(security_sessions::last_seen_at)
        .limit(limit)
        .select(security_sessions::id)
        .load(line.statement())
        .await?;
    let mut swept = 0;
    if !unused.is_empty() {
        swept += diesel::delete(security_sessions::table)
            .filter(security_sessions::id.eq_any(unused))
            .filter(security_sessions::last_seen_at.lt(idle.as_millis()))
            .execute(line.statement())
            .await?;
    }
    let rest = limit.saturating_sub(i64::try_from(swept).unwrap_or(i64::MAX));
    if rest == 0 {
        return Ok(swept);
    }
    let old: Vec<i64> = security_sessions::table
        .filter(security_sessions::created_at.lt(absolute.as_millis()))
        .order(security_sessions::created_at)
        .limit(rest)
        .select(security_sessions::id)
        .load(line.statement())
        .await?;
    if !old.is_empty() {
        swept += diesel::delete(security_sessions::table)
            .filter(security_sessions::id.eq_any(old))
            .filter(security_sessions::created_at.lt(absolute.as_millis()))
            .execute(line.statement())
            .await?;
    }
    Ok(swept)
}
