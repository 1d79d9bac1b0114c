use rocket_security::store::Roles;
use rocket_security::{Result, Role, UserId};

use super::{Fault, WrongStore, pause};

#[rocket::async_trait]
impl Roles for WrongStore {
    fn contract(&self) -> u32 {
        1
    }

    async fn role(&self, name: &str) -> Result<Option<Role>> {
        match self.is(Fault::RoleIgnoresCase) {
            true => self.right.role(&name.to_lowercase()).await,
            false => self.right.role(name).await,
        }
    }

    async fn create_role(&self, name: &str, description: Option<&str>, permissions: &[&str]) -> Result<Role> {
        let made = match self.is(Fault::PermissionsAreSplit) {
            true => {
                let split: Vec<&str> = permissions.iter().flat_map(|text| text.split(',')).collect();
                self.right.create_role(name, description, &split).await
            }
            false => self.right.create_role(name, description, permissions).await,
        };
        match made {
            Err(error) if self.is(Fault::TakenRoleIsTheSame) && error.is_conflict() => {
                self.right.role(name).await?.ok_or(error)
            }
            made => made,
        }
    }

    async fn set_permissions(&self, role_id: i64, permissions: &[&str]) -> Result<bool> {
        match self.is(Fault::PermissionsStay) {
            true => Ok(role_id > 0),
            false => self.right.set_permissions(role_id, permissions).await,
        }
    }

    async fn roles_of(&self, user: UserId) -> Result<Vec<Role>> {
        let mut roles = self.right.roles_of(user).await?;
        if self.is(Fault::RolesAreUnsorted) {
            roles.reverse();
        }
        Ok(roles)
    }

    async fn add_role_to_user(&self, user: UserId, role_id: i64) -> Result<bool> {
        if !self.is(Fault::RoleIsReadThenGiven) {
            return self.right.add_role_to_user(user, role_id).await;
        }
        let had = self.right.roles_of(user).await?;
        pause().await;
        self.right.add_role_to_user(user, role_id).await?;
        Ok(!had.iter().any(|role| role.id == role_id))
    }

    async fn remove_role_from_user(&self, user: UserId, role_id: i64) -> Result<bool> {
        let taken = self.right.remove_role_from_user(user, role_id).await?;
        Ok(taken || self.is(Fault::RoleIsAlwaysTaken))
    }
}
