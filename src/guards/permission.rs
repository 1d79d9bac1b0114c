//! Guards that ask for a permission: something that one of the user's roles may do.
//!
//! They authenticate too and fail as the guards for roles do.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use super::launch;
use super::role::user_with;
use super::{Auth, Mechanisms, PermissionName, PermissionSet, SecurityError};
use crate::model::{Role, Session, Token, User};
use crate::web::refusal::Wanted;

/// A signed-in user of whom some role has the permission `P`.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket_security::{HasPermission, guards};
///
/// #[guards]
/// #[post("/pages/delete")]
/// fn delete(user: HasPermission<"delete-pages">) -> String {
///     format!("{} deletes pages", user.email)
/// }
/// # let _ = routes![delete];
/// ```
///
/// `P` is a string under [`#[guards]`](macro@crate::guards) or a marker made by
/// [`permissions!`](crate::permissions). Who needs two permissions meets two guards; for one of several there is
/// [`HasAnyPermission`].
///
/// # Failures
///
/// 401 for anonymous visitors, 403 without the permission, 503 when the database cannot be reached. The launch
/// stops without the `SecurityFairing`.
pub struct HasPermission<P, M = (Token, Session)> {
    user: Auth<M>,
    permission: PhantomData<fn() -> P>,
}

/// A signed-in user of whom some role has at least one of the permissions in `S`.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket_security::{HasAnyPermission, guards, permissions};
///
/// #[guards]
/// #[get("/pages")]
/// fn pages(_user: HasAnyPermission<"edit-pages", "delete-pages">) {}
///
/// permissions! { EditPages = "edit-pages"; DeletePages = "delete-pages" }
///
/// #[get("/drafts")]
/// fn drafts(_user: HasAnyPermission<(EditPages, DeletePages)>) {}
/// # let _ = routes![pages, drafts];
/// ```
///
/// It fails as [`HasPermission`] does.
pub struct HasAnyPermission<S, M = (Token, Session)> {
    user: Auth<M>,
    permissions: PhantomData<fn() -> S>,
}

impl<P, M> HasPermission<P, M> {
    /// The user, as the guard without a permission would have given him.
    pub fn into_inner(self) -> Auth<M> {
        self.user
    }
}

impl<S, M> HasAnyPermission<S, M> {
    /// The user, as the guard without a permission would have given him.
    pub fn into_inner(self) -> Auth<M> {
        self.user
    }
}

impl<P, M> Deref for HasPermission<P, M> {
    type Target = User;

    fn deref(&self) -> &User {
        &self.user
    }
}

impl<S, M> Deref for HasAnyPermission<S, M> {
    type Target = User;

    fn deref(&self) -> &User {
        &self.user
    }
}

impl<P: PermissionName, M> fmt::Debug for HasPermission<P, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HasPermission")
            .field(&P::NAME)
            .field(&self.id)
            .finish()
    }
}

impl<S: PermissionSet, M> fmt::Debug for HasAnyPermission<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HasAnyPermission")
            .field(&S::NAMES)
            .field(&self.id)
            .finish()
    }
}

#[rocket::async_trait]
impl<'r, P: PermissionName, M: Mechanisms> FromRequest<'r> for HasPermission<P, M> {
    type Error = SecurityError;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, SecurityError> {
        let user = user_with(req, permissions_wanted(<P as PermissionSet>::NAMES), |roles| {
            permit_any(roles, &[P::NAME])
        })
        .await;
        user.map(|user| HasPermission {
            user,
            permission: PhantomData,
        })
    }
}

#[rocket::async_trait]
impl<'r, S: PermissionSet, M: Mechanisms> FromRequest<'r> for HasAnyPermission<S, M> {
    type Error = SecurityError;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, SecurityError> {
        let user = user_with(req, permissions_wanted(S::NAMES), |roles| {
            permit_any(roles, S::NAMES)
        })
        .await;
        user.map(|user| HasAnyPermission {
            user,
            permissions: PhantomData,
        })
    }
}

impl<P: PermissionName, M: Mechanisms> Sentinel for HasPermission<P, M> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        launch::stops_without_fairing(rocket, "HasPermission", &[P::NAME])
    }
}

impl<S: PermissionSet, M: Mechanisms> Sentinel for HasAnyPermission<S, M> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        launch::stops_without_fairing(rocket, "HasAnyPermission", S::NAMES)
    }
}

fn permissions_wanted(permissions: &'static [&'static str]) -> Wanted {
    Wanted {
        permissions,
        ..Wanted::default()
    }
}

fn permit_any(roles: &[Role], names: &[&str]) -> bool {
    roles
        .iter()
        .any(|role| names.iter().any(|name| role.permissions.contains(*name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_comes_with_any_role() {
        let role = |name: &str, permissions: &[&str]| {
            let permissions = permissions.iter().map(|name| (*name).to_owned()).collect();
            Role::new(1, name.to_owned(), None, permissions)
        };
        let roles = [role("reader", &["read"]), role("writer", &["write", "drop"])];
        assert!(permit_any(&roles, &["write"]));
        assert!(permit_any(&roles, &["rule", "read"]));
        assert!(!permit_any(&roles, &["writ"]));
        assert!(!permit_any(&roles, &["writer"]), "a role is not a permission");
        assert!(!permit_any(&roles, &[]));
        assert!(!permit_any(&[], &["read"]));
    }
}
