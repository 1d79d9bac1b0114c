use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use crate::guards::{SecurityError, abort_without_fairing, without_fairing};
use crate::security::Security;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for &'r Security {
    type Error = SecurityError;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        match req.rocket().state::<Security>() {
            Some(security) => Outcome::Success(security),
            None => without_fairing(),
        }
    }
}

impl Sentinel for &Security {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        abort_without_fairing(rocket, "&Security")
    }
}
