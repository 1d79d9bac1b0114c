use crate::error::{Error, Result};
use crate::store::{ApiKeys, Counters, Datastore, RefreshFamilies, Remember, Roles, Sessions, Users};

impl dyn Users {
    /// The version of the contract that this library asks for: 2 since a user is found by his `fs_uniquifier`.
    pub const CONTRACT: u32 = 2;
}

impl dyn Roles {
    /// The version of the contract that this library asks for.
    pub const CONTRACT: u32 = 1;
}

impl dyn Sessions {
    /// The version of the contract that this library asks for.
    pub const CONTRACT: u32 = 1;
}

impl dyn Remember {
    /// The version of the contract that this library asks for.
    pub const CONTRACT: u32 = 1;
}

impl dyn RefreshFamilies {
    /// The version of the contract that this library asks for.
    pub const CONTRACT: u32 = 1;
}

impl dyn Counters {
    /// The version of the contract that this library asks for.
    pub const CONTRACT: u32 = 2;
}

impl dyn ApiKeys {
    /// The version of the contract that this library asks for.
    pub const CONTRACT: u32 = 1;
}

/// Refuses a store that promises something else than what the library relies on.
pub(crate) fn check_versions(store: &dyn Datastore) -> Result<()> {
    for (name, written, asked) in [
        ("Users", Users::contract(store), <dyn Users>::CONTRACT),
        ("Roles", Roles::contract(store), <dyn Roles>::CONTRACT),
        ("Sessions", Sessions::contract(store), <dyn Sessions>::CONTRACT),
        ("Remember", Remember::contract(store), <dyn Remember>::CONTRACT),
        (
            "RefreshFamilies",
            RefreshFamilies::contract(store),
            <dyn RefreshFamilies>::CONTRACT,
        ),
        ("Counters", Counters::contract(store), <dyn Counters>::CONTRACT),
        ("ApiKeys", ApiKeys::contract(store), <dyn ApiKeys>::CONTRACT),
    ] {
        if written < asked {
            return Err(Error::config(format!(
                "the datastore was written against version {written} of `{name}`, and this rocket_security relies on \
                 version {asked}: read in docs/datastores.md what has changed, mend the store, run \
                 `testing::contract` on it, and let `{name}::contract` return {asked}"
            )));
        }
        if written > asked {
            return Err(Error::config(format!(
                "the datastore was written against version {written} of `{name}`, and this rocket_security knows \
                 version {asked} only: update rocket_security"
            )));
        }
    }
    Ok(())
}
