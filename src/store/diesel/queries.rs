//! The statements of the store, written once: here those about roles, sessions and counters. This file is included by each backend's module and speaks of that
//! module's `Conn`.
//!
//! What all three databases can do is little: no RETURNING (ids are found by a unique column of our own making), no
//! upsert (an insert that hits a row says so), and a conditional UPDATE whose count tells who won. MySQL counts the
//! rows that matched, not those that changed, so such a WHERE always excludes the new value.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::failure::Failure;
use super::super::lookups;
use super::super::rows::{CounterRow, NewCounterRow, NewSessionRow, RoleRow, SessionRow, UserRow};
use super::super::schema::{
    security_counters, security_roles, security_sessions, security_users, security_users_roles,
};
use super::{Line, lock_user, remember, users};
use crate::model::{Counter, CounterKey, Role, Session, SessionHash, Timestamp, User, UserId};

type Answer<T> = Result<T, Failure>;

/// The most rows that one sweep takes, so that its statement stays short.
const SWEEP: i64 = 1000;

pub(super) async fn ping(line: &mut Line) -> Answer<()> {
    diesel::select(1_i32.into_sql::<diesel::sql_types::Integer>())
        .get_result::<i32>(line.statement())
        .await?;
    Ok(())
}

// Roles

pub(super) async fn role(line: &mut Line, name: String) -> Answer<Option<Role>> {
    let row: Option<RoleRow> = security_roles::table
        .filter(security_roles::name.eq(&name))
        .get_result(line.statement())
        .await
        .optional()?;
    Ok(row.filter(|row| row.name == name).map(Role::from))
}

/// In a transaction.
pub(super) async fn create_role(
    line: &mut Line,
    name: String,
    description: Option<String>,
    permissions: String,
) -> Answer<Role> {
    diesel::insert_into(security_roles::table)
        .values((
            security_roles::name.eq(&name),
            security_roles::description.eq(&description),
            security_roles::permissions.eq(&permissions),
        ))
        .execute(line.statement())
        .await?;
    let row: RoleRow = security_roles::table
        .filter(security_roles::name.eq(&name))
        .get_result(line.statement())
        .await?;
    Ok(row.into())
}

pub(super) async fn set_permissions(line: &mut Line, role_id: i64, permissions: String) -> Answer<bool> {
    let changed = diesel::update(security_roles::table)
        .filter(security_roles::id.eq(role_id))
        .set(security_roles::permissions.eq(permissions))
        .execute(line.statement())
        .await?;
    Ok(changed == 1)
}

pub(super) async fn roles_of(line: &mut Line, user: UserId) -> Answer<Vec<Role>> {
    let rows: Vec<RoleRow> = lookups::roles_of(user).load(line.statement()).await?;
    Ok(rows.into_iter().map(Role::from).collect())
}

pub(super) async fn add_role_to_user(line: &mut Line, user: UserId, role_id: i64) -> Answer<bool> {
    let inserted = diesel::insert_into(security_users_roles::table)
        .values((
            security_users_roles::user_id.eq(user),
            security_users_roles::role_id.eq(role_id),
        ))
        .execute(line.statement())
        .await
        .map_err(Failure::from);
    match inserted {
        Ok(_) => Ok(true),
        Err(failure) if failure.is_unique_violation() => Ok(false),
        Err(failure) if failure.is_foreign_key_violation() => {
            // SQLite does not say which key was wrong.
            let role: Option<i64> = security_roles::table
                .filter(security_roles::id.eq(role_id))
                .select(security_roles::id)
                .get_result(line.statement())
                .await
                .optional()?;
            Err(Failure::Conflict(if role.is_none() {
                "role_id"
            } else {
                "user_id"
            }))
        }
        Err(failure) => Err(failure),
    }
}

pub(super) async fn remove_role_from_user(line: &mut Line, user: UserId, role_id: i64) -> Answer<bool> {
    let removed = diesel::delete(security_users_roles::table)
        .filter(security_users_roles::user_id.eq(user))
        .filter(security_users_roles::role_id.eq(role_id))
        .execute(line.statement())
        .await?;
    Ok(removed == 1)
}

// Sessions

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
    let inserted = diesel::insert_into(security_sessions::table)
        .values(NewSessionRow::from(session))
        .execute(line.statement())
        .await
        .map_err(Failure::from);
    match inserted {
        Ok(_) => Ok(()),
        Err(failure) if failure.is_unique_violation() => Err(Failure::Conflict("hash")),
        Err(failure) => Err(failure),
    }
}

pub(super) async fn touch_session(
    line: &mut Line,
    hash: SessionHash,
    rehashed: SessionHash,
    now: Timestamp,
) -> Answer<bool> {
    let touched = diesel::update(security_sessions::table)
        .filter(security_sessions::hash.eq(hash.as_bytes().as_slice()))
        .set((
            security_sessions::hash.eq(rehashed.as_bytes().as_slice()),
            security_sessions::last_seen_at.eq(now.as_millis()),
        ))
        .execute(line.statement())
        .await?;
    if hash == rehashed {
        return Ok(touched == 1);
    }
    if touched == 1 {
        remember::move_session(line, hash, rehashed).await?;
        return Ok(true);
    }
    // Another request of the same browser may have rehashed it a moment ago.
    let touched = diesel::update(security_sessions::table)
        .filter(security_sessions::hash.eq(rehashed.as_bytes().as_slice()))
        .set(security_sessions::last_seen_at.eq(now.as_millis()))
        .execute(line.statement())
        .await?;
    Ok(touched == 1)
}

pub(super) async fn set_grace(line: &mut Line, hash: SessionHash, until: Timestamp) -> Answer<bool> {
    let changed = diesel::update(security_sessions::table)
        .filter(security_sessions::hash.eq(hash.as_bytes().as_slice()))
        .set(security_sessions::grace_until.eq(until.as_millis()))
        .execute(line.statement())
        .await?;
    Ok(changed == 1)
}

pub(super) async fn delete_session(line: &mut Line, hash: SessionHash) -> Answer<bool> {
    let deleted = diesel::delete(security_sessions::table)
        .filter(security_sessions::hash.eq(hash.as_bytes().as_slice()))
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
    let unused: Vec<Vec<u8>> = security_sessions::table
        .filter(security_sessions::last_seen_at.lt(idle.as_millis()))
        .order(security_sessions::last_seen_at)
        .limit(limit)
        .select(security_sessions::hash)
        .load(line.statement())
        .await?;
    let mut swept = 0;
    if !unused.is_empty() {
        swept += diesel::delete(security_sessions::table)
            .filter(security_sessions::hash.eq_any(unused))
            .filter(security_sessions::last_seen_at.lt(idle.as_millis()))
            .execute(line.statement())
            .await?;
    }
    let rest = limit.saturating_sub(i64::try_from(swept).unwrap_or(i64::MAX));
    if rest == 0 {
        return Ok(swept);
    }
    let old: Vec<Vec<u8>> = security_sessions::table
        .filter(security_sessions::created_at.lt(absolute.as_millis()))
        .order(security_sessions::created_at)
        .limit(rest)
        .select(security_sessions::hash)
        .load(line.statement())
        .await?;
    if !old.is_empty() {
        swept += diesel::delete(security_sessions::table)
            .filter(security_sessions::hash.eq_any(old))
            .execute(line.statement())
            .await?;
    }
    Ok(swept)
}

// Counters

pub(super) async fn counter(line: &mut Line, key: CounterKey) -> Answer<Option<Counter>> {
    let row: Option<CounterRow> = security_counters::table
        .filter(security_counters::hash.eq(key.as_bytes().as_slice()))
        .get_result(line.statement())
        .await
        .optional()?;
    Ok(row.map(Counter::from))
}

pub(super) async fn swap_counter(
    line: &mut Line,
    key: CounterKey,
    expected: Option<Counter>,
    new: Counter,
) -> Answer<bool> {
    let Some(expected) = expected else {
        let inserted = diesel::insert_into(security_counters::table)
            .values(NewCounterRow::new(&key, &new))
            .execute(line.statement())
            .await
            .map_err(Failure::from);
        return match inserted {
            Ok(_) => Ok(true),
            Err(failure) if failure.is_unique_violation() => Ok(false),
            Err(failure) => Err(failure),
        };
    };
    let swapped = diesel::update(security_counters::table)
        .filter(security_counters::hash.eq(key.as_bytes().as_slice()))
        .filter(security_counters::failures.eq(expected.failures))
        .filter(security_counters::blocked_until.eq(expected.blocked_until.as_millis()))
        .filter(security_counters::expires_at.eq(expected.expires_at.as_millis()))
        .set((
            security_counters::failures.eq(new.failures),
            security_counters::blocked_until.eq(new.blocked_until.as_millis()),
            security_counters::expires_at.eq(new.expires_at.as_millis()),
        ))
        .execute(line.statement())
        .await?;
    Ok(swapped == 1)
}

pub(super) async fn delete_counter(line: &mut Line, key: CounterKey) -> Answer<()> {
    diesel::delete(security_counters::table)
        .filter(security_counters::hash.eq(key.as_bytes().as_slice()))
        .execute(line.statement())
        .await?;
    Ok(())
}

pub(super) async fn sweep_counters(line: &mut Line, now: Timestamp, limit: i64) -> Answer<usize> {
    let expired: Vec<Vec<u8>> = security_counters::table
        .filter(security_counters::expires_at.lt(now.as_millis()))
        .order(security_counters::expires_at)
        .limit(limit.clamp(0, SWEEP))
        .select(security_counters::hash)
        .load(line.statement())
        .await?;
    if expired.is_empty() {
        return Ok(0);
    }
    // Again with the condition: somebody may have failed anew in between.
    let swept = diesel::delete(security_counters::table)
        .filter(security_counters::hash.eq_any(expired))
        .filter(security_counters::expires_at.lt(now.as_millis()))
        .execute(line.statement())
        .await?;
    Ok(swept)
}
