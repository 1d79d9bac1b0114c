use std::ops::Deref;
use std::time::Duration;

use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use crate::gate::Freshness;
use crate::guards::{
    Auth, Mechanisms, SecurityError, abort_without_fairing, fail, refuse_wanting, security, unavailable,
};
use crate::model::{Mechanism, Reason, Session, Token, User};
use crate::web::refusal::Wanted;

/// The signed-in user who proved who he is not long ago; else he is asked for his password again.
///
/// `Fresh` alone uses the settings `freshness` and `freshness_grace_period`. `Fresh<15>` means: within the last
/// fifteen minutes, without grace.
///
/// ```
/// use rocket::get;
/// use rocket_security::Fresh;
///
/// #[get("/keys")]
/// fn keys(user: Fresh<15>) -> String {
///     format!("{} proved who he is within the last 15 minutes", user.email)
/// }
/// ```
///
/// A token is as fresh as the proof that it was made after (unless `freshness_allow_auth_token` is off), and never in grace.
/// `M` says by what the user may come, as for [`Auth`]: `Fresh<15, Session>`.
pub struct Fresh<const MINUTES: u32 = { u32::MAX }, M = (Token, Session)>(Auth<M>);

impl<const MINUTES: u32, M> Fresh<MINUTES, M> {
    /// The user, as the guard without freshness would have given him.
    pub fn into_inner(self) -> Auth<M> {
        self.0
    }
}

impl<const MINUTES: u32, M> Clone for Fresh<MINUTES, M> {
    fn clone(&self) -> Self {
        Fresh(self.0.clone())
    }
}

impl<const MINUTES: u32, M> Deref for Fresh<MINUTES, M> {
    type Target = User;

    fn deref(&self) -> &User {
        &self.0
    }
}

#[rocket::async_trait]
impl<'r, const MINUTES: u32, M: Mechanisms> FromRequest<'r> for Fresh<MINUTES, M> {
    type Error = SecurityError;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, SecurityError> {
        let user = match Auth::of(req).await {
            Outcome::Success(user) => user,
            Outcome::Error(refused) => return Outcome::Error(refused),
            Outcome::Forward(status) => return Outcome::Forward(status),
        };
        let security = match security(req) {
            Ok(security) => security,
            Err(missing) => return missing,
        };
        let config = security.config();
        let (within, grace) = match MINUTES {
            u32::MAX => match config.freshness.within() {
                Some(within) => (within, config.freshness_grace_period),
                // A key has proved nothing, whether or not anybody asks when.
                None if user.mechanism() == Mechanism::ApiKey => {
                    return refuse_wanting(req, Reason::Stale, Wanted::default());
                }
                // A negative `freshness` turns the check off, as in the reference.
                None => return Outcome::Success(Fresh(user)),
            },
            minutes => (Duration::from_secs(u64::from(minutes) * 60), Duration::ZERO),
        };
        match security.gate().freshness(user.caller(), within, grace).await {
            Ok(Freshness::Fresh) => Outcome::Success(Fresh(user)),
            Ok(Freshness::Stale) => {
                let wanted = Wanted {
                    within: Some(within),
                    grace: Some(grace),
                    ..Wanted::default()
                };
                refuse_wanting(req, Reason::Stale, wanted)
            }
            Err(error) => fail(unavailable(req, "freshness could not be checked", &error)),
        }
    }
}

impl<const MINUTES: u32, M: Mechanisms> Sentinel for Fresh<MINUTES, M> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        if MINUTES == 0 {
            eprintln!(
                "rocket_security: a route uses the guard Fresh<0>, which nobody can satisfy: write the minutes, such \
                 as Fresh<15>, or Fresh for the setting `freshness`."
            );
            return true;
        }
        abort_without_fairing(
            rocket,
            &if MINUTES == u32::MAX {
                "Fresh".to_owned()
            } else {
                format!("Fresh<{MINUTES}>")
            },
        )
    }
}
