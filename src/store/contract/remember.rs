//! What a store owes of remembered browsers.

use super::verdict::{Verdict, conflict, equal, hold, there};
use super::{NOW, Store, hash, is_alive, later, session_of, signed_in, somebody};
use crate::model::{
    Factor, Issued, RememberSeries, Rotation, SeriesHash, Session, SessionHash, Timestamp, TokenHash, User,
};

pub(super) fn series_hash() -> SeriesHash {
    SeriesHash::from_bytes(*hash().as_bytes())
}

fn token() -> TokenHash {
    TokenHash::from_bytes(*hash().as_bytes())
}

pub(super) fn series_of(user: &User) -> Issued<RememberSeries> {
    series_with(user, |_| {})
}

pub(super) fn series_with(user: &User, change: impl FnOnce(&mut RememberSeries)) -> Issued<RememberSeries> {
    let uniquifier = user.fs_uniquifier.clone();
    let mut series = RememberSeries::new(series_hash(), user.id, uniquifier, token(), NOW, later(1000));
    series.factors = vec![super::proof(Factor::Password)];
    series.ip = Some("2001:db8::1".to_owned());
    series.user_agent = Some("Browser/1.0".to_owned());
    change(&mut series);
    Issued::new(series)
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

pub(super) async fn remembered(store: &Store, user: &User) -> Verdict<Issued<RememberSeries>> {
    let series = series_of(user);
    store.create_series(&series).await?;
    Ok(series)
}

pub(super) async fn found(store: &Store, hash: SeriesHash) -> Verdict<Option<RememberSeries>> {
    let found = store.series(&[hash]).await?;
    Ok(found.map(|(series, _)| series))
}

/// Restores a session from the series as it is, and returns that.
async fn restored(store: &Store, user: &User, series: SeriesHash) -> Verdict<Issued<Session>> {
    let series = there("the series", found(store, series).await?)?;
    let session = session_of(user);
    let rotated = store
        .rotate_series(&rotation_of(&series, later(1)), &session)
        .await?;
    equal("a rotation from the current token", rotated, true)?;
    Ok(session)
}

pub(super) async fn a_series_is_found_under_any_key(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let series = series_with(&user, |series| series.user_agent = Some("é".repeat(255)));
    store.create_series(&series).await?;
    let both = store.series(&[series_hash(), series.hash]).await?;
    let (now, whose) = there("the series, by the older of two hashes", both)?;
    hold(
        now.hash == series.hash && now.token == series.token,
        "its hash and token come back",
    )?;
    hold(
        now.previous.is_none() && now.nonce.is_none() && now.session.is_none(),
        "a new series has restored nothing yet",
    )?;
    equal("its user", (now.user_id, whose.id), (user.id, user.id))?;
    equal("fs_uniquifier", &now.fs_uniquifier, &user.fs_uniquifier)?;
    equal("created_at", now.created_at, NOW)?;
    equal("rotated_at", now.rotated_at, None)?;
    equal("last_used_at", now.last_used_at, NOW)?;
    equal("expires_at", now.expires_at, later(1000))?;
    equal("factors", &now.factors, &series.factors)?;
    equal("ip", &now.ip, &series.ip)?;
    equal("user_agent", &now.user_agent, &series.user_agent)?;
    hold(store.series(&[]).await?.is_none(), "no hash: no series")?;
    hold(
        found(store, series_hash()).await?.is_none(),
        "a hash of nothing: no series",
    )?;
    conflict(
        "the same hash again",
        store.create_series(&series).await,
        "series",
    )?;
    Ok(())
}

pub(super) async fn a_series_needs_its_user(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let nobodys = series_with(&user, |series| series.user_id = -1);
    conflict(
        "a series of nobody",
        store.create_series(&nobodys).await,
        "user_id",
    )?;
    let strange = series_with(&user, |series| series.fs_uniquifier = "00".repeat(16));
    conflict(
        "a series of another uniquifier",
        store.create_series(&strange).await,
        "user_id",
    )?;
    let series = remembered(store, &user).await?;
    store.delete_user(user.id).await?;
    hold(
        found(store, series.hash).await?.is_none(),
        "a deleted user's series are gone with him",
    )?;
    let rotated = store
        .rotate_series(&rotation_of(&series, later(1)), &session_of(&user))
        .await;
    conflict("a rotation for who is gone", rotated, "user_id")?;
    Ok(())
}

pub(super) async fn a_token_turns_over_with_its_session(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let series = remembered(store, &user).await?;
    let (first, second) = (session_of(&user), session_of(&user));
    let mut rotation = rotation_of(&series, later(1));
    rotation.rehashed = series_hash();
    let rotated = store.rotate_series(&rotation, &first).await?;
    equal("a rotation from the current token", rotated, true)?;
    hold(
        found(store, series.hash).await?.is_none(),
        "the series has moved to the current key",
    )?;
    hold(
        is_alive(store, first.hash).await?,
        "the session came with the token",
    )?;
    // The same token once more: nothing happens.
    rotation.series = rotation.rehashed;
    let rotated = store.rotate_series(&rotation, &second).await?;
    equal("the same token once more", rotated, false)?;
    hold(
        !is_alive(store, second.hash).await?,
        "what was refused left no session",
    )?;
    hold(is_alive(store, first.hash).await?, "and ended none")?;

    let now = there("the series", found(store, rotation.rehashed).await?)?;
    hold(now.token == rotation.token, "the new token is the current one")?;
    hold(
        now.previous == Some(rotation.expected),
        "the old token is the previous one",
    )?;
    hold(
        now.session == Some(first.hash),
        "the series names the session that it restored",
    )?;
    equal("nonce", now.nonce, Some([7; 16]))?;
    equal("rotated_at", now.rotated_at, Some(later(1)))?;
    equal("last_used_at", now.last_used_at, later(1))?;
    equal("created_at", now.created_at, NOW)?;
    equal("expires_at", now.expires_at, later(1000))?;

    // The next one ends the session of the one before.
    let rotated = store.rotate_series(&rotation_of(&now, later(2)), &second).await?;
    equal("the next rotation", rotated, true)?;
    hold(
        !is_alive(store, first.hash).await?,
        "the session restored before has ended",
    )?;
    hold(
        is_alive(store, second.hash).await?,
        "the session restored now lives",
    )
}

pub(super) async fn a_token_turns_over_only_where_it_may(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let mine = remembered(store, &user).await?;
    let current = restored(store, &user, mine.hash).await?;
    let series = there("the series", found(store, mine.hash).await?)?;
    let third = session_of(&user);
    let late = rotation_of(&series, later(1000));
    let rotated = store.rotate_series(&late, &third).await?;
    equal("a series that has expired", rotated, false)?;
    let bystander = somebody(store).await?;
    let theirs = session_of(&bystander);
    let rotation = rotation_of(&series, later(3));
    let rotated = store.rotate_series(&rotation, &theirs).await?;
    equal("a series for a session of somebody else", rotated, false)?;
    let unknown = rotation_of(&series_of(&user), later(3));
    let rotated = store.rotate_series(&unknown, &third).await?;
    equal("a series that is not there", rotated, false)?;
    hold(
        !is_alive(store, third.hash).await? && !is_alive(store, theirs.hash).await?,
        "what was refused left no session",
    )?;
    // What cannot be made turns nothing over.
    let taken = signed_in(store, &user).await?;
    let rotated = store.rotate_series(&rotation, &taken).await;
    conflict("a session whose hash is taken", rotated, "hash")?;
    let unchanged = there("the series", found(store, series.hash).await?)?;
    hold(unchanged.token == series.token, "the token is as it was")?;
    hold(
        is_alive(store, current.hash).await?,
        "a refused rotation ends no session",
    )
}

pub(super) async fn a_series_ends_with_its_session(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let other = signed_in(store, &user).await?;
    let (mine, theirs) = (remembered(store, &user).await?, remembered(store, &user).await?);
    let session = restored(store, &user, mine.hash).await?;
    // Wherever the session has moved with the keys.
    let moved: SessionHash = hash();
    store.touch_session(&session.hash, &moved, later(2)).await?;
    equal("its end", store.end_series(&mine.hash).await?, true)?;
    equal("its second end", store.end_series(&mine.hash).await?, false)?;
    hold(found(store, mine.hash).await?.is_none(), "the series is gone")?;
    hold(
        !is_alive(store, moved).await?,
        "the session restored from it has ended, under whichever key",
    )?;
    hold(
        found(store, theirs.hash).await?.is_some(),
        "another series lives on",
    )?;
    hold(is_alive(store, other.hash).await?, "another session lives on")
}

pub(super) async fn all_series_of_a_user_end_together(store: &Store) -> Verdict {
    let (user, bystander) = (somebody(store).await?, somebody(store).await?);
    let other = signed_in(store, &user).await?;
    let untouched = remembered(store, &bystander).await?;
    let used = remembered(store, &user).await?;
    let session = restored(store, &user, used.hash).await?;
    let unused = remembered(store, &user).await?;
    equal("how many ended", store.end_series_of(user.id).await?, 2)?;
    equal("none is left", store.end_series_of(user.id).await?, 0)?;
    for series in [&used, &unused] {
        hold(found(store, series.hash).await?.is_none(), "his series are gone")?;
    }
    hold(
        !is_alive(store, session.hash).await?,
        "the session restored from one has ended",
    )?;
    hold(
        is_alive(store, other.hash).await?,
        "a session that was restored from none lives on",
    )?;
    hold(
        found(store, untouched.hash).await?.is_some(),
        "somebody else's series live on",
    )
}

pub(super) async fn whatever_ends_all_sessions_ends_all_series(store: &Store) -> Verdict {
    for deactivate in [true, false] {
        let (user, bystander) = (somebody(store).await?, somebody(store).await?);
        let (mine, theirs) = (
            remembered(store, &user).await?,
            remembered(store, &bystander).await?,
        );
        let session = restored(store, &user, mine.hash).await?;
        let current = there("the series", found(store, mine.hash).await?)?;
        match deactivate {
            true => store.set_active(user.id, false, later(2)).await?,
            false => store.set_uniquifier(user.id, &super::digits(3), later(2)).await?,
        };
        hold(found(store, mine.hash).await?.is_none(), "his series are gone")?;
        hold(!is_alive(store, session.hash).await?, "his sessions are gone")?;
        hold(
            found(store, theirs.hash).await?.is_some(),
            "somebody else's series live on",
        )?;
        let rotated = store
            .rotate_series(&rotation_of(&current, later(3)), &session_of(&user))
            .await;
        conflict("a rotation after that", rotated, "user_id")?;
        conflict(
            "a series after that",
            store.create_series(&series_of(&user)).await,
            "user_id",
        )?;
    }
    Ok(())
}
