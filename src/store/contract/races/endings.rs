//! Whatever ends all sessions ends those too that were being made meanwhile.

use super::super::api_keys::{MANY, key_of};
use super::super::remember::{found, remembered, rotation_of, series_of};
use super::super::verdict::{Verdict, equal, hold, said, won};
use super::super::{Store, digits, hash, is_alive, later, session_of, somebody};
use super::at_once;
use crate::error::Result;
use crate::model::User;

/// What ends everything, tried again where the store had no place for it: the race would be none without it.
pub(super) async fn for_sure<T, F: Future<Output = Result<T>>>(end: impl Fn() -> F) -> Verdict<T> {
    loop {
        match end().await {
            Err(error) if error.is_busy() || error.is_unavailable() => tokio::task::yield_now().await,
            ended => return Ok(ended?),
        }
    }
}

#[derive(Clone, Copy)]
enum End {
    Deactivated,
    SignedOut,
    Deleted,
}

async fn end(store: &Store, user: &User, how: End) -> Verdict<bool> {
    let (id, uniquifier) = (user.id, digits(7));
    for_sure(|| async {
        match how {
            End::Deactivated => store.set_active(id, false, later(1)).await,
            End::SignedOut => store.set_uniquifier(id, &uniquifier, later(1)).await,
            End::Deleted => store.delete_user(id).await,
        }
    })
    .await
}

pub(in super::super) async fn of_64_sessions_none_outlives_a_deactivation(store: &Store) -> Verdict {
    none_outlives(store, End::Deactivated).await
}

pub(in super::super) async fn of_64_sessions_none_outlives_a_new_uniquifier(store: &Store) -> Verdict {
    none_outlives(store, End::SignedOut).await
}

pub(in super::super) async fn of_64_sessions_none_outlives_its_user(store: &Store) -> Verdict {
    none_outlives(store, End::Deleted).await
}

async fn none_outlives(store: &Store, how: End) -> Verdict {
    let user = somebody(store).await?;
    let made = at_once(|number| {
        let (store, user) = (store.clone(), user.clone());
        async move {
            if number == 32 {
                end(&store, &user, how).await?;
                return Ok(None);
            }
            let session = session_of(&user);
            let made = store.create_session(&session, Some(&hash()), true).await;
            won(made, "user_id")?;
            Ok(Some(session.hash))
        }
    })
    .await?;
    for hash in made.into_iter().flatten() {
        hold(!is_alive(store, hash).await?, "no session is left")?;
    }
    let left = store.delete_sessions_of(user.id, None).await?;
    equal("rows of sessions that are left", left, 0)
}

pub(in super::super) async fn of_64_series_none_outlives_a_new_uniquifier(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    at_once(|number| {
        let (store, user) = (store.clone(), user.clone());
        async move {
            if number == 32 {
                end(&store, &user, End::SignedOut).await?;
                return Ok(());
            }
            won(store.create_series(&series_of(&user)).await, "user_id")?;
            Ok(())
        }
    })
    .await?;
    let left = store.end_series_of(user.id).await?;
    equal("series that are left", left, 0)
}

pub(in super::super) async fn of_64_keys_none_outlives_a_deactivation(store: &Store) -> Verdict {
    no_key_outlives(store, End::Deactivated).await
}

pub(in super::super) async fn of_64_keys_none_outlives_a_new_uniquifier(store: &Store) -> Verdict {
    no_key_outlives(store, End::SignedOut).await
}

async fn no_key_outlives(store: &Store, how: End) -> Verdict {
    let user = somebody(store).await?;
    at_once(|number| {
        let (store, user) = (store.clone(), user.clone());
        async move {
            if number == 32 {
                end(&store, &user, how).await?;
                return Ok(());
            }
            won(store.create_api_key(&key_of(&user), MANY).await, "user_id")?;
            Ok(())
        }
    })
    .await?;
    let left = store.delete_api_keys_of(user.id).await?;
    equal("keys that are left", left, 0)
}

#[derive(Clone, Copy)]
enum SeriesEnd {
    One,
    AllOfTheUser,
    Deactivated,
}

pub(in super::super) async fn of_64_restored_sessions_none_outlives_its_series(store: &Store) -> Verdict {
    none_restored_outlives(store, SeriesEnd::One).await
}

pub(in super::super) async fn of_64_restored_sessions_none_outlives_all_series(store: &Store) -> Verdict {
    none_restored_outlives(store, SeriesEnd::AllOfTheUser).await
}

pub(in super::super) async fn of_64_restored_sessions_none_outlives_a_deactivation(store: &Store) -> Verdict {
    none_restored_outlives(store, SeriesEnd::Deactivated).await
}

async fn none_restored_outlives(store: &Store, how: SeriesEnd) -> Verdict {
    let user = somebody(store).await?;
    let series = remembered(store, &user).await?.hash;
    let made = at_once(|number| {
        let (store, user) = (store.clone(), user.clone());
        async move {
            let session = session_of(&user);
            if number % 16 == 8 {
                match how {
                    SeriesEnd::One => drop(for_sure(|| store.end_series(&series)).await?),
                    SeriesEnd::AllOfTheUser => drop(for_sure(|| store.end_series_of(user.id)).await?),
                    SeriesEnd::Deactivated => drop(end(&store, &user, End::Deactivated).await?),
                }
                return Ok(session.hash);
            }
            // Each restores from what it finds, so that many rotations race with the end.
            if let Some(now) = found(&store, series).await? {
                let rotated = store.rotate_series(&rotation_of(&now, later(1)), &session).await;
                match rotated {
                    Err(error) if error.conflict() == Some("user_id") => {}
                    rotated => drop(said(rotated)?),
                }
            }
            Ok(session.hash)
        }
    })
    .await?;
    hold(found(store, series).await?.is_none(), "the series is gone")?;
    for hash in made {
        hold(
            !is_alive(store, hash).await?,
            "no session restored from it is left",
        )?;
    }
    Ok(())
}
