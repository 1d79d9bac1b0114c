//! What a store owes of roles.

use std::collections::BTreeSet;

use super::verdict::{Verdict, conflict, equal, refused};
use super::{Store, somebody, unique};

fn set(permissions: &[&str]) -> BTreeSet<String> {
    permissions.iter().map(|&name| name.to_owned()).collect()
}

pub(super) async fn a_role_is_found_as_it_was_made(store: &Store) -> Verdict {
    let name = format!("b{}", unique());
    let made = store
        .create_role(&name, Some("für alle"), &["write", "read"])
        .await?;
    equal("the name", made.name.as_str(), name.as_str())?;
    equal("the description", made.description.as_deref(), Some("für alle"))?;
    equal("the permissions", &made.permissions, &set(&["read", "write"]))?;
    equal("the role", store.role(&name).await?, Some(made.clone()))?;
    for near in [
        name.to_uppercase(),
        format!("{name} "),
        format!("{name}\0"),
        String::new(),
    ] {
        equal(&format!("a role {near:?}"), store.role(&near).await?, None)?;
    }
    conflict(
        "a name that is taken",
        store.create_role(&name, None, &["other"]).await,
        "name",
    )?;
    equal("the role", store.role(&name).await?, Some(made))
}

pub(super) async fn a_role_that_does_not_fit_is_refused(store: &Store) -> Verdict {
    let long = "x".repeat(81);
    for (name, permissions) in [
        ("", vec![]),
        ("x", vec!["a,b"]),
        ("x", vec![""]),
        ("x\0", vec![]),
        (" x", vec![]),
        (&long, vec![]),
    ] {
        let made = store.create_role(name, None, &permissions).await;
        refused(&format!("the role {name:?} with {permissions:?}"), made)?;
    }
    let role = store.create_role(&format!("c{}", unique()), None, &[]).await?;
    refused(
        "a permission with a comma",
        store.set_permissions(role.id, &["a,b"]).await,
    )?;
    equal("the role", store.role(&role.name).await?, Some(role.clone()))
}

pub(super) async fn roles_are_given_and_taken(store: &Store) -> Verdict {
    let (user, bystander) = (somebody(store).await?, somebody(store).await?);
    let (a, b) = (format!("a{}", unique()), format!("b{}", unique()));
    let second = store.create_role(&b, None, &["read"]).await?;
    let first = store.create_role(&a, None, &[]).await?;
    equal(
        "the roles of who has none",
        store.roles_of(user.id).await?,
        vec![],
    )?;
    let given = store.add_role_to_user(user.id, second.id).await?;
    equal("a role given", given, true)?;
    let given = store.add_role_to_user(user.id, second.id).await?;
    equal("the same role given again", given, false)?;
    store.add_role_to_user(user.id, first.id).await?;
    conflict(
        "a role that is not there",
        store.add_role_to_user(user.id, -1).await,
        "role_id",
    )?;
    conflict(
        "a user who is not there",
        store.add_role_to_user(-1, first.id).await,
        "user_id",
    )?;
    let roles = store.roles_of(user.id).await?;
    let names: Vec<_> = roles.iter().map(|role| role.name.as_str()).collect();
    equal("the roles by name", names, [a.as_str(), b.as_str()])?;
    equal(
        "the roles of somebody else",
        store.roles_of(bystander.id).await?,
        vec![],
    )?;
    let taken = store.remove_role_from_user(user.id, first.id).await?;
    equal("a role taken", taken, true)?;
    let taken = store.remove_role_from_user(user.id, first.id).await?;
    equal("the same role taken again", taken, false)?;
    equal("what is left", store.roles_of(user.id).await?, vec![second])
}

pub(super) async fn permissions_are_replaced(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let role = store
        .create_role(&format!("d{}", unique()), None, &["read"])
        .await?;
    let other = store
        .create_role(&format!("e{}", unique()), None, &["read"])
        .await?;
    store.add_role_to_user(user.id, role.id).await?;
    for _ in 0..2 {
        let changed = store.set_permissions(role.id, &["run", "jump"]).await?;
        equal("a role that is there", changed, true)?;
    }
    let changed = store.set_permissions(-1, &["run"]).await?;
    equal("a role that is not there", changed, false)?;
    let roles = store.roles_of(user.id).await?;
    let found = roles.first().map(|role| role.permissions.clone());
    equal("the permissions", found, Some(set(&["jump", "run"])))?;
    equal("another role", store.role(&other.name).await?, Some(other))
}
