//! What a store owes of accounts.

use super::{NOW, Store, digits, is_alive, later, new_user, signed_in, somebody, unique};
use crate::crypto::SealedPassword;
use crate::model::NewUser;
use crate::store::{Along, Identity};

pub(super) async fn a_user_is_found_as_he_was_made(store: &Store) {
    let name = format!("Ünal{}", unique());
    let new = new_user(&name);
    let (uniquifier, handle) = (new.fs_uniquifier.clone(), new.handle.clone());
    let made = store.create_user(new).await.expect("a new user");
    let lower = name.to_lowercase();
    for found in [
        store.user(made.id).await,
        store
            .user_by(Identity::Email, &format!("{name}@example.org"))
            .await,
        store.user_by(Identity::Username, &lower).await,
        Ok(Some(made)),
    ] {
        let user = found.expect("a look-up").expect("the user");
        assert_eq!(user.email, format!("{name}@Example.org"));
        assert_eq!(user.username.as_deref(), Some(name.as_str()));
        assert!(user.active);
        assert_eq!(user.fs_uniquifier, uniquifier);
        assert_eq!(user.handle, handle);
        assert_eq!(user.confirmed_at, Some(NOW));
        assert_eq!(user.created_at, NOW);
        assert_eq!(user.updated_at, NOW);
        let sealed = user.password.as_ref().map(SealedPassword::as_stored);
        assert_eq!(sealed, Some(format!("v1.key.{name}").as_str()));
    }
    assert!(store.user(-1).await.expect("a look-up").is_none());
    assert!(store.user(i64::MAX).await.expect("a look-up").is_none());

    let mut bare = new_user(&format!("bare{}", unique()));
    bare.username = None;
    bare.username_key = None;
    bare.password = None;
    bare.confirmed_at = None;
    bare.active = false;
    let bare = store.create_user(bare).await.expect("a new user").id;
    let bare = store.user(bare).await.expect("a look-up").expect("the user");
    assert!(bare.username.is_none() && !bare.has_password() && bare.confirmed_at.is_none() && !bare.active);
    // Any number of users may have no name.
    let mut other = new_user(&format!("bare{}", unique()));
    other.username = None;
    other.username_key = None;
    store
        .create_user(other)
        .await
        .expect("another user without a name");
}

pub(super) async fn an_identity_is_exact(store: &Store) {
    let name = format!("exact{}", unique());
    store.create_user(new_user(&name)).await.expect("a new user");
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
        (Identity::Username, email),
    ] {
        let found = store.user_by(identity, &key).await.expect("a look-up");
        assert!(found.is_none(), "{identity:?} {key:?}");
    }
    assert!(
        store
            .user_by(Identity::Username, &name)
            .await
            .expect("a look-up")
            .is_some()
    );
}

pub(super) async fn a_taken_identity_is_a_conflict(store: &Store) {
    let name = format!("taken{}", unique());
    let first = store.create_user(new_user(&name)).await.expect("a new user");
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
        let error = store.create_user(user).await.expect_err(column);
        assert_eq!(error.conflict(), Some(column));
        assert!(!error.to_string().contains(&name), "the error repeats the value");
        if column != "email" {
            let found = store.user_by(Identity::Email, &key).await.expect("a look-up");
            assert!(found.is_none(), "a refused user was kept");
        }
    }
    // The display form may be shared, and so may forms that differ in case only: what is unique is the key.
    let mut twin = other();
    twin.email = first.email.clone();
    twin.username_key = Some(name.to_uppercase());
    store.create_user(twin).await.expect("a twin");
}

pub(super) async fn what_does_not_fit_is_refused(store: &Store) {
    let broken: [fn(&mut NewUser); 6] = [
        |user| user.email = "x".repeat(256),
        |user| user.email_key = "x".repeat(513),
        |user| user.username = Some("a\0b".to_owned()),
        |user| user.fs_uniquifier = String::new(),
        |user| user.handle = "zz".repeat(16),
        |user| user.password = Some(SealedPassword::from_stored("x".repeat(1025))),
    ];
    for (number, break_it) in broken.into_iter().enumerate() {
        let mut user = new_user(&format!("broken{}", unique()));
        break_it(&mut user);
        let error = store.create_user(user).await.expect_err("refused");
        assert!(
            !error.is_conflict() && !error.is_unavailable(),
            "{number}: {error}"
        );
    }
    let mut widest = new_user(&format!("wide{}", unique()));
    widest.email = "ü".repeat(255);
    widest.email_key = format!("{}{:08}", "ü".repeat(504), unique());
    widest.password = Some(SealedPassword::from_stored("x".repeat(1024)));
    let widest = store.create_user(widest).await.expect("a wide user").id;
    let widest = store.user(widest).await.expect("a look-up").expect("the user");
    assert_eq!(widest.email, "ü".repeat(255));
}

pub(super) async fn a_password_is_replaced_only_if_it_is_the_expected_one(store: &Store) {
    let user = somebody(store).await;
    let old = user.password.clone().expect("a password");
    let new = SealedPassword::from_stored("v1.key.new".to_owned());
    let newer = SealedPassword::from_stored("v1.key.newer".to_owned());
    let session = signed_in(store, &user).await;
    assert!(
        store
            .replace_password(user.id, &old, &new, later(1))
            .await
            .expect("first")
    );
    assert!(
        !store
            .replace_password(user.id, &old, &newer, later(2))
            .await
            .expect("second")
    );
    // As exact as the comparison of a hash has to be.
    let upper = SealedPassword::from_stored("V1.KEY.NEW".to_owned());
    assert!(
        !store
            .replace_password(user.id, &upper, &newer, later(2))
            .await
            .expect("third")
    );
    let now = store.user(user.id).await.expect("a look-up").expect("the user");
    assert!(now.password == Some(new));
    assert_eq!(now.updated_at, later(1));
    assert!(
        is_alive(store, session.hash).await,
        "a raised cost signed the user out"
    );
}

pub(super) async fn deactivation_ends_sessions(store: &Store) {
    let user = somebody(store).await;
    let bystander = somebody(store).await;
    let (mine, theirs) = (signed_in(store, &user).await, signed_in(store, &bystander).await);
    assert!(
        !store
            .set_active(user.id, true, later(1))
            .await
            .expect("no change")
    );
    assert!(
        store
            .set_active(user.id, false, later(2))
            .await
            .expect("a change")
    );
    assert!(
        !store
            .set_active(user.id, false, later(3))
            .await
            .expect("no change")
    );
    assert!(!is_alive(store, mine.hash).await);
    assert!(is_alive(store, theirs.hash).await);
    let now = store.user(user.id).await.expect("a look-up").expect("the user");
    assert!(!now.active);
    assert_eq!(now.updated_at, later(2));
    assert!(store.set_active(user.id, true, later(4)).await.expect("a change"));
    assert!(!is_alive(store, mine.hash).await, "a dead session came back");
    assert!(!store.set_active(-1, false, later(5)).await.expect("nobody"));
}

pub(super) async fn a_new_uniquifier_ends_sessions(store: &Store) {
    let user = somebody(store).await;
    let session = signed_in(store, &user).await;
    let uniquifier = digits(3);
    assert!(
        store
            .set_uniquifier(user.id, &uniquifier, later(1))
            .await
            .expect("a change")
    );
    assert!(!is_alive(store, session.hash).await);
    let now = store.user(user.id).await.expect("a look-up").expect("the user");
    assert_eq!(now.fs_uniquifier, uniquifier);
    let other = somebody(store).await;
    let error = store
        .set_uniquifier(other.id, &uniquifier, later(1))
        .await
        .expect_err("taken");
    assert_eq!(error.conflict(), Some("fs_uniquifier"));
    assert!(store.set_uniquifier(other.id, "", later(1)).await.is_err());
    assert!(
        !store
            .set_uniquifier(-1, &digits(3), later(1))
            .await
            .expect("nobody")
    );
}

pub(super) async fn a_deleted_user_takes_everything_along(store: &Store) {
    let user = somebody(store).await;
    let session = signed_in(store, &user).await;
    let role = store
        .create_role(&format!("r{}", unique()), None, &[])
        .await
        .expect("a role");
    assert!(store.add_role_to_user(user.id, role.id).await.expect("the role"));
    assert!(store.delete_user(user.id).await.expect("a deletion"));
    assert!(!store.delete_user(user.id).await.expect("no second one"));
    assert!(store.user(user.id).await.expect("a look-up").is_none());
    assert!(!is_alive(store, session.hash).await);
    assert!(store.roles_of(user.id).await.expect("roles").is_empty());
    assert!(
        store.role(&role.name).await.expect("a look-up").is_some(),
        "the role went too"
    );
    // Ids are not given out again: the application's tables may still name the old one.
    assert!(somebody(store).await.id > user.id);
}

/// Whatever the connection is: work that does not look at it is run with any.
pub(super) async fn a_part_that_fails_takes_the_user_along(store: &Store) {
    let name = format!("along{}", unique());
    let key = format!("{name}@example.org");
    // For a connection of a type that no store has: it must be told, and nothing made.
    let foreign = Along::new(|_: &mut Foreign, _| Box::pin(async { Ok(()) }));
    assert!(store.create_user_with(new_user(&name), foreign).await.is_err());
    let found = store.user_by(Identity::Email, &key).await.expect("a look-up");
    assert!(
        found.is_none(),
        "the user is there without the application's part"
    );
    store
        .create_user(new_user(&name))
        .await
        .expect("nothing of it is left");
}

struct Foreign;
