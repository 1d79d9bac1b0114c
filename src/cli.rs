//! What an application offers on its command line.

use rocket::{Build, Rocket};

use crate::error::{Error, Result};
use crate::security::Security;

/// Gives a user a role, which is made if there is none, and says what was done. `rocket` is the application as it would
/// be launched, so that its own database and settings serve; nothing listens.
///
/// # Errors
/// When the rocket does not ignite, nobody has that address, or the store does not answer.
pub async fn add_role(rocket: Rocket<Build>, email: &str, role: &str) -> Result<String> {
    let rocket = rocket
        .ignite()
        .await
        .map_err(|error| Error::config(format!("the application does not start: {}", error.kind())))?;
    let security = rocket
        .state::<Security>()
        .ok_or_else(|| Error::config("SecurityFairing is not attached to the rocket"))?;
    let user = security
        .find_user(email)
        .await?
        .ok_or_else(|| Error::config(format!("nobody is registered with {email:?}")))?;
    Ok(match security.add_role(user.id, role).await? {
        true => format!("{} now has the role {role:?}", user.email),
        false => format!("{} has the role {role:?} already", user.email),
    })
}
