use std::collections::BTreeSet;

use crate::model::{Role, Timestamp, UserId};

/// What a scope begins with that stands for a role.
const ROLE: &str = "role:";

/// The keyed hash of an API key: what the table holds instead of the key. Compared in constant time.
#[derive(Clone, Copy)]
pub struct ApiKeyHash(pub(crate) [u8; 32]);

impl ApiKeyHash {
    /// The 32 bytes as the store keeps them.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A hash as read from a store.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        ApiKeyHash(bytes)
    }
}

/// A key by which a program acts for a user, within the scopes that the user gave it.
///
/// As a type it also is the mark of the mechanism: `Auth<ApiKey>` is a user who came with a key.
///
/// # Scopes
///
/// A key never may more than its user. It has a role only if the user has it and the key has the scope `role:<name>`,
/// and a permission only if the user has it and the key has either the scope of that name or that of a role which brings
/// it. What other scopes mean is the application's to say ([`ApiKey::has_scope`]).
#[derive(Clone)]
#[non_exhaustive]
pub struct ApiKey {
    /// By what the key is spoken of: 32 hexadecimal digits, no secret.
    pub id: String,
    /// The keyed hash of the whole key.
    pub hash: ApiKeyHash,
    /// Whose key it is.
    pub user_id: UserId,
    /// The user's `fs_uniquifier` when the key was made; the key is dead when the user has another one.
    pub fs_uniquifier: String,
    /// What the key begins with, as in `rsk`.
    pub prefix: String,
    /// What the user calls it, 1 to 64 characters.
    pub name: String,
    /// What it may do.
    pub scopes: BTreeSet<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From then on it is worth nothing; never, if there is none.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// From which address it was last used.
    pub last_used_ip: Option<String>,
}

impl ApiKey {
    /// A key as a store reads it, with what no row can be without: without scopes, without an end, and never used. Set
    /// the other fields from the row.
    ///
    /// ```
    /// use rocket_security::store::ApiKeyHash;
    /// use rocket_security::{ApiKey, Timestamp};
    ///
    /// let made = Timestamp::from_millis(1_790_000_000_000);
    /// let hash = ApiKeyHash::from_bytes([7; 32]);
    /// let mut key = ApiKey::new("1e".repeat(16), hash, 1, "0f".repeat(16), "deploy", made);
    /// key.scopes.insert("read".to_owned());
    /// assert!(key.has_scope("read") && !key.has_scope("write"));
    /// ```
    pub fn new(
        id: impl Into<String>,
        hash: ApiKeyHash,
        user_id: UserId,
        fs_uniquifier: impl Into<String>,
        name: impl Into<String>,
        created_at: Timestamp,
    ) -> Self {
        ApiKey {
            id: id.into(),
            hash,
            user_id,
            fs_uniquifier: fs_uniquifier.into(),
            prefix: String::new(),
            name: name.into(),
            scopes: BTreeSet::new(),
            created_at,
            expires_at: None,
            last_used_at: None,
            last_used_ip: None,
        }
    }

    /// Whether the key has exactly this scope. It says nothing of what the user himself may do.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.contains(scope)
    }

    /// As much of the key as may be shown, so that it is known again: `rsk_1e2f3a4b…`.
    pub fn shown(&self) -> String {
        format!("{}_{}…", self.prefix, self.id.get(..8).unwrap_or_default())
    }

    /// Whether its time is over at `now`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether the key brings the role with it, provided that the user has it.
    pub fn allows_role(&self, role: &str) -> bool {
        self.scopes
            .iter()
            .any(|scope| role_of(scope).is_some_and(|allowed| allowed == role))
    }

    /// What is left of the roles of its user: those that the key brings with it, and, in a role without a name that nobody
    /// can ask for, the permissions that its other scopes name.
    ///
    /// ```
    /// # use rocket_security::{ApiKey, Role, Timestamp, store::ApiKeyHash};
    /// # let hash = ApiKeyHash::from_bytes([7; 32]);
    /// # let mut key = ApiKey::new("1e".repeat(16), hash, 1, "0f", "deploy", Timestamp::from_millis(0));
    /// let permissions = ["read", "write"].map(str::to_owned).into();
    /// let editor = [Role::new(1, "editor".to_owned(), None, permissions)];
    /// assert!(key.narrow(&editor).is_empty());
    /// key.scopes.insert("read".to_owned());
    /// let left = key.narrow(&editor);
    /// assert_eq!((left.len(), left[0].name.as_str()), (1, ""));
    /// assert_eq!(left[0].permissions, ["read".to_owned()].into());
    /// ```
    pub fn narrow(&self, roles: &[Role]) -> Vec<Role> {
        let (mut left, others): (Vec<Role>, Vec<Role>) = roles
            .iter()
            .cloned()
            .partition(|role| self.allows_role(&role.name));
        let named: BTreeSet<String> = others
            .into_iter()
            .flat_map(|role| role.permissions)
            .filter(|permission| self.names_permission(permission))
            .collect();
        if !named.is_empty() {
            left.push(Role::new(0, String::new(), None, named));
        }
        left
    }

    /// A scope that stands for a role never stands for a permission of the same spelling.
    fn names_permission(&self, permission: &str) -> bool {
        role_of(permission).is_none() && self.has_scope(permission)
    }

    /// Whether the key has the permission, given all `roles` of its user.
    ///
    /// ```
    /// # use rocket_security::{ApiKey, Role, Timestamp, store::ApiKeyHash};
    /// # let hash = ApiKeyHash::from_bytes([7; 32]);
    /// # let mut key = ApiKey::new("1e".repeat(16), hash, 1, "0f", "deploy", Timestamp::from_millis(0));
    /// let permissions = ["read", "write"].map(str::to_owned).into();
    /// let editor = [Role::new(1, "editor".to_owned(), None, permissions)];
    /// key.scopes.insert("read".to_owned());
    /// assert!(key.allows_permission(&editor, "read"));
    /// assert!(!key.allows_permission(&editor, "write"));
    /// assert!(!key.allows_permission(&[], "read"), "more than its user may");
    /// key.scopes.insert("role:editor".to_owned());
    /// assert!(key.allows_permission(&editor, "write"));
    /// ```
    pub fn allows_permission(&self, roles: &[Role], permission: &str) -> bool {
        self.narrow(roles)
            .iter()
            .any(|role| role.permissions.contains(permission))
    }
}

/// The role that a scope stands for, if it stands for one.
pub(crate) fn role_of(scope: &str) -> Option<&str> {
    scope.strip_prefix(ROLE)
}

/// A key that is to be made: what [`Security::create_api_key`](crate::Security::create_api_key) takes.
///
/// ```
/// use std::time::Duration;
/// use rocket_security::NewApiKey;
///
/// let backup = NewApiKey::new("nightly backup").scope("read").expires_in(Duration::from_secs(30 * 86_400));
/// # let _ = backup;
/// ```
#[derive(Debug, Clone)]
pub struct NewApiKey {
    pub(crate) name: String,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) lives: Lives,
}

/// How long a key is to live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lives {
    /// As the settings have it.
    AsUsual,
    For(std::time::Duration),
    ForEver,
}

impl NewApiKey {
    /// A key of that name, without scopes, that lives as long as `api_key_lifetime` says.
    pub fn new(name: impl Into<String>) -> Self {
        NewApiKey {
            name: name.into(),
            scopes: BTreeSet::new(),
            lives: Lives::AsUsual,
        }
    }

    /// With one scope more.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.insert(scope.into());
        self
    }

    /// With another life, counted from now; at least a minute, at most `api_key_lifetime_max`.
    pub fn expires_in(mut self, life: std::time::Duration) -> Self {
        self.lives = Lives::For(life);
        self
    }

    /// Without an end, where `api_key_lifetime_max` is empty.
    pub fn without_end(mut self) -> Self {
        self.lives = Lives::ForEver;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(scopes: &[&str]) -> ApiKey {
        let hash = ApiKeyHash::from_bytes([7; 32]);
        let mut key = ApiKey::new("id", hash, 1, "u", "n", Timestamp::from_millis(0));
        key.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        key
    }

    fn role(name: &str, permissions: &[&str]) -> Role {
        let permissions = permissions.iter().map(|name| (*name).to_owned()).collect();
        Role::new(1, name.to_owned(), None, permissions)
    }

    #[test]
    fn a_key_may_no_more_than_its_user_and_its_scopes() {
        let roles = [role("editor", &["read", "write"]), role("reader", &["read"])];
        for (scopes, allowed) in [
            (&[][..], &[][..]),
            (&["read"], &["read"]),
            (&["role:reader"], &["read"]),
            (&["role:editor"], &["read", "write"]),
            // The user has neither.
            (&["role:admin", "drop"], &[]),
            // A role's name is no permission, and no scope for the role.
            (&["editor", "Role:editor", "role: editor", "role:edito"], &[]),
        ] {
            let key = key(scopes);
            for permission in ["read", "write", "drop", "editor"] {
                assert_eq!(
                    key.allows_permission(&roles, permission),
                    allowed.contains(&permission),
                    "{scopes:?} {permission}"
                );
            }
        }
        let left = key(&["role:reader", "write"]).narrow(&roles);
        let names: Vec<&str> = left.iter().map(|role| role.name.as_str()).collect();
        assert_eq!(names, ["reader", ""], "the editor's name is not for this key");
        assert!(key(&["role:editor"]).allows_role("editor"));
        assert!(!key(&["editor"]).allows_role("editor"));
        assert!(!key(&["role:editor2"]).allows_role("editor"));
    }

    #[test]
    fn a_permission_that_reads_like_a_role_comes_with_roles_only() {
        let roles = [role("odd", &["role:admin"])];
        assert!(!key(&["role:admin"]).allows_permission(&roles, "role:admin"));
        assert!(key(&["role:odd"]).allows_permission(&roles, "role:admin"));
    }

    #[test]
    fn the_end_itself_is_over() {
        let mut key = key(&[]);
        let at = Timestamp::from_millis;
        assert!(!key.is_expired(at(i64::MAX)));
        key.expires_at = Some(at(5));
        assert!(!key.is_expired(at(4)) && key.is_expired(at(5)) && key.is_expired(at(6)));
    }
}
