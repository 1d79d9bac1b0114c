//! Races for counters.

use super::super::verdict::{Verdict, equal, one_won, said, there};
use super::super::{Store, counter_key, failed};
use super::at_once;

pub(in super::super) async fn one_of_64_makes_the_counter(store: &Store) -> Verdict {
    let key = counter_key();
    let outcomes = at_once(|number| {
        let store = store.clone();
        async move { said(store.swap_counter(&key, None, &failed(number as i32)).await) }
    })
    .await?;
    one_won("one first count", &outcomes)?;
    let winner = outcomes.iter().position(|outcome| *outcome == Some(true));
    let kept = there("the row", store.counter(&key).await?)?;
    equal("the row is the winner's", Some(kept.failures as usize), winner)
}

pub(in super::super) async fn one_of_64_swaps_the_counter(store: &Store) -> Verdict {
    let key = counter_key();
    store.swap_counter(&key, None, &failed(1)).await?;
    let outcomes = at_once(|number| {
        let store = store.clone();
        let new = failed(100 + number as i32);
        async move { said(store.swap_counter(&key, Some(&failed(1)), &new).await) }
    })
    .await?;
    one_won("one row to swap", &outcomes)?;
    let winner = outcomes.iter().position(|outcome| *outcome == Some(true));
    let kept = there("the row", store.counter(&key).await?)?;
    equal(
        "the row is the winner's",
        Some(kept.failures as usize),
        winner.map(|number| number + 100),
    )
}

pub(in super::super) async fn of_64_failures_none_is_lost(store: &Store) -> Verdict {
    let key = counter_key();
    at_once(|_| {
        let store = store.clone();
        async move {
            loop {
                let old = store.counter(&key).await?;
                let new = failed(old.map_or(0, |old| old.failures) + 1);
                if said(store.swap_counter(&key, old.as_ref(), &new).await)? == Some(true) {
                    return Ok(());
                }
            }
        }
    })
    .await?;
    equal("the count", store.counter(&key).await?, Some(failed(64)))
}
