//! Races for API keys.

use super::super::api_keys::{MANY, found, key_hash, key_of, key_with, made};
use super::super::verdict::{Verdict, equal, hold, one_won, said, there, won};
use super::super::{Store, digits, later, somebody};
use super::at_once;

pub(in super::super) async fn one_of_64_stores_the_key(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let shared = digits(4);
    let outcomes = at_once(|_| {
        let store = store.clone();
        let key = key_with(&user, |key| key.id = shared.clone());
        async move { won(store.create_api_key(&key, MANY).await, "api_key") }
    })
    .await?;
    one_won("one id for all", &outcomes)
}

pub(in super::super) async fn of_64_keys_no_more_than_the_limit_are_made(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let outcomes = at_once(|_| {
        let (store, key) = (store.clone(), key_of(&user));
        async move { said(store.create_api_key(&key, 3).await) }
    })
    .await?;
    let made = outcomes.iter().filter(|outcome| **outcome == Some(true)).count();
    let there = store.api_keys_of(user.id).await?.len();
    hold(there <= 3, "no more keys than the limit")?;
    equal("keys that are there, of those that were made", there, made)
}

pub(in super::super) async fn one_of_64_revokes_the_key(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let key = made(store, &user).await?;
    let outcomes = at_once(|_| {
        let (store, id, user) = (store.clone(), key.id.clone(), user.id);
        async move { said(store.delete_api_key(user, &id).await) }
    })
    .await?;
    one_won("one key to revoke", &outcomes)
}

pub(in super::super) async fn one_of_64_moves_the_key_to_another_hash(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let key = made(store, &user).await?;
    let outcomes = at_once(|_| {
        let (store, id, before, after) = (store.clone(), key.id.clone(), key.hash, key_hash());
        async move {
            let touched = store.touch_api_key(&id, &before, &after, later(1), None).await;
            Ok((said(touched)?, after))
        }
    })
    .await?;
    let told: Vec<_> = outcomes.iter().map(|(outcome, _)| *outcome).collect();
    one_won("one hash to replace", &told)?;
    let now = there("the key", found(store, &key.id).await?)?;
    for (outcome, hash) in outcomes {
        equal(
            "the hash is the winner's",
            now.hash == hash,
            outcome == Some(true),
        )?;
    }
    Ok(())
}

pub(in super::super) async fn of_64_who_touch_a_key_none_outlives_its_end(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let key = made(store, &user).await?;
    at_once(|number| {
        let (store, id, hash, user) = (store.clone(), key.id.clone(), key.hash, user.id);
        async move {
            match number {
                32 => said(store.delete_api_key(user, &id).await),
                _ => said(store.touch_api_key(&id, &hash, &hash, later(1), None).await),
            }
        }
    })
    .await?;
    store.delete_api_key(user.id, &key.id).await?;
    hold(found(store, &key.id).await?.is_none(), "a touch revives nothing")
}
