use rocket::http::Cookie;
use rocket::local::asynchronous::Client;

use crate::error::{Error, Result};
use crate::gate::{Client as Visitor, Evidence};
use crate::identity::Email;
use crate::model::{NewUser, User};
use crate::security::Security;
use crate::web::cookies::CookieKind;
use crate::web::visit;

/// Who was signed in by [`sign_in`].
pub struct SignedIn {
    /// The user.
    pub user: User,
    /// The cookie that says so, for clients that do not track cookies.
    pub cookie: Cookie<'static>,
}

/// Signs a user in without a password; makes him first when there is none of that address. A client that tracks
/// cookies sends the session from now on. To be someone with a role, give it to him by
/// [`Security::add_role`](crate::Security::add_role).
///
/// A request that changes something must say where it comes from, as browsers do: add
/// `.header(rocket::http::Header::new("Sec-Fetch-Site", "same-origin"))`.
///
/// # Errors
/// When the fairing is not attached, the address is none, or the user is deactivated.
pub async fn sign_in(client: &Client, email: &str) -> Result<SignedIn> {
    let security = client
        .rocket()
        .state::<Security>()
        .ok_or_else(|| Error::config("SecurityFairing is not attached"))?;
    let user = match security.find_user(email).await? {
        Some(user) => user,
        None => make(security, email).await?,
    };
    // Through the gate, like everybody: a test must not be able to do what the application cannot.
    let evidence = Evidence::registered(user.clone(), security.gate().clock.now());
    // The answer to this request carries the cookie, whatever is found there.
    let request = client.get("/.rocket_security/testing");
    let admitted = visit::admit(request.inner(), security, evidence, &Visitor::default(), false).await?;
    if let Err(reason) = admitted {
        return Err(Error::config(format!("{email} may not sign in: {reason:?}")));
    }
    let answer = request.dispatch().await;
    let cookie = answer
        .cookies()
        .get(security.cookies().name(CookieKind::Session))
        .cloned()
        .ok_or_else(|| Error::internal("the answer carried no session cookie"))?;
    Ok(SignedIn { user, cookie })
}

async fn make(security: &Security, email: &str) -> Result<User> {
    let email =
        Email::parse(email).ok_or_else(|| Error::config(format!("{email:?} is no e-mail address")))?;
    let now = security.gate().clock.now();
    let mut new = NewUser::new(&email, now)?;
    new.confirmed_at = Some(now);
    security.datastore().create_user(new).await
}
