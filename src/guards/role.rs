//! Guards that ask for a role.
//!
//! They authenticate too: an anonymous visitor is told to sign in (401), one who lacks the role that he may not
//! enter (403). The reference answers 403 to both and lets everybody in when it is asked for no role at all.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use super::launch;
use super::{Auth, Mechanisms, RoleName, RoleSet, SecurityError, fail, refuse_wanting};
use crate::model::{Reason, Role, Session, Token, User};
use crate::web::refusal::Wanted;

/// A signed-in user who has the role `R`.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket_security::{HasRole, guards};
///
/// #[guards]
/// #[get("/admin")]
/// fn admin(user: HasRole<"admin">) -> String {
///     format!("hello {}", user.email)
/// }
/// # let _ = routes![admin];
/// ```
///
/// `R` is a string under [`#[guards]`](macro@crate::guards) or a marker made by [`roles!`](crate::roles). Who has
/// to have two roles meets two guards; for one of several there is [`HasAnyRole`]. The guard is the user, so that
/// no [`AuthUser`](crate::AuthUser) is needed beside it.
///
/// # Failures
///
/// 401 for anonymous visitors, 403 without the role, 503 when the database cannot be reached. The launch stops
/// without the `SecurityFairing`, and when the fairing was told of all roles and `R` is none of them.
///
/// `Option<HasRole<R>>` is for handlers that serve both; for a ranked route use it too, because a guard that
/// refuses ends the routing.
// Without a bound: on the type it would make rustc report one wrong role at each mention that Rocket makes of it.
pub struct HasRole<R, M = (Token, Session)> {
    user: Auth<M>,
    role: PhantomData<fn() -> R>,
}

/// A signed-in user who has at least one of the roles in `S`.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket_security::{HasAnyRole, guards, roles};
///
/// #[guards]
/// #[get("/desk")]
/// fn desk(user: HasAnyRole<"admin", "editor">) -> String {
///     format!("hello {}", user.email)
/// }
///
/// roles! { Admin = "admin"; Editor = "editor" }
///
/// #[get("/drafts")]
/// fn drafts(_user: HasAnyRole<(Admin, Editor)>) {}
/// # let _ = routes![desk, drafts];
/// ```
///
/// It fails as [`HasRole`] does.
pub struct HasAnyRole<S, M = (Token, Session)> {
    user: Auth<M>,
    roles: PhantomData<fn() -> S>,
}

impl<R, M> HasRole<R, M> {
    /// The user, as the guard without a role would have given him.
    pub fn into_inner(self) -> Auth<M> {
        self.user
    }
}

impl<S, M> HasAnyRole<S, M> {
    /// The user, as the guard without a role would have given him.
    pub fn into_inner(self) -> Auth<M> {
        self.user
    }
}

impl<R, M> Deref for HasRole<R, M> {
    type Target = User;

    fn deref(&self) -> &User {
        &self.user
    }
}

impl<S, M> Deref for HasAnyRole<S, M> {
    type Target = User;

    fn deref(&self) -> &User {
        &self.user
    }
}

impl<R: RoleName, M> fmt::Debug for HasRole<R, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HasRole").field(&R::NAME).field(&self.id).finish()
    }
}

impl<S: RoleSet, M> fmt::Debug for HasAnyRole<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HasAnyRole")
            .field(&S::NAMES)
            .field(&self.id)
            .finish()
    }
}

#[rocket::async_trait]
impl<'r, R: RoleName, M: Mechanisms> FromRequest<'r> for HasRole<R, M> {
    type Error = SecurityError;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, SecurityError> {
        let user = user_with(req, roles_wanted(<R as RoleSet>::NAMES), |roles| {
            has_any(roles, &[R::NAME])
        })
        .await;
        user.map(|user| HasRole {
            user,
            role: PhantomData,
        })
    }
}

#[rocket::async_trait]
impl<'r, S: RoleSet, M: Mechanisms> FromRequest<'r> for HasAnyRole<S, M> {
    type Error = SecurityError;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, SecurityError> {
        let user = user_with(req, roles_wanted(S::NAMES), |roles| has_any(roles, S::NAMES)).await;
        user.map(|user| HasAnyRole {
            user,
            roles: PhantomData,
        })
    }
}

impl<R: RoleName, M: Mechanisms> Sentinel for HasRole<R, M> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        launch::stops_for_roles(rocket, "HasRole", &[R::NAME])
    }
}

impl<S: RoleSet, M: Mechanisms> Sentinel for HasAnyRole<S, M> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        launch::stops_for_roles(rocket, "HasAnyRole", S::NAMES)
    }
}

/// The signed-in user if his roles are `enough`; else the request is refused.
pub(super) async fn user_with<M: Mechanisms>(
    req: &Request<'_>,
    wanted: Wanted,
    enough: impl FnOnce(&[Role]) -> bool + Send,
) -> Outcome<Auth<M>, SecurityError> {
    let user = match Auth::of(req).await {
        Outcome::Success(user) => user,
        Outcome::Error(error) => return Outcome::Error(error),
        Outcome::Forward(status) => return Outcome::Forward(status),
    };
    match user.roles(req).await {
        Ok(roles) if enough(&roles) => Outcome::Success(user),
        Ok(_) => refuse_wanting(req, Reason::Unauthorized, wanted),
        // Who cannot be checked does not enter.
        Err(error) => fail(error),
    }
}

fn roles_wanted(roles: &'static [&'static str]) -> Wanted {
    Wanted {
        roles,
        ..Wanted::default()
    }
}

fn has_any(roles: &[Role], names: &[&str]) -> bool {
    roles.iter().any(|role| names.contains(&role.name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_had_by_its_whole_name() {
        let role = |name: &str| Role::new(1, name.to_owned(), None, Default::default());
        let roles = [role("editor"), role("admin2"), role("Admin")];
        assert!(has_any(&roles, &["editor"]));
        assert!(has_any(&roles, &["admin", "editor"]));
        assert!(!has_any(&roles, &["admin"]));
        assert!(!has_any(&roles, &[]));
        assert!(!has_any(&[], &["admin"]));
    }
}
