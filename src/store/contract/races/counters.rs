//! Races for counters.

use super::super::verdict::{Verdict, equal, one_won, said, there};
use super::super::{Store, counter_key, failed, swap, swap_of};
use super::at_once;

pub(in super::super) async fn one_of_64_makes_the_counter(store: &Store) -> Verdict {
    let key = counter_key();
    let outcomes = at_once(|number| {
        let store = store.clone();
        async move { said(swap(&store, &key, None, Some(failed(number as i32))).await) }
    })
    .await?;
    one_won("one first count", &outcomes)?;
    let winner = outcomes.iter().position(|outcome| *outcome == Some(true));
    let kept = there("the row", store.counter(&key).await?)?;
    equal("the row is the winner's", Some(kept.failures as usize), winner)
}

pub(in super::super) async fn one_of_64_swaps_the_counter(store: &Store) -> Verdict {
    let key = counter_key();
    swap(store, &key, None, Some(failed(1))).await?;
    let outcomes = at_once(|number| {
        let store = store.clone();
        let new = failed(100 + number as i32);
        async move { said(swap(&store, &key, Some(failed(1)), Some(new)).await) }
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
                if said(swap(&store, &key, old, Some(new)).await)? == Some(true) {
                    return Ok(());
                }
            }
        }
    })
    .await?;
    equal("the count", store.counter(&key).await?, Some(failed(64)))
}

pub(in super::super) async fn one_of_64_swaps_all_its_counters(store: &Store) -> Verdict {
    let (shared, own) = (counter_key(), [(); 64].map(|()| counter_key()));
    swap(store, &shared, None, Some(failed(1))).await?;
    let outcomes = at_once(|number| {
        let store = store.clone();
        let swaps = [
            swap_of(&own[number], None, Some(failed(1))),
            swap_of(&shared, Some(failed(1)), Some(failed(100 + number as i32))),
        ];
        async move { said(store.swap_counters(&swaps).await) }
    })
    .await?;
    one_won("one row that all share", &outcomes)?;
    let rows = store.counters(&own).await?;
    for (row, outcome) in rows.into_iter().zip(outcomes) {
        let expected = (outcome == Some(true)).then(|| failed(1));
        equal("a row is there only for the winner", row, expected)?;
    }
    Ok(())
}

/// Whoever locks rows in the order in which they are named waits for the one who named them the other way round.
pub(in super::super) async fn of_64_who_swap_in_either_order_none_is_lost(store: &Store) -> Verdict {
    let (a, b) = (counter_key(), counter_key());
    at_once(|number| {
        let store = store.clone();
        async move {
            loop {
                let old = store.counters(&[a, b]).await?;
                let more = |row: usize| failed(old[row].map_or(0, |old| old.failures) + 1);
                let mut swaps = [
                    swap_of(&a, old[0], Some(more(0))),
                    swap_of(&b, old[1], Some(more(1))),
                ];
                if number % 2 == 0 {
                    swaps.reverse();
                }
                if said(store.swap_counters(&swaps).await)? == Some(true) {
                    return Ok(());
                }
            }
        }
    })
    .await?;
    equal(
        "the counts",
        store.counters(&[a, b]).await?,
        vec![Some(failed(64)); 2],
    )
}
