use std::cmp::Reverse;

use rocket_security::store::{ApiKeyHash, ApiKeys, Issued, rules};
use rocket_security::{ApiKey, Error, Result, Timestamp, User, UserId};

use super::{MemoryStore, at_most};

#[rocket::async_trait]
impl ApiKeys for MemoryStore {
    fn contract(&self) -> u32 {
        1
    }

    async fn create_api_key(&self, key: &Issued<ApiKey>, limit: u32) -> Result<bool> {
        rules::check_api_key(key)?;
        let mut rows = self.rows()?;
        rows.may_enter(key.user_id, &key.fs_uniquifier)?;
        if rows.api_keys.contains_key(&key.id) {
            return Err(Error::conflict_on("api_key"));
        }
        // Counted and stored under one lock: so nobody comes in between.
        let his = rows.api_keys.values().filter(|his| his.user_id == key.user_id);
        if his.count() >= limit as usize {
            return Ok(false);
        }
        rows.api_keys.insert(key.id.clone(), ApiKey::clone(key));
        Ok(true)
    }

    async fn api_key(&self, id: &str) -> Result<Option<(ApiKey, User)>> {
        let rows = self.rows()?;
        let Some(key) = rows.api_keys.get(id) else {
            return Ok(None);
        };
        let account = rows.users.get(&key.user_id);
        Ok(account.map(|account| (key.clone(), account.user.clone())))
    }

    async fn touch_api_key(
        &self,
        id: &str,
        expected: &ApiKeyHash,
        rehashed: &ApiKeyHash,
        now: Timestamp,
        ip: Option<&str>,
    ) -> Result<bool> {
        let mut rows = self.rows()?;
        let Some(key) = rows.api_keys.get_mut(id).filter(|key| key.hash == *expected) else {
            return Ok(false);
        };
        key.hash = *rehashed;
        key.last_used_at = Some(now);
        key.last_used_ip = ip.map(str::to_owned);
        Ok(true)
    }

    async fn api_keys_of(&self, user: UserId) -> Result<Vec<ApiKey>> {
        let rows = self.rows()?;
        let his = rows.api_keys.values().filter(|key| key.user_id == user);
        let mut his: Vec<ApiKey> = his.cloned().collect();
        his.sort_by_key(|key| (Reverse(key.created_at), key.id.clone()));
        Ok(his)
    }

    async fn delete_api_key(&self, user: UserId, id: &str) -> Result<bool> {
        let mut rows = self.rows()?;
        let is_his = rows.api_keys.get(id).is_some_and(|key| key.user_id == user);
        if is_his {
            rows.api_keys.remove(id);
        }
        Ok(is_his)
    }

    async fn delete_api_keys_of(&self, user: UserId) -> Result<usize> {
        let mut rows = self.rows()?;
        let before = rows.api_keys.len();
        rows.api_keys.retain(|_, key| key.user_id != user);
        Ok(before - rows.api_keys.len())
    }

    async fn sweep_api_keys(&self, now: Timestamp, limit: i64) -> Result<usize> {
        let mut rows = self.rows()?;
        let is_over = |key: &&ApiKey| key.expires_at.is_some_and(|end| end < now);
        let expired = rows.api_keys.values().filter(is_over);
        let expired: Vec<String> = expired.map(|key| key.id.clone()).take(at_most(limit)).collect();
        for id in &expired {
            rows.api_keys.remove(id);
        }
        Ok(expired.len())
    }
}
