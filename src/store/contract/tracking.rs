//! What a store owes of the trackable fields.

use super::verdict::{Verdict, conflict, equal};
use super::{Store, later, row_of, session_with, somebody};

pub(super) async fn sign_ins_are_counted_where_asked(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let sign_in = |seconds, ip: Option<&str>| {
        session_with(&user, |session| {
            session.authenticated_at = later(seconds);
            session.ip = ip.map(str::to_owned);
        })
    };
    for (session, track) in [
        (sign_in(1, Some("192.0.2.1")), true),
        (sign_in(2, Some("192.0.2.2")), false),
        (sign_in(3, Some("192.0.2.3")), true),
    ] {
        store.create_session(&session, None, track).await?;
    }
    let now = row_of(store, &user).await?;
    equal("login_count", now.login_count, 2)?;
    equal("last_login_at", now.last_login_at, Some(later(1)))?;
    equal("current_login_at", now.current_login_at, Some(later(3)))?;
    equal("last_login_ip", now.last_login_ip.as_deref(), Some("192.0.2.1"))?;
    equal(
        "current_login_ip",
        now.current_login_ip.as_deref(),
        Some("192.0.2.3"),
    )?;

    // Whose address is not known leaves no other's behind.
    store.create_session(&sign_in(4, None), None, true).await?;
    let now = row_of(store, &user).await?;
    equal("an unknown address", now.current_login_ip, None::<String>)?;
    equal("the one before", now.last_login_ip.as_deref(), Some("192.0.2.3"))?;

    // What is refused has not happened.
    let refused = session_with(&user, |session| session.fs_uniquifier = super::digits(9));
    conflict(
        "a session of another uniquifier",
        store.create_session(&refused, None, true).await,
        "user_id",
    )?;
    let now = row_of(store, &user).await?;
    equal("the count after a refused sign-in", now.login_count, 3)
}
