mod api_keys;
mod identities;
mod refresh;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use tokio::sync::broadcast;

use crate::config::{Config, with_query};
use crate::crypto::Password;
use crate::error::{Error, Result};
use crate::gate::Gate;
use crate::identity::Email;
use crate::model::{Event, Factor, NewUser, Proof, Role, User, UserId};
use crate::store::{Datastore, Identity};
use crate::text::{Catalog, Message};
use crate::web::cookies::CookiePolicy;
use crate::web::extend::Extensions;
use crate::web::handlers::Handlers;
use crate::web::origin::Origin;
use crate::web::views::Views;

/// The library at work in an application: managed state, and a request guard.
///
/// ```
/// use rocket::{get, http::Status};
/// use rocket_security::Security;
///
/// #[get("/members")]
/// async fn members(security: &Security) -> Result<String, Status> {
///     let role = security.find_role("member").await.map_err(|_| Status::ServiceUnavailable)?;
///     Ok(role.map_or("nobody".into(), |role| role.name))
/// }
/// ```
#[derive(Clone)]
pub struct Security(Arc<Inner>);

pub(crate) struct Inner {
    pub gate: Gate,
    pub catalog: Catalog,
    pub views: Views,
    pub cookies: CookiePolicy,
    pub extensions: Extensions,
    /// The roles that the application declared, when it did.
    pub roles: Option<BTreeSet<String>>,
    /// What the application answers in our place.
    pub handlers: Handlers,
    /// Where this application lives, as far as the settings say; never what a request calls it.
    pub origin: Option<Origin>,
    /// Whether `rocket_dyn_templates` is attached, found out when the first page is rendered.
    pub app_templates: OnceLock<bool>,
}

impl Security {
    pub(crate) fn new(inner: Inner) -> Self {
        Security(Arc::new(inner))
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.0.gate
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    pub(crate) fn views(&self) -> &Views {
        &self.0.views
    }

    pub(crate) fn cookies(&self) -> &CookiePolicy {
        &self.0.cookies
    }

    pub(crate) fn handlers(&self) -> &Handlers {
        &self.0.handlers
    }

    pub(crate) fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    pub(crate) fn declared_roles(&self) -> Option<&BTreeSet<String>> {
        self.0.roles.as_ref()
    }

    pub(crate) fn app_templates(&self) -> &OnceLock<bool> {
        &self.0.app_templates
    }

    /// The settings as they were resolved at launch.
    pub fn config(&self) -> &Config {
        &self.0.gate.config
    }

    /// The store, for what has no method of its own here.
    pub fn datastore(&self) -> &dyn Datastore {
        self.0.gate.store.as_ref()
    }

    /// What happens from now on, each event once. A receiver that lags far behind loses the oldest.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.0.gate.events.subscribe()
    }

    /// The user with that e-mail address, in any spelling.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn find_user(&self, email: &str) -> Result<Option<User>> {
        match Email::parse(email) {
            Some(email) => self.datastore().user_by(Identity::Email, email.key()).await,
            None => Ok(None),
        }
    }

    /// The role of that name.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn find_role(&self, name: &str) -> Result<Option<Role>> {
        self.datastore().role(name).await
    }

    /// The role of that name, made with these permissions if there is none.
    ///
    /// # Errors
    /// When a permission is empty or has a comma, or the store does not answer.
    pub async fn find_or_create_role(&self, name: &str, permissions: &[&str]) -> Result<Role> {
        if let Some(role) = self.datastore().role(name).await? {
            return Ok(role);
        }
        match self.datastore().create_role(name, None, permissions).await {
            // Another instance was faster.
            Err(error) if error.is_conflict() => self
                .datastore()
                .role(name)
                .await?
                .ok_or_else(|| Error::internal(format!("the role {name:?} vanished while it was made"))),
            made => made,
        }
    }

    /// The roles of a user.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn roles_of(&self, user: UserId) -> Result<Vec<Role>> {
        self.datastore().roles_of(user).await
    }

    /// Gives a user a role, which is made if there is none. `false` when he had it already.
    ///
    /// # Errors
    /// When the application declared its roles ([`SecurityFairing::roles`](crate::SecurityFairing::roles)) and this is none
    /// of them, which a misspelt one never is; or when the store does not answer.
    pub async fn add_role(&self, user: UserId, role: &str) -> Result<bool> {
        if let Some(declared) = self.declared_roles()
            && !declared.contains(role)
        {
            let declared: Vec<_> = declared.iter().map(String::as_str).collect();
            return Err(Error::config(format!(
                "{role:?} is none of the roles that the application declared: {}",
                declared.join(", ")
            )));
        }
        let role = self.find_or_create_role(role, &[]).await?;
        self.datastore().add_role_to_user(user, role.id).await
    }

    /// Takes a role from a user. `false` when he did not have it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn remove_role(&self, user: UserId, role: &str) -> Result<bool> {
        match self.datastore().role(role).await? {
            Some(role) => self.datastore().remove_role_from_user(user, role.id).await,
            None => Ok(false),
        }
    }

    /// Makes a user with the password hash that another system made (`docs/features/importing.md`). It is made anew
    /// when he signs in for the first time.
    ///
    /// # Errors
    /// A conflict on `email` when the address is taken; a configuration error when the address is none or the hash
    /// cannot be taken. It never quotes the hash.
    pub async fn import_user(&self, email: &str, hash: &str) -> Result<User> {
        let email = Email::parse(email).ok_or_else(|| Error::config("that is no e-mail address"))?;
        let gate = self.gate();
        let mut new = NewUser::new(&email, gate.clock.now())?;
        let password = gate
            .passwords
            .admit(None)?
            .import(&gate.keys, hash, &new.handle)
            .await?;
        new.password = Some(password);
        self.datastore().create_user(new).await
    }

    /// Deactivates a user: he is signed out everywhere at once and cannot sign in. `false` when he was inactive.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn deactivate_user(&self, user: UserId) -> Result<bool> {
        self.datastore()
            .set_active(user, false, self.0.gate.clock.now())
            .await
    }

    /// Lets a deactivated user sign in again. `false` when he was active.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn activate_user(&self, user: UserId) -> Result<bool> {
        self.datastore()
            .set_active(user, true, self.0.gate.clock.now())
            .await
    }

    /// Signs a user out everywhere. `false` when there is no such user.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn sign_out_everywhere(&self, user: UserId) -> Result<bool> {
        let uniquifier = crate::crypto::random_hex32()?;
        self.datastore()
            .set_uniquifier(user, &uniquifier, self.0.gate.clock.now())
            .await
    }

    /// An auth token for a user, on the application's word that he asks for it (`get_auth_token` of the reference): what it
    /// says of him is [`Factor::Application`](crate::Factor::Application), just now.
    ///
    /// # Errors
    /// When [`Policy::augment_token`](crate::Policy::augment_token) fails, or puts in more than a token can hold.
    pub async fn auth_token(&self, user: &User) -> Result<String> {
        let at = self.0.gate.clock.now();
        let proof = Proof {
            factor: Factor::Application,
            at,
        };
        self.0.gate.issue_token(user, &[proof], at).await
    }

    /// The path of one of our pages (`"login"`, `"logout"`, `"register"`, `"verify"`, `"api_keys"`, `"refresh_tokens"`), the prefix included, with these
    /// query parameters; nothing when that feature is off (`url_for_security` of the reference).
    ///
    /// ```
    /// use rocket::{get, response::Redirect};
    /// use rocket_security::Security;
    ///
    /// #[get("/members")]
    /// fn members(security: &Security) -> Option<Redirect> {
    ///     Some(Redirect::found(security.url_for("login", &[("next", "/members/list?page=2")])?))
    /// }
    /// ```
    ///
    /// Where a `*_view` setting leads says [`Config::view`].
    pub fn url_for(&self, view: &str, params: &[(&str, &str)]) -> Option<String> {
        Some(with_query(&self.config().page(view)?, params))
    }

    /// The same as a whole URL, for a mail or another system. Its host is the first of `trusted_hosts`, by `https`; in
    /// development, where that may be empty, the address that Rocket listens on. What a request calls this application
    /// by plays no part: an attacker can write anything into `Host`.
    ///
    /// # Errors
    /// A configuration error when the settings do not say where the application lives.
    pub fn absolute_url_for(&self, view: &str, params: &[(&str, &str)]) -> Result<Option<String>> {
        let Some(origin) = &self.0.origin else {
            return Err(Error::config(
                "the host of this application is not known: write `trusted_hosts = [\"example.com\"]`",
            ));
        };
        let path = self.url_for(view, params);
        Ok(path.map(|path| format!("{origin}{path}")))
    }

    /// A message in the language of the log, for errors in-process.
    pub(crate) fn message(&self, message: Message, args: &[(&str, &str)]) -> String {
        self.catalog()
            .message(&self.catalog().negotiate(None), message, args)
    }

    pub(crate) fn password(&self, raw: &str) -> Password {
        Password::new(raw, self.config().password_normalize_form.into())
    }
}
