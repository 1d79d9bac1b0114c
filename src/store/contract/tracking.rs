//! What a store owes of the trackable fields.

use super::{Store, later, session_of, somebody};

pub(super) async fn sign_ins_are_counted_where_asked(store: &Store) {
    let user = somebody(store).await;
    let sign_in = |seconds, ip: Option<&str>| {
        let mut session = session_of(&user);
        session.authenticated_at = later(seconds);
        session.ip = ip.map(str::to_owned);
        session
    };
    for (session, track) in [
        (sign_in(1, Some("192.0.2.1")), true),
        (sign_in(2, Some("192.0.2.2")), false),
        (sign_in(3, Some("192.0.2.3")), true),
    ] {
        store
            .create_session(&session, None, track)
            .await
            .expect("a session");
    }
    let now = store.user(user.id).await.expect("a look-up").expect("the user");
    assert_eq!(now.login_count, 2);
    assert_eq!(now.last_login_at, Some(later(1)));
    assert_eq!(now.current_login_at, Some(later(3)));
    assert_eq!(now.last_login_ip.as_deref(), Some("192.0.2.1"));
    assert_eq!(now.current_login_ip.as_deref(), Some("192.0.2.3"));

    // Whose address is not known leaves no other's behind.
    store
        .create_session(&sign_in(4, None), None, true)
        .await
        .expect("a session");
    let now = store.user(user.id).await.expect("a look-up").expect("the user");
    assert_eq!(now.current_login_ip, None);
    assert_eq!(now.last_login_ip.as_deref(), Some("192.0.2.3"));

    // What is refused has not happened.
    let mut refused = sign_in(5, None);
    refused.fs_uniquifier = super::digits(9);
    assert!(store.create_session(&refused, None, true).await.is_err());
    let now = store.user(user.id).await.expect("a look-up").expect("the user");
    assert_eq!(now.login_count, 3);
}
