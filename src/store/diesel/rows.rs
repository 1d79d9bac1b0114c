//! Rows as the tables hold them, and the way from and to the model.

pub(super) mod api_key;

use diesel::{Insertable, Queryable};

use super::failure::Failure;
use super::lookups::session_id;
use super::schema::{security_counters, security_remember, security_sessions, security_users};
use crate::crypto::SealedPassword;
use crate::model::{
    Counter, CounterKey, Factor, NewUser, OwnIdentity, Proof, RememberSeries, Role, SeriesHash, Session,
    SessionHash, Timestamp, TokenHash, User,
};

#[derive(Queryable)]
pub(super) struct UserRow {
    id: i64,
    email: String,
    pub(super) email_key: String,
    username: Option<String>,
    pub(super) username_key: Option<String>,
    password: Option<String>,
    active: bool,
    pub(super) fs_uniquifier: String,
    handle: String,
    confirmed_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
    pub(super) phone: Option<String>,
    fields: Option<String>,
    last_login_at: Option<i64>,
    current_login_at: Option<i64>,
    last_login_ip: Option<String>,
    current_login_ip: Option<String>,
    login_count: i64,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> User {
        User {
            id: row.id,
            email: row.email,
            username: row.username,
            active: row.active,
            fs_uniquifier: row.fs_uniquifier,
            handle: row.handle,
            confirmed_at: row.confirmed_at.map(Timestamp::from_millis),
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            phone: row.phone,
            last_login_at: row.last_login_at.map(Timestamp::from_millis),
            current_login_at: row.current_login_at.map(Timestamp::from_millis),
            last_login_ip: row.last_login_ip,
            current_login_ip: row.current_login_ip,
            login_count: u64::try_from(row.login_count).unwrap_or(0),
            fields: row.fields,
            password: row.password.map(SealedPassword::from_stored),
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = security_users)]
pub(super) struct NewUserRow<'a> {
    email: &'a str,
    email_key: &'a str,
    username: Option<&'a str>,
    username_key: Option<&'a str>,
    password: Option<&'a str>,
    active: bool,
    fs_uniquifier: &'a str,
    handle: &'a str,
    confirmed_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
    phone: Option<&'a str>,
    fields: Option<&'a str>,
}

impl<'a> From<&'a NewUser> for NewUserRow<'a> {
    fn from(new: &'a NewUser) -> Self {
        NewUserRow {
            email: &new.email,
            email_key: &new.email_key,
            username: new.username.as_deref(),
            username_key: new.username_key.as_deref(),
            password: new.password.as_ref().map(SealedPassword::as_stored),
            active: new.active,
            fs_uniquifier: &new.fs_uniquifier,
            handle: &new.handle,
            confirmed_at: new.confirmed_at.map(Timestamp::as_millis),
            created_at: new.created_at.as_millis(),
            updated_at: new.created_at.as_millis(),
            phone: new.phone.as_deref(),
            fields: new.fields.as_deref(),
        }
    }
}

#[derive(Queryable)]
pub(super) struct IdentityRow {
    _user_id: i64,
    attribute: String,
    value: String,
    key: String,
}

impl From<IdentityRow> for OwnIdentity {
    fn from(row: IdentityRow) -> OwnIdentity {
        OwnIdentity {
            attribute: row.attribute,
            value: row.value,
            key: row.key,
        }
    }
}

#[derive(Queryable)]
pub(super) struct RoleRow {
    id: i64,
    pub(super) name: String,
    description: Option<String>,
    permissions: Option<String>,
}

impl From<RoleRow> for Role {
    fn from(row: RoleRow) -> Role {
        let permissions = row.permissions.unwrap_or_default();
        let permissions = permissions
            .split(',')
            .filter(|permission| !permission.is_empty())
            .map(str::to_owned)
            .collect();
        Role::new(row.id, row.name, row.description, permissions)
    }
}

#[derive(Queryable)]
pub(super) struct SessionRow {
    _id: i64,
    hash: Vec<u8>,
    pub(super) user_id: i64,
    fs_uniquifier: String,
    created_at: i64,
    last_seen_at: i64,
    authenticated_at: i64,
    grace_until: Option<i64>,
    factors: String,
    ip: Option<String>,
    user_agent: Option<String>,
}

impl TryFrom<SessionRow> for Session {
    type Error = Failure;

    fn try_from(row: SessionRow) -> Result<Session, Failure> {
        let hash = row
            .hash
            .try_into()
            .map_err(|_| Failure::Broken("a session's hash does not have 32 bytes"))?;
        Ok(Session {
            hash: SessionHash::from_bytes(hash),
            user_id: row.user_id,
            fs_uniquifier: row.fs_uniquifier,
            created_at: Timestamp::from_millis(row.created_at),
            last_seen_at: Timestamp::from_millis(row.last_seen_at),
            authenticated_at: Timestamp::from_millis(row.authenticated_at),
            grace_until: row.grace_until.map(Timestamp::from_millis),
            factors: split_proofs(&row.factors),
            ip: row.ip,
            user_agent: row.user_agent,
        })
    }
}

#[derive(Insertable)]
#[diesel(table_name = security_sessions)]
pub(super) struct NewSessionRow<'a> {
    id: i64,
    hash: &'a [u8],
    user_id: i64,
    fs_uniquifier: &'a str,
    created_at: i64,
    last_seen_at: i64,
    authenticated_at: i64,
    grace_until: Option<i64>,
    factors: String,
    ip: Option<String>,
    user_agent: Option<String>,
}

impl<'a> From<&'a Session> for NewSessionRow<'a> {
    fn from(session: &'a Session) -> Self {
        NewSessionRow {
            id: session_id(session.hash.as_bytes()),
            hash: session.hash.as_bytes(),
            user_id: session.user_id,
            fs_uniquifier: &session.fs_uniquifier,
            created_at: session.created_at.as_millis(),
            last_seen_at: session.last_seen_at.as_millis(),
            authenticated_at: session.authenticated_at.as_millis(),
            grace_until: session.grace_until.map(Timestamp::as_millis),
            factors: join_proofs(&session.factors),
            ip: session.ip.as_deref().map(|ip| cut(ip, 64)),
            user_agent: session.user_agent.as_deref().map(|agent| cut(agent, 255)),
        }
    }
}

/// `password@1790000000000,…`: by what, and when.
fn join_proofs(proofs: &[Proof]) -> String {
    let proofs: Vec<_> = proofs
        .iter()
        .map(|proof| format!("{}@{}", proof.factor.name(), proof.at.as_millis()))
        .collect();
    proofs.join(",")
}

/// A factor that this version does not know proves nothing to it.
fn split_proofs(proofs: &str) -> Vec<Proof> {
    let proof = |text: &str| {
        let (name, at) = text.split_once('@')?;
        Some(Proof {
            factor: Factor::from_name(name)?,
            at: Timestamp::from_millis(at.parse().ok()?),
        })
    };
    proofs.split(',').filter_map(proof).collect()
}

#[derive(Queryable)]
pub(super) struct RememberRow {
    series: Vec<u8>,
    user_id: i64,
    fs_uniquifier: String,
    token_hash: Vec<u8>,
    previous_hash: Option<Vec<u8>>,
    nonce: Option<Vec<u8>>,
    session_hash: Option<Vec<u8>>,
    created_at: i64,
    rotated_at: Option<i64>,
    last_used_at: i64,
    expires_at: i64,
    factors: String,
    ip: Option<String>,
    user_agent: Option<String>,
}

impl TryFrom<RememberRow> for RememberSeries {
    type Error = Failure;

    fn try_from(row: RememberRow) -> Result<Self, Failure> {
        fn sized<const N: usize>(bytes: Vec<u8>) -> Result<[u8; N], Failure> {
            bytes
                .try_into()
                .map_err(|_| Failure::Broken("a hash in security_remember has another length"))
        }
        Ok(RememberSeries {
            hash: SeriesHash::from_bytes(sized(row.series)?),
            user_id: row.user_id,
            fs_uniquifier: row.fs_uniquifier,
            token: TokenHash::from_bytes(sized(row.token_hash)?),
            previous: row
                .previous_hash
                .map(sized)
                .transpose()?
                .map(TokenHash::from_bytes),
            nonce: row.nonce.map(sized).transpose()?,
            session: row
                .session_hash
                .map(sized)
                .transpose()?
                .map(SessionHash::from_bytes),
            created_at: Timestamp::from_millis(row.created_at),
            rotated_at: row.rotated_at.map(Timestamp::from_millis),
            last_used_at: Timestamp::from_millis(row.last_used_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            factors: split_proofs(&row.factors),
            ip: row.ip,
            user_agent: row.user_agent,
        })
    }
}

#[derive(Insertable)]
#[diesel(table_name = security_remember)]
pub(super) struct NewRememberRow<'a> {
    series: &'a [u8],
    user_id: i64,
    fs_uniquifier: &'a str,
    token_hash: &'a [u8],
    previous_hash: Option<&'a [u8]>,
    nonce: Option<&'a [u8]>,
    session_hash: Option<&'a [u8]>,
    created_at: i64,
    rotated_at: Option<i64>,
    last_used_at: i64,
    expires_at: i64,
    factors: String,
    ip: Option<String>,
    user_agent: Option<String>,
}

impl<'a> From<&'a RememberSeries> for NewRememberRow<'a> {
    fn from(series: &'a RememberSeries) -> Self {
        NewRememberRow {
            series: series.hash.as_bytes(),
            user_id: series.user_id,
            fs_uniquifier: &series.fs_uniquifier,
            token_hash: series.token.as_bytes(),
            previous_hash: series.previous.as_ref().map(|token| token.as_bytes().as_slice()),
            nonce: series.nonce.as_ref().map(<[u8; 16]>::as_slice),
            session_hash: series.session.as_ref().map(|hash| hash.as_bytes().as_slice()),
            created_at: series.created_at.as_millis(),
            rotated_at: series.rotated_at.map(Timestamp::as_millis),
            last_used_at: series.last_used_at.as_millis(),
            expires_at: series.expires_at.as_millis(),
            factors: join_proofs(&series.factors),
            ip: series.ip.as_deref().map(|ip| cut(ip, 64)),
            user_agent: series.user_agent.as_deref().map(|agent| cut(agent, 255)),
        }
    }
}

/// What a visitor's browser says about itself must not make the insert fail: not by its length, and not by a
/// NUL, which PostgreSQL refuses.
pub(super) fn cut(text: &str, characters: usize) -> String {
    text.chars().filter(|&c| c != '\0').take(characters).collect()
}

#[derive(Queryable)]
pub(super) struct CounterRow {
    pub(super) hash: Vec<u8>,
    failures: i32,
    blocked_until: i64,
    expires_at: i64,
}

impl From<CounterRow> for Counter {
    fn from(row: CounterRow) -> Counter {
        Counter {
            failures: row.failures,
            blocked_until: Timestamp::from_millis(row.blocked_until),
            expires_at: Timestamp::from_millis(row.expires_at),
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = security_counters)]
pub(super) struct NewCounterRow<'a> {
    hash: &'a [u8],
    failures: i32,
    blocked_until: i64,
    expires_at: i64,
}

impl<'a> NewCounterRow<'a> {
    pub(super) fn new(key: &'a CounterKey, counter: &Counter) -> Self {
        NewCounterRow {
            hash: key.as_bytes(),
            failures: counter.failures,
            blocked_until: counter.blocked_until.as_millis(),
            expires_at: counter.expires_at.as_millis(),
        }
    }
}

pub(super) mod refresh;
#[cfg(test)]
mod tests;
