//! What a store owes of a sign-in: the session and the counters together.

use super::verdict::{Verdict, conflict, equal, hold};
use super::{
    Store, counter_key, digits, failed, is_alive, row_of, session_of, session_with, signed_in, somebody,
    swap, swap_of,
};

pub(super) async fn a_sign_in_makes_the_session_and_forgives_the_failures(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let (old, new) = (signed_in(store, &user).await?, session_of(&user));
    let (account, address) = (counter_key(), counter_key());
    swap(store, &account, None, Some(failed(3))).await?;
    swap(store, &address, None, Some(failed(5))).await?;
    let forgiven = [
        swap_of(&account, Some(failed(3)), None),
        swap_of(&address, Some(failed(5)), Some(failed(4))),
    ];
    let done = store.sign_in(&new, Some(&old.hash), true, &forgiven).await?;
    equal("a sign-in", done, true)?;
    hold(is_alive(store, new.hash).await?, "its session lives")?;
    hold(
        !is_alive(store, old.hash).await?,
        "the one that it replaced has ended",
    )?;
    let rows = store.counters(&[account, address]).await?;
    equal("the counters", rows, vec![None, Some(failed(4))])?;
    equal("login_count", row_of(store, &user).await?.login_count, 1)?;
    let next = session_of(&user);
    equal(
        "with nothing to forgive",
        store.sign_in(&next, None, false, &[]).await?,
        true,
    )?;
    hold(is_alive(store, next.hash).await?, "the session lives")
}

pub(super) async fn a_sign_in_happens_as_a_whole_or_not_at_all(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let (old, new) = (signed_in(store, &user).await?, session_of(&user));
    let (account, address) = (counter_key(), counter_key());
    swap(store, &account, None, Some(failed(3))).await?;
    let counted = vec![Some(failed(3)), None];
    // Somebody else has failed meanwhile.
    for forgiven in [
        [
            swap_of(&account, Some(failed(2)), None),
            swap_of(&address, None, Some(failed(1))),
        ],
        [
            swap_of(&account, Some(failed(3)), None),
            swap_of(&address, Some(failed(1)), None),
        ],
    ] {
        let done = store.sign_in(&new, Some(&old.hash), true, &forgiven).await?;
        equal("a sign-in while a counter changes", done, false)?;
        equal(
            "the counters",
            store.counters(&[account, address]).await?,
            counted.clone(),
        )?;
        hold(!is_alive(store, new.hash).await?, "no session was made")?;
        hold(is_alive(store, old.hash).await?, "none has ended")?;
        equal("login_count", row_of(store, &user).await?.login_count, 0)?;
    }
    let forgiven = [swap_of(&account, Some(failed(3)), None)];
    let strange = session_with(&user, |session| session.fs_uniquifier = digits(4));
    let done = store.sign_in(&strange, Some(&old.hash), true, &forgiven).await;
    conflict("a session of another uniquifier", done.map(drop), "user_id")?;
    equal(
        "the counters",
        store.counters(&[account, address]).await?,
        counted,
    )?;
    hold(
        is_alive(store, old.hash).await?,
        "a refused session ends no other",
    )
}
