//! Races for accounts and what is unique to them.

use super::super::identities::{number, staff};
use super::super::verdict::{Verdict, equal, hold, one_won, said, there, won};
use super::super::{Store, digits, later, new_user, row_of, somebody, unique};
use super::at_once;
use crate::crypto::SealedPassword;
use crate::store::Identity;

pub(in super::super) async fn one_of_64_makes_the_user(store: &Store) -> Verdict {
    for column in [
        "email",
        "username",
        "phone",
        "identity",
        "handle",
        "fs_uniquifier",
    ] {
        let name = format!("race{}", unique());
        let (phone, digits) = (number(), digits(5));
        let outcomes = at_once(|number| {
            let (store, name) = (store.clone(), name.clone());
            let (phone, digits) = (phone.clone(), digits.clone());
            async move {
                let mut user = new_user(&format!("{name}-{number}"));
                match column {
                    "email" => user.email_key = format!("{name}@example.org"),
                    "username" => user.username_key = Some(name),
                    "phone" => user.phone = Some(phone),
                    "handle" => user.handle = digits,
                    "fs_uniquifier" => user.fs_uniquifier = digits,
                    _ => user.identities = vec![staff(&name)],
                }
                won(store.create_user(user).await, column)
            }
        })
        .await?;
        one_won(&format!("one `{column}` for all"), &outcomes)?;
        let mut kept = 0;
        for number in 0..outcomes.len() {
            let name = format!("{name}-{number}");
            let key = match column {
                "email" => format!("{name}@example.org"),
                _ => continue,
            };
            kept += usize::from(store.user_by(Identity::Email, &key).await?.is_some());
        }
        equal("those who lost and are there all the same", kept, 0)?;
    }
    Ok(())
}

pub(in super::super) async fn one_of_64_gets_the_number(store: &Store) -> Verdict {
    let phone = number();
    let outcomes = at_once(|_| {
        let (store, phone) = (store.clone(), phone.clone());
        async move {
            let user = somebody(&store).await?;
            won(store.set_phone(user.id, Some(&phone), later(1)).await, "phone")
        }
    })
    .await?;
    one_won("one number for all", &outcomes)
}

pub(in super::super) async fn one_of_64_gets_the_identity(store: &Store) -> Verdict {
    let key = format!("st{}", unique());
    let outcomes = at_once(|_| {
        let (store, key) = (store.clone(), key.clone());
        async move {
            let user = somebody(&store).await?;
            let outcome = won(store.set_identity(user.id, &staff(&key)).await, "identity")?;
            Ok((user.id, outcome))
        }
    })
    .await?;
    let told: Vec<_> = outcomes.iter().map(|(_, outcome)| *outcome).collect();
    one_won("one identity for all", &told)?;
    let winner = outcomes.iter().find(|(_, outcome)| *outcome == Some(true));
    let found = store.user_by(Identity::Own("staff"), &key).await?;
    equal(
        "whose identity it is",
        found.map(|user| user.id),
        winner.map(|(id, _)| *id),
    )
}

pub(in super::super) async fn of_64_identities_of_a_user_one_stays(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let keys = at_once(|_| {
        let (store, id) = (store.clone(), user.id);
        async move {
            let key = format!("st{}", unique());
            won(store.set_identity(id, &staff(&key)).await, "identity")?;
            Ok(key)
        }
    })
    .await?;
    let mut found = Vec::new();
    for key in keys {
        if store.user_by(Identity::Own("staff"), &key).await?.is_some() {
            found.push(staff(&key));
        }
    }
    equal("how many of them find the user", found.len(), 1)?;
    equal("his identities", store.identities_of(user.id).await?, found)
}

pub(in super::super) async fn one_of_64_removes_the_identity(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    store
        .set_identity(user.id, &staff(&format!("st{}", unique())))
        .await?;
    let outcomes = at_once(|_| {
        let (store, id) = (store.clone(), user.id);
        async move { said(store.remove_identity(id, "staff").await) }
    })
    .await?;
    one_won("one identity to remove", &outcomes)
}

pub(in super::super) async fn one_of_64_replaces_the_password(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let old = there("the password", user.password.clone())?;
    let outcomes = at_once(|number| {
        let (store, id, old) = (store.clone(), user.id, old.clone());
        async move {
            let new = SealedPassword::from_stored(format!("v1.key.{number}"));
            let outcome = said(store.replace_password(id, &old, &new, later(1)).await)?;
            Ok((new, outcome))
        }
    })
    .await?;
    let told: Vec<_> = outcomes.iter().map(|(_, outcome)| *outcome).collect();
    one_won("one password to replace", &told)?;
    let now = row_of(store, &user).await?;
    let kept = outcomes
        .into_iter()
        .find(|(new, _)| now.password.as_ref() == Some(new));
    hold(
        kept.is_some_and(|(_, outcome)| outcome != Some(false)),
        "the password is the winner's",
    )
}

pub(in super::super) async fn one_of_64_deactivates_the_user(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    for active in [false, true] {
        let outcomes = at_once(|_| {
            let (store, id) = (store.clone(), user.id);
            async move { said(store.set_active(id, active, later(1)).await) }
        })
        .await?;
        one_won(&format!("active = {active}"), &outcomes)?;
    }
    Ok(())
}

pub(in super::super) async fn one_of_64_gets_the_uniquifier(store: &Store) -> Verdict {
    let uniquifier = digits(6);
    let outcomes = at_once(|_| {
        let (store, uniquifier) = (store.clone(), uniquifier.clone());
        async move {
            let user = somebody(&store).await?;
            let set = store.set_uniquifier(user.id, &uniquifier, later(1)).await;
            won(set, "fs_uniquifier")
        }
    })
    .await?;
    one_won("one uniquifier for all", &outcomes)
}

pub(in super::super) async fn one_of_64_deletes_the_user(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let outcomes = at_once(|_| {
        let (store, id) = (store.clone(), user.id);
        async move { said(store.delete_user(id).await) }
    })
    .await?;
    one_won("one user to delete", &outcomes)
}
