//! What a whole mount may ask for.

use std::collections::BTreeSet;

use rocket::request::FromRequest;

use super::launch;
use super::{
    Anonymous, AuthUser, Csrf, Fresh, HasAnyPermission, HasAnyRole, HasPermission, HasRole, PermissionName,
    PermissionSet, RoleName, RoleSet, SessionUser,
};

/// A guard that keeps out whoever may not come, so that a whole mount can be put behind it by
/// [`Protected::require`](crate::Protected::require).
///
/// Ours are. One of the application's own becomes one in a line, if it fails for whom it does not want:
///
/// ```
/// use rocket::Request;
/// use rocket::http::Status;
/// use rocket::request::{FromRequest, Outcome};
/// use rocket_security::{AuthUser, Requirement};
///
/// struct Subscriber;
///
/// #[rocket::async_trait]
/// impl<'r> FromRequest<'r> for Subscriber {
///     type Error = ();
///
///     async fn from_request(req: &'r Request<'_>) -> Outcome<Self, ()> {
///         match req.guard::<AuthUser>().await {
///             Outcome::Success(user) if user.email.ends_with("@example.org") => Outcome::Success(Subscriber),
///             Outcome::Success(_) => Outcome::Error((Status::PaymentRequired, ())),
///             Outcome::Error((status, _)) => Outcome::Error((status, ())),
///             Outcome::Forward(status) => Outcome::Forward(status),
///         }
///     }
/// }
///
/// impl Requirement for Subscriber {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` keeps nobody out of a mount",
    label = "not a guard that a mount can require",
    note = "`Protected::new(routes)` alone protects nothing: name a guard, `.require::<AuthUser>()`",
    note = "an `Option` or `Result` of a guard lets everybody in; a guard of your own needs `impl Requirement`"
)]
pub trait Requirement: for<'r> FromRequest<'r> + 'static {
    /// Whether it decides who may come. Where it does not, as with [`Csrf`], which only asks from where,
    /// [`deny_by_default`](crate::SecurityFairing::deny_by_default) wants another one beside it, or
    /// [`Public`](crate::Public) around it.
    const DECIDES: bool = true;

    /// What makes it useless in this application; `declared` are the roles that the fairing was told of.
    #[doc(hidden)]
    fn complaint(declared: Option<&BTreeSet<String>>) -> Option<String> {
        let _ = declared;
        None
    }
}

impl Requirement for AuthUser {}
impl Requirement for SessionUser {}
impl Requirement for Anonymous {}
impl<P: PermissionName> Requirement for HasPermission<P> {}
impl<S: PermissionSet> Requirement for HasAnyPermission<S> {}

impl Requirement for Csrf {
    const DECIDES: bool = false;
}

impl<const MINUTES: u32> Requirement for Fresh<MINUTES> {
    fn complaint(_: Option<&BTreeSet<String>>) -> Option<String> {
        (MINUTES == 0)
            .then(|| "Fresh<0> keeps everybody out: write the minutes, such as Fresh<15>.".to_owned())
    }
}

impl<R: RoleName> Requirement for HasRole<R> {
    fn complaint(declared: Option<&BTreeSet<String>>) -> Option<String> {
        launch::undeclared(declared?, "HasRole", &[R::NAME])
    }
}

impl<S: RoleSet> Requirement for HasAnyRole<S> {
    fn complaint(declared: Option<&BTreeSet<String>>) -> Option<String> {
        launch::undeclared(declared?, "HasAnyRole", S::NAMES)
    }
}
