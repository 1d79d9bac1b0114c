//! What a store owes of API keys.

use super::verdict::{Verdict, conflict, equal, hold, refused, there};
use super::{NOW, Store, digits, hash, later, somebody, then};
use crate::model::{ApiKey, ApiKeyHash, Issued, User};

/// More than any of these users has.
pub(super) const MANY: u32 = 1000;

pub(super) fn key_hash() -> ApiKeyHash {
    ApiKeyHash::from_bytes(*hash().as_bytes())
}

pub(crate) fn key_of(user: &User) -> Issued<ApiKey> {
    key_with(user, |_| {})
}

pub(super) fn key_with(user: &User, change: impl FnOnce(&mut ApiKey)) -> Issued<ApiKey> {
    let uniquifier = user.fs_uniquifier.clone();
    let mut key = ApiKey::new(digits(4), key_hash(), user.id, uniquifier, "deploy", NOW);
    key.prefix = "rsk".to_owned();
    key.scopes = ["read", "role:editor"].map(str::to_owned).into();
    key.expires_at = Some(later(1000));
    change(&mut key);
    Issued::new(key)
}

pub(super) async fn made(store: &Store, user: &User) -> Verdict<Issued<ApiKey>> {
    let key = key_of(user);
    let stored = store.create_api_key(&key, MANY).await?;
    equal("a key below the limit", stored, true)?;
    Ok(key)
}

pub(super) async fn found(store: &Store, id: &str) -> Verdict<Option<ApiKey>> {
    Ok(store.api_key(id).await?.map(|(key, _)| key))
}

fn same(now: &ApiKey, key: &ApiKey) -> Verdict {
    hold(now.hash == key.hash, "its hash comes back")?;
    equal("id", &now.id, &key.id)?;
    equal("user_id", now.user_id, key.user_id)?;
    equal("fs_uniquifier", &now.fs_uniquifier, &key.fs_uniquifier)?;
    equal("prefix", &now.prefix, &key.prefix)?;
    equal("name", &now.name, &key.name)?;
    equal("scopes", &now.scopes, &key.scopes)?;
    equal("created_at", now.created_at, key.created_at)?;
    equal("expires_at", now.expires_at, key.expires_at)?;
    equal("last_used_at", now.last_used_at, key.last_used_at)?;
    equal("last_used_ip", &now.last_used_ip, &key.last_used_ip)
}

pub(super) async fn a_key_is_found_as_it_was_made(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let widest = key_with(&user, |key| {
        key.prefix = "a_b4567890123456".to_owned();
        key.name = "é".repeat(64);
        key.scopes = (0..100).map(|number| format!("{number:0>99}ü")).collect();
    });
    let barest = key_with(&user, |key| {
        key.created_at = later(1);
        key.scopes.clear();
        key.expires_at = None;
    });
    for key in [&widest, &barest] {
        store.create_api_key(key, MANY).await?;
        let (now, whose) = there("the key", store.api_key(&key.id).await?)?;
        same(&now, key)?;
        equal("its user", whose.id, user.id)?;
    }
    let all = store.api_keys_of(user.id).await?;
    equal("how many he has", all.len(), 2)?;
    same(&all[0], &barest)?;
    same(&all[1], &widest)?;
    equal("those of nobody", store.api_keys_of(-1).await?.len(), 0)?;
    for id in ["", "x", &digits(4), &format!("{} ", widest.id), &widest.id[..31]] {
        hold(found(store, id).await?.is_none(), "another id: no key")?;
    }
    let again = key_with(&user, |key| key.id = widest.id.clone());
    conflict(
        "the same id again",
        store.create_api_key(&again, MANY).await,
        "api_key",
    )?;
    let now = there("the key", found(store, &widest.id).await?)?;
    same(&now, &widest)
}

pub(super) async fn a_key_needs_its_user(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let nobodys = key_with(&user, |key| key.user_id = -1);
    let strange = key_with(&user, |key| key.fs_uniquifier = "00".repeat(16));
    for key in [&nobodys, &strange] {
        let stored = store.create_api_key(key, MANY).await;
        conflict("a key of nobody who is there", stored, "user_id")?;
        hold(
            found(store, &key.id).await?.is_none(),
            "what was refused is not kept",
        )?;
    }
    let key = made(store, &user).await?;
    store.delete_user(user.id).await?;
    hold(
        found(store, &key.id).await?.is_none(),
        "a deleted user's keys are gone with him",
    )
}

pub(super) async fn a_key_that_does_not_fit_is_refused(store: &Store) -> Verdict {
    type Change = fn(&mut ApiKey);
    let user = somebody(store).await?;
    let wrong: [(&str, Change); 8] = [
        ("a short id", |key| key.id.truncate(31)),
        ("an id in capitals", |key| key.id = "AB".repeat(16)),
        ("no prefix", |key| key.prefix.clear()),
        ("no name", |key| key.name.clear()),
        ("a long name", |key| key.name = "x".repeat(65)),
        ("a NUL", |key| key.name = "a\0b".to_owned()),
        ("a scope with a line break", |key| {
            key.scopes.insert("a\nrole:admin".to_owned());
        }),
        ("too many scopes", |key| {
            key.scopes = (0..101).map(|number| number.to_string()).collect();
        }),
    ];
    for (what, change) in wrong {
        refused(what, store.create_api_key(&key_with(&user, change), MANY).await)?;
    }
    equal("how many he has", store.api_keys_of(user.id).await?.len(), 0)
}

pub(super) async fn nobody_has_more_keys_than_he_may(store: &Store) -> Verdict {
    let (user, bystander) = (somebody(store).await?, somebody(store).await?);
    made(store, &bystander).await?;
    let expired = key_with(&user, |key| key.expires_at = Some(NOW));
    for (limit, key, stored) in [
        (0, key_of(&user), false),
        (2, expired, true),
        (1, key_of(&user), false),
        (2, key_of(&user), true),
        (2, key_of(&user), false),
    ] {
        equal(
            "a key at the limit",
            store.create_api_key(&key, limit).await?,
            stored,
        )?;
        equal(
            "whether it is there",
            found(store, &key.id).await?.is_some(),
            stored,
        )?;
    }
    Ok(())
}

pub(super) async fn a_key_is_touched_only_under_its_hash(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let (key, other) = (made(store, &user).await?, made(store, &user).await?);
    let rehashed = key_hash();
    let touch = async |expected: &ApiKeyHash, rehashed: &ApiKeyHash, seconds, ip| {
        store
            .touch_api_key(&key.id, expected, rehashed, later(seconds), ip)
            .await
    };
    let ip = Some("2001:db8::1");
    equal(
        "under another hash",
        touch(&other.hash, &rehashed, 9, ip).await?,
        false,
    )?;
    equal("as it is", touch(&key.hash, &key.hash, 1, ip).await?, true)?;
    equal(
        "the same once more",
        touch(&key.hash, &key.hash, 1, ip).await?,
        true,
    )?;
    let now = there("the key", found(store, &key.id).await?)?;
    equal("last_used_at", now.last_used_at, Some(later(1)))?;
    equal("last_used_ip", now.last_used_ip.as_deref(), ip)?;
    equal(
        "with a new hash",
        touch(&key.hash, &rehashed, 2, None).await?,
        true,
    )?;
    equal(
        "under the old one",
        touch(&key.hash, &rehashed, 3, ip).await?,
        false,
    )?;
    let now = there("the key", found(store, &key.id).await?)?;
    hold(now.hash == rehashed, "the hash is the new one")?;
    equal("last_used_at", now.last_used_at, Some(later(2)))?;
    equal("last_used_ip", now.last_used_ip.as_deref(), None)?;
    let untouched = there("the other key", found(store, &other.id).await?)?;
    same(&untouched, &other)?;
    store.delete_api_key(user.id, &key.id).await?;
    equal("a revoked one", touch(&rehashed, &rehashed, 4, ip).await?, false)?;
    hold(found(store, &key.id).await?.is_none(), "a touch revives nothing")
}

pub(super) async fn a_key_is_revoked_by_its_user_alone(store: &Store) -> Verdict {
    let (user, bystander) = (somebody(store).await?, somebody(store).await?);
    let (mine, another) = (made(store, &user).await?, made(store, &user).await?);
    let theirs = made(store, &bystander).await?;
    let revoke = async |id: &str| store.delete_api_key(user.id, id).await;
    equal("somebody else's", revoke(&theirs.id).await?, false)?;
    for id in ["", "x", &digits(4), &format!("{} ", mine.id)] {
        equal("what is not there", revoke(id).await?, false)?;
    }
    equal("his own", revoke(&mine.id).await?, true)?;
    equal("his own again", revoke(&mine.id).await?, false)?;
    hold(found(store, &mine.id).await?.is_none(), "the key is gone")?;
    for key in [&another, &theirs] {
        hold(found(store, &key.id).await?.is_some(), "the others are there")?;
    }
    made(store, &user).await?;
    equal("all of his", store.delete_api_keys_of(user.id).await?, 2)?;
    equal("none is left", store.delete_api_keys_of(user.id).await?, 0)?;
    hold(
        found(store, &theirs.id).await?.is_some(),
        "somebody else's lives on",
    )
}

pub(super) async fn whatever_ends_all_sessions_ends_all_keys(store: &Store) -> Verdict {
    for deactivate in [true, false] {
        let (user, bystander) = (somebody(store).await?, somebody(store).await?);
        let (mine, theirs) = (made(store, &user).await?, made(store, &bystander).await?);
        match deactivate {
            true => store.set_active(user.id, false, later(2)).await?,
            false => store.set_uniquifier(user.id, &digits(3), later(2)).await?,
        };
        hold(found(store, &mine.id).await?.is_none(), "his keys are gone")?;
        hold(
            found(store, &theirs.id).await?.is_some(),
            "somebody else's live on",
        )?;
        let late = store.create_api_key(&key_of(&user), MANY).await;
        conflict("a key after that", late, "user_id")?;
    }
    Ok(())
}

pub(super) async fn a_sweep_takes_only_expired_keys(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let endless = key_with(&user, |key| key.expires_at = None);
    store.create_api_key(&endless, MANY).await?;
    let mut all = Vec::new();
    for number in 0..3 {
        let key = key_with(&user, |key| key.expires_at = Some(then(number)));
        store.create_api_key(&key, MANY).await?;
        all.push(key.id.clone());
    }
    let sweep = async |now, limit| store.sweep_api_keys(then(now), limit).await;
    equal("the limit itself is not over", sweep(0, 10).await?, 0)?;
    equal("a sweep of less than 0", sweep(9, -1).await?, 0)?;
    equal("what is over", sweep(1, 10).await?, 1)?;
    hold(found(store, &all[0]).await?.is_none(), "what was swept is gone")?;
    hold(found(store, &all[1]).await?.is_some(), "the others are there")?;
    equal("no more than the limit", sweep(9, 1).await?, 1)?;
    equal("the rest", sweep(9, i64::MAX).await?, 1)?;
    equal("nothing is left", sweep(9, i64::MAX).await?, 0)?;
    hold(
        found(store, &endless.id).await?.is_some(),
        "a key without an end stays",
    )
}
