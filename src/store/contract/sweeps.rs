//! What a store owes of what is over.

use super::remember::{series_hash, series_with};
use super::verdict::{Verdict, equal, hold};
use super::{NOW, Store, counter_key, is_alive, session_with, somebody, swap, then};
use crate::model::{Counter, SeriesHash};

pub(super) async fn a_sweep_takes_only_sessions_that_are_over(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let mut hashes = Vec::new();
    for number in 0..6 {
        // 0 to 2 are old but in use, 3 to 5 young but unused.
        let session = session_with(&user, |session| {
            (session.created_at, session.last_seen_at) = match number < 3 {
                true => (then(number), NOW),
                false => (NOW, then(number)),
            };
        });
        store.create_session(&session, None, false).await?;
        hashes.push(session.hash);
    }
    let sweep = async |idle, absolute, limit| store.sweep_sessions(then(idle), then(absolute), limit).await;
    equal("the limits themselves are not over", sweep(3, 0, 10).await?, 0)?;
    equal("a sweep of 0", sweep(100, 100, 0).await?, 0)?;
    equal("a sweep of less than 0", sweep(100, 100, -1).await?, 0)?;
    equal("one of each kind", sweep(4, 1, 10).await?, 2)?;
    for (hash, alive) in [
        (hashes[0], false),
        (hashes[1], true),
        (hashes[3], false),
        (hashes[4], true),
    ] {
        equal("a session lives on", is_alive(store, hash).await?, alive)?;
    }
    equal("no more than the limit", sweep(100, 100, 3).await?, 3)?;
    equal("the rest", sweep(100, 100, 3).await?, 1)?;
    equal("nothing is left", sweep(100, 100, i64::MAX).await?, 0)
}

pub(super) async fn a_sweep_takes_only_expired_counters(store: &Store) -> Verdict {
    let mut keys = Vec::new();
    for number in 0..3 {
        let counter = Counter {
            failures: 1,
            blocked_until: then(0),
            expires_at: then(number),
        };
        let key = counter_key();
        swap(store, &key, None, Some(counter)).await?;
        keys.push(key);
    }
    let sweep = async |now, limit| store.sweep_counters(then(now), limit).await;
    equal("the limit itself is not over", sweep(0, 10).await?, 0)?;
    equal("a sweep of less than 0", sweep(9, -5).await?, 0)?;
    equal("what is over", sweep(1, 10).await?, 1)?;
    hold(store.counter(&keys[0]).await?.is_none(), "what was swept is gone")?;
    hold(store.counter(&keys[1]).await?.is_some(), "the others are there")?;
    equal("no more than the limit", sweep(9, 1).await?, 1)?;
    equal("the rest", sweep(9, i64::MAX).await?, 1)?;
    equal("nothing is left", sweep(9, i64::MAX).await?, 0)
}

pub(super) async fn a_sweep_takes_only_expired_series(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let mut all: Vec<SeriesHash> = Vec::new();
    for number in 0..3 {
        let series = series_with(&user, |series| series.expires_at = then(number));
        store.create_series(&series).await?;
        all.push(series.hash);
    }
    let found = async |hash| store.series(&[series_hash(), hash]).await;
    let sweep = async |now, limit| store.sweep_series(then(now), limit).await;
    equal("the limit itself is not over", sweep(0, 10).await?, 0)?;
    equal("a sweep of less than 0", sweep(9, -1).await?, 0)?;
    equal("what is over", sweep(1, 10).await?, 1)?;
    hold(found(all[0]).await?.is_none(), "what was swept is gone")?;
    hold(found(all[1]).await?.is_some(), "the others are there")?;
    equal("no more than the limit", sweep(9, 1).await?, 1)?;
    equal("the rest", sweep(9, i64::MAX).await?, 1)?;
    equal("nothing is left", sweep(9, i64::MAX).await?, 0)
}
