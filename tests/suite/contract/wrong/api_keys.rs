use rocket_security::store::{ApiKeyHash, ApiKeys, Issued, Users};
use rocket_security::{ApiKey, Result, Timestamp, User, UserId};

use super::{Fault, WrongStore, pause};

#[rocket::async_trait]
impl ApiKeys for WrongStore {
    fn contract(&self) -> u32 {
        1
    }

    async fn create_api_key(&self, key: &Issued<ApiKey>, limit: u32) -> Result<bool> {
        let limit = match self.fault {
            Fault::KeyLimitIsNotKept => u32::MAX,
            Fault::KeyLimitIsReadThenKept => {
                if self.right.api_keys_of(key.user_id).await?.len() >= limit as usize {
                    return Ok(false);
                }
                pause().await;
                u32::MAX
            }
            _ => limit,
        };
        let made = self.right.create_api_key(key, limit).await;
        if made.is_ok()
            && let Some(user) = self.right.user(key.user_id).await?
        {
            let kept = (ApiKey::clone(key), user);
            self.memory().keys.insert(key.id.clone(), kept);
        }
        match made {
            Err(error) if error.conflict() == Some("api_key") && self.is(Fault::KeyIsOverwritten) => Ok(true),
            Err(error) if error.conflict() == Some("user_id") && self.is(Fault::RefusedKeyIsMade) => Ok(true),
            Err(error) if error.is_invalid() && self.is(Fault::KeyThatDoesNotFitIsTaken) => Ok(true),
            made => made,
        }
    }

    async fn api_key(&self, id: &str) -> Result<Option<(ApiKey, User)>> {
        let id = match self.is(Fault::KeyIgnoresSpaces) {
            true => id.trim(),
            false => id,
        };
        let mut found = self.right.api_key(id).await?;
        if let Some((key, _)) = &mut found
            && self.is(Fault::ScopesAreLost)
        {
            key.scopes.pop_last();
        }
        if found.is_some() {
            return Ok(found);
        }
        let memory = self.memory();
        let is_undead = memory.undead_keys.contains(id);
        Ok(memory.keys.get(id).filter(|_| is_undead).cloned())
    }

    async fn touch_api_key(
        &self,
        id: &str,
        expected: &ApiKeyHash,
        rehashed: &ApiKeyHash,
        now: Timestamp,
        ip: Option<&str>,
    ) -> Result<bool> {
        let current = self.right.api_key(id).await?.map(|(key, _)| key.hash);
        let expected = match (self.fault, &current) {
            (Fault::KeyHashIsNotCompared, Some(current)) => current,
            (Fault::KeyHashIsReadThenWritten, Some(current)) if current == expected => {
                pause().await;
                let current = self.right.api_key(id).await?.map(|(key, _)| key.hash);
                let current = current.unwrap_or(*expected);
                return self.right.touch_api_key(id, &current, rehashed, now, ip).await;
            }
            _ => expected,
        };
        let ip = ip.filter(|_| !self.is(Fault::AddressOfUseIsLost));
        self.right.touch_api_key(id, expected, rehashed, now, ip).await
    }

    async fn api_keys_of(&self, user: UserId) -> Result<Vec<ApiKey>> {
        let mut keys = self.right.api_keys_of(user).await?;
        if self.is(Fault::KeysAreUnsorted) {
            keys.reverse();
        }
        Ok(keys)
    }

    async fn delete_api_key(&self, user: UserId, id: &str) -> Result<bool> {
        let owner = self.right.api_key(id).await?.map(|(key, _)| key.user_id);
        match (self.fault, owner) {
            (Fault::KeyOfAnotherIsRevoked, Some(owner)) => self.right.delete_api_key(owner, id).await,
            (Fault::KeyIsReadThenRevoked, Some(owner)) if owner == user => {
                pause().await;
                self.right.delete_api_key(user, id).await?;
                Ok(true)
            }
            _ => self.right.delete_api_key(user, id).await,
        }
    }

    async fn delete_api_keys_of(&self, user: UserId) -> Result<usize> {
        let left = {
            let mut memory = self.memory();
            let memory = &mut *memory;
            let before = memory.undead_keys.len();
            let keys = &memory.keys;
            memory
                .undead_keys
                .retain(|id| keys.get(id).is_none_or(|(key, _)| key.user_id != user));
            before - memory.undead_keys.len()
        };
        Ok(self.right.delete_api_keys_of(user).await? + left)
    }

    async fn sweep_api_keys(&self, now: Timestamp, limit: i64) -> Result<usize> {
        self.right
            .sweep_api_keys(self.swept(now), self.limit(limit))
            .await
    }
}
