use rocket_security::store::{FamilyHash, Issued, RefreshFamilies, RefreshFamily, RefreshTurn, Users};
use rocket_security::{Result, Timestamp, User, UserId};

use super::{Fault, WrongStore, pause};

impl WrongStore {
    async fn family_now(&self, hash: &FamilyHash) -> Result<Option<RefreshFamily>> {
        let found = self.right.family(&[*hash]).await?;
        Ok(found.map(|(family, _)| family))
    }
}

#[rocket::async_trait]
impl RefreshFamilies for WrongStore {
    fn contract(&self) -> u32 {
        1
    }

    async fn create_family(&self, family: &Issued<RefreshFamily>) -> Result<()> {
        let made = self.right.create_family(family).await;
        if made.is_ok()
            && let Some(user) = self.right.user(family.user_id).await?
        {
            let kept = (RefreshFamily::clone(family), user);
            self.memory().families.insert(family.hash, kept);
        }
        match made {
            Err(error) if error.conflict() == Some("family") && self.is(Fault::FamilyIsOverwritten) => Ok(()),
            Err(error) if error.conflict() == Some("user_id") && self.is(Fault::RefusedFamilyIsKept) => {
                Ok(())
            }
            made => made,
        }
    }

    async fn family(&self, hashes: &[FamilyHash]) -> Result<Option<(RefreshFamily, User)>> {
        let hashes = match self.is(Fault::LastHashIsNotAsked) {
            true => &hashes[..hashes.len().min(1)],
            false => hashes,
        };
        self.right.family(hashes).await
    }

    async fn rotate_family(&self, turn: &RefreshTurn) -> Result<bool> {
        let mut turn = turn.clone();
        let now = self.family_now(&turn.family).await?;
        match (self.fault, now) {
            (Fault::RefreshTokenIsNotCompared, Some(now)) => turn.expected = now.token,
            (Fault::RefreshTokenIsReadThenWritten, Some(now)) if now.token == turn.expected => {
                pause().await;
                if let Some(now) = self.family_now(&turn.family).await? {
                    turn.expected = now.token;
                }
            }
            (Fault::ExpiredFamilyTurnsOver, Some(now)) => turn.now = now.created_at,
            (Fault::RevokedFamilyTurnsOver, Some(now)) if now.revoked_at.is_some() => return Ok(true),
            _ => {}
        }
        self.right.rotate_family(&turn).await
    }

    async fn revoke_family(&self, user: UserId, id: &str, now: Timestamp) -> Result<bool> {
        let owner = match self.is(Fault::AnybodyRevokesAFamily) {
            true => {
                let memory = self.memory();
                let named = memory.families.values().find(|(family, _)| family.id == id);
                named.map_or(user, |(family, _)| family.user_id)
            }
            false => user,
        };
        let revoked = self.right.revoke_family(owner, id, now).await?;
        Ok(revoked || self.is(Fault::RevocationIsAlwaysNew))
    }

    async fn revoke_families_of(&self, user: UserId, now: Timestamp) -> Result<usize> {
        let revoked = self.right.revoke_families_of(user, now).await?;
        Ok(match self.is(Fault::RevocationIsAlwaysNew) {
            true => revoked.max(1),
            false => revoked,
        })
    }

    async fn families_of(&self, user: UserId, now: Timestamp, idle: Timestamp) -> Result<Vec<RefreshFamily>> {
        if self.is(Fault::FamiliesOutliveAll) {
            let memory = self.memory();
            let his = memory.families.values().map(|(family, _)| family);
            return Ok(his.filter(|family| family.user_id == user).cloned().collect());
        }
        let idle = match self.is(Fault::IdleFamiliesAreListed) {
            true => Timestamp::from_millis(0),
            false => idle,
        };
        let mut listed = self.right.families_of(user, now, idle).await?;
        if self.is(Fault::FamiliesAreListedBackwards) {
            listed.reverse();
        }
        Ok(listed)
    }

    async fn sweep_families(&self, now: Timestamp, idle: Timestamp, limit: i64) -> Result<usize> {
        let (now, idle) = (self.swept(now), self.swept(idle));
        self.right.sweep_families(now, idle, self.limit(limit)).await
    }
}
