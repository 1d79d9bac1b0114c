//! A lock on a row, for the databases that have one. Included by their modules, like `roles.rs`.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::failure::Failure;
use super::super::schema::security_users;
use super::Line;

/// Whether the user is active and still has this uniquifier; until the transaction ends nobody can change that.
pub(super) async fn lock_user(line: &mut Line, id: i64, fs_uniquifier: String) -> Result<bool, Failure> {
    let found: Option<i64> = security_users::table
        .filter(security_users::id.eq(id))
        .filter(security_users::fs_uniquifier.eq(fs_uniquifier))
        .filter(security_users::active.eq(true))
        .select(security_users::id)
        .for_update()
        .get_result(line.statement())
        .await
        .optional()?;
    Ok(found.is_some())
}
