//! What a store owes of sessions.

use super::verdict::{Verdict, conflict, equal, hold, there};
use super::{NOW, Store, digits, hash, is_alive, later, session_of, session_with, signed_in, somebody};
use crate::model::{Factor, Proof, Session, SessionHash};

async fn found(store: &Store, hash: SessionHash) -> Verdict<Session> {
    let found = store.session_with_user(&[hash]).await?;
    there("the session", found.map(|(session, _)| session))
}

pub(super) async fn a_session_is_found_under_any_key(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let session = session_with(&user, |session| {
        session.grace_until = Some(later(60));
        session.authenticated_at = later(7);
        session.last_seen_at = later(8);
        session.factors = vec![
            super::proof(Factor::Register),
            Proof {
                factor: Factor::Password,
                at: later(7),
            },
        ];
        session.user_agent = Some("é".repeat(255));
    });
    store.create_session(&session, None, false).await?;
    let both = store.session_with_user(&[hash(), session.hash]).await?;
    let (found, whose) = there("the session, by the older of two hashes", both)?;
    hold(found.hash == session.hash, "its hash is its hash")?;
    equal("its user", (found.user_id, whose.id), (user.id, user.id))?;
    equal("fs_uniquifier", &found.fs_uniquifier, &user.fs_uniquifier)?;
    equal("created_at", found.created_at, NOW)?;
    equal("last_seen_at", found.last_seen_at, later(8))?;
    equal("authenticated_at", found.authenticated_at, later(7))?;
    equal("grace_until", found.grace_until, Some(later(60)))?;
    equal("factors", &found.factors, &session.factors)?;
    equal("ip", &found.ip, &session.ip)?;
    equal("user_agent", &found.user_agent, &session.user_agent)?;
    equal("the user's e-mail", &whose.email, &user.email)?;
    for (what, hashes) in [("no hash", &[][..]), ("hashes of nothing", &[hash(), hash()])] {
        let none = store.session_with_user(hashes).await?;
        hold(none.is_none(), &format!("{what}: no session"))?;
    }
    conflict(
        "the same hash again",
        store.create_session(&session, None, false).await,
        "hash",
    )?;
    Ok(())
}

/// A store may look for a session by a part of its hash, but never answer by it.
pub(super) async fn sessions_whose_hashes_begin_alike_are_kept_apart(store: &Store) -> Verdict {
    let (user, other) = (somebody(store).await?, somebody(store).await?);
    let mine = signed_in(store, &user).await?;
    let moving = signed_in(store, &other).await?;
    let mut alike = *mine.hash.as_bytes();
    alike[31] ^= 1;
    let alike = SessionHash::from_bytes(alike);
    hold(!is_alive(store, alike).await?, "the like of a hash finds nothing")?;
    equal(
        "its touch",
        store.touch_session(&alike, &alike, later(60)).await?,
        false,
    )?;
    equal("its grace", store.set_grace(&alike, later(60)).await?, false)?;
    equal("its end", store.delete_session(&alike).await?, false)?;
    let renewal = session_of(&user);
    equal("its renewal", store.renew_session(&alike, &renewal).await?, false)?;
    // It may be refused, which the one that was there does not notice; or both are there, each for its own user.
    let theirs = session_with(&other, |session| session.hash = alike);
    let made = store.create_session(&theirs, None, false).await;
    if made.is_ok() {
        equal("whose it is", found(store, alike).await?.user_id, other.id)?;
    } else {
        conflict("a session with the like of a hash", made, "hash")?;
        let moved = store.touch_session(&moving.hash, &alike, later(60)).await;
        conflict("a touch that moves a session there", moved, "hash")?;
        hold(is_alive(store, moving.hash).await?, "what was not moved lives")?;
        hold(!is_alive(store, alike).await?, "what was refused is not there")?;
    }
    let still = found(store, mine.hash).await?;
    equal("the first one's user", still.user_id, user.id)?;
    equal("the first one's last_seen_at", still.last_seen_at, NOW)?;
    equal("the first one's grace_until", still.grace_until, None)
}

pub(super) async fn a_session_replaces_another(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let old = signed_in(store, &user).await?;
    let new = session_of(&user);
    store.create_session(&new, Some(&old.hash), false).await?;
    hold(
        !is_alive(store, old.hash).await?,
        "the one that was replaced has ended",
    )?;
    hold(is_alive(store, new.hash).await?, "the one that replaced it lives")?;
    // What cannot be made ends nothing.
    let orphan = session_with(&user, |session| session.user_id = -1);
    let made = store.create_session(&orphan, Some(&new.hash), false).await;
    conflict("a session of nobody", made, "user_id")?;
    hold(
        is_alive(store, new.hash).await?,
        "a refused session ends no other",
    )?;
    // There need not be one to replace.
    let next = session_of(&user);
    store.create_session(&next, Some(&hash()), false).await?;
    hold(
        is_alive(store, next.hash).await?,
        "a session that replaced nothing lives",
    )
}

pub(super) async fn a_session_needs_its_user(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let strange = session_with(&user, |session| session.fs_uniquifier = digits(4));
    let nobodys = session_with(&user, |session| session.user_id = -1);
    for (what, session) in [
        ("a session of another uniquifier", &strange),
        ("a session of nobody", &nobodys),
    ] {
        let made = store.create_session(session, None, false).await;
        conflict(what, made, "user_id")?;
        hold(!is_alive(store, session.hash).await?, "it was not stored")?;
    }
    store.set_active(user.id, false, later(1)).await?;
    let late = session_of(&user);
    let made = store.create_session(&late, None, false).await;
    conflict("a session of who was deactivated", made, "user_id")?;
    store.set_active(user.id, true, later(2)).await?;
    hold(!is_alive(store, late.hash).await?, "it was not stored")
}

pub(super) async fn a_session_is_renewed_only_while_it_lives(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let (old, bystander) = (signed_in(store, &user).await?, signed_in(store, &user).await?);
    let new = session_of(&user);
    equal("a renewal", store.renew_session(&old.hash, &new).await?, true)?;
    hold(!is_alive(store, old.hash).await?, "the old one has ended")?;
    hold(is_alive(store, new.hash).await?, "the new one lives")?;
    hold(is_alive(store, bystander.hash).await?, "any other lives on")?;
    let late = session_of(&user);
    let renewed = store.renew_session(&old.hash, &late).await?;
    equal("a renewal of what has ended", renewed, false)?;
    hold(
        !is_alive(store, late.hash).await?,
        "who has signed out is not signed in again",
    )?;
    // What cannot be made ends nothing.
    let strange = session_with(&user, |session| session.fs_uniquifier = digits(4));
    let renewed = store.renew_session(&new.hash, &strange).await;
    conflict("a renewal under another uniquifier", renewed, "user_id")?;
    hold(is_alive(store, new.hash).await?, "a refused renewal ends nothing")
}

pub(super) async fn a_touched_session_moves_to_the_current_key(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let session = signed_in(store, &user).await?;
    let (old, new) = (session.hash, hash());
    let touched = store.touch_session(&old, &old, later(60)).await?;
    equal("touched under the same key", touched, true)?;
    equal("last_seen_at", found(store, old).await?.last_seen_at, later(60))?;
    let touched = store.touch_session(&old, &new, later(120)).await?;
    equal("touched under a new key", touched, true)?;
    hold(
        !is_alive(store, old).await?,
        "the old hash finds nothing any more",
    )?;
    // A second request that had read the row before.
    let touched = store.touch_session(&old, &new, later(121)).await?;
    equal("touched by who still has the old hash", touched, true)?;
    let now = found(store, new).await?;
    equal("last_seen_at", now.last_seen_at, later(121))?;
    equal("created_at", now.created_at, NOW)?;
    equal("its end", store.delete_session(&new).await?, true)?;
    let touched = store.touch_session(&old, &new, later(200)).await?;
    equal("touched after its end", touched, false)?;
    hold(!is_alive(store, new).await?, "a touch revives nothing")
}

pub(super) async fn a_session_gets_its_grace(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let (session, other) = (signed_in(store, &user).await?, signed_in(store, &user).await?);
    let given = store.set_grace(&session.hash, later(500)).await?;
    equal("a session that is there", given, true)?;
    let given = store.set_grace(&hash(), later(500)).await?;
    equal("a session that is not there", given, false)?;
    let (mine, theirs) = (found(store, session.hash).await?, found(store, other.hash).await?);
    equal("its grace", mine.grace_until, Some(later(500)))?;
    equal("another's grace", theirs.grace_until, None)
}

pub(super) async fn sessions_end_one_by_one_or_together(store: &Store) -> Verdict {
    let (user, bystander) = (somebody(store).await?, somebody(store).await?);
    let other = signed_in(store, &bystander).await?;
    let mut mine = Vec::new();
    for _ in 0..4 {
        mine.push(signed_in(store, &user).await?.hash);
    }
    equal("the end of one", store.delete_session(&mine[0]).await?, true)?;
    equal("its second end", store.delete_session(&mine[0]).await?, false)?;
    let ended = store.delete_sessions_of(user.id, Some(&mine[1])).await?;
    equal("all but one", ended, 2)?;
    hold(is_alive(store, mine[1]).await?, "the one that was spared lives")?;
    equal("the rest", store.delete_sessions_of(user.id, None).await?, 1)?;
    equal("none is left", store.delete_sessions_of(user.id, None).await?, 0)?;
    hold(
        is_alive(store, other.hash).await?,
        "somebody else's sessions live on",
    )
}

pub(super) async fn the_youngest_sessions_end_alone(store: &Store) -> Verdict {
    let (user, bystander) = (somebody(store).await?, somebody(store).await?);
    let mut mine = Vec::new();
    for seconds in [1, 2, 3] {
        let session = session_with(&user, |session| session.created_at = later(seconds));
        store.create_session(&session, None, false).await?;
        mine.push(session.hash);
    }
    let theirs = session_with(&bystander, |session| session.created_at = later(3));
    store.create_session(&theirs, None, false).await?;
    let ended = store.delete_sessions_since(user.id, later(2)).await?;
    equal("those made then or later", ended, 2)?;
    for (hash, alive) in mine.into_iter().zip([true, false, false]) {
        equal("a session lives on", is_alive(store, hash).await?, alive)?;
    }
    hold(
        is_alive(store, theirs.hash).await?,
        "somebody else's sessions live on",
    )
}
