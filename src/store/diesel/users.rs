//! The statements about accounts. Included by each backend's module, like `roles.rs`.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::failure::Failure;
use super::super::lookups;
use super::super::rows::{IdentityRow, NewUserRow, UserRow};
use super::super::schema::{security_identities, security_users};
use super::sessions::delete_sessions_of;
use super::{Line, remember};
use crate::model::{NewUser, OwnIdentity, Session, Timestamp, User, UserId};

type Answer<T> = Result<T, Failure>;

/// By what a user is looked up, in a form that may travel.
#[derive(Clone)]
pub(super) enum By {
    Email,
    Username,
    Phone,
    Uniquifier,
    Own(String),
}

pub(super) async fn user(line: &mut Line, id: UserId) -> Answer<Option<User>> {
    let row: Option<UserRow> = lookups::user_by_id(id)
        .get_result(line.statement())
        .await
        .optional()?;
    Ok(row.map(User::from))
}

pub(super) async fn user_by(line: &mut Line, by: By, key: String) -> Answer<Option<User>> {
    // MySQL's comparison overlooks spaces at the end; an identity must not. Hence each is compared once more.
    let row: Option<UserRow> = match by {
        By::Email => lookups::user_by_email(&key)
            .get_result::<UserRow>(line.statement())
            .await
            .optional()?
            .filter(|row| row.email_key == key),
        By::Username => security_users::table
            .filter(security_users::username_key.eq(&key))
            .get_result::<UserRow>(line.statement())
            .await
            .optional()?
            .filter(|row| row.username_key.as_ref() == Some(&key)),
        By::Phone => security_users::table
            .filter(security_users::phone.eq(&key))
            .get_result::<UserRow>(line.statement())
            .await
            .optional()?
            .filter(|row| row.phone.as_ref() == Some(&key)),
        By::Uniquifier => lookups::user_by_uniquifier(&key)
            .get_result::<UserRow>(line.statement())
            .await
            .optional()?
            .filter(|row| row.fs_uniquifier == key),
        By::Own(attribute) => security_identities::table
            .inner_join(security_users::table)
            .filter(security_identities::attribute.eq(&attribute))
            .filter(security_identities::identity_key.eq(&key))
            .get_result::<(IdentityRow, UserRow)>(line.statement())
            .await
            .optional()?
            .map(|(identity, user)| (OwnIdentity::from(identity), user))
            .filter(|(identity, _)| identity.attribute == attribute && identity.key == key)
            .map(|(_, user)| user),
    };
    Ok(row.map(User::from))
}

/// In a transaction.
pub(super) async fn create_user(line: &mut Line, new: &NewUser) -> Answer<User> {
    diesel::insert_into(security_users::table)
        .values(NewUserRow::from(new))
        .execute(line.statement())
        .await?;
    let id = security_users::table
        .filter(security_users::handle.eq(&new.handle))
        .select(security_users::id)
        .get_result(line.statement())
        .await?;
    for identity in &new.identities {
        insert_identity(line, id, identity).await?;
    }
    Ok(User::made(id, new))
}

pub(super) async fn replace_password(
    line: &mut Line,
    id: UserId,
    expected: String,
    new: String,
    now: Timestamp,
) -> Answer<bool> {
    let changed = diesel::update(security_users::table)
        .filter(security_users::id.eq(id))
        .filter(security_users::password.eq(expected))
        .set((
            security_users::password.eq(new),
            security_users::updated_at.eq(now.as_millis()),
        ))
        .execute(line.statement())
        .await?;
    Ok(changed == 1)
}

pub(super) async fn set_phone(
    line: &mut Line,
    id: UserId,
    phone: Option<String>,
    now: Timestamp,
) -> Answer<bool> {
    let changed = diesel::update(security_users::table)
        .filter(security_users::id.eq(id))
        .set((
            security_users::phone.eq(phone),
            security_users::updated_at.eq(now.as_millis()),
        ))
        .execute(line.statement())
        .await?;
    Ok(changed == 1)
}

/// In a transaction.
pub(super) async fn set_identity(line: &mut Line, id: UserId, identity: OwnIdentity) -> Answer<()> {
    remove_identity(line, id, identity.attribute.clone()).await?;
    insert_identity(line, id, &identity).await
}

async fn insert_identity(line: &mut Line, id: UserId, identity: &OwnIdentity) -> Answer<()> {
    let inserted = diesel::insert_into(security_identities::table)
        .values((
            security_identities::user_id.eq(id),
            security_identities::attribute.eq(&identity.attribute),
            security_identities::value.eq(&identity.value),
            security_identities::identity_key.eq(&identity.key),
        ))
        .execute(line.statement())
        .await
        .map_err(Failure::from);
    match inserted {
        Ok(_) => Ok(()),
        // Whichever of the two keys it broke: the user has that attribute already, or somebody has that value.
        Err(failure) if failure.is_unique_violation() => Err(Failure::Conflict("identity")),
        Err(failure) => Err(failure),
    }
}

pub(super) async fn remove_identity(line: &mut Line, id: UserId, attribute: String) -> Answer<bool> {
    let removed = diesel::delete(security_identities::table)
        .filter(security_identities::user_id.eq(id))
        .filter(security_identities::attribute.eq(attribute))
        .execute(line.statement())
        .await?;
    Ok(removed == 1)
}

pub(super) async fn identities_of(line: &mut Line, id: UserId) -> Answer<Vec<OwnIdentity>> {
    let rows: Vec<IdentityRow> = security_identities::table
        .filter(security_identities::user_id.eq(id))
        .order(security_identities::attribute)
        .load(line.statement())
        .await?;
    Ok(rows.into_iter().map(OwnIdentity::from).collect())
}

/// Notes a sign-in with the user. In the transaction that makes the session.
pub(super) async fn track(line: &mut Line, session: &Session) -> Answer<()> {
    // MySQL assigns from left to right: what was current has to be copied before it changes.
    diesel::update(security_users::table)
        .filter(security_users::id.eq(session.user_id))
        .set((
            security_users::last_login_at.eq(security_users::current_login_at),
            security_users::last_login_ip.eq(security_users::current_login_ip),
            security_users::current_login_at.eq(session.authenticated_at.as_millis()),
            security_users::current_login_ip.eq(session.ip.as_deref()),
            security_users::login_count.eq(security_users::login_count + 1),
        ))
        .execute(line.statement())
        .await?;
    Ok(())
}

/// In a transaction.
pub(super) async fn set_active(line: &mut Line, id: UserId, active: bool, now: Timestamp) -> Answer<bool> {
    let changed = diesel::update(security_users::table)
        .filter(security_users::id.eq(id))
        .filter(security_users::active.eq(!active))
        .set((
            security_users::active.eq(active),
            security_users::updated_at.eq(now.as_millis()),
        ))
        .execute(line.statement())
        .await?;
    if changed == 1 && !active {
        end_all_of(line, id).await?;
    }
    Ok(changed == 1)
}

/// In a transaction.
pub(super) async fn set_uniquifier(
    line: &mut Line,
    id: UserId,
    fs_uniquifier: String,
    now: Timestamp,
) -> Answer<bool> {
    let changed = diesel::update(security_users::table)
        .filter(security_users::id.eq(id))
        .set((
            security_users::fs_uniquifier.eq(fs_uniquifier),
            security_users::updated_at.eq(now.as_millis()),
        ))
        .execute(line.statement())
        .await?;
    if changed == 1 {
        end_all_of(line, id).await?;
    }
    Ok(changed == 1)
}

/// Ends whatever lets the user in without proving again who he is. Who is just being let in waits for his row, which
/// has changed by now, and will be refused.
async fn end_all_of(line: &mut Line, id: UserId) -> Answer<()> {
    remember::delete_series_of(line, id).await?;
    delete_sessions_of(line, id, None).await?;
    Ok(())
}

pub(super) async fn delete_user(line: &mut Line, id: UserId) -> Answer<bool> {
    let deleted = diesel::delete(security_users::table.filter(security_users::id.eq(id)))
        .execute(line.statement())
        .await?;
    Ok(deleted == 1)
}
