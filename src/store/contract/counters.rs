//! What a store owes of counters.

use super::{Store, counter_key, failed, later};

pub(super) async fn a_counter_is_swapped_only_if_it_is_the_expected_one(store: &Store) {
    let key = counter_key();
    assert!(store.counter(&key).await.expect("a look-up").is_none());
    assert!(
        !store
            .swap_counter(&key, Some(&failed(1)), &failed(2))
            .await
            .expect("no row")
    );
    assert!(
        store
            .swap_counter(&key, None, &failed(1))
            .await
            .expect("the first")
    );
    assert!(
        !store
            .swap_counter(&key, None, &failed(9))
            .await
            .expect("there is a row")
    );
    let mut near = failed(1);
    near.blocked_until = later(99);
    assert!(
        !store
            .swap_counter(&key, Some(&near), &failed(9))
            .await
            .expect("another row")
    );
    assert!(
        store
            .swap_counter(&key, Some(&failed(1)), &failed(2))
            .await
            .expect("a swap")
    );
    assert_eq!(store.counter(&key).await.expect("a look-up"), Some(failed(2)));
    assert!(store.counter(&counter_key()).await.expect("a look-up").is_none());
    store.delete_counter(&key).await.expect("deleted");
    store.delete_counter(&key).await.expect("deleted twice");
    assert!(store.counter(&key).await.expect("a look-up").is_none());
}
