//! What a store owes of counters.

use super::verdict::{Verdict, equal, hold};
use super::{Store, counter_key, failed, later, swap, swap_of};

pub(super) async fn a_counter_is_swapped_only_if_it_is_the_expected_one(store: &Store) -> Verdict {
    let key = counter_key();
    equal("a key that nobody has counted", store.counter(&key).await?, None)?;
    let swapped = swap(store, &key, Some(failed(1)), Some(failed(2))).await?;
    equal("a swap where there is no row", swapped, false)?;
    equal("a row expected and found", store.counter(&key).await?, None)?;
    let swapped = swap(store, &key, None, Some(failed(1))).await?;
    equal("the first count", swapped, true)?;
    let swapped = swap(store, &key, None, Some(failed(9))).await?;
    equal("a first count where there is a row", swapped, false)?;
    for change in 0..3 {
        let mut near = failed(1);
        match change {
            0 => near.failures = 2,
            1 => near.blocked_until = later(99),
            _ => near.expires_at = later(99),
        }
        let swapped = swap(store, &key, Some(near), Some(failed(9))).await?;
        equal("a swap of a row that differs in one field", swapped, false)?;
        let removed = swap(store, &key, Some(near), None).await?;
        equal("the end of a row that differs in one field", removed, false)?;
    }
    equal("the row", store.counter(&key).await?, Some(failed(1)))?;
    let swapped = swap(store, &key, Some(failed(1)), Some(failed(2))).await?;
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
        swap(store, key, None, Some(failed(3))).await?;
    }
    let forgotten = swap(store, &key, Some(failed(3)), None).await?;
    equal("the end of a row that is there", forgotten, true)?;
    equal("the row", store.counter(&key).await?, None)?;
    equal("another row", store.counter(&other).await?, Some(failed(3)))?;
    let again = swap(store, &key, Some(failed(3)), None).await?;
    equal("the end of a row that is gone", again, false)?;
    let again = swap(store, &key, None, Some(failed(1))).await?;
    equal("counting anew", again, true)
}

pub(super) async fn several_counters_are_read_in_their_order(store: &Store) -> Verdict {
    let (one, two, nobodys) = (counter_key(), counter_key(), counter_key());
    swap(store, &one, None, Some(failed(1))).await?;
    swap(store, &two, None, Some(failed(2))).await?;
    let found = store.counters(&[two, nobodys, one]).await?;
    equal("the rows", found, vec![Some(failed(2)), None, Some(failed(1))])?;
    equal("no rows", store.counters(&[]).await?, Vec::new())
}

pub(super) async fn several_counters_are_swapped_together_or_not_at_all(store: &Store) -> Verdict {
    let (a, b) = (counter_key(), counter_key());
    let free = [None, None];
    // Whichever of the two is not as expected, and whichever is named first.
    for (wrong, right) in [(a, b), (b, a)] {
        for wrong_first in [true, false] {
            let mut swaps = [
                swap_of(&wrong, Some(failed(9)), Some(failed(1))),
                swap_of(&right, None, Some(failed(1))),
            ];
            if !wrong_first {
                swaps.reverse();
            }
            let swapped = store.swap_counters(&swaps).await?;
            equal("a swap of which one row is not as expected", swapped, false)?;
            equal("the rows", store.counters(&[a, b]).await?, free.to_vec())?;
        }
    }
    let both = [
        swap_of(&a, None, Some(failed(1))),
        swap_of(&b, None, Some(failed(2))),
    ];
    equal("a swap of both", store.swap_counters(&both).await?, true)?;
    let counted = vec![Some(failed(1)), Some(failed(2))];
    equal("the rows", store.counters(&[a, b]).await?, counted.clone())?;
    // There is a row already: what is to be removed stays too.
    let swaps = [
        swap_of(&a, Some(failed(1)), None),
        swap_of(&b, None, Some(failed(3))),
    ];
    equal(
        "a swap of which one row is there",
        store.swap_counters(&swaps).await?,
        false,
    )?;
    equal("the rows", store.counters(&[a, b]).await?, counted)?;
    let swaps = [
        swap_of(&a, Some(failed(1)), None),
        swap_of(&b, Some(failed(2)), Some(failed(3))),
    ];
    equal(
        "one that goes and one that changes",
        store.swap_counters(&swaps).await?,
        true,
    )?;
    equal(
        "the rows",
        store.counters(&[a, b]).await?,
        vec![None, Some(failed(3))],
    )
}
