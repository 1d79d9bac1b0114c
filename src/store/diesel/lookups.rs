//! The look-ups of an authenticated request, as expressions: SQLite's readers run them inline, everything else runs
//! them on the pool.
//!
//! None has a LIMIT: each goes by a unique key or wants all rows, and SQLite prepares a bound LIMIT anew each time.

use diesel::dsl::{Eq, Filter, auto_type};
use diesel::prelude::*;

use super::schema::{security_roles, security_sessions, security_users, security_users_roles};
use crate::model::{SessionHash, UserId};

pub(super) fn session_by_hash(
    hash: &SessionHash,
) -> Filter<security_sessions::table, Eq<security_sessions::hash, &[u8]>> {
    security_sessions::table.filter(security_sessions::hash.eq(hash.as_bytes().as_slice()))
}

pub(super) fn user_by_id(id: UserId) -> Filter<security_users::table, Eq<security_users::id, i64>> {
    security_users::table.filter(security_users::id.eq(id))
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
