//! Families of refresh tokens as their table holds them.

use diesel::{Insertable, Queryable};

use super::super::failure::Failure;
use super::super::schema::security_refresh;
use super::{cut, join_proofs, split_proofs};
use crate::model::{FamilyHash, RefreshFamily, Timestamp, TokenHash};

#[derive(Queryable)]
pub(in super::super) struct FamilyRow {
    family: Vec<u8>,
    public_id: String,
    user_id: i64,
    fs_uniquifier: String,
    generation: i64,
    token_hash: Vec<u8>,
    previous_hash: Option<Vec<u8>>,
    nonce: Option<Vec<u8>>,
    created_at: i64,
    authenticated_at: i64,
    rotated_at: Option<i64>,
    last_used_at: i64,
    expires_at: i64,
    revoked_at: Option<i64>,
    factors: String,
    ip: Option<String>,
    user_agent: Option<String>,
}

fn sized<const N: usize>(bytes: Vec<u8>) -> Result<[u8; N], Failure> {
    bytes
        .try_into()
        .map_err(|_| Failure::Broken("a hash in security_refresh has another length"))
}

impl TryFrom<FamilyRow> for RefreshFamily {
    type Error = Failure;

    fn try_from(row: FamilyRow) -> Result<Self, Failure> {
        let previous = row.previous_hash.map(sized).transpose()?;
        Ok(RefreshFamily {
            hash: FamilyHash::from_bytes(sized(row.family)?),
            id: row.public_id,
            user_id: row.user_id,
            fs_uniquifier: row.fs_uniquifier,
            generation: row.generation,
            token: TokenHash::from_bytes(sized(row.token_hash)?),
            previous: previous.map(TokenHash::from_bytes),
            nonce: row.nonce.map(sized).transpose()?,
            created_at: Timestamp::from_millis(row.created_at),
            authenticated_at: Timestamp::from_millis(row.authenticated_at),
            rotated_at: row.rotated_at.map(Timestamp::from_millis),
            last_used_at: Timestamp::from_millis(row.last_used_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            revoked_at: row.revoked_at.map(Timestamp::from_millis),
            factors: split_proofs(&row.factors),
            ip: row.ip,
            user_agent: row.user_agent,
        })
    }
}

#[derive(Insertable)]
#[diesel(table_name = security_refresh)]
pub(in super::super) struct NewFamilyRow<'a> {
    family: &'a [u8],
    public_id: &'a str,
    user_id: i64,
    fs_uniquifier: &'a str,
    generation: i64,
    token_hash: &'a [u8],
    previous_hash: Option<&'a [u8]>,
    nonce: Option<&'a [u8]>,
    created_at: i64,
    authenticated_at: i64,
    rotated_at: Option<i64>,
    last_used_at: i64,
    expires_at: i64,
    revoked_at: Option<i64>,
    factors: String,
    ip: Option<String>,
    user_agent: Option<String>,
}

impl<'a> From<&'a RefreshFamily> for NewFamilyRow<'a> {
    fn from(family: &'a RefreshFamily) -> Self {
        NewFamilyRow {
            family: family.hash.as_bytes(),
            public_id: &family.id,
            user_id: family.user_id,
            fs_uniquifier: &family.fs_uniquifier,
            generation: family.generation,
            token_hash: family.token.as_bytes(),
            previous_hash: family.previous.as_ref().map(|token| token.as_bytes().as_slice()),
            nonce: family.nonce.as_ref().map(<[u8; 16]>::as_slice),
            created_at: family.created_at.as_millis(),
            authenticated_at: family.authenticated_at.as_millis(),
            rotated_at: family.rotated_at.map(Timestamp::as_millis),
            last_used_at: family.last_used_at.as_millis(),
            expires_at: family.expires_at.as_millis(),
            revoked_at: family.revoked_at.map(Timestamp::as_millis),
            factors: join_proofs(&family.factors),
            ip: family.ip.as_deref().map(|ip| cut(ip, 64)),
            user_agent: family.user_agent.as_deref().map(|agent| cut(agent, 255)),
        }
    }
}
