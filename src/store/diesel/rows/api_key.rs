//! API keys as their table holds them.

use diesel::{Insertable, Queryable};

use super::super::failure::Failure;
use super::super::schema::security_api_keys;
use crate::model::{ApiKey, ApiKeyHash, Timestamp};

#[derive(Queryable)]
pub(in super::super) struct ApiKeyRow {
    public_id: String,
    hash: Vec<u8>,
    pub(in super::super) user_id: i64,
    fs_uniquifier: String,
    prefix: String,
    name: String,
    scopes: String,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
    last_used_ip: Option<String>,
}

impl TryFrom<ApiKeyRow> for ApiKey {
    type Error = Failure;

    fn try_from(row: ApiKeyRow) -> Result<Self, Failure> {
        let hash = row
            .hash
            .try_into()
            .map_err(|_| Failure::Broken("a hash in security_api_keys has another length"))?;
        Ok(ApiKey {
            id: row.public_id,
            hash: ApiKeyHash::from_bytes(hash),
            user_id: row.user_id,
            fs_uniquifier: row.fs_uniquifier,
            prefix: row.prefix,
            name: row.name,
            scopes: row.scopes.lines().map(str::to_owned).collect(),
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: row.expires_at.map(Timestamp::from_millis),
            last_used_at: row.last_used_at.map(Timestamp::from_millis),
            last_used_ip: row.last_used_ip,
        })
    }
}

#[derive(Insertable)]
#[diesel(table_name = security_api_keys)]
pub(in super::super) struct NewApiKeyRow<'a> {
    public_id: &'a str,
    hash: &'a [u8],
    user_id: i64,
    fs_uniquifier: &'a str,
    prefix: &'a str,
    name: &'a str,
    scopes: String,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
    last_used_ip: Option<&'a str>,
}

impl<'a> From<&'a ApiKey> for NewApiKeyRow<'a> {
    fn from(key: &'a ApiKey) -> Self {
        let scopes: Vec<&str> = key.scopes.iter().map(String::as_str).collect();
        NewApiKeyRow {
            public_id: &key.id,
            hash: key.hash.as_bytes(),
            user_id: key.user_id,
            fs_uniquifier: &key.fs_uniquifier,
            prefix: &key.prefix,
            name: &key.name,
            // None of them has a line break: see `rules::check_api_key`.
            scopes: scopes.join("\n"),
            created_at: key.created_at.as_millis(),
            expires_at: key.expires_at.map(Timestamp::as_millis),
            last_used_at: key.last_used_at.map(Timestamp::as_millis),
            last_used_ip: key.last_used_ip.as_deref(),
        }
    }
}
