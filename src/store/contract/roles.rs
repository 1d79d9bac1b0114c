//! What a store owes of roles.

use std::collections::BTreeSet;

use super::{Store, somebody, unique};

pub(super) async fn roles_come_and_go(store: &Store) {
    let (a, b) = (format!("a{}", unique()), format!("b{}", unique()));
    let user = somebody(store).await;
    let second = store
        .create_role(&b, Some("für alle"), &["write", "read"])
        .await
        .expect("a role");
    let first = store.create_role(&a, None, &[]).await.expect("a role");
    assert_eq!(second.description.as_deref(), Some("für alle"));
    assert_eq!(
        second.permissions,
        BTreeSet::from(["read".to_owned(), "write".to_owned()])
    );
    assert_eq!(store.role(&b).await.expect("a look-up"), Some(second.clone()));
    for near in [a.to_uppercase(), format!("{a} "), format!("{a}\0"), String::new()] {
        assert!(store.role(&near).await.expect("a look-up").is_none(), "{near:?}");
    }
    let error = store.create_role(&a, None, &[]).await.expect_err("taken");
    assert_eq!(error.conflict(), Some("name"));
    for (name, permissions) in [
        ("", vec![]),
        ("x", vec!["a,b"]),
        ("x", vec![""]),
        ("x\0", vec![]),
        (&"x".repeat(81), vec![]),
    ] {
        let error = store
            .create_role(name, None, &permissions)
            .await
            .expect_err("refused");
        assert!(!error.is_conflict(), "{name:?}");
    }

    assert!(store.roles_of(user.id).await.expect("roles").is_empty());
    assert!(store.add_role_to_user(user.id, second.id).await.expect("added"));
    assert!(!store.add_role_to_user(user.id, second.id).await.expect("had it"));
    assert!(store.add_role_to_user(user.id, first.id).await.expect("added"));
    let error = store
        .add_role_to_user(user.id, -1)
        .await
        .expect_err("no such role");
    assert_eq!(error.conflict(), Some("role_id"));
    let error = store
        .add_role_to_user(-1, first.id)
        .await
        .expect_err("no such user");
    assert_eq!(error.conflict(), Some("user_id"));
    assert!(store.set_permissions(first.id, &["run"]).await.expect("a change"));
    assert!(
        store
            .set_permissions(first.id, &["run"])
            .await
            .expect("the same again")
    );
    assert!(!store.set_permissions(-1, &["run"]).await.expect("no such role"));
    assert!(store.set_permissions(first.id, &["a,b"]).await.is_err());
    let roles = store.roles_of(user.id).await.expect("roles");
    let names: Vec<_> = roles.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(names, [a.as_str(), b.as_str()]);
    assert_eq!(roles[0].permissions, BTreeSet::from(["run".to_owned()]));
    assert!(
        store
            .remove_role_from_user(user.id, first.id)
            .await
            .expect("removed")
    );
    assert!(
        !store
            .remove_role_from_user(user.id, first.id)
            .await
            .expect("gone")
    );
    assert_eq!(store.roles_of(user.id).await.expect("roles"), [second]);
}
