//! The statements about API keys, and the trait that runs them. Included by each backend's module, like `roles.rs`.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::failure::Failure;
use super::super::lookups;
use super::super::rows::UserRow;
use super::super::rows::api_key::{ApiKeyRow, NewApiKeyRow};
use super::super::schema::{security_api_keys, security_users};
use super::store::Store;
use super::{Line, lock_user};
use crate::error::Result;
use crate::model::{ApiKey, ApiKeyHash, Issued, Timestamp, User, UserId};
use crate::store::{ApiKeys, rules};

type Answer<T> = Result<T, Failure>;

/// The most rows that one sweep takes, so that its statement stays short.
const SWEEP: i64 = 1000;

/// In a transaction. Whoever else makes a key for this user waits for his row, so the count is right when it is used.
pub(super) async fn create_api_key(line: &mut Line, key: ApiKey, limit: i64) -> Answer<bool> {
    if !lock_user(line, key.user_id, key.fs_uniquifier.clone()).await? {
        return Err(Failure::Conflict("user_id"));
    }
    let has: i64 = security_api_keys::table
        .filter(security_api_keys::user_id.eq(key.user_id))
        .count()
        .get_result(line.statement())
        .await?;
    if has >= limit {
        return Ok(false);
    }
    let inserted = diesel::insert_into(security_api_keys::table)
        .values(NewApiKeyRow::from(&key))
        .execute(line.statement())
        .await
        .map_err(Failure::from);
    match inserted {
        Ok(_) => Ok(true),
        Err(failure) if failure.is_unique_violation() => Err(Failure::Conflict("api_key")),
        Err(failure) => Err(failure),
    }
}

pub(super) async fn api_key(line: &mut Line, id: String) -> Answer<Option<(ApiKey, User)>> {
    let row: Option<(ApiKeyRow, UserRow)> = lookups::api_key_by_id(&id)
        .inner_join(security_users::table)
        .get_result(line.statement())
        .await
        .optional()?;
    match row {
        Some((key, user)) => Ok(Some((key.try_into()?, user.into()))),
        None => Ok(None),
    }
}

pub(super) async fn touch_api_key(
    line: &mut Line,
    id: String,
    expected: ApiKeyHash,
    rehashed: ApiKeyHash,
    now: Timestamp,
    ip: Option<String>,
) -> Answer<bool> {
    let touched = diesel::update(security_api_keys::table)
        .filter(security_api_keys::public_id.eq(id))
        .filter(security_api_keys::hash.eq(expected.as_bytes().as_slice()))
        .set((
            security_api_keys::hash.eq(rehashed.as_bytes().as_slice()),
            security_api_keys::last_used_at.eq(now.as_millis()),
            security_api_keys::last_used_ip.eq(ip),
        ))
        .execute(line.statement())
        .await?;
    Ok(touched == 1)
}

pub(super) async fn api_keys_of(line: &mut Line, user: UserId) -> Answer<Vec<ApiKey>> {
    let rows: Vec<ApiKeyRow> = security_api_keys::table
        .filter(security_api_keys::user_id.eq(user))
        .order((security_api_keys::created_at.desc(), security_api_keys::public_id))
        .load(line.statement())
        .await?;
    rows.into_iter().map(ApiKey::try_from).collect()
}

pub(super) async fn delete_api_key(line: &mut Line, user: UserId, id: String) -> Answer<bool> {
    let deleted = diesel::delete(security_api_keys::table)
        .filter(security_api_keys::public_id.eq(id))
        .filter(security_api_keys::user_id.eq(user))
        .execute(line.statement())
        .await?;
    Ok(deleted == 1)
}

pub(super) async fn delete_api_keys_of(line: &mut Line, user: UserId) -> Answer<usize> {
    Ok(diesel::delete(security_api_keys::table)
        .filter(security_api_keys::user_id.eq(user))
        .execute(line.statement())
        .await?)
}

pub(super) async fn sweep_api_keys(line: &mut Line, now: Timestamp, limit: i64) -> Answer<usize> {
    let expired: Vec<String> = security_api_keys::table
        .filter(security_api_keys::expires_at.lt(now.as_millis()))
        .order(security_api_keys::expires_at)
        .limit(limit.clamp(0, SWEEP))
        .select(security_api_keys::public_id)
        .load(line.statement())
        .await?;
    if expired.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(security_api_keys::table)
        .filter(security_api_keys::public_id.eq_any(expired))
        .execute(line.statement())
        .await?)
}

#[rocket::async_trait]
impl ApiKeys for Store {
    fn contract(&self) -> u32 {
        <dyn ApiKeys>::CONTRACT
    }

    async fn create_api_key(&self, key: &Issued<ApiKey>, limit: u32) -> Result<bool> {
        rules::check_api_key(key)?;
        let key = ApiKey::clone(key);
        self.transaction(move |line| Box::pin(create_api_key(line, key.clone(), i64::from(limit))))
            .await
    }

    async fn api_key(&self, id: &str) -> Result<Option<(ApiKey, User)>> {
        if !rules::is_api_key_id(id) {
            return Ok(None);
        }
        if let Some(found) = self.inline.api_key(id, &self.statements) {
            return Ok(found);
        }
        let id = id.to_owned();
        self.read(move |line| Box::pin(api_key(line, id))).await
    }

    async fn touch_api_key(
        &self,
        id: &str,
        expected: &ApiKeyHash,
        rehashed: &ApiKeyHash,
        now: Timestamp,
        ip: Option<&str>,
    ) -> Result<bool> {
        if !rules::is_api_key_id(id) {
            return Ok(false);
        }
        let (id, expected, rehashed) = (id.to_owned(), *expected, *rehashed);
        let ip = ip.map(|ip| super::super::rows::cut(ip, 64));
        self.write(move |line| {
            let (id, ip) = (id.clone(), ip.clone());
            Box::pin(touch_api_key(line, id, expected, rehashed, now, ip))
        })
        .await
    }

    async fn api_keys_of(&self, user: UserId) -> Result<Vec<ApiKey>> {
        self.read(move |line| Box::pin(api_keys_of(line, user))).await
    }

    async fn delete_api_key(&self, user: UserId, id: &str) -> Result<bool> {
        if !rules::is_api_key_id(id) {
            return Ok(false);
        }
        let id = id.to_owned();
        self.write(move |line| Box::pin(delete_api_key(line, user, id.clone())))
            .await
    }

    async fn delete_api_keys_of(&self, user: UserId) -> Result<usize> {
        self.write(move |line| Box::pin(delete_api_keys_of(line, user)))
            .await
    }

    async fn sweep_api_keys(&self, now: Timestamp, limit: i64) -> Result<usize> {
        self.write(move |line| Box::pin(sweep_api_keys(line, now, limit)))
            .await
    }
}
