//! The look-ups of an authenticated request and of a sign-in, as expressions: SQLite's readers run them inline, everything else runs
//! them on the pool.
//!
//! None has a LIMIT: each goes by a unique key or wants all rows, and SQLite prepares a bound LIMIT anew each time.

use diesel::dsl::{Eq, EqAny, Filter, auto_type};
use diesel::prelude::*;

use super::schema::{
    security_api_keys, security_counters, security_roles, security_sessions, security_users,
    security_users_roles,
};
use crate::model::{Counter, CounterKey, SessionHash, UserId};

/// What a session's row is found by: a number, because a database compares it faster than bytes, and SQLite keeps its rows
/// by one. The hash is keyed, so nobody chooses what it begins with; that two begin alike is no more likely than to guess
/// a number of 64 bits, and then the later session is refused.
pub(super) fn session_id(hash: &[u8]) -> i64 {
    hash.first_chunk().copied().map_or(0, i64::from_be_bytes)
}

type BySessionId = Filter<security_sessions::table, Eq<security_sessions::id, i64>>;

/// By its id, and it has to have the whole hash.
pub(super) fn session_by_hash(hash: &SessionHash) -> Filter<BySessionId, Eq<security_sessions::hash, &[u8]>> {
    let hash = hash.as_bytes().as_slice();
    security_sessions::table
        .filter(security_sessions::id.eq(session_id(hash)))
        .filter(security_sessions::hash.eq(hash))
}

pub(super) fn user_by_id(id: UserId) -> Filter<security_users::table, Eq<security_users::id, i64>> {
    security_users::table.filter(security_users::id.eq(id))
}

pub(super) fn user_by_email(key: &str) -> Filter<security_users::table, Eq<security_users::email_key, &str>> {
    security_users::table.filter(security_users::email_key.eq(key))
}

pub(super) fn user_by_uniquifier(
    key: &str,
) -> Filter<security_users::table, Eq<security_users::fs_uniquifier, &str>> {
    security_users::table.filter(security_users::fs_uniquifier.eq(key))
}

pub(super) fn api_key_by_id(
    id: &str,
) -> Filter<security_api_keys::table, Eq<security_api_keys::public_id, &str>> {
    security_api_keys::table.filter(security_api_keys::public_id.eq(id))
}

pub(super) fn counter_by_key(
    key: &CounterKey,
) -> Filter<security_counters::table, Eq<security_counters::hash, &[u8]>> {
    security_counters::table.filter(security_counters::hash.eq(key.as_bytes().as_slice()))
}

#[auto_type]
pub(super) fn counter_as<'a>(key: &'a CounterKey, expected: &'a Counter) -> _ {
    let hash: &'a [u8] = key.as_bytes();
    let failures: i32 = expected.failures;
    let blocked_until: i64 = expected.blocked_until.as_millis();
    let expires_at: i64 = expected.expires_at.as_millis();
    security_counters::table
        .filter(security_counters::hash.eq(hash))
        .filter(security_counters::failures.eq(failures))
        .filter(security_counters::blocked_until.eq(blocked_until))
        .filter(security_counters::expires_at.eq(expires_at))
}

pub(super) fn counters_by_keys(
    keys: &[CounterKey],
) -> Filter<security_counters::table, EqAny<security_counters::hash, Vec<&[u8]>>> {
    let hashes: Vec<&[u8]> = keys.iter().map(|key| key.as_bytes().as_slice()).collect();
    security_counters::table.filter(security_counters::hash.eq_any(hashes))
}

#[auto_type]
pub(super) fn roles_of(user: i64) -> _ {
    security_users_roles::table
        .inner_join(security_roles::table)
        .filter(security_users_roles::user_id.eq(user))
        .select((
            security_roles::id,
            security_roles::name,
            security_roles::description,
            security_roles::permissions,
        ))
        .order(security_roles::name)
}
