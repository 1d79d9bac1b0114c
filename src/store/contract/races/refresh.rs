//! Races for refresh tokens.

use super::super::refresh::{begun, family_of, family_with, found, turn_of};
use super::super::verdict::{Verdict, equal, hold, one_won, said, there, won};
use super::super::{Store, digits, later, somebody};
use super::at_once;
use super::endings::for_sure;
use crate::model::Timestamp;

pub(in super::super) async fn one_of_64_stores_the_family(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let shared = family_of(&user).hash;
    let outcomes = at_once(|_| {
        let store = store.clone();
        let family = family_with(&user, |family| family.hash = shared);
        async move { won(store.create_family(&family).await, "family") }
    })
    .await?;
    one_won("one hash for all", &outcomes)
}

pub(in super::super) async fn one_of_64_turns_the_refresh_token_over(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let family = begun(store, &user).await?;
    let outcomes = at_once(|number| {
        let store = store.clone();
        let mut turn = turn_of(&family, later(1));
        // Each derives another one.
        turn.nonce = [u8::try_from(number).unwrap_or(0); 16];
        let (hash, first) = (family.hash, family.token);
        async move {
            let outcome = said(store.rotate_family(&turn).await)?;
            if outcome == Some(false) {
                let now = there("the family", found(&store, hash).await?)?;
                hold(
                    now.previous == Some(first) && now.nonce.is_some(),
                    "who lost finds the token turned over, and what the next one was derived with",
                )?;
            }
            Ok((outcome, turn))
        }
    })
    .await?;
    let told: Vec<_> = outcomes.iter().map(|(outcome, _)| *outcome).collect();
    one_won("one token to turn over", &told)?;
    let now = there("the family", found(store, family.hash).await?)?;
    equal("generation", now.generation, 2)?;
    let winner = outcomes.iter().find(|(outcome, _)| *outcome == Some(true));
    hold(
        winner.is_none_or(|(_, turn)| now.token == turn.token && now.nonce == Some(turn.nonce)),
        "token and nonce are the winner's",
    )
}

pub(in super::super) async fn one_of_64_revokes_the_family(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let family = begun(store, &user).await?;
    let outcomes = at_once(|_| {
        let (store, id) = (store.clone(), family.id.clone());
        async move { said(store.revoke_family(user.id, &id, later(1)).await) }
    })
    .await?;
    one_won("one family to revoke", &outcomes)
}

pub(in super::super) async fn of_64_exchanges_none_outlives_a_revocation(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let family = begun(store, &user).await?;
    at_once(|number| {
        let (store, id, hash) = (store.clone(), family.id.clone(), family.hash);
        async move {
            if number % 16 == 8 {
                for_sure(|| store.revoke_family(user.id, &id, later(1))).await?;
                return Ok(());
            }
            // Each goes on from what it finds, so that many turns race with the end.
            if let Some(now) = found(&store, hash).await? {
                let ended = now.revoked_at.is_some();
                let turned = said(store.rotate_family(&turn_of(&now, later(1))).await)?;
                hold(
                    !(ended && turned == Some(true)),
                    "what was found revoked turns over no more",
                )?;
            }
            Ok(())
        }
    })
    .await?;
    let now = there("the family", found(store, family.hash).await?)?;
    equal("it was revoked", now.revoked_at, Some(later(1)))?;
    let turned = store.rotate_family(&turn_of(&now, later(2))).await?;
    equal("a turn after all that", turned, false)
}

pub(in super::super) async fn of_64_families_none_outlives_a_new_uniquifier(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let uniquifier = digits(7);
    at_once(|number| {
        let (store, user, uniquifier) = (store.clone(), user.clone(), uniquifier.clone());
        async move {
            if number == 32 {
                for_sure(|| store.set_uniquifier(user.id, &uniquifier, later(1))).await?;
                return Ok(());
            }
            won(store.create_family(&family_of(&user)).await, "user_id")?;
            Ok(())
        }
    })
    .await?;
    let left = store
        .families_of(user.id, later(2), Timestamp::from_millis(0))
        .await?;
    equal("families that are left", left.len(), 0)
}
