//! What a store owes of accounts.

use super::verdict::{Fault, Verdict, conflict, equal, hold, refused, there};
use super::{NOW, Store, digits, is_alive, later, new_user, row_of, signed_in, somebody, unique};
use crate::crypto::SealedPassword;
use crate::model::NewUser;
use crate::store::{Along, Identity};

pub(super) async fn a_user_is_found_as_he_was_made(store: &Store) -> Verdict {
    let name = format!("Ünal{}", unique());
    let new = new_user(&name);
    let (uniquifier, handle) = (new.fs_uniquifier.clone(), new.handle.clone());
    let made = store.create_user(new).await?;
    let (email, lower) = (format!("{name}@example.org"), name.to_lowercase());
    for (way, found) in [
        ("by id", store.user(made.id).await?),
        ("by e-mail", store.user_by(Identity::Email, &email).await?),
        ("by name", store.user_by(Identity::Username, &lower).await?),
        (
            "by fs_uniquifier",
            store.user_by(Identity::Uniquifier, &uniquifier).await?,
        ),
        ("as he was returned", Some(made)),
    ] {
        let user = there(&format!("the user {way}"), found)?;
        let what = |field: &str| format!("{field} of the user {way}");
        equal(
            &what("email"),
            user.email.as_str(),
            format!("{name}@Example.org").as_str(),
        )?;
        equal(&what("username"), user.username.as_ref(), Some(&name))?;
        equal(&what("active"), user.active, true)?;
        equal(&what("fs_uniquifier"), &user.fs_uniquifier, &uniquifier)?;
        equal(&what("handle"), &user.handle, &handle)?;
        equal(&what("confirmed_at"), user.confirmed_at, Some(NOW))?;
        equal(&what("created_at"), user.created_at, NOW)?;
        equal(&what("updated_at"), user.updated_at, NOW)?;
        equal(&what("login_count"), user.login_count, 0)?;
        let sealed = user.password.as_ref().map(SealedPassword::as_stored);
        let expected = format!("v1.key.{name}");
        equal(&what("password"), sealed, Some(expected.as_str()))?;
    }
    hold(
        store.user_by(Identity::Uniquifier, &handle).await?.is_none(),
        "nobody is found by another one's fs_uniquifier",
    )?;
    hold(store.user(-1).await?.is_none(), "there is no user -1")?;
    hold(
        store.user(i64::MAX).await?.is_none(),
        "there is no user of the largest id",
    )
}

pub(super) async fn a_user_may_have_next_to_nothing(store: &Store) -> Verdict {
    // Two of them: any number of users may have no name and no number.
    for _ in 0..2 {
        let mut bare = new_user(&format!("bare{}", unique()));
        bare.username = None;
        bare.username_key = None;
        bare.password = None;
        bare.confirmed_at = None;
        bare.active = false;
        let made = store.create_user(bare).await?;
        let bare = row_of(store, &made).await?;
        equal("username", bare.username.as_deref(), None::<&str>)?;
        equal("has_password", bare.has_password(), false)?;
        equal("confirmed_at", bare.confirmed_at, None)?;
        equal("active", bare.active, false)?;
        equal("phone", bare.phone, None::<String>)?;
        equal("current_login_at", bare.current_login_at, None)?;
    }
    Ok(())
}

pub(super) async fn an_identity_is_exact(store: &Store) -> Verdict {
    let name = format!("exact{}", unique());
    store.create_user(new_user(&name)).await?;
    let email = format!("{name}@example.org");
    for (identity, key) in [
        (Identity::Email, email.to_uppercase()),
        (Identity::Email, format!("{email} ")),
        (Identity::Email, format!(" {email}")),
        (Identity::Email, format!("{email}\0")),
        (Identity::Email, email.replace('e', "é")),
        (Identity::Email, email.replace("exact", "ex%")),
        (Identity::Email, name.clone()),
        (Identity::Email, String::new()),
        (Identity::Email, "x".repeat(100_000)),
        (Identity::Email, "' OR '1'='1".to_owned()),
        (Identity::Username, format!("{name} ")),
        (Identity::Username, format!("{name}\t")),
        (Identity::Username, name.to_uppercase()),
        (Identity::Username, email),
    ] {
        if store.user_by(identity, &key).await?.is_some() {
            let key: String = key.chars().take(100).collect();
            return Err(Fault::new(
                format!("nobody by {identity:?} {key:?}"),
                "somebody whose key is another",
            ));
        }
    }
    let found = store.user_by(Identity::Username, &name).await?;
    hold(found.is_some(), "the user is found by his own name")
}

pub(super) async fn a_taken_identity_is_a_conflict(store: &Store) -> Verdict {
    let name = format!("taken{}", unique());
    let first = store.create_user(new_user(&name)).await?;
    let other = || new_user(&format!("other{}", unique()));

    let mut email = other();
    email.email_key = format!("{name}@example.org");
    let mut username = other();
    username.username_key = Some(name.clone());
    let mut handle = other();
    handle.handle = first.handle.clone();
    let mut uniquifier = other();
    uniquifier.fs_uniquifier = first.fs_uniquifier.clone();
    for (user, column) in [
        (email, "email"),
        (username, "username"),
        (handle, "handle"),
        (uniquifier, "fs_uniquifier"),
    ] {
        let key = user.email_key.clone();
        let error = conflict("a key that is taken", store.create_user(user).await, column)?;
        hold(
            !error.to_string().contains(&name),
            "the error does not repeat the value",
        )?;
        if column != "email" {
            let found = store.user_by(Identity::Email, &key).await?;
            hold(found.is_none(), "of a refused user nothing is kept")?;
        }
    }
    // The display form may be shared, and so may forms that differ in case only: what is unique is the key.
    let mut twin = other();
    twin.email = first.email.clone();
    twin.username_key = Some(name.to_uppercase());
    store.create_user(twin).await?;
    Ok(())
}

pub(super) async fn what_does_not_fit_is_refused(store: &Store) -> Verdict {
    type Break = fn(&mut NewUser);
    let broken: [(&str, Break); 8] = [
        ("an e-mail of 256 characters", |user| user.email = "x".repeat(256)),
        ("an e-mail key of 513 characters", |user| {
            user.email_key = "x".repeat(513)
        }),
        ("a NUL in the name", |user| {
            user.username = Some("a\0b".to_owned())
        }),
        ("an empty uniquifier", |user| user.fs_uniquifier = String::new()),
        ("a handle that is no number", |user| user.handle = "zz".repeat(16)),
        ("a password of 1025 characters", |user| {
            user.password = Some(SealedPassword::from_stored("x".repeat(1025)))
        }),
        ("a telephone number with spaces", |user| {
            user.phone = Some("+49 30 1".to_owned())
        }),
        ("fields of more than 16 KiB", |user| {
            user.fields = Some(format!("\"{}\"", "x".repeat(crate::model::FIELDS_MAX)))
        }),
    ];
    for (what, break_it) in broken {
        let mut user = new_user(&format!("broken{}", unique()));
        break_it(&mut user);
        refused(what, store.create_user(user).await)?;
    }
    let user = somebody(store).await?;
    refused(
        "an empty uniquifier for who is there",
        store.set_uniquifier(user.id, "", later(1)).await,
    )?;
    let now = row_of(store, &user).await?;
    equal("fs_uniquifier", now.fs_uniquifier, user.fs_uniquifier)
}

pub(super) async fn the_widest_that_fits_comes_back(store: &Store) -> Verdict {
    let mut widest = new_user(&format!("wide{}", unique()));
    widest.email = "ü".repeat(255);
    widest.email_key = format!("{}{:016}", "ü".repeat(496), unique());
    widest.password = Some(SealedPassword::from_stored("x".repeat(1024)));
    let (key, password) = (widest.email_key.clone(), widest.password.clone());
    let made = store.create_user(widest).await?;
    let widest = row_of(store, &made).await?;
    equal("the e-mail", widest.email, "ü".repeat(255))?;
    hold(widest.password == password, "the password comes back whole")?;
    let found = store.user_by(Identity::Email, &key).await?;
    equal("the user by his key", found.map(|user| user.id), Some(made.id))
}

pub(super) async fn deactivation_ends_sessions(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let bystander = somebody(store).await?;
    let (mine, theirs) = (
        signed_in(store, &user).await?,
        signed_in(store, &bystander).await?,
    );
    for (active, at, changed) in [(true, 1, false), (false, 2, true), (false, 3, false)] {
        let found = store.set_active(user.id, active, later(at)).await?;
        equal(&format!("set to {active} at {at}"), found, changed)?;
    }
    hold(!is_alive(store, mine.hash).await?, "his sessions have ended")?;
    hold(
        is_alive(store, theirs.hash).await?,
        "somebody else's sessions live on",
    )?;
    let now = row_of(store, &user).await?;
    equal("active", now.active, false)?;
    equal("updated_at", now.updated_at, later(2))?;
    let changed = store.set_active(user.id, true, later(4)).await?;
    equal("set to true again", changed, true)?;
    hold(!is_alive(store, mine.hash).await?, "a dead session stays dead")?;
    let changed = store.set_active(-1, false, later(5)).await?;
    equal("a user who is not there", changed, false)
}

pub(super) async fn a_new_uniquifier_ends_sessions(store: &Store) -> Verdict {
    let (user, other) = (somebody(store).await?, somebody(store).await?);
    let (mine, theirs) = (signed_in(store, &user).await?, signed_in(store, &other).await?);
    let uniquifier = digits(3);
    let changed = store.set_uniquifier(user.id, &uniquifier, later(1)).await?;
    equal("a user who is there", changed, true)?;
    hold(!is_alive(store, mine.hash).await?, "his sessions have ended")?;
    hold(
        is_alive(store, theirs.hash).await?,
        "somebody else's sessions live on",
    )?;
    let now = row_of(store, &user).await?;
    equal("fs_uniquifier", &now.fs_uniquifier, &uniquifier)?;
    equal("updated_at", now.updated_at, later(1))?;
    conflict(
        "a uniquifier that is taken",
        store.set_uniquifier(other.id, &uniquifier, later(1)).await,
        "fs_uniquifier",
    )?;
    hold(
        is_alive(store, theirs.hash).await?,
        "who is refused another uniquifier keeps his sessions",
    )?;
    let changed = store.set_uniquifier(-1, &digits(3), later(1)).await?;
    equal("a user who is not there", changed, false)
}

pub(super) async fn a_deleted_user_takes_everything_along(store: &Store) -> Verdict {
    let name = format!("gone{}", unique());
    let user = store.create_user(new_user(&name)).await?;
    let session = signed_in(store, &user).await?;
    let role = store.create_role(&format!("r{}", unique()), None, &[]).await?;
    store.add_role_to_user(user.id, role.id).await?;
    equal("a deletion", store.delete_user(user.id).await?, true)?;
    equal("a second one", store.delete_user(user.id).await?, false)?;
    hold(store.user(user.id).await?.is_none(), "the user is gone")?;
    hold(
        !is_alive(store, session.hash).await?,
        "his sessions are gone with him",
    )?;
    equal("his roles", store.roles_of(user.id).await?, vec![])?;
    hold(
        store.role(&role.name).await?.is_some(),
        "the role itself is there",
    )?;
    // Whoever comes next may have his address and his name.
    store.create_user(new_user(&name)).await?;
    Ok(())
}

/// The application's tables may still name the old one.
pub(super) async fn an_id_is_not_given_out_again(store: &Store) -> Verdict {
    let first = somebody(store).await?;
    store.delete_user(first.id).await?;
    let second = somebody(store).await?;
    hold(
        first.id != second.id,
        "the next user has another id than the one who was deleted",
    )
}

/// For a connection of a type that no store has: whoever cannot run that part must say so, and make nothing.
pub(super) async fn a_part_that_fails_takes_the_user_along(store: &Store) -> Verdict {
    let name = format!("along{}", unique());
    let foreign = Along::new(|_: &mut Foreign, _| Box::pin(async { Ok(()) }));
    let made = store.create_user_with(new_user(&name), foreign).await;
    hold(made.is_err(), "a part that cannot be run is an error")?;
    let found = store
        .user_by(Identity::Email, &format!("{name}@example.org"))
        .await?;
    hold(found.is_none(), "there is no user without the application's part")?;
    // Nothing of it is left.
    store.create_user(new_user(&name)).await?;
    Ok(())
}

struct Foreign;
