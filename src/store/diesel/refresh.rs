//! The statements about refresh tokens, and the trait that runs them. Included by each backend's module, like `roles.rs`.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::failure::Failure;
use super::super::rows::UserRow;
use super::super::rows::refresh::{FamilyRow, NewFamilyRow};
use super::super::schema::{security_refresh, security_users};
use super::store::Store;
use super::{Line, lock_user};
use crate::error::Result;
use crate::model::{FamilyHash, Issued, RefreshFamily, RefreshTurn, Timestamp, User, UserId};
use crate::store::{RefreshFamilies, rules};

type Answer<T> = Result<T, Failure>;

/// The most rows that one sweep takes, so that its statement stays short.
const SWEEP: i64 = 1000;

/// In a transaction.
pub(super) async fn create_family(line: &mut Line, family: RefreshFamily) -> Answer<()> {
    // As with a session: whoever deactivates the user meanwhile waits for this lock and then takes the family along.
    if !lock_user(line, family.user_id, family.fs_uniquifier.clone()).await? {
        return Err(Failure::Conflict("user_id"));
    }
    let inserted = diesel::insert_into(security_refresh::table)
        .values(NewFamilyRow::from(&family))
        .execute(line.statement())
        .await
        .map_err(Failure::from);
    match inserted {
        Ok(_) => Ok(()),
        Err(failure) if failure.is_unique_violation() => Err(Failure::Conflict("family")),
        Err(failure) => Err(failure),
    }
}

pub(super) async fn family(
    line: &mut Line,
    hashes: Vec<FamilyHash>,
) -> Answer<Option<(RefreshFamily, User)>> {
    for hash in &hashes {
        let row: Option<(FamilyRow, UserRow)> = security_refresh::table
            .filter(security_refresh::family.eq(hash.as_bytes().as_slice()))
            .inner_join(security_users::table)
            .get_result(line.statement())
            .await
            .optional()?;
        if let Some((family, user)) = row {
            return Ok(Some((family.try_into()?, user.into())));
        }
    }
    Ok(None)
}

pub(super) async fn rotate_family(line: &mut Line, turn: RefreshTurn) -> Answer<bool> {
    let turned = diesel::update(security_refresh::table)
        .filter(security_refresh::family.eq(turn.family.as_bytes().as_slice()))
        .filter(security_refresh::token_hash.eq(turn.expected.as_bytes().as_slice()))
        .filter(security_refresh::expires_at.gt(turn.now.as_millis()))
        .filter(security_refresh::revoked_at.is_null())
        .set((
            security_refresh::family.eq(turn.rehashed.as_bytes().as_slice()),
            security_refresh::generation.eq(security_refresh::generation + 1),
            security_refresh::token_hash.eq(turn.token.as_bytes().as_slice()),
            security_refresh::previous_hash.eq(turn.expected.as_bytes().as_slice()),
            security_refresh::nonce.eq(turn.nonce.as_slice()),
            security_refresh::rotated_at.eq(turn.now.as_millis()),
            security_refresh::last_used_at.eq(turn.now.as_millis()),
        ))
        .execute(line.statement())
        .await?;
    Ok(turned == 1)
}

pub(super) async fn revoke_family(line: &mut Line, user: UserId, id: String, now: Timestamp) -> Answer<bool> {
    let revoked = diesel::update(security_refresh::table)
        .filter(security_refresh::public_id.eq(id))
        .filter(security_refresh::user_id.eq(user))
        .filter(security_refresh::revoked_at.is_null())
        .set(security_refresh::revoked_at.eq(now.as_millis()))
        .execute(line.statement())
        .await?;
    Ok(revoked == 1)
}

pub(super) async fn revoke_families_of(line: &mut Line, user: UserId, now: Timestamp) -> Answer<usize> {
    Ok(diesel::update(security_refresh::table)
        .filter(security_refresh::user_id.eq(user))
        .filter(security_refresh::revoked_at.is_null())
        .set(security_refresh::revoked_at.eq(now.as_millis()))
        .execute(line.statement())
        .await?)
}

/// For who ends everything: nothing need be known of these tokens any more.
pub(super) async fn delete_families_of(line: &mut Line, user: UserId) -> Answer<usize> {
    Ok(diesel::delete(security_refresh::table)
        .filter(security_refresh::user_id.eq(user))
        .execute(line.statement())
        .await?)
}

pub(super) async fn families_of(
    line: &mut Line,
    user: UserId,
    now: Timestamp,
    idle: Timestamp,
) -> Answer<Vec<RefreshFamily>> {
    let rows: Vec<FamilyRow> = security_refresh::table
        .filter(security_refresh::user_id.eq(user))
        .filter(security_refresh::revoked_at.is_null())
        .filter(security_refresh::expires_at.gt(now.as_millis()))
        .filter(security_refresh::last_used_at.gt(idle.as_millis()))
        .load(line.statement())
        .await?;
    let families: Answer<Vec<RefreshFamily>> = rows.into_iter().map(RefreshFamily::try_from).collect();
    let mut families = families?;
    // Here, for a database that sorts might walk the index of the times in place of the user's.
    families.sort_by(|one, other| (other.last_used_at, &other.id).cmp(&(one.last_used_at, &one.id)));
    Ok(families)
}

pub(super) async fn sweep_families(
    line: &mut Line,
    now: Timestamp,
    idle: Timestamp,
    limit: i64,
) -> Answer<usize> {
    let limit = limit.clamp(0, SWEEP);
    // Two walks, each along its own index, read and then deleted, as with sessions.
    let expired: Vec<Vec<u8>> = security_refresh::table
        .filter(security_refresh::expires_at.lt(now.as_millis()))
        .order(security_refresh::expires_at)
        .limit(limit)
        .select(security_refresh::family)
        .load(line.statement())
        .await?;
    let mut swept = 0;
    if !expired.is_empty() {
        swept += diesel::delete(security_refresh::table)
            .filter(security_refresh::family.eq_any(expired))
            .execute(line.statement())
            .await?;
    }
    let rest = limit.saturating_sub(i64::try_from(swept).unwrap_or(i64::MAX));
    if rest == 0 {
        return Ok(swept);
    }
    let unused: Vec<Vec<u8>> = security_refresh::table
        .filter(security_refresh::last_used_at.lt(idle.as_millis()))
        .order(security_refresh::last_used_at)
        .limit(rest)
        .select(security_refresh::family)
        .load(line.statement())
        .await?;
    if !unused.is_empty() {
        swept += diesel::delete(security_refresh::table)
            .filter(security_refresh::family.eq_any(unused))
            .filter(security_refresh::last_used_at.lt(idle.as_millis()))
            .execute(line.statement())
            .await?;
    }
    Ok(swept)
}

#[rocket::async_trait]
impl RefreshFamilies for Store {
    fn contract(&self) -> u32 {
        <dyn RefreshFamilies>::CONTRACT
    }

    async fn create_family(&self, family: &Issued<RefreshFamily>) -> Result<()> {
        let family = RefreshFamily::clone(family);
        self.transaction(move |line| Box::pin(create_family(line, family.clone())))
            .await
    }

    async fn family(&self, hashes: &[FamilyHash]) -> Result<Option<(RefreshFamily, User)>> {
        let hashes = hashes.to_vec();
        self.read(move |line| Box::pin(family(line, hashes))).await
    }

    async fn rotate_family(&self, turn: &RefreshTurn) -> Result<bool> {
        let turn = turn.clone();
        self.write(move |line| Box::pin(rotate_family(line, turn.clone())))
            .await
    }

    async fn revoke_family(&self, user: UserId, id: &str, now: Timestamp) -> Result<bool> {
        if !rules::can_be_stored(id) {
            return Ok(false);
        }
        let id = id.to_owned();
        self.write(move |line| Box::pin(revoke_family(line, user, id.clone(), now)))
            .await
    }

    async fn revoke_families_of(&self, user: UserId, now: Timestamp) -> Result<usize> {
        self.write(move |line| Box::pin(revoke_families_of(line, user, now)))
            .await
    }

    async fn families_of(&self, user: UserId, now: Timestamp, idle: Timestamp) -> Result<Vec<RefreshFamily>> {
        self.read(move |line| Box::pin(families_of(line, user, now, idle)))
            .await
    }

    async fn sweep_families(&self, now: Timestamp, idle: Timestamp, limit: i64) -> Result<usize> {
        self.write(move |line| Box::pin(sweep_families(line, now, idle, limit)))
            .await
    }
}
