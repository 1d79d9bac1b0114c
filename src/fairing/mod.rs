//! [`SecurityFairing`]: one line that attaches all of it.
//!
//! It works in two phases. The first, when Rocket asks it, only attaches the second; that one therefore runs after
//! everything that the application attached, and sees its databases, catchers and mounts, in whatever order they
//! were attached. The second reads the configuration, opens the store, checks, mounts and registers. Whatever is
//! wrong stops the launch with a report that says what to write.

mod extend;
mod handlers;
mod hints;
mod launch;
mod mounts;
#[cfg(feature = "openapi")]
mod openapi;
mod routes;
mod well_known;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use rocket::fairing::{Fairing, Info, Kind, Result as FairingResult};
use rocket::futures::future::BoxFuture;
use rocket::{Build, Request, Response, Rocket};
use rocket_db_pools::Database;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::gate::Mapper;
use crate::guards::RoleSet;
use crate::model::Event;
use crate::policy::{Defaults, Policy};
use crate::security::Security;
use crate::store::Datastore;
use crate::store::pool::StorePool;
use crate::web::extend::Extensions;
use crate::web::handlers::Handlers;
use crate::web::headers;
use crate::web::visit::{self, Visit};

type EventHandler = Arc<dyn Fn(&Event) + Send + Sync>;
type OpenStore =
    Box<dyn for<'a> Fn(&'a Rocket<Build>, bool) -> BoxFuture<'a, Result<Arc<dyn Datastore>>> + Send + Sync>;

/// Attaches accounts to a Rocket application.
///
/// ```no_run
/// use rocket::{get, launch, routes};
/// use rocket_security::{AuthUser, SecurityFairing};
///
/// #[get("/profile")]
/// fn profile(user: AuthUser) -> String {
///     format!("hello {}", user.email)
/// }
///
/// #[launch]
/// fn rocket() -> _ {
///     rocket::build().attach(SecurityFairing::new()).mount("/", routes![profile])
/// }
/// ```
///
/// Settings are read from `[default.security]` of `Rocket.toml` (or `ROCKET_SECURITY={…}`); `docs/settings.md` lists
/// them.
#[must_use = "attach it to the rocket"]
pub struct SecurityFairing(Mutex<Option<Setup>>);

/// What the application said on the builder.
pub(crate) struct Setup {
    open_store: Option<OpenStore>,
    roles: Option<BTreeSet<String>>,
    scopes: BTreeSet<String>,
    events: Vec<EventHandler>,
    identities: BTreeMap<String, Mapper>,
    policy: Arc<dyn Policy>,
    handlers: Handlers,
    extensions: Extensions,
    clock: Clock,
    mount: bool,
    deny_by_default: bool,
    /// Whether every text is marked, so that a test sees those that are not of the catalogue.
    #[cfg(test)]
    pseudo: bool,
}

impl SecurityFairing {
    /// With an own pool on the database of `databases.security.url`, or an SQLite file in `.rocket_security/` when
    /// there is none.
    pub fn new() -> Self {
        SecurityFairing(Mutex::new(Some(Setup {
            open_store: None,
            roles: None,
            scopes: BTreeSet::new(),
            events: Vec::new(),
            identities: BTreeMap::new(),
            policy: Arc::new(Defaults),
            handlers: Handlers::default(),
            extensions: Extensions::default(),
            clock: Clock::system(),
            mount: true,
            deny_by_default: false,
            #[cfg(test)]
            pseudo: false,
        })))
    }

    /// Uses a pool that the application has already: a `rocket_db_pools` database over one of our pools
    /// (`rocket_security::db`). Attach its `init()` before or after, as you like.
    ///
    /// ```no_run
    /// # #[cfg(feature = "sqlite")] {
    /// use rocket_db_pools::Database;
    /// use rocket_security::{SecurityFairing, db::SqlitePool};
    ///
    /// #[derive(Database)]
    /// #[database("app")]
    /// struct Db(SqlitePool);
    ///
    /// let rocket = rocket::build().attach(Db::init()).attach(SecurityFairing::new().database::<Db>());
    /// # }
    /// ```
    pub fn database<D>(self) -> Self
    where
        D: Database,
        D::Pool: StorePool,
    {
        self.with(|setup| {
            setup.open_store = Some(Box::new(|rocket, migrate| {
                Box::pin(shared_store::<D>(rocket, migrate))
            }))
        })
    }

    /// Keeps accounts in a store of the application's own; `docs/datastores.md` says how to write one. `databases` and
    /// `migrate` then mean nothing to the library. The last of `datastore`, `datastore_with` and `database` counts.
    pub fn datastore(self, store: impl Datastore + 'static) -> Self {
        let store: Arc<dyn Datastore> = Arc::new(store);
        self.datastore_with(move |_| {
            let store = store.clone();
            Box::pin(async move { Ok(store) })
        })
    }

    /// The same for a store that has to be opened first. `open` runs at launch, after everything that the application
    /// attached, and sees the settings and the managed state of the rocket; its error stops the launch.
    ///
    /// ```no_run
    /// use std::sync::Arc;
    /// use rocket_security::{Error, SecurityFairing, store::Datastore};
    /// # async fn open(url: &str) -> Result<Arc<dyn Datastore>, Error> { Err(Error::unavailable(url)) }
    ///
    /// let fairing = SecurityFairing::new().datastore_with(|rocket| {
    ///     Box::pin(async move {
    ///         let url: String = rocket
    ///             .figment()
    ///             .extract_inner("accounts.url")
    ///             .map_err(|error| Error::invalid("`accounts.url` is missing").caused_by(error))?;
    ///         open(&url).await
    ///     })
    /// });
    /// ```
    pub fn datastore_with<F>(self, open: F) -> Self
    where
        F: for<'a> Fn(&'a Rocket<Build>) -> BoxFuture<'a, Result<Arc<dyn Datastore>>> + Send + Sync + 'static,
    {
        self.with(|setup| setup.open_store = Some(Box::new(move |rocket, _| open(rocket))))
    }

    /// Declares the roles that exist. A route that asks for another one then stops the launch, so that a
    /// misspelt role cannot keep everybody out, or let everybody wonder.
    ///
    /// ```
    /// use rocket_security::{SecurityFairing, roles};
    ///
    /// roles! {
    ///     /// May do everything.
    ///     pub Admin = "admin";
    ///     /// May write.
    ///     pub Editor = "editor";
    /// }
    ///
    /// let fairing = SecurityFairing::new().roles::<(Admin, Editor)>();
    /// ```
    pub fn roles<S: RoleSet>(self) -> Self {
        self.with(|setup| {
            setup
                .roles
                .get_or_insert_default()
                .extend(S::NAMES.iter().map(|name| (*name).to_owned()))
        })
    }

    /// Declares the scopes that API keys may have: permissions, roles as `role:<name>`, and words of the application's own.
    /// The page for keys offers them, and no key is made with another. May be given more than once.
    ///
    /// ```
    /// use rocket_security::SecurityFairing;
    ///
    /// let fairing = SecurityFairing::new().api_key_scopes(["read", "write", "role:editor"]);
    /// ```
    ///
    /// A scope is 1 to 100 characters without white space around them; another stops the launch, and so does a role that
    /// the fairing was told does not exist. [`ApiKey`](crate::ApiKey) says what a key may with its scopes.
    pub fn api_key_scopes<S: Into<String>>(self, scopes: impl IntoIterator<Item = S>) -> Self {
        let scopes: Vec<String> = scopes.into_iter().map(Into::into).collect();
        self.with(|setup| setup.scopes.extend(scopes))
    }

    /// Lets users be known by an attribute of the application's own, such as a staff number. `mapper` brings what somebody
    /// typed into the one form that is unique, or says by `None` that it is no such thing. In the sign-in form the mappers
    /// are asked in the order of `user_identity_attributes`, and the first that takes what was typed decides.
    ///
    /// ```
    /// use rocket_security::SecurityFairing;
    ///
    /// let fairing = SecurityFairing::new().identity("staff_number", |typed| {
    ///     let digits = typed.strip_prefix("S-")?;
    ///     digits.parse::<u32>().ok().map(|number| format!("S-{number:06}"))
    /// });
    /// ```
    ///
    /// [`Security::set_identity`] gives a user a value of it. A name is up to 64 lower-case letters, digits and
    /// underscores; another stops the launch.
    pub fn identity(
        self,
        name: impl Into<String>,
        mapper: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let name = name.into();
        self.with(|setup| {
            setup.identities.insert(name, Arc::new(mapper));
        })
    }

    /// Decides by `policy` what is the application's to decide: see [`Policy`].
    pub fn policy(self, policy: impl Policy) -> Self {
        self.with(|setup| setup.policy = Arc::new(policy))
    }

    /// Calls `handler` for every event, in line with the request: keep it short. May be given more than once.
    pub fn on_event(self, handler: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.with(|setup| setup.events.push(Arc::new(handler)))
    }

    /// Mounts no pages and no endpoints; guards, state and catchers stay.
    pub fn without_routes(self) -> Self {
        self.with(|setup| setup.mount = false)
    }

    /// Stops the launch when the application mounts a route of which nobody has said who may come: one that is neither
    /// [`Protected`](crate::Protected) nor [`Public`](crate::Public). The report lists each of them.
    ///
    /// Rocket tells nobody which guards a handler has, so a route with a guard of its own is to be named too:
    /// `Protected::new(routes![admin]).require::<AuthUser>()`. What another fairing mounts after ours has looked, in
    /// an `on_ignite` that was attached from another `on_ignite`, is not seen.
    ///
    /// ```
    /// # #[macro_use] extern crate rocket;
    /// use rocket_security::{AuthUser, Protected, Public, SecurityFairing};
    ///
    /// #[get("/")]
    /// fn index() -> &'static str { "hello" }
    ///
    /// #[get("/profile")]
    /// fn profile(user: AuthUser) -> String { user.email.clone() }
    ///
    /// let rocket = rocket::build()
    ///     .attach(SecurityFairing::new().deny_by_default())
    ///     .mount("/", Public::new(routes![index]))
    ///     .mount("/", Protected::new(routes![profile]).require::<AuthUser>());
    /// # let _ = rocket;
    /// ```
    pub fn deny_by_default(self) -> Self {
        self.with(|setup| setup.deny_by_default = true)
    }

    /// Takes the time from `clock`, so that tests of expiry need not sleep.
    #[cfg(any(test, feature = "testing"))]
    pub fn clock(self, clock: Clock) -> Self {
        self.with(|setup| setup.clock = clock)
    }

    #[cfg(test)]
    pub(crate) fn pseudo_texts(self) -> Self {
        self.with(|setup| setup.pseudo = true)
    }

    fn with(self, change: impl FnOnce(&mut Setup)) -> Self {
        if let Some(setup) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            change(setup);
        }
        self
    }
}

impl Default for SecurityFairing {
    fn default() -> Self {
        Self::new()
    }
}

/// The store on the application's own pool.
async fn shared_store<D>(rocket: &Rocket<Build>, migrate: bool) -> Result<Arc<dyn Datastore>>
where
    D: Database,
    D::Pool: StorePool,
{
    // Not `D::fetch`, which logs an error of its own where there is none.
    let Some(db) = rocket.state::<D>() else {
        return Err(Error::config(format!(
            "the database {:?} is given to SecurityFairing, but not attached, or its server did not answer: add \
             `.attach(Db::init())` to the rocket and check `databases.{}.url`",
            D::NAME,
            D::NAME,
        )));
    };
    let pool: &D::Pool = db;
    launch::prepare(pool, migrate).await
}

#[rocket::async_trait]
impl Fairing for SecurityFairing {
    fn info(&self) -> Info {
        Info {
            name: "Security",
            kind: Kind::Ignite,
        }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> FairingResult {
        let setup = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match setup {
            Some(setup) => Ok(rocket.attach(Launch(Mutex::new(Some(setup))))),
            None => Err(rocket),
        }
    }
}

/// The second phase.
struct Launch(Mutex<Option<Setup>>);

#[rocket::async_trait]
impl Fairing for Launch {
    fn info(&self) -> Info {
        Info {
            name: "Security (launch)",
            kind: Kind::Ignite | Kind::Response,
        }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> FairingResult {
        let setup = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(setup) = setup else { return Err(rocket) };
        match launch::launch(&rocket, setup).await {
            Ok(ready) => Ok(ready.apply(rocket)),
            Err(error) => {
                // Printed rather than logged: at `log_level = "critical"` the launch would stop without a word.
                eprintln!("rocket_security stopped the launch.\n{error}");
                let mut source = std::error::Error::source(&error);
                while let Some(cause) = source {
                    eprintln!("  caused by: {cause}");
                    source = cause.source();
                }
                Err(rocket)
            }
        }
    }

    async fn on_response<'r>(&self, req: &'r Request<'_>, response: &mut Response<'r>) {
        let Some(security) = req.rocket().state::<Security>() else {
            return;
        };
        let visit = Visit::of(req);
        let mut ours = false;
        match visit::set_cookies(req, visit, security) {
            Ok(cookies) => {
                ours = !cookies.is_empty();
                for cookie in cookies {
                    response.adjoin_header(cookie);
                }
            }
            Err(error) => log::error!("the cookies of an answer could not be made: {error}"),
        }
        crate::web::refusal::tell(req, visit, response.status());
        headers::finish(req, visit, security, response, ours);
    }
}
