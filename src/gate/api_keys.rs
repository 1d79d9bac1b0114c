//! Keys by which programs act for users.
//!
//! A key is looked for by its public id and compared by a keyed hash of the whole, in constant time. It proves no factor,
//! so it is never fresh, and what it brings is no session.

use std::collections::BTreeSet;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::crypto::ApiKeySecret;
use crate::error::Result;
use crate::gate::{Client, Gate};
use crate::model::{ApiKey, Event, Issued, Lives, NewApiKey, Timestamp, User, UserId, role_of};
use crate::store::rules;

/// How exact "last used" is: at most one write a minute for a busy key.
const USED_EVERY: Duration = Duration::from_secs(60);

/// How long its owner may still see that a key has expired.
pub(super) const SHOWN_AFTERWARDS: Duration = Duration::from_secs(30 * 86_400);

const LIFE_MIN: Duration = Duration::from_secs(60);

/// A user and the key that brought him.
#[derive(Clone)]
pub(crate) struct ByKey {
    pub user: User,
    pub key: ApiKey,
}

/// Why a key was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyRefusal {
    Name,
    Scope,
    Lifetime,
    TooMany,
    /// Deactivated, signed out everywhere or erased meanwhile.
    NoUser,
}

impl Gate {
    /// Makes a key; the text is told this one time. Whether the user has proved lately who he is, the caller has asked.
    pub async fn create_api_key(
        &self,
        user: &User,
        wanted: NewApiKey,
    ) -> Result<Result<(ApiKey, Zeroizing<String>), KeyRefusal>> {
        // The account's highest assurance is asked for here as soon as there is more than one.
        let name = wanted.name.trim();
        if rules::check_api_key_name(name).is_err() {
            return Ok(Err(KeyRefusal::Name));
        }
        let offered = self.scopes_for(user.id).await?;
        if !wanted.scopes.is_subset(&offered) {
            return Ok(Err(KeyRefusal::Scope));
        }
        let now = self.clock.now();
        let Some(expires_at) = self.end_of_life(wanted.lives, now) else {
            return Ok(Err(KeyRefusal::Lifetime));
        };
        let secret = ApiKeySecret::generate(&self.config.api_key_prefix)?;
        let hash = self.keys.api_key_hash(&secret);
        let mut key = ApiKey::new(secret.id(), hash, user.id, user.fs_uniquifier.clone(), name, now);
        key.prefix = secret.prefix().to_owned();
        key.scopes = wanted.scopes;
        key.expires_at = expires_at;
        let key = Issued::new(key);
        match self.store.create_api_key(&key, self.config.api_keys_max).await {
            Ok(true) => {}
            Ok(false) => return Ok(Err(KeyRefusal::TooMany)),
            Err(error) if error.conflict() == Some("user_id") => return Ok(Err(KeyRefusal::NoUser)),
            Err(error) => return Err(error),
        }
        self.events.emit(Event::ApiKeyCreated {
            user: user.id,
            key: key.id.clone(),
        });
        self.sweep_now_and_then();
        Ok(Ok((key.into_inner(), secret.to_text())))
    }

    /// The scopes that a key of this user may have: what the application declared, but no role that he lacks. A key that
    /// waits for its user to be promoted would be a trap.
    pub async fn scopes_for(&self, user: UserId) -> Result<BTreeSet<String>> {
        let names_roles = self.scopes.iter().any(|scope| role_of(scope).is_some());
        let roles = match names_roles {
            true => self.store.roles_of(user).await?,
            false => Vec::new(),
        };
        let has = |name: &str| roles.iter().any(|role| role.name == name);
        let offered = self.scopes.iter().filter(|scope| role_of(scope).is_none_or(has));
        Ok(offered.cloned().collect())
    }

    /// When a key made now ends; nothing when such a life is not to be had.
    fn end_of_life(&self, lives: Lives, now: Timestamp) -> Option<Option<Timestamp>> {
        let max = self.config.api_key_lifetime_max;
        let life = match lives {
            Lives::AsUsual => self.config.api_key_lifetime,
            Lives::For(life) => life,
            Lives::ForEver if max.is_none() => return Some(None),
            Lives::ForEver => return None,
        };
        let longest = max.unwrap_or(Duration::from_secs(100 * 365 * 86_400));
        (LIFE_MIN..=longest).contains(&life).then(|| Some(now + life))
    }

    /// Who comes with this key, if it lives: neither expired nor revoked, the user active, not locked, and his
    /// `fs_uniquifier` still the one that the key was made under.
    pub async fn by_api_key(&self, text: &str, client: &Client) -> Result<Option<ByKey>> {
        if !self.config.api_keys {
            return Ok(None);
        }
        let Some(secret) = ApiKeySecret::parse(text) else {
            return Ok(None);
        };
        let Some((key, user)) = self.store.api_key(secret.id()).await? else {
            return Ok(None);
        };
        let now = self.clock.now();
        if !self.keys.is_api_key(&secret, &key.hash)
            || key.is_expired(now)
            || user.fs_uniquifier != key.fs_uniquifier
            || self.objection(&user).await?.is_some()
        {
            return Ok(None);
        }
        let mut key = key;
        self.note_use(&mut key, &secret, client, now).await;
        Ok(Some(ByKey { user, key }))
    }

    /// Writes the use, now and then, and the hash under the current key of the ring.
    async fn note_use(&self, key: &mut ApiKey, secret: &ApiKeySecret, client: &Client, now: Timestamp) {
        let current = self.keys.api_key_hash(secret);
        let is_noted = key.last_used_at.is_some_and(|last| now.since(last) < USED_EVERY);
        if is_noted && key.hash == current {
            return;
        }
        let ip = client.address.map(|address| address.to_string());
        let noted = self
            .store
            .touch_api_key(&key.id, &key.hash, &current, now, ip.as_deref())
            .await;
        match noted {
            Ok(true) => {
                key.hash = current;
                key.last_used_at = Some(now);
                key.last_used_ip = ip;
            }
            // Another request has moved it to the current key of the ring, or it was revoked just now.
            Ok(false) => {}
            // A failed write is no reason to turn a program away.
            Err(error) => log::warn!("writing when an API key was used failed: {error}"),
        }
    }

    /// Revokes a key of this user: at once, for every request that begins from now on. `false` when he has none of that id.
    pub async fn revoke_api_key(&self, user: UserId, id: &str) -> Result<bool> {
        let revoked = self.store.delete_api_key(user, id).await?;
        if revoked {
            self.events.emit(Event::ApiKeyRevoked {
                user,
                key: id.to_owned(),
            });
        }
        Ok(revoked)
    }
}
