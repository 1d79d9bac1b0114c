//! What a store owes of telephone numbers, the application's own identities and its registration fields.

use super::{NOW, Store, later, new_user, somebody, unique};
use crate::model::{FIELDS_MAX, OwnIdentity, User};
use crate::store::Identity;

fn number() -> String {
    format!("+49{:012}", unique())
}

fn staff(number: &str) -> OwnIdentity {
    OwnIdentity {
        attribute: "staff".to_owned(),
        value: format!("No. {number}"),
        key: number.to_owned(),
    }
}

async fn found(store: &Store, by: Identity<'_>, key: &str) -> Option<User> {
    store.user_by(by, key).await.expect("a look-up")
}

pub(super) async fn a_user_is_found_by_each_identity(store: &Store) {
    let (phone, number) = (number(), format!("st{}", unique()));
    let mut new = new_user(&format!("many{}", unique()));
    new.phone = Some(phone.clone());
    new.identities = vec![staff(&number)];
    let made = store.create_user(new).await.expect("a new user");
    assert_eq!(made.phone.as_ref(), Some(&phone));
    for (by, key) in [(Identity::Phone, &phone), (Identity::Own("staff"), &number)] {
        let user = found(store, by, key).await.expect("the user");
        assert_eq!(user.id, made.id);
        assert_eq!(user.phone.as_ref(), Some(&phone));
    }
    assert_eq!(
        store.identities_of(made.id).await.expect("a look-up"),
        [staff(&number)]
    );
    for (by, key) in [
        (Identity::Phone, format!("{phone} ")),
        (Identity::Phone, phone[1..].to_owned()),
        (Identity::Phone, String::new()),
        (Identity::Own("staff"), format!("{number} ")),
        (Identity::Own("staff"), number.to_uppercase()),
        (Identity::Own("staff "), number.clone()),
        (Identity::Own("STAFF"), number.clone()),
        (Identity::Own("other"), number.clone()),
        (Identity::Own("sta\0ff"), number.clone()),
        (Identity::Own("staff"), format!("{number}\0")),
        (Identity::Username, number.clone()),
        (Identity::Email, phone.clone()),
    ] {
        assert!(found(store, by, &key).await.is_none(), "{by:?} {key:?}");
    }
}

pub(super) async fn an_identity_belongs_to_one(store: &Store) {
    let (phone, number) = (number(), format!("st{}", unique()));
    let (first, second) = (somebody(store).await, somebody(store).await);
    assert!(
        store
            .set_phone(first.id, Some(&phone), later(1))
            .await
            .expect("set")
    );
    store.set_identity(first.id, &staff(&number)).await.expect("set");

    let taken = store.set_phone(second.id, Some(&phone), later(1)).await;
    assert_eq!(taken.expect_err("taken").conflict(), Some("phone"));
    let taken = store.set_identity(second.id, &staff(&number)).await;
    assert_eq!(taken.expect_err("taken").conflict(), Some("identity"));

    let name = format!("late{}", unique());
    let mut new = new_user(&name);
    new.phone = Some(phone.clone());
    let taken = store.create_user(new).await.expect_err("taken");
    assert_eq!(taken.conflict(), Some("phone"));
    let mut new = new_user(&name);
    new.identities = vec![staff(&number)];
    let taken = store.create_user(new).await.expect_err("taken");
    assert_eq!(taken.conflict(), Some("identity"));
    let mut new = new_user(&name);
    new.identities = vec![staff(&format!("{number}a")), staff(&format!("{number}b"))];
    let twice = store.create_user(new).await.expect_err("an attribute twice");
    assert_eq!(twice.conflict(), Some("identity"));
    let email = format!("{name}@example.org");
    assert!(
        found(store, Identity::Email, &email).await.is_none(),
        "a refused user was kept"
    );
    let still = found(store, Identity::Own("staff"), &number).await;
    assert_eq!(still.map(|user| user.id), Some(first.id));

    // The same value of another attribute is another identity.
    let mut badge = staff(&number);
    badge.attribute = "badge".to_owned();
    store.set_identity(second.id, &badge).await.expect("set");
    let ghost = store.set_identity(-1, &staff(&format!("st{}", unique()))).await;
    assert_eq!(ghost.expect_err("nobody").conflict(), Some("user_id"));
    assert!(!store.set_phone(-1, None, NOW).await.expect("nobody"));
}

pub(super) async fn an_identity_comes_and_goes(store: &Store) {
    let user = somebody(store).await;
    let (phone, old, new) = (number(), format!("st{}", unique()), format!("st{}", unique()));
    store.set_identity(user.id, &staff(&old)).await.expect("set");
    // To set what is there already is no conflict with oneself.
    store
        .set_identity(user.id, &staff(&old))
        .await
        .expect("set again");
    store.set_identity(user.id, &staff(&new)).await.expect("replaced");
    assert!(found(store, Identity::Own("staff"), &old).await.is_none());
    assert!(found(store, Identity::Own("staff"), &new).await.is_some());
    assert!(store.remove_identity(user.id, "staff").await.expect("removed"));
    assert!(!store.remove_identity(user.id, "staff").await.expect("gone"));
    assert!(found(store, Identity::Own("staff"), &new).await.is_none());

    for _ in 0..2 {
        assert!(
            store
                .set_phone(user.id, Some(&phone), later(1))
                .await
                .expect("set")
        );
    }
    assert!(store.set_phone(user.id, None, later(2)).await.expect("removed"));
    assert!(found(store, Identity::Phone, &phone).await.is_none());
    // Whoever has it next may take it.
    let next = somebody(store).await;
    assert!(
        store
            .set_phone(next.id, Some(&phone), later(3))
            .await
            .expect("set")
    );
    store.set_identity(next.id, &staff(&new)).await.expect("set");
    assert!(store.delete_user(next.id).await.expect("deleted"));
    assert!(found(store, Identity::Own("staff"), &new).await.is_none());
    assert!(store.identities_of(next.id).await.expect("a look-up").is_empty());

    for bad in [
        "",
        "+",
        "4930",
        "+49 30",
        "+1234567890123456",
        "+12a",
        "+\u{0661}\u{0662}",
    ] {
        let refused = store.set_phone(user.id, Some(bad), later(4)).await;
        let error = refused.expect_err(bad);
        assert!(!error.is_conflict() && !error.is_unavailable(), "{bad}: {error}");
    }
    for bad in [("", "x"), ("staff", ""), ("st\0aff", "x"), ("staff", "x\0")] {
        let mut identity = staff(bad.1);
        identity.attribute = bad.0.to_owned();
        assert!(store.set_identity(user.id, &identity).await.is_err(), "{bad:?}");
    }
}

pub(super) async fn fields_come_back_as_they_were(store: &Store) {
    let fields = r#"{"name":"Zoë \u0000 👩‍🚀","terms":true,"n":[1,2.5,null]}"#;
    let mut new = new_user(&format!("fields{}", unique()));
    new.fields = Some(fields.to_owned());
    let made = store.create_user(new).await.expect("a new user");
    let user = store.user(made.id).await.expect("a look-up").expect("the user");
    assert_eq!(user.fields.as_deref(), Some(fields));
    let read: Option<serde_json::Value> = user.fields().expect("fields");
    assert_eq!(read, serde_json::from_str(fields).ok());
    let none: Option<serde_json::Value> = somebody(store).await.fields().expect("no fields");
    assert_eq!(none, None);

    let mut new = new_user(&format!("fields{}", unique()));
    new.fields = Some(format!("\"{}\"", "x".repeat(FIELDS_MAX)));
    assert!(store.create_user(new).await.is_err());
    let mut new = new_user(&format!("fields{}", unique()));
    new.fields = Some(format!("\"{}\"", "x".repeat(FIELDS_MAX - 2)));
    store.create_user(new).await.expect("as large as may be");
}
