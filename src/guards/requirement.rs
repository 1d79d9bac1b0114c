//! What a whole mount may ask for.

use std::collections::BTreeSet;

use rocket::request::FromRequest;

use super::launch;
use super::{
    Anonymous, Auth, Csrf, Fresh, HasAnyPermission, HasAnyRole, HasPermission, HasRole, Mechanisms,
    PermissionName, PermissionSet, RoleName, RoleSet,
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

impl<M: Mechanisms> Requirement for Auth<M> {}
impl Requirement for Anonymous {}
impl<P: PermissionName, M: Mechanisms> Requirement for HasPermission<P, M> {}
impl<S: PermissionSet, M: Mechanisms> Requirement for HasAnyPermission<S, M> {}

impl Requirement for Csrf {
    const DECIDES: bool = false;
}

impl<const MINUTES: u32, M: Mechanisms> Requirement for Fresh<MINUTES, M> {
    fn complaint(_: Option<&BTreeSet<String>>) -> Option<String> {
        (MINUTES == 0)
            .then(|| "Fresh<0> keeps everybody out: write the minutes, such as Fresh<15>.".to_owned())
    }
}

impl<R: RoleName, M: Mechanisms> Requirement for HasRole<R, M> {
    fn complaint(declared: Option<&BTreeSet<String>>) -> Option<String> {
        launch::undeclared(declared?, "HasRole", &[R::NAME])
    }
}

impl<S: RoleSet, M: Mechanisms> Requirement for HasAnyRole<S, M> {
    fn complaint(declared: Option<&BTreeSet<String>>) -> Option<String> {
        launch::undeclared(declared?, "HasAnyRole", S::NAMES)
    }
}
