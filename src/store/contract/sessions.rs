//! What a store owes of sessions.

use std::time::Duration;

use super::{NOW, Store, counter_key, digits, hash, is_alive, later, session_of, signed_in, somebody};
use crate::model::{Counter, Factor, Proof, Timestamp};

pub(super) async fn a_session_is_found_under_any_key(store: &Store) {
    let user = somebody(store).await;
    let mut session = session_of(&user);
    session.grace_until = Some(later(60));
    session.factors = vec![
        super::proof(Factor::Register),
        Proof {
            factor: Factor::Password,
            at: later(7),
        },
    ];
    session.user_agent = Some("é\0".repeat(300));
    store
        .create_session(&session, None, false)
        .await
        .expect("a session");
    let found = store
        .session_with_user(&[hash(), session.hash])
        .await
        .expect("a look-up");
    let (found, whose) = found.expect("the session");
    assert!(found.hash == session.hash);
    assert_eq!((found.user_id, whose.id), (user.id, user.id));
    assert_eq!(found.fs_uniquifier, whose.fs_uniquifier);
    assert_eq!(
        (found.created_at, found.last_seen_at, found.authenticated_at),
        (NOW, NOW, NOW)
    );
    assert_eq!(found.grace_until, Some(later(60)));
    assert_eq!(found.factors, session.factors);
    assert_eq!(found.ip, session.ip);
    assert_eq!(found.user_agent, Some("é".repeat(255)));
    assert_eq!(whose.email, user.email);
    assert!(store.session_with_user(&[]).await.expect("a look-up").is_none());
    assert!(
        store
            .session_with_user(&[hash(), hash()])
            .await
            .expect("a look-up")
            .is_none()
    );
    let error = store
        .create_session(&session, None, false)
        .await
        .expect_err("the same hash");
    assert_eq!(error.conflict(), Some("hash"));
}

pub(super) async fn a_session_replaces_another(store: &Store) {
    let user = somebody(store).await;
    let old = signed_in(store, &user).await;
    let new = session_of(&user);
    store
        .create_session(&new, Some(&old.hash), false)
        .await
        .expect("a rotation");
    assert!(!is_alive(store, old.hash).await);
    assert!(is_alive(store, new.hash).await);
    // What cannot be made ends nothing.
    let mut orphan = session_of(&user);
    orphan.user_id = -1;
    assert!(
        store
            .create_session(&orphan, Some(&new.hash), false)
            .await
            .is_err()
    );
    assert!(is_alive(store, new.hash).await);
}

pub(super) async fn a_session_needs_its_user(store: &Store) {
    let user = somebody(store).await;
    let mut strange = session_of(&user);
    strange.fs_uniquifier = digits(4);
    let mut nobodys = session_of(&user);
    nobodys.user_id = -1;
    for session in [strange, nobodys] {
        let error = store
            .create_session(&session, None, false)
            .await
            .expect_err("refused");
        assert_eq!(error.conflict(), Some("user_id"));
    }
    store
        .set_active(user.id, false, later(1))
        .await
        .expect("a change");
    let error = store
        .create_session(&session_of(&user), None, false)
        .await
        .expect_err("refused");
    assert_eq!(error.conflict(), Some("user_id"));
}

pub(super) async fn a_touched_session_moves_to_the_current_key(store: &Store) {
    let user = somebody(store).await;
    let session = signed_in(store, &user).await;
    let (old, new) = (session.hash, hash());
    assert!(store.touch_session(&old, &old, later(60)).await.expect("touched"));
    assert!(
        store
            .touch_session(&old, &new, later(120))
            .await
            .expect("rehashed")
    );
    assert!(!is_alive(store, old).await);
    // A second request that had read the row before.
    assert!(
        store
            .touch_session(&old, &new, later(121))
            .await
            .expect("touched")
    );
    let (found, _) = store
        .session_with_user(&[new])
        .await
        .expect("a look-up")
        .expect("the session");
    assert_eq!(found.last_seen_at, later(121));
    assert_eq!(found.created_at, NOW);
    assert!(store.set_grace(&new, later(500)).await.expect("a grace"));
    assert!(!store.set_grace(&old, later(500)).await.expect("no session"));
    let (found, _) = store
        .session_with_user(&[new])
        .await
        .expect("a look-up")
        .expect("the session");
    assert_eq!(found.grace_until, Some(later(500)));
    assert!(store.delete_session(&new).await.expect("ended"));
    assert!(!store.touch_session(&old, &new, later(200)).await.expect("ended"));
    assert!(!is_alive(store, new).await, "a touch revived the session");
}

pub(super) async fn sessions_end_one_by_one_or_together(store: &Store) {
    let (user, bystander) = (somebody(store).await, somebody(store).await);
    let other = signed_in(store, &bystander).await;
    let mut mine = Vec::new();
    for _ in 0..4 {
        mine.push(signed_in(store, &user).await.hash);
    }
    assert!(store.delete_session(&mine[0]).await.expect("ended"));
    assert!(!store.delete_session(&mine[0]).await.expect("gone"));
    assert_eq!(
        store
            .delete_sessions_of(user.id, Some(&mine[1]))
            .await
            .expect("ended"),
        2
    );
    assert!(is_alive(store, mine[1]).await);
    assert_eq!(store.delete_sessions_of(user.id, None).await.expect("ended"), 1);
    assert_eq!(
        store.delete_sessions_of(user.id, None).await.expect("none left"),
        0
    );
    assert!(is_alive(store, other.hash).await);
}

pub(super) async fn sweeping_takes_only_what_is_over(store: &Store) {
    // Far in the past, where no other test has rows.
    let then = |seconds: u64| Timestamp::from_millis(1_000_000_000_000) + Duration::from_secs(seconds);
    let user = somebody(store).await;
    let mut hashes = Vec::new();
    for number in 0..6 {
        let mut session = session_of(&user);
        // 0 to 2 are old but in use, 3 to 5 young but unused.
        (session.created_at, session.last_seen_at) = if number < 3 {
            (then(number), NOW)
        } else {
            (NOW, then(number))
        };
        store
            .create_session(&session, None, false)
            .await
            .expect("a session");
        hashes.push(session.hash);
    }
    let sweep = async |idle, absolute, limit| {
        store
            .sweep_sessions(idle, absolute, limit)
            .await
            .expect("a sweep")
    };
    assert_eq!(
        sweep(then(3), then(0), 10).await,
        0,
        "the limits themselves are not over"
    );
    assert_eq!(sweep(then(100), then(100), 0).await, 0);
    assert_eq!(sweep(then(100), then(100), -1).await, 0);
    assert_eq!(sweep(then(4), then(1), 10).await, 2);
    assert!(!is_alive(store, hashes[0]).await && !is_alive(store, hashes[3]).await);
    assert!(is_alive(store, hashes[1]).await && is_alive(store, hashes[4]).await);
    assert_eq!(sweep(then(100), then(100), 3).await, 3);
    assert_eq!(sweep(then(100), then(100), 3).await, 1);
    assert_eq!(sweep(then(100), then(100), i64::MAX).await, 0);

    for number in 0..3 {
        let counter = Counter {
            failures: 1,
            blocked_until: then(0),
            expires_at: then(number),
        };
        store
            .swap_counter(&counter_key(), None, &counter)
            .await
            .expect("a counter");
    }
    assert_eq!(store.sweep_counters(then(0), 10).await.expect("a sweep"), 0);
    assert_eq!(store.sweep_counters(then(9), 2).await.expect("a sweep"), 2);
    assert_eq!(store.sweep_counters(then(9), 2).await.expect("a sweep"), 1);
    assert_eq!(store.sweep_counters(then(9), -5).await.expect("a sweep"), 0);
}
