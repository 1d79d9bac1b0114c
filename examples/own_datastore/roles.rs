use std::collections::BTreeSet;

use rocket_security::store::{Roles, rules};
use rocket_security::{Error, Result, Role, UserId};

use super::MemoryStore;

fn set(permissions: &[&str]) -> BTreeSet<String> {
    permissions.iter().map(|&name| name.to_owned()).collect()
}

#[rocket::async_trait]
impl Roles for MemoryStore {
    fn contract(&self) -> u32 {
        1
    }

    async fn role(&self, name: &str) -> Result<Option<Role>> {
        let rows = self.rows()?;
        Ok(rows.roles.values().find(|role| role.name == name).cloned())
    }

    async fn create_role(&self, name: &str, description: Option<&str>, permissions: &[&str]) -> Result<Role> {
        rules::check_role(name, description)?;
        rules::check_permissions(permissions)?;
        let mut rows = self.rows()?;
        if rows.roles.values().any(|role| role.name == name) {
            return Err(Error::conflict_on("name"));
        }
        rows.last_role += 1;
        let role = Role::new(
            rows.last_role,
            name.to_owned(),
            description.map(str::to_owned),
            set(permissions),
        );
        rows.roles.insert(role.id, role.clone());
        Ok(role)
    }

    async fn set_permissions(&self, role_id: i64, permissions: &[&str]) -> Result<bool> {
        rules::check_permissions(permissions)?;
        match self.rows()?.roles.get_mut(&role_id) {
            Some(role) => {
                role.permissions = set(permissions);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    async fn roles_of(&self, user: UserId) -> Result<Vec<Role>> {
        let rows = self.rows()?;
        let Some(account) = rows.users.get(&user) else {
            return Ok(Vec::new());
        };
        let roles = account.roles.iter().filter_map(|id| rows.roles.get(id));
        let mut roles: Vec<Role> = roles.cloned().collect();
        roles.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(roles)
    }

    async fn add_role_to_user(&self, user: UserId, role_id: i64) -> Result<bool> {
        let mut rows = self.rows()?;
        if !rows.roles.contains_key(&role_id) {
            return Err(Error::conflict_on("role_id"));
        }
        let account = rows.users.get_mut(&user);
        let account = account.ok_or_else(|| Error::conflict_on("user_id"))?;
        Ok(account.roles.insert(role_id))
    }

    async fn remove_role_from_user(&self, user: UserId, role_id: i64) -> Result<bool> {
        let mut rows = self.rows()?;
        let account = rows.users.get_mut(&user);
        Ok(account.is_some_and(|account| account.roles.remove(&role_id)))
    }
}
