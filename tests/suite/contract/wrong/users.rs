use rocket_security::crypto::SealedPassword;
use rocket_security::store::{Along, Identity, NewUser, OwnIdentity, Users};
use rocket_security::{Error, Result, Timestamp, User, UserId};

use super::{Fault, WrongStore, pause};

#[rocket::async_trait]
impl Users for WrongStore {
    fn contract(&self) -> u32 {
        match self.is(Fault::OldContract) {
            true => 0,
            false => 2,
        }
    }

    async fn user(&self, id: UserId) -> Result<Option<User>> {
        self.right.user(id).await
    }

    async fn user_by(&self, attribute: Identity<'_>, key: &str) -> Result<Option<User>> {
        let (attribute, key) = match (self.fault, attribute) {
            (Fault::EmailIgnoresCase, Identity::Email) => (attribute, key.to_lowercase()),
            (Fault::EmailIgnoresSpaces, Identity::Email) => (attribute, key.trim().to_owned()),
            (Fault::OwnIdentityIgnoresCase, Identity::Own(_)) => (attribute, key.to_lowercase()),
            (Fault::OwnIdentityIgnoresAttribute, Identity::Own(_)) => {
                (Identity::Own("staff"), key.to_owned())
            }
            _ => (attribute, key.to_owned()),
        };
        if self.is(Fault::IdentitiesOfAUserPileUp)
            && let Identity::Own(name) = attribute
        {
            let whose = self
                .memory()
                .identities
                .get(&(name.to_owned(), key.clone()))
                .copied();
            if let Some(id) = whose {
                return self.right.user(id).await;
            }
        }
        self.right.user_by(attribute, &key).await
    }

    async fn create_user(&self, mut new: NewUser) -> Result<User> {
        let email_key = new.email_key.clone();
        let mut identities = Vec::new();
        match self.fault {
            Fault::AllIsUnavailable => return Err(Error::unavailable("nobody is there")),
            Fault::CutsWhatDoesNotFit => new.email = new.email.chars().take(255).collect(),
            Fault::CutsPasswords => {
                let cut = |password: SealedPassword| {
                    SealedPassword::from_stored(password.as_stored().chars().take(255).collect())
                };
                new.password = new.password.map(cut);
            }
            Fault::LosesFields => new.fields = None,
            Fault::ForgetsConfirmation => new.confirmed_at = None,
            Fault::UserIsMadeBeforeHisIdentities => identities = std::mem::take(&mut new.identities),
            _ => {}
        }
        match self.right.create_user(new).await {
            Ok(user) => {
                for identity in identities {
                    self.right.set_identity(user.id, &identity).await?;
                }
                Ok(user)
            }
            Err(error) if self.is(Fault::ConflictNamesNoColumn) && error.is_conflict() => {
                Err(Error::broken("a constraint refused the write"))
            }
            Err(error) if self.is(Fault::TakenIsTheSameUser) && error.conflict() == Some("email") => {
                let found = self.right.user_by(Identity::Email, &email_key).await?;
                found.ok_or(error)
            }
            Err(error) => Err(error),
        }
    }

    async fn create_user_with(&self, new: NewUser, along: Along) -> Result<User> {
        match self.is(Fault::PartOfTheApplicationIsForgotten) {
            true => self.right.create_user(new).await,
            false => self.right.create_user_with(new, along).await,
        }
    }

    async fn replace_password(
        &self,
        id: UserId,
        expected: &SealedPassword,
        new: &SealedPassword,
        now: Timestamp,
    ) -> Result<bool> {
        let current = async || {
            let user = self.right.user(id).await?;
            Ok::<_, Error>(user.and_then(|user| user.password().cloned()))
        };
        let as_expected = match self.fault {
            Fault::PasswordIsNotCompared => true,
            Fault::PasswordIsReadThenWritten => current().await?.as_ref() == Some(expected),
            _ => return self.right.replace_password(id, expected, new, now).await,
        };
        pause().await;
        match current().await? {
            Some(current) if as_expected => {
                self.right.replace_password(id, &current, new, now).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn set_phone(&self, id: UserId, phone: Option<&str>, now: Timestamp) -> Result<bool> {
        let now = match self.right.user(id).await? {
            Some(user) if self.is(Fault::NumberHasNoTime) => user.updated_at,
            _ => now,
        };
        match self.right.set_phone(id, phone, now).await {
            Err(error) if self.is(Fault::NumberMayBeTaken) && error.is_conflict() => Ok(true),
            Err(error) if self.is(Fault::NumberThatDoesNotFitIsTaken) && error.is_invalid() => Ok(true),
            set => set,
        }
    }

    async fn set_identity(&self, id: UserId, identity: &OwnIdentity) -> Result<()> {
        if self.is(Fault::IdentityIsRemovedFirst) {
            self.right.remove_identity(id, &identity.attribute).await?;
        }
        match self.right.set_identity(id, identity).await {
            Err(error) if self.is(Fault::IdentityMayBeTaken) && error.conflict() == Some("identity") => {
                Ok(())
            }
            Ok(()) => {
                let name = (identity.attribute.clone(), identity.key.clone());
                self.memory().identities.insert(name, id);
                Ok(())
            }
            set => set,
        }
    }

    async fn remove_identity(&self, id: UserId, attribute: &str) -> Result<bool> {
        if !self.is(Fault::IdentityIsReadThenRemoved) {
            return self.right.remove_identity(id, attribute).await;
        }
        let found = self.right.identities_of(id).await?;
        pause().await;
        self.right.remove_identity(id, attribute).await?;
        Ok(found.iter().any(|identity| identity.attribute == attribute))
    }

    async fn identities_of(&self, id: UserId) -> Result<Vec<OwnIdentity>> {
        self.right.identities_of(id).await
    }

    async fn set_active(&self, id: UserId, active: bool, now: Timestamp) -> Result<bool> {
        if self.is(Fault::DeactivationKeepsSessions) && !active {
            pause().await;
            self.keep_sessions_of(id, |_, _| true);
        }
        if self.is(Fault::DeactivationKeepsKeys) && !active {
            self.keep_keys_of(id).await;
        }
        let changed = self.right.set_active(id, active, now).await?;
        Ok(changed || self.is(Fault::DeactivationIsAlwaysNew))
    }

    async fn set_uniquifier(&self, id: UserId, fs_uniquifier: &str, now: Timestamp) -> Result<bool> {
        if self.is(Fault::UniquifierKeepsSessions) {
            pause().await;
            self.keep_sessions_of(id, |_, _| true);
        }
        if self.is(Fault::UniquifierKeepsSeries) {
            pause().await;
            let mut memory = self.memory();
            let his = memory
                .series
                .iter()
                .filter(|(_, (series, _))| series.user_id == id);
            let his: Vec<_> = his.map(|(hash, _)| *hash).collect();
            memory.undead_series.extend(his);
        }
        if self.is(Fault::UniquifierKeepsKeys) {
            self.keep_keys_of(id).await;
        }
        match self.right.set_uniquifier(id, fs_uniquifier, now).await {
            Err(error) if self.is(Fault::UniquifierMayBeTaken) && error.is_conflict() => Ok(true),
            set => set,
        }
    }

    async fn delete_user(&self, id: UserId) -> Result<bool> {
        if self.is(Fault::DeletionKeepsSessions) {
            pause().await;
            self.keep_sessions_of(id, |_, _| true);
        }
        if self.is(Fault::DeletionKeepsKeys) {
            self.keep_keys_of(id).await;
        }
        let deleted = self.right.delete_user(id).await?;
        Ok(deleted || self.is(Fault::DeletionIsAlwaysNew))
    }
}
