//! What a store owes of refresh tokens.

use super::verdict::{Verdict, conflict, equal, hold, there};
use super::{NOW, Store, digits, hash, later, proof, somebody, then};
use crate::model::{Factor, FamilyHash, Issued, RefreshFamily, RefreshTurn, Timestamp, TokenHash, User};

/// Before everything that these rules store.
const LONG_AGO: Timestamp = Timestamp::from_millis(0);

pub(super) fn family_hash() -> FamilyHash {
    FamilyHash::from_bytes(*hash().as_bytes())
}

fn token() -> TokenHash {
    TokenHash::from_bytes(*hash().as_bytes())
}

pub(super) fn family_of(user: &User) -> Issued<RefreshFamily> {
    family_with(user, |_| {})
}

pub(super) fn family_with(user: &User, change: impl FnOnce(&mut RefreshFamily)) -> Issued<RefreshFamily> {
    let uniquifier = user.fs_uniquifier.clone();
    let mut family = RefreshFamily::new(
        family_hash(),
        digits(5),
        user.id,
        uniquifier,
        token(),
        NOW,
        later(1000),
    );
    family.authenticated_at = Timestamp::from_millis(NOW.as_millis() - 5);
    family.factors = vec![proof(Factor::Password)];
    family.ip = Some("2001:db8::1".to_owned());
    family.user_agent = Some("App/1.0".to_owned());
    change(&mut family);
    Issued::new(family)
}

pub(super) fn turn_of(family: &RefreshFamily, now: Timestamp) -> RefreshTurn {
    RefreshTurn {
        family: family.hash,
        rehashed: family.hash,
        expected: family.token,
        token: token(),
        nonce: [7; 16],
        now,
    }
}

pub(super) async fn begun(store: &Store, user: &User) -> Verdict<Issued<RefreshFamily>> {
    let family = family_of(user);
    store.create_family(&family).await?;
    Ok(family)
}

pub(super) async fn found(store: &Store, hash: FamilyHash) -> Verdict<Option<RefreshFamily>> {
    let found = store.family(&[hash]).await?;
    Ok(found.map(|(family, _)| family))
}

async fn ids_of(store: &Store, user: &User, now: u64, idle: Timestamp) -> Verdict<Vec<String>> {
    let families = store.families_of(user.id, later(now), idle).await?;
    Ok(families.into_iter().map(|family| family.id).collect())
}

pub(super) async fn a_family_is_found_under_any_key(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let family = family_with(&user, |family| family.user_agent = Some("é".repeat(255)));
    store.create_family(&family).await?;
    let both = store.family(&[family_hash(), family.hash]).await?;
    let (now, whose) = there("the family, by the older of two hashes", both)?;
    hold(
        now.hash == family.hash && now.token == family.token,
        "its hash and token come back",
    )?;
    hold(
        now.previous.is_none() && now.nonce.is_none(),
        "a new family has one token",
    )?;
    equal("its user", (now.user_id, whose.id), (user.id, user.id))?;
    equal("id", &now.id, &family.id)?;
    equal("fs_uniquifier", &now.fs_uniquifier, &user.fs_uniquifier)?;
    equal("generation", now.generation, 1)?;
    equal("created_at", now.created_at, NOW)?;
    equal("authenticated_at", now.authenticated_at, family.authenticated_at)?;
    equal("rotated_at", now.rotated_at, None)?;
    equal("last_used_at", now.last_used_at, NOW)?;
    equal("expires_at", now.expires_at, later(1000))?;
    equal("revoked_at", now.revoked_at, None)?;
    equal("factors", &now.factors, &family.factors)?;
    equal("ip", &now.ip, &family.ip)?;
    equal("user_agent", &now.user_agent, &family.user_agent)?;
    hold(store.family(&[]).await?.is_none(), "no hash: no family")?;
    hold(
        found(store, family_hash()).await?.is_none(),
        "a hash of nothing: no family",
    )?;
    conflict(
        "the same hash and id again",
        store.create_family(&family).await,
        "family",
    )?;
    let id = family_with(&user, |other| other.id.clone_from(&family.id));
    conflict("the same id again", store.create_family(&id).await, "family")?;
    Ok(())
}

pub(super) async fn a_family_needs_its_user(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let nobodys = family_with(&user, |family| family.user_id = -1);
    conflict(
        "a family of nobody",
        store.create_family(&nobodys).await,
        "user_id",
    )?;
    let strange = family_with(&user, |family| family.fs_uniquifier = "00".repeat(16));
    conflict(
        "a family of another uniquifier",
        store.create_family(&strange).await,
        "user_id",
    )?;
    let family = begun(store, &user).await?;
    store.delete_user(user.id).await?;
    hold(
        found(store, family.hash).await?.is_none(),
        "a deleted user's families are gone with him",
    )?;
    let turned = store.rotate_family(&turn_of(&family, later(1))).await?;
    equal("an exchange for who is gone", turned, false)
}

pub(super) async fn a_refresh_token_turns_over_once(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let family = begun(store, &user).await?;
    let mut turn = turn_of(&family, later(1));
    turn.rehashed = family_hash();
    equal(
        "a turn from the current token",
        store.rotate_family(&turn).await?,
        true,
    )?;
    hold(
        found(store, family.hash).await?.is_none(),
        "the family has moved to the current key",
    )?;
    let mut again = turn.clone();
    again.family = turn.rehashed;
    again.token = token();
    equal(
        "the same token once more",
        store.rotate_family(&again).await?,
        false,
    )?;
    let now = there("the family", found(store, turn.rehashed).await?)?;
    hold(now.token == turn.token, "the new token is the current one")?;
    hold(
        now.previous == Some(turn.expected),
        "the old token is the previous one",
    )?;
    equal("id", &now.id, &family.id)?;
    equal("generation", now.generation, 2)?;
    equal("nonce", now.nonce, Some([7; 16]))?;
    equal("rotated_at", now.rotated_at, Some(later(1)))?;
    equal("last_used_at", now.last_used_at, later(1))?;
    equal("created_at", now.created_at, NOW)?;
    equal("authenticated_at", now.authenticated_at, family.authenticated_at)?;
    equal("expires_at", now.expires_at, later(1000))?;
    equal("factors", &now.factors, &family.factors)?;
    equal(
        "the next turn",
        store.rotate_family(&turn_of(&now, later(2))).await?,
        true,
    )
}

pub(super) async fn a_refresh_token_turns_over_only_where_it_may(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let family = begun(store, &user).await?;
    let late = store.rotate_family(&turn_of(&family, later(1000))).await?;
    equal("a family that has expired", late, false)?;
    let unknown = store.rotate_family(&turn_of(&family_of(&user), later(1))).await?;
    equal("a family that is not there", unknown, false)?;
    store.revoke_family(user.id, &family.id, later(1)).await?;
    let revoked = store.rotate_family(&turn_of(&family, later(2))).await?;
    equal("a family that was revoked", revoked, false)?;
    let unchanged = there("the family", found(store, family.hash).await?)?;
    hold(unchanged.token == family.token, "the token is as it was")?;
    equal("generation", unchanged.generation, 1)
}

pub(super) async fn a_family_is_revoked_once_and_by_its_owner(store: &Store) -> Verdict {
    let (user, stranger) = (somebody(store).await?, somebody(store).await?);
    let (mine, other) = (begun(store, &user).await?, begun(store, &user).await?);
    let revoke = async |who: &User, id: &str, now| store.revoke_family(who.id, id, later(now)).await;
    equal("by a stranger", revoke(&stranger, &mine.id, 1).await?, false)?;
    for id in ["", "00", "\0", &"x".repeat(1000)] {
        equal("an id of nothing", revoke(&user, id, 1).await?, false)?;
    }
    let alive = there("the family", found(store, mine.hash).await?)?;
    equal("it lives", alive.revoked_at, None)?;
    equal("by its owner", revoke(&user, &mine.id, 2).await?, true)?;
    equal("once more", revoke(&user, &mine.id, 3).await?, false)?;
    let dead = there(
        "the family, so that its tokens are known",
        found(store, mine.hash).await?,
    )?;
    equal("when it was revoked first", dead.revoked_at, Some(later(2)))?;
    let untouched = there("another family", found(store, other.hash).await?)?;
    equal("it lives on", untouched.revoked_at, None)
}

pub(super) async fn all_families_of_a_user_are_revoked_together(store: &Store) -> Verdict {
    let (user, bystander) = (somebody(store).await?, somebody(store).await?);
    let theirs = begun(store, &bystander).await?;
    let (one, two, gone) = (
        begun(store, &user).await?,
        begun(store, &user).await?,
        begun(store, &user).await?,
    );
    store.revoke_family(user.id, &gone.id, later(1)).await?;
    equal(
        "how many were revoked",
        store.revoke_families_of(user.id, later(2)).await?,
        2,
    )?;
    equal(
        "none is left",
        store.revoke_families_of(user.id, later(3)).await?,
        0,
    )?;
    for (family, at) in [(&one, 2), (&two, 2), (&gone, 1)] {
        let now = there("the family", found(store, family.hash).await?)?;
        equal("when it was revoked", now.revoked_at, Some(later(at)))?;
    }
    let now = there("somebody else's family", found(store, theirs.hash).await?)?;
    equal("it lives on", now.revoked_at, None)
}

pub(super) async fn families_are_listed_while_they_live(store: &Store) -> Verdict {
    let (user, bystander) = (somebody(store).await?, somebody(store).await?);
    begun(store, &bystander).await?;
    let used = |at: u64| family_with(&user, |family| family.last_used_at = later(at));
    let (early, late, middle) = (used(10), used(30), used(20));
    let expired = family_with(&user, |family| {
        family.last_used_at = later(40);
        family.expires_at = later(50);
    });
    for family in [&early, &late, &middle, &expired] {
        store.create_family(family).await?;
    }
    let all = ids_of(store, &user, 49, LONG_AGO).await?;
    let newest_first = [&expired.id, &late.id, &middle.id, &early.id];
    equal(
        "the one used last first",
        all.iter().collect::<Vec<_>>(),
        newest_first.to_vec(),
    )?;
    let now = ids_of(store, &user, 50, later(10)).await?;
    equal(
        "none that has expired, and none that was last used then",
        now.iter().collect::<Vec<_>>(),
        vec![&late.id, &middle.id],
    )?;
    store.revoke_family(user.id, &late.id, later(50)).await?;
    equal(
        "none that was revoked",
        ids_of(store, &user, 50, later(10)).await?,
        vec![middle.id.clone()],
    )?;
    let listed = store.families_of(user.id, later(50), later(10)).await?;
    hold(
        listed
            .first()
            .is_some_and(|family| family.hash == middle.hash && family.token == middle.token),
        "as it is found by its hash",
    )
}

pub(super) async fn whatever_ends_all_sessions_ends_all_families(store: &Store) -> Verdict {
    for deactivate in [true, false] {
        let (user, bystander) = (somebody(store).await?, somebody(store).await?);
        let (mine, theirs) = (begun(store, &user).await?, begun(store, &bystander).await?);
        match deactivate {
            true => store.set_active(user.id, false, later(2)).await?,
            false => store.set_uniquifier(user.id, &digits(3), later(2)).await?,
        };
        hold(
            ids_of(store, &user, 3, LONG_AGO).await?.is_empty(),
            "his families are gone",
        )?;
        let turned = store.rotate_family(&turn_of(&mine, later(3))).await?;
        equal("an exchange after that", turned, false)?;
        hold(
            found(store, theirs.hash)
                .await?
                .is_some_and(|theirs| theirs.revoked_at.is_none()),
            "somebody else's families live on",
        )?;
        conflict(
            "a family after that",
            store.create_family(&family_of(&user)).await,
            "user_id",
        )?;
    }
    Ok(())
}

pub(super) async fn a_sweep_takes_only_families_that_are_over(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let mut hashes = Vec::new();
    for number in 0..6 {
        // 0 to 2 have expired though they are in use, 3 to 5 were not used though they could be.
        let family = family_with(&user, |family| {
            (family.expires_at, family.last_used_at) = match number < 3 {
                true => (then(number), NOW),
                false => (NOW, then(number)),
            };
        });
        store.create_family(&family).await?;
        hashes.push(family.hash);
    }
    let sweep = async |now, idle, limit| store.sweep_families(then(now), then(idle), limit).await;
    equal("the limits themselves are not over", sweep(0, 3, 10).await?, 0)?;
    equal("a sweep of 0", sweep(100, 100, 0).await?, 0)?;
    equal("a sweep of less than 0", sweep(100, 100, -1).await?, 0)?;
    equal("one of each kind", sweep(1, 4, 10).await?, 2)?;
    for (hash, alive) in [
        (hashes[0], false),
        (hashes[1], true),
        (hashes[3], false),
        (hashes[4], true),
    ] {
        let found = store.family(&[family_hash(), hash]).await?;
        equal("a family is there", found.is_some(), alive)?;
    }
    equal("no more than the limit", sweep(100, 100, 3).await?, 3)?;
    equal("the rest", sweep(100, 100, 3).await?, 1)?;
    equal("nothing is left", sweep(100, 100, i64::MAX).await?, 0)
}
