//! Races for roles.

use super::super::verdict::{Verdict, equal, one_won, said, won};
use super::super::{Store, somebody, unique};
use super::at_once;

pub(in super::super) async fn one_of_64_makes_the_role(store: &Store) -> Verdict {
    let name = format!("race{}", unique());
    let outcomes = at_once(|number| {
        let (store, name) = (store.clone(), name.clone());
        async move {
            let permission = format!("p{number}");
            let made = store.create_role(&name, None, &[&permission]).await;
            won(made, "name")
        }
    })
    .await?;
    one_won("one name for all", &outcomes)
}

pub(in super::super) async fn one_of_64_gives_the_role(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let role = store.create_role(&format!("race{}", unique()), None, &[]).await?;
    let outcomes = at_once(|_| {
        let (store, user, role) = (store.clone(), user.id, role.id);
        async move { said(store.add_role_to_user(user, role).await) }
    })
    .await?;
    one_won("one role to give", &outcomes)?;
    equal("his roles", store.roles_of(user.id).await?, vec![role])
}

pub(in super::super) async fn one_of_64_takes_the_role(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let role = store.create_role(&format!("race{}", unique()), None, &[]).await?;
    store.add_role_to_user(user.id, role.id).await?;
    let outcomes = at_once(|_| {
        let (store, user, role) = (store.clone(), user.id, role.id);
        async move { said(store.remove_role_from_user(user, role).await) }
    })
    .await?;
    one_won("one role to take", &outcomes)?;
    equal("his roles", store.roles_of(user.id).await?, vec![])
}
