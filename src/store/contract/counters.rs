//! What a store owes of counters.

use super::verdict::{Verdict, equal, hold};
use super::{Store, counter_key, failed, later};

pub(super) async fn a_counter_is_swapped_only_if_it_is_the_expected_one(store: &Store) -> Verdict {
    let key = counter_key();
    equal("a key that nobody has counted", store.counter(&key).await?, None)?;
    let swapped = store.swap_counter(&key, Some(&failed(1)), &failed(2)).await?;
    equal("a swap where there is no row", swapped, false)?;
    equal("a row expected and found", store.counter(&key).await?, None)?;
    let swapped = store.swap_counter(&key, None, &failed(1)).await?;
    equal("the first count", swapped, true)?;
    let swapped = store.swap_counter(&key, None, &failed(9)).await?;
    equal("a first count where there is a row", swapped, false)?;
    for change in 0..3 {
        let mut near = failed(1);
        match change {
            0 => near.failures = 2,
            1 => near.blocked_until = later(99),
            _ => near.expires_at = later(99),
        }
        let swapped = store.swap_counter(&key, Some(&near), &failed(9)).await?;
        equal("a swap of a row that differs in one field", swapped, false)?;
    }
    equal("the row", store.counter(&key).await?, Some(failed(1)))?;
    let swapped = store.swap_counter(&key, Some(&failed(1)), &failed(2)).await?;
    equal("a swap of the row that is there", swapped, true)?;
    equal("the row", store.counter(&key).await?, Some(failed(2)))?;
    hold(
        store.counter(&counter_key()).await?.is_none(),
        "another key has no row",
    )
}

pub(super) async fn a_counter_is_forgotten(store: &Store) -> Verdict {
    let (key, other) = (counter_key(), counter_key());
    for key in [&key, &other] {
        store.swap_counter(key, None, &failed(3)).await?;
    }
    store.delete_counter(&key).await?;
    equal("the row", store.counter(&key).await?, None)?;
    equal("another row", store.counter(&other).await?, Some(failed(3)))?;
    // What is gone already is no error.
    store.delete_counter(&key).await?;
    let again = store.swap_counter(&key, None, &failed(1)).await?;
    equal("counting anew", again, true)
}
