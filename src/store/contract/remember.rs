//! What a store owes of remembered browsers.

use std::time::Duration;

use super::{NOW, Store, hash, is_alive, later, session_of, signed_in, somebody};
use crate::model::{
    Factor, RememberSeries, Rotation, SeriesHash, Session, SessionHash, Timestamp, TokenHash, User,
};

pub(super) fn series_hash() -> SeriesHash {
    SeriesHash::from_bytes(*hash().as_bytes())
}

pub(super) fn token() -> TokenHash {
    TokenHash::from_bytes(*hash().as_bytes())
}

pub(super) fn series_of(user: &User) -> RememberSeries {
    RememberSeries {
        hash: series_hash(),
        user_id: user.id,
        fs_uniquifier: user.fs_uniquifier.clone(),
        token: token(),
        previous: None,
        nonce: None,
        session: None,
        created_at: NOW,
        rotated_at: None,
        last_used_at: NOW,
        expires_at: later(1000),
        factors: vec![super::proof(Factor::Password)],
        ip: Some("2001:db8::1".to_owned()),
        user_agent: Some("Browser/1.0".to_owned()),
    }
}

pub(super) fn rotation_of(series: &RememberSeries, now: Timestamp) -> Rotation {
    Rotation {
        series: series.hash,
        rehashed: series.hash,
        expected: series.token,
        token: token(),
        nonce: [7; 16],
        now,
    }
}

async fn remembered(store: &Store, user: &User) -> RememberSeries {
    let series = series_of(user);
    store.create_series(&series).await.expect("a new series");
    series
}

async fn found(store: &Store, hash: SeriesHash) -> Option<RememberSeries> {
    let found = store.series(&[hash]).await.expect("a look-up");
    found.map(|(series, _)| series)
}

/// Restores a session from the series as it is, and returns that.
async fn restored(store: &Store, user: &User, series: SeriesHash) -> Session {
    let series = found(store, series).await.expect("the series");
    let session = session_of(user);
    let rotation = rotation_of(&series, later(1));
    assert!(
        store
            .rotate_series(&rotation, &session)
            .await
            .expect("a rotation")
    );
    session
}

pub(super) async fn a_series_is_found_under_any_key(store: &Store) {
    let user = somebody(store).await;
    let mut series = series_of(&user);
    series.user_agent = Some("é\0".repeat(300));
    store.create_series(&series).await.expect("a series");
    let (found, whose) = store
        .series(&[series_hash(), series.hash])
        .await
        .expect("a look-up")
        .expect("the series");
    assert!(found.hash == series.hash && found.token == series.token);
    assert!(found.previous.is_none() && found.nonce.is_none() && found.session.is_none());
    assert_eq!((found.user_id, whose.id), (user.id, user.id));
    assert_eq!(found.fs_uniquifier, user.fs_uniquifier);
    assert_eq!(
        (
            found.created_at,
            found.rotated_at,
            found.last_used_at,
            found.expires_at
        ),
        (NOW, None, NOW, later(1000))
    );
    assert_eq!(found.factors, [super::proof(Factor::Password)]);
    assert_eq!(found.ip, series.ip);
    assert_eq!(found.user_agent, Some("é".repeat(255)));
    assert!(store.series(&[]).await.expect("a look-up").is_none());
    assert!(store.series(&[series_hash()]).await.expect("a look-up").is_none());
    let error = store.create_series(&series).await.expect_err("the same hash");
    assert_eq!(error.conflict(), Some("series"));
}

pub(super) async fn a_series_needs_its_user(store: &Store) {
    let user = somebody(store).await;
    let mut series = series_of(&user);
    series.user_id = -1;
    let error = store.create_series(&series).await.expect_err("nobody");
    assert_eq!(error.conflict(), Some("user_id"));
    let mut series = series_of(&user);
    series.fs_uniquifier = "00".repeat(16);
    let error = store
        .create_series(&series)
        .await
        .expect_err("another uniquifier");
    assert_eq!(error.conflict(), Some("user_id"));
    let series = remembered(store, &user).await;
    assert!(store.delete_user(user.id).await.expect("a deletion"));
    assert!(found(store, series.hash).await.is_none());
    let error = store
        .rotate_series(&rotation_of(&series, later(1)), &session_of(&user))
        .await
        .expect_err("gone");
    assert_eq!(error.conflict(), Some("user_id"));
}

pub(super) async fn a_token_turns_over_with_its_session(store: &Store) {
    let user = somebody(store).await;
    let mut series = remembered(store, &user).await;
    let (first, second) = (session_of(&user), session_of(&user));
    let mut rotation = rotation_of(&series, later(1));
    rotation.rehashed = series_hash();
    assert!(store.rotate_series(&rotation, &first).await.expect("a rotation"));
    assert!(
        found(store, series.hash).await.is_none(),
        "the series moved to the current key"
    );
    assert!(is_alive(store, first.hash).await);
    // The same token once more: nothing happens.
    rotation.series = rotation.rehashed;
    assert!(!store.rotate_series(&rotation, &second).await.expect("too late"));
    assert!(!is_alive(store, second.hash).await && is_alive(store, first.hash).await);

    let now = found(store, rotation.rehashed).await.expect("the series");
    assert!(now.token == rotation.token && now.previous == Some(rotation.expected));
    assert!(now.session == Some(first.hash));
    assert_eq!(now.nonce, Some([7; 16]));
    assert_eq!((now.rotated_at, now.last_used_at), (Some(later(1)), later(1)));
    assert_eq!((now.created_at, now.expires_at), (NOW, later(1000)));

    // The next one ends the session of the one before.
    assert!(
        store
            .rotate_series(&rotation_of(&now, later(2)), &second)
            .await
            .expect("a rotation")
    );
    assert!(!is_alive(store, first.hash).await && is_alive(store, second.hash).await);

    // Neither an expired series nor another user's restores anything.
    series = found(store, now.hash).await.expect("the series");
    let third = session_of(&user);
    let late = rotation_of(&series, later(1000));
    assert!(!store.rotate_series(&late, &third).await.expect("too late"));
    let bystander = somebody(store).await;
    let theirs = session_of(&bystander);
    let rotation = rotation_of(&series, later(3));
    assert!(
        !store
            .rotate_series(&rotation, &theirs)
            .await
            .expect("another user")
    );
    assert!(!is_alive(store, third.hash).await && !is_alive(store, theirs.hash).await);
    let unknown = rotation_of(&series_of(&user), later(3));
    assert!(!store.rotate_series(&unknown, &third).await.expect("no series"));
    // What cannot be made turns nothing over.
    let taken = signed_in(store, &user).await;
    let error = store
        .rotate_series(&rotation, &taken)
        .await
        .expect_err("the same hash");
    assert_eq!(error.conflict(), Some("hash"));
    let unchanged = found(store, series.hash).await.expect("the series");
    assert!(unchanged.token == series.token);
    assert!(
        is_alive(store, second.hash).await,
        "a refused rotation ended a session"
    );
}

pub(super) async fn a_series_ends_with_its_session(store: &Store) {
    let user = somebody(store).await;
    let other = signed_in(store, &user).await;
    let (mine, theirs) = (remembered(store, &user).await, remembered(store, &user).await);
    let session = restored(store, &user, mine.hash).await;
    // Wherever the session has moved with the keys.
    let moved: SessionHash = hash();
    assert!(
        store
            .touch_session(&session.hash, &moved, later(2))
            .await
            .expect("rehashed")
    );
    assert!(store.end_series(&mine.hash).await.expect("ended"));
    assert!(!store.end_series(&mine.hash).await.expect("no second time"));
    assert!(found(store, mine.hash).await.is_none() && !is_alive(store, moved).await);
    assert!(found(store, theirs.hash).await.is_some() && is_alive(store, other.hash).await);

    let bystander = somebody(store).await;
    let untouched = remembered(store, &bystander).await;
    let session = restored(store, &user, theirs.hash).await;
    let unused = remembered(store, &user).await;
    assert_eq!(store.end_series_of(user.id).await.expect("ended"), 2);
    assert_eq!(store.end_series_of(user.id).await.expect("none left"), 0);
    assert!(found(store, theirs.hash).await.is_none() && found(store, unused.hash).await.is_none());
    assert!(!is_alive(store, session.hash).await && is_alive(store, other.hash).await);
    assert!(found(store, untouched.hash).await.is_some());
}

pub(super) async fn whatever_ends_all_sessions_ends_all_series(store: &Store) {
    for deactivate in [true, false] {
        let (user, bystander) = (somebody(store).await, somebody(store).await);
        let (mine, theirs) = (
            remembered(store, &user).await,
            remembered(store, &bystander).await,
        );
        let session = restored(store, &user, mine.hash).await;
        let current = found(store, mine.hash).await.expect("the series");
        let changed = match deactivate {
            true => store.set_active(user.id, false, later(2)).await,
            false => store.set_uniquifier(user.id, &super::digits(3), later(2)).await,
        };
        assert!(changed.expect("a change"));
        assert!(found(store, mine.hash).await.is_none() && !is_alive(store, session.hash).await);
        assert!(found(store, theirs.hash).await.is_some());
        let error = store
            .rotate_series(&rotation_of(&current, later(3)), &session_of(&user))
            .await
            .expect_err("refused");
        assert_eq!(error.conflict(), Some("user_id"));
        let error = store.create_series(&series_of(&user)).await.expect_err("refused");
        assert_eq!(error.conflict(), Some("user_id"));
    }
}

pub(super) async fn sweeping_takes_only_expired_series(store: &Store) {
    // Far in the past, where no other test has rows.
    let then = |seconds: u64| Timestamp::from_millis(1_000_000_000_000) + Duration::from_secs(seconds);
    let user = somebody(store).await;
    let mut all = Vec::new();
    for number in 0..3 {
        let mut series = series_of(&user);
        series.expires_at = then(number);
        store.create_series(&series).await.expect("a series");
        all.push(series.hash);
    }
    let sweep = async |now, limit| store.sweep_series(now, limit).await.expect("a sweep");
    assert_eq!(sweep(then(0), 10).await, 0, "the limit itself is not over");
    assert_eq!(sweep(then(9), -1).await, 0);
    assert_eq!(sweep(then(1), 10).await, 1);
    assert!(found(store, all[0]).await.is_none() && found(store, all[1]).await.is_some());
    assert_eq!(sweep(then(9), 1).await, 1);
    assert_eq!(sweep(then(9), i64::MAX).await, 1);
    assert_eq!(sweep(then(9), i64::MAX).await, 0);
}
