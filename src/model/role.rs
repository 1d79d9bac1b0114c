use std::collections::BTreeSet;

/// A named set of permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Role {
    /// Made by the store.
    pub id: i64,
    /// Unique, at most 80 characters.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// What the role may do.
    pub permissions: BTreeSet<String>,
}

impl Role {
    /// A role as a store reads it.
    pub fn new(id: i64, name: String, description: Option<String>, permissions: BTreeSet<String>) -> Self {
        Role {
            id,
            name,
            description,
            permissions,
        }
    }
}
