use std::ops::Deref;

use rocket::data::{FromData, Outcome};
use rocket::form::FromForm;
use rocket::http::Status;
use rocket::{Data, Request};

use crate::guards::SecurityError;
use crate::model::Reason;
use crate::security::Security;
use crate::web::submission::Submission;
use crate::web::{receive, refusal, visit};

/// An application's own form (or JSON), taken only with the CSRF token of this visitor. `T` owns its fields (`String`, not
/// `&str`).
///
/// A form behind [`AuthUser`](crate::AuthUser) is safe with Rocket's own `Form<T>` already, since the guard asks the
/// browser where the request comes from. This one protects forms of anonymous visitors too, and browsers that tell
/// nothing. Put the field into the page with [`SecurityContext`](crate::SecurityContext).
///
/// ```
/// use rocket::{FromForm, post};
/// use rocket_security::CsrfForm;
///
/// #[derive(FromForm)]
/// struct Comment {
///     text: String,
/// }
///
/// #[post("/comments", data = "<comment>")]
/// fn add(comment: CsrfForm<Comment>) -> String {
///     format!("{} characters", comment.text.len())
/// }
/// ```
///
/// # Errors
/// 403 for a missing or wrong token, 400, 413 or 415 for a body that cannot be read, 422 for fields that do not fit
/// `T`.
pub struct CsrfForm<T>(T);

impl<T> CsrfForm<T> {
    /// The form itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for CsrfForm<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

#[rocket::async_trait]
impl<'r, T> FromData<'r> for CsrfForm<T>
where
    T: for<'v> FromForm<'v> + Send,
{
    type Error = SecurityError;

    async fn from_data(req: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        let Some(security) = req.rocket().state::<Security>() else {
            let _ = crate::guards::without_fairing::<()>();
            return Outcome::Error((Status::InternalServerError, SecurityError::WITHOUT_FAIRING));
        };
        if visit::identify(req, security).await.is_err() {
            refusal::note(req, Reason::Unavailable);
            return Outcome::Error((
                Status::ServiceUnavailable,
                SecurityError::new(Reason::Unavailable),
            ));
        }
        let fields = match Submission::read(req, data, security.config().form_limit.as_u64()).await {
            Ok(fields) => fields,
            Err(problem) => {
                return Outcome::Error((problem.status(), SecurityError::new(Reason::InvalidInput)));
            }
        };
        if receive::csrf(req, security, &fields).is_err() {
            // `receive::csrf` has told of it.
            refusal::note_told(req, Reason::CrossSite);
            return Outcome::Error((Status::Forbidden, SecurityError::new(Reason::CrossSite)));
        }
        match fields.parse::<T>() {
            Ok(form) => Outcome::Success(CsrfForm(form)),
            Err(_) => Outcome::Error((
                Status::UnprocessableEntity,
                SecurityError::new(Reason::InvalidInput),
            )),
        }
    }
}

impl<T> rocket::Sentinel for CsrfForm<T> {
    fn abort(rocket: &rocket::Rocket<rocket::Ignite>) -> bool {
        crate::guards::abort_without_fairing(rocket, "CsrfForm")
    }
}
