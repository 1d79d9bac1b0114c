//! What must happen once happens once, with 64 at it.

use super::remember::{rotation_of, series_of};
use super::{Store, counter_key, failed, hash, is_alive, later, new_user, session_of, somebody, unique};

/// Runs 64 tasks at once and returns what each found.
async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    task: impl Fn(usize) -> F,
) -> Vec<T> {
    let tasks: Vec<_> = (0..64).map(|number| tokio::spawn(task(number))).collect();
    let mut found = Vec::new();
    for task in tasks {
        found.push(task.await.expect("a task"));
    }
    found
}

pub(super) async fn one_of_64_makes_the_user(store: &Store) {
    for column in ["email", "username"] {
        let name = format!("race{}", unique());
        let outcomes = at_once(|number| {
            let (store, name) = (store.clone(), name.clone());
            async move {
                let mut user = new_user(&format!("{name}-{number}"));
                match column {
                    "email" => user.email_key = format!("{name}@example.org"),
                    _ => user.username_key = Some(name),
                }
                store.create_user(user).await
            }
        })
        .await;
        let made = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(made, 1, "{column}");
        for error in outcomes.into_iter().filter_map(Result::err) {
            assert_eq!(error.conflict(), Some(column), "{error}");
        }
    }
}

pub(super) async fn one_of_64_swaps_the_counter(store: &Store) {
    let key = counter_key();
    let outcomes = at_once(|number| {
        let store = store.clone();
        async move {
            store
                .swap_counter(&key, None, &failed(number as i32))
                .await
                .expect("an insert")
        }
    })
    .await;
    assert_eq!(outcomes.into_iter().filter(|&won| won).count(), 1);
    let start = store.counter(&key).await.expect("a look-up").expect("the row");
    let outcomes = at_once(|number| {
        let store = store.clone();
        let new = failed(100 + number as i32);
        async move {
            store
                .swap_counter(&key, Some(&start), &new)
                .await
                .expect("a swap")
        }
    })
    .await;
    assert_eq!(outcomes.into_iter().filter(|&won| won).count(), 1);
}

pub(super) async fn of_64_failures_none_is_lost(store: &Store) {
    let key = counter_key();
    at_once(|_| {
        let store = store.clone();
        async move {
            loop {
                let old = store.counter(&key).await.expect("a look-up");
                let new = failed(old.map_or(0, |old| old.failures) + 1);
                if store
                    .swap_counter(&key, old.as_ref(), &new)
                    .await
                    .expect("a swap")
                {
                    break;
                }
            }
        }
    })
    .await;
    assert_eq!(store.counter(&key).await.expect("a look-up"), Some(failed(64)));
}

pub(super) async fn no_session_outlives_a_deactivation(store: &Store) {
    let user = somebody(store).await;
    let outcomes = at_once(|number| {
        let (store, user) = (store.clone(), user.clone());
        async move {
            if number == 32 {
                store
                    .set_active(user.id, false, later(1))
                    .await
                    .expect("a change");
                return None;
            }
            let session = session_of(&user);
            match store.create_session(&session, Some(&hash()), true).await {
                Ok(()) => Some(session.hash),
                Err(error) => {
                    assert_eq!(error.conflict(), Some("user_id"), "{error}");
                    None
                }
            }
        }
    })
    .await;
    for hash in outcomes.into_iter().flatten() {
        assert!(!is_alive(store, hash).await);
    }
    assert_eq!(store.delete_sessions_of(user.id, None).await.expect("none"), 0);
}

pub(super) async fn one_of_64_rotates_the_series(store: &Store) {
    let user = somebody(store).await;
    let series = series_of(&user);
    store.create_series(&series).await.expect("a series");
    let outcomes = at_once(|_| {
        let (store, series, session) = (store.clone(), series.clone(), session_of(&user));
        async move {
            let rotation = rotation_of(&series, later(1));
            let won = store
                .rotate_series(&rotation, &session)
                .await
                .expect("a rotation");
            if !won {
                // Whoever lost finds the session that won.
                let (now, _) = store
                    .series(&[series.hash])
                    .await
                    .expect("a look-up")
                    .expect("the series");
                assert!(now.previous == Some(series.token));
                let winner = now.session.expect("the winner's session");
                assert!(
                    is_alive(&store, winner).await,
                    "the token turned over without its session"
                );
            }
            (won, session.hash)
        }
    })
    .await;
    let won = outcomes.iter().filter(|(won, _)| *won).count();
    assert_eq!(won, 1);
    for (won, hash) in outcomes {
        assert_eq!(is_alive(store, hash).await, won);
    }
}

pub(super) async fn no_restored_session_outlives_its_series(store: &Store) {
    let user = somebody(store).await;
    let series = series_of(&user);
    store.create_series(&series).await.expect("a series");
    let outcomes = at_once(|number| {
        let (store, series, session) = (store.clone(), series.clone(), session_of(&user));
        async move {
            if number % 16 == 8 {
                store.end_series(&series.hash).await.expect("an end");
                return session.hash;
            }
            // Each restores from what it finds, so that many rotations race with the end.
            if let Some((now, _)) = store.series(&[series.hash]).await.expect("a look-up") {
                let rotation = rotation_of(&now, later(1));
                store
                    .rotate_series(&rotation, &session)
                    .await
                    .expect("a rotation");
            }
            session.hash
        }
    })
    .await;
    assert!(store.series(&[series.hash]).await.expect("a look-up").is_none());
    for hash in outcomes {
        assert!(!is_alive(store, hash).await);
    }
}
