use rocket_security::crypto::SealedPassword;
use rocket_security::store::{Identity, NewUser, OwnIdentity, Users, rules};
use rocket_security::{Error, Result, Timestamp, User, UserId};

use super::{Account, MemoryStore, Rows};

impl Rows {
    /// Refuses what another account than `but` has already. The names of the columns are part of the contract: the
    /// registration form shows its error beside that field.
    fn check_free(&self, column: &'static str, but: UserId, taken: impl Fn(&Account) -> bool) -> Result<()> {
        match self
            .users
            .values()
            .any(|other| other.user.id != but && taken(other))
        {
            true => Err(Error::conflict_on(column)),
            false => Ok(()),
        }
    }

    fn check_identity_free(&self, but: UserId, identity: &OwnIdentity) -> Result<()> {
        self.check_free("identity", but, |other| {
            other
                .identities
                .get(&identity.attribute)
                .is_some_and(|theirs| theirs.key == identity.key)
        })
    }
}

#[rocket::async_trait]
impl Users for MemoryStore {
    fn contract(&self) -> u32 {
        2
    }

    async fn user(&self, id: UserId) -> Result<Option<User>> {
        Ok(self.rows()?.users.get(&id).map(|account| account.user.clone()))
    }

    async fn user_by(&self, attribute: Identity<'_>, key: &str) -> Result<Option<User>> {
        let is_his = |account: &&Account| match attribute {
            Identity::Email => account.email_key == key,
            Identity::Username => account.username_key.as_deref() == Some(key),
            Identity::Phone => account.user.phone.as_deref() == Some(key),
            Identity::Uniquifier => account.user.fs_uniquifier == key,
            Identity::Own(name) => account.identities.get(name).is_some_and(|own| own.key == key),
            // An attribute that a later version of the library knows.
            _ => false,
        };
        let rows = self.rows()?;
        Ok(rows
            .users
            .values()
            .find(is_his)
            .map(|account| account.user.clone()))
    }

    async fn create_user(&self, new: NewUser) -> Result<User> {
        rules::check_user(&new)?;
        let mut rows = self.rows()?;
        // Everything is checked before anything is written, under one lock: so nothing is half made.
        rows.check_free("email", 0, |other| other.email_key == new.email_key)?;
        if let Some(key) = &new.username_key {
            rows.check_free("username", 0, |other| other.username_key.as_ref() == Some(key))?;
        }
        if let Some(phone) = &new.phone {
            rows.check_free("phone", 0, |other| other.user.phone.as_ref() == Some(phone))?;
        }
        rows.check_free("handle", 0, |other| other.user.handle == new.handle)?;
        rows.check_free("fs_uniquifier", 0, |other| {
            other.user.fs_uniquifier == new.fs_uniquifier
        })?;
        let mut account = Account {
            user: User::made(rows.last_user + 1, &new),
            email_key: new.email_key,
            username_key: new.username_key,
            identities: Default::default(),
            roles: Default::default(),
        };
        for identity in new.identities {
            rows.check_identity_free(0, &identity)?;
            let attribute = identity.attribute.clone();
            if account.identities.insert(attribute, identity).is_some() {
                return Err(Error::conflict_on("identity"));
            }
        }
        let user = account.user.clone();
        rows.last_user = user.id;
        rows.users.insert(user.id, account);
        Ok(user)
    }

    async fn replace_password(
        &self,
        id: UserId,
        expected: &SealedPassword,
        new: &SealedPassword,
        now: Timestamp,
    ) -> Result<bool> {
        rules::check_password(new)?;
        let mut rows = self.rows()?;
        match rows.users.get_mut(&id) {
            Some(account) if account.user.password() == Some(expected) => {
                account.user.set_password(Some(new.clone()));
                account.user.updated_at = now;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn set_phone(&self, id: UserId, phone: Option<&str>, now: Timestamp) -> Result<bool> {
        phone.map_or(Ok(()), rules::check_phone)?;
        let mut rows = self.rows()?;
        if phone.is_some() {
            rows.check_free("phone", id, |other| other.user.phone.as_deref() == phone)?;
        }
        let Some(account) = rows.users.get_mut(&id) else {
            return Ok(false);
        };
        account.user.phone = phone.map(str::to_owned);
        account.user.updated_at = now;
        Ok(true)
    }

    async fn set_identity(&self, id: UserId, identity: &OwnIdentity) -> Result<()> {
        rules::check_identity(identity)?;
        let mut rows = self.rows()?;
        rows.check_identity_free(id, identity)?;
        let account = rows
            .users
            .get_mut(&id)
            .ok_or_else(|| Error::conflict_on("user_id"))?;
        account
            .identities
            .insert(identity.attribute.clone(), identity.clone());
        Ok(())
    }

    async fn remove_identity(&self, id: UserId, attribute: &str) -> Result<bool> {
        let mut rows = self.rows()?;
        let account = rows.users.get_mut(&id);
        Ok(account.is_some_and(|account| account.identities.remove(attribute).is_some()))
    }

    async fn identities_of(&self, id: UserId) -> Result<Vec<OwnIdentity>> {
        let rows = self.rows()?;
        let account = rows.users.get(&id);
        Ok(account.map_or_else(Vec::new, |account| account.identities.values().cloned().collect()))
    }

    async fn set_active(&self, id: UserId, active: bool, now: Timestamp) -> Result<bool> {
        let mut rows = self.rows()?;
        let Some(account) = rows.users.get_mut(&id) else {
            return Ok(false);
        };
        if account.user.active == active {
            return Ok(false);
        }
        account.user.active = active;
        account.user.updated_at = now;
        if !active {
            rows.end_all_of(id);
        }
        Ok(true)
    }

    async fn set_uniquifier(&self, id: UserId, fs_uniquifier: &str, now: Timestamp) -> Result<bool> {
        rules::check_uniquifier(fs_uniquifier)?;
        let mut rows = self.rows()?;
        rows.check_free("fs_uniquifier", id, |other| {
            other.user.fs_uniquifier == fs_uniquifier
        })?;
        let Some(account) = rows.users.get_mut(&id) else {
            return Ok(false);
        };
        account.user.fs_uniquifier = fs_uniquifier.to_owned();
        account.user.updated_at = now;
        rows.end_all_of(id);
        Ok(true)
    }

    async fn delete_user(&self, id: UserId) -> Result<bool> {
        let mut rows = self.rows()?;
        rows.end_all_of(id);
        Ok(rows.users.remove(&id).is_some())
    }
}
