use rocket_security::store::{FamilyHash, Issued, RefreshFamilies, RefreshFamily, RefreshTurn};
use rocket_security::{Error, Result, Timestamp, User, UserId};

use super::{MemoryStore, at_most};

#[rocket::async_trait]
impl RefreshFamilies for MemoryStore {
    fn contract(&self) -> u32 {
        1
    }

    async fn create_family(&self, family: &Issued<RefreshFamily>) -> Result<()> {
        let mut rows = self.rows()?;
        rows.may_enter(family.user_id, &family.fs_uniquifier)?;
        let mut others = rows.families.values();
        if others.any(|other| other.hash == family.hash || other.id == family.id) {
            return Err(Error::conflict_on("family"));
        }
        rows.families.insert(family.hash, RefreshFamily::clone(family));
        Ok(())
    }

    async fn family(&self, hashes: &[FamilyHash]) -> Result<Option<(RefreshFamily, User)>> {
        let rows = self.rows()?;
        let Some(family) = hashes.iter().find_map(|hash| rows.families.get(hash)) else {
            return Ok(None);
        };
        let account = rows.users.get(&family.user_id);
        Ok(account.map(|account| (family.clone(), account.user.clone())))
    }

    async fn rotate_family(&self, turn: &RefreshTurn) -> Result<bool> {
        let mut rows = self.rows()?;
        let Some(family) = rows.families.get(&turn.family) else {
            return Ok(false);
        };
        let may_turn_over =
            family.token == turn.expected && family.expires_at > turn.now && family.revoked_at.is_none();
        if !may_turn_over {
            return Ok(false);
        }
        let mut family = family.clone();
        rows.families.remove(&turn.family);
        family.hash = turn.rehashed;
        family.generation += 1;
        family.token = turn.token;
        family.previous = Some(turn.expected);
        family.nonce = Some(turn.nonce);
        family.rotated_at = Some(turn.now);
        family.last_used_at = turn.now;
        rows.families.insert(family.hash, family);
        Ok(true)
    }

    async fn revoke_family(&self, user: UserId, id: &str, now: Timestamp) -> Result<bool> {
        let mut rows = self.rows()?;
        let mut his = rows.families.values_mut().filter(|family| family.user_id == user);
        let named = his.find(|family| family.id == id && family.revoked_at.is_none());
        Ok(named.is_some_and(|family| {
            family.revoked_at = Some(now);
            true
        }))
    }

    async fn revoke_families_of(&self, user: UserId, now: Timestamp) -> Result<usize> {
        let mut rows = self.rows()?;
        let his = rows.families.values_mut().filter(|family| family.user_id == user);
        let mut revoked = 0;
        for family in his.filter(|family| family.revoked_at.is_none()) {
            family.revoked_at = Some(now);
            revoked += 1;
        }
        Ok(revoked)
    }

    async fn families_of(&self, user: UserId, now: Timestamp, idle: Timestamp) -> Result<Vec<RefreshFamily>> {
        let rows = self.rows()?;
        let is_listed = |family: &&RefreshFamily| {
            family.user_id == user
                && family.revoked_at.is_none()
                && family.expires_at > now
                && family.last_used_at > idle
        };
        let mut listed: Vec<RefreshFamily> = rows.families.values().filter(is_listed).cloned().collect();
        listed.sort_by_key(|family| std::cmp::Reverse(family.last_used_at));
        Ok(listed)
    }

    async fn sweep_families(&self, now: Timestamp, idle: Timestamp, limit: i64) -> Result<usize> {
        let mut rows = self.rows()?;
        let is_over = |family: &&RefreshFamily| family.expires_at < now || family.last_used_at < idle;
        let over = rows.families.values().filter(is_over);
        let over: Vec<FamilyHash> = over.map(|family| family.hash).take(at_most(limit)).collect();
        for family in &over {
            rows.families.remove(family);
        }
        Ok(over.len())
    }
}
