//! Races for sessions.

use super::super::verdict::{Fault, Verdict, equal, hold, one_won, said, won};
use super::super::{
    Store, hash, is_alive, later, row_of, session_of, session_with, signed_in, somebody, then,
};
use super::at_once;
use crate::model::{Issued, Session};

pub(in super::super) async fn one_of_64_stores_the_session(store: &Store) -> Verdict {
    let (user, shared) = (somebody(store).await?, hash());
    let outcomes = at_once(|_| {
        let store = store.clone();
        let session = session_with(&user, |session| session.hash = shared);
        async move { won(store.create_session(&session, None, false).await, "hash") }
    })
    .await?;
    one_won("one hash for all", &outcomes)
}

pub(in super::super) async fn one_of_64_renews_the_session(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let old = signed_in(store, &user).await?.hash;
    let outcomes = at_once(|_| {
        let (store, new) = (store.clone(), session_of(&user));
        async move { Ok((new.hash, said(store.renew_session(&old, &new).await)?)) }
    })
    .await?;
    let told: Vec<_> = outcomes.iter().map(|(_, outcome)| *outcome).collect();
    one_won("one session to renew", &told)?;
    hold(!is_alive(store, old).await?, "the old session has ended")?;
    for (hash, outcome) in outcomes {
        let alive = is_alive(store, hash).await?;
        equal("a session that was made lives", alive, outcome == Some(true))?;
    }
    Ok(())
}

pub(in super::super) async fn one_of_64_ends_the_session(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let session = signed_in(store, &user).await?.hash;
    let outcomes = at_once(|_| {
        let store = store.clone();
        async move { said(store.delete_session(&session).await) }
    })
    .await?;
    one_won("one session to end", &outcomes)
}

/// Who signed out must not be signed in again by a step-up that was still under way.
pub(in super::super) async fn of_64_who_renew_or_end_a_session_one_wins(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let old = signed_in(store, &user).await?.hash;
    let outcomes = at_once(|number| {
        let (store, new) = (store.clone(), session_of(&user));
        async move {
            let renews = number % 2 == 0;
            let outcome = match renews {
                true => said(store.renew_session(&old, &new).await)?,
                false => said(store.delete_session(&old).await)?,
            };
            Ok((renews, new.hash, outcome))
        }
    })
    .await?;
    let told: Vec<_> = outcomes.iter().map(|(_, _, outcome)| *outcome).collect();
    one_won("one session to renew or to end", &told)?;
    for (renews, hash, outcome) in outcomes {
        let alive = is_alive(store, hash).await?;
        equal(
            "a session lives only for the winner",
            alive,
            renews && outcome == Some(true),
        )?;
    }
    Ok(())
}

pub(in super::super) async fn of_64_ends_of_all_sessions_each_counts_once(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    for _ in 0..5 {
        signed_in(store, &user).await?;
    }
    let counts = at_once(|_| {
        let (store, id) = (store.clone(), user.id);
        async move { counted(store.delete_sessions_of(id, None).await) }
    })
    .await?;
    equal("sessions that were ended", counts.iter().sum::<usize>(), 5)
}

pub(in super::super) async fn of_64_who_touch_a_session_all_find_it(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let (old, new) = (signed_in(store, &user).await?.hash, hash());
    let outcomes = at_once(|_| {
        let store = store.clone();
        async move { said(store.touch_session(&old, &new, later(60)).await) }
    })
    .await?;
    hold(
        !outcomes.contains(&Some(false)),
        "nobody is told that the session has ended",
    )?;
    hold(is_alive(store, new).await?, "it lives under the new hash")?;
    hold(!is_alive(store, old).await?, "and not under the old one")
}

pub(in super::super) async fn of_64_sign_ins_each_is_counted(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let outcomes = at_once(|_| {
        let (store, session) = (store.clone(), session_of(&user));
        async move { stored(&store, &session).await }
    })
    .await?;
    let made = outcomes.into_iter().filter(|made| *made).count();
    let now = row_of(store, &user).await?;
    equal("login_count", now.login_count, made as u64)
}

async fn stored(store: &Store, session: &Issued<Session>) -> Verdict<bool> {
    match store.create_session(session, None, true).await {
        Ok(()) => Ok(true),
        Err(error) if error.is_busy() || error.is_unavailable() => Ok(false),
        Err(error) => Err(Fault::from(error)),
    }
}

pub(in super::super) async fn of_64_sweeps_each_session_is_counted_once(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    for number in 0..5 {
        let session = session_with(&user, |session| session.last_seen_at = then(number));
        store.create_session(&session, None, false).await?;
    }
    let counts = at_once(|_| {
        let store = store.clone();
        async move { counted(store.sweep_sessions(then(100), then(100), 2).await) }
    })
    .await?;
    equal("sessions that were swept", counts.iter().sum::<usize>(), 5)
}

fn counted(found: crate::error::Result<usize>) -> Verdict<usize> {
    match found {
        Err(error) if error.is_busy() || error.is_unavailable() => Ok(0),
        found => Ok(found?),
    }
}
