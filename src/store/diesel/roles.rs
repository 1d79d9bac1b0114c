//! The statements about roles, written once; those about users, sessions, counters and remembered browsers stand in files
//! of their own beside this one. Each is included by each backend's module and speaks of that module's `Conn`.
//!
//! What all three databases can do is little: no RETURNING (ids are found by a unique column of our own making), no
//! upsert (an insert that hits a row says so), and a conditional UPDATE whose count tells who won. MySQL counts the
//! rows that matched, not those that changed, so such a WHERE always excludes the new value.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::failure::Failure;
use super::super::lookups;
use super::super::rows::RoleRow;
use super::super::schema::{security_roles, security_users_roles};
use super::Line;
use crate::model::{Role, UserId};

type Answer<T> = Result<T, Failure>;

pub(super) async fn ping(line: &mut Line) -> Answer<()> {
    diesel::select(1_i32.into_sql::<diesel::sql_types::Integer>())
        .get_result::<i32>(line.statement())
        .await?;
    Ok(())
}

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
