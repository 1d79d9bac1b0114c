//! Races for remembered browsers.

use super::super::remember::{found, remembered, rotation_of, series_of, series_with};
use super::super::verdict::{Verdict, equal, hold, one_won, said, there, won};
use super::super::{Store, is_alive, later, session_of, somebody};
use super::at_once;

pub(in super::super) async fn one_of_64_stores_the_series(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let shared = series_of(&user).hash;
    let outcomes = at_once(|_| {
        let store = store.clone();
        let series = series_with(&user, |series| series.hash = shared);
        async move { won(store.create_series(&series).await, "series") }
    })
    .await?;
    one_won("one hash for all", &outcomes)
}

pub(in super::super) async fn one_of_64_rotates_the_series(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let series = remembered(store, &user).await?;
    let outcomes = at_once(|_| {
        let (store, session) = (store.clone(), session_of(&user));
        let rotation = rotation_of(&series, later(1));
        let (hash, first) = (series.hash, series.token);
        async move {
            let outcome = said(store.rotate_series(&rotation, &session).await)?;
            if outcome == Some(false) {
                let now = there("the series", found(&store, hash).await?)?;
                hold(
                    now.previous == Some(first),
                    "who lost finds the token turned over",
                )?;
                let winner = there("the winner's session in the series", now.session)?;
                hold(
                    is_alive(&store, winner).await?,
                    "who lost finds the winner's session alive",
                )?;
            }
            Ok((outcome, session.hash))
        }
    })
    .await?;
    let told: Vec<_> = outcomes.iter().map(|(outcome, _)| *outcome).collect();
    one_won("one token to turn over", &told)?;
    for (outcome, hash) in outcomes {
        let alive = is_alive(store, hash).await?;
        equal(
            "a session lives only for the winner",
            alive,
            outcome == Some(true),
        )?;
    }
    Ok(())
}

pub(in super::super) async fn one_of_64_ends_the_series(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let series = remembered(store, &user).await?.hash;
    let outcomes = at_once(|_| {
        let store = store.clone();
        async move { said(store.end_series(&series).await) }
    })
    .await?;
    one_won("one series to end", &outcomes)
}
