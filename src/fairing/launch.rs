use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rocket::figment::Figment;
use rocket::{Build, Rocket, Route};

use crate::config::{Config, Development, FOLDER, IdentityAttribute, make_folder};
use crate::crypto::{KeyRing, Keys, PasswordCost, PasswordQueue, Passwords};
use crate::error::{Error, Result};
use crate::fairing::{Setup, hints, mounts, routes, well_known};
use crate::gate::{self, Events, Gate, Identities};
use crate::model::role_of;
use crate::security::{Inner, Security};
use crate::store::pool::{self, PoolOptions, StorePool};
use crate::store::{Datastore, check_versions, rules};
use crate::text::{Catalog, Level, Message};
use crate::web::cookies::CookiePolicy;
use crate::web::origin::{Origin, Scheme};
use crate::web::views::Views;

/// Everything that was checked and is ready to be put into the rocket.
pub(super) struct Ready {
    security: Security,
    base: String,
    routes: Vec<Route>,
    /// Those that `url_prefix` does not move.
    at_root: Vec<Route>,
}

impl Ready {
    pub fn apply(self, rocket: Rocket<Build>) -> Rocket<Build> {
        let catchers = routes::catchers_where_none(&rocket);
        rocket
            .mount(self.base.as_str(), self.routes)
            .mount("/", self.at_root)
            .register("/", catchers)
            .manage(self.security)
    }
}

/// Reads, opens and checks all of it, in the order in which a mistake is cheapest to see.
pub(super) async fn launch(rocket: &Rocket<Build>, setup: Setup) -> Result<Ready> {
    if rocket.state::<Security>().is_some() {
        return Err(Error::config(
            "SecurityFairing is attached twice: remove one `.attach(SecurityFairing::new())`",
        ));
    }
    mounts::check(rocket, &setup)?;
    let figment = rocket.figment();
    let development = development(figment);
    let known: Vec<&str> = Message::ALL.iter().map(|message| message.key()).collect();
    let mut config = Config::from_figment(figment, development, &known)
        .map_err(|report| Error::config(report.to_string()))?;
    own_identities(&mut config, figment, &setup)?;
    let identities = Identities::new(&config, setup.identities.clone())?;
    let keys = keys(&config, development)?;

    check_scopes(&setup)?;

    #[cfg_attr(not(feature = "openapi"), allow(unused_mut))]
    let (mut routes, at_root) = match setup.mount {
        true => (routes::mounted(&config), well_known::routes(rocket, &config)?),
        false => (Vec::new(), Vec::new()),
    };
    let base = config
        .url_prefix
        .as_ref()
        .map_or_else(|| "/".to_owned(), |prefix| prefix.to_string());
    routes::check_collisions(rocket, &base, &routes)?;

    let store = open_store(rocket, &setup, config.migrate).await?;
    check_versions(store.as_ref())?;
    store.ping().await?;

    let mut messages = BTreeMap::new();
    for (key, message) in &config.messages {
        messages.insert(key.clone(), (message.text.clone(), message.level.map(level)));
    }
    let catalog = Catalog::new(&config.i18n_dirname, &messages)?;
    #[cfg(test)]
    let catalog = if setup.pseudo { Catalog::pseudo()? } else { catalog };
    setup.extensions.check(&config, &catalog)?;
    let views = Views::new(&own_templates(figment))?;

    hints::say(&mut config, &catalog, &views);
    let config = Arc::new(config);

    for template in [
        &config.login_user_template,
        &config.logout_user_template,
        &config.register_user_template,
        &config.verify_template,
        &config.api_keys_template,
    ] {
        if !views.has(template) {
            log::warn!(
                "rocket_security: the template {template} is no page of ours and no file in {}: only an engine of the \
                 application can have it",
                template_dir(figment).display()
            );
        }
    }

    let cost = PasswordCost {
        memory_kib: config.argon2_memory_kib,
        iterations: config.argon2_iterations,
        parallelism: config.argon2_parallelism,
    };
    let queue = PasswordQueue {
        threads: config.hash_threads,
        waiting: config.hash_queue,
        per_address: config.hash_queue_per_address,
    };
    let passwords = Passwords::with_foreign(cost, queue, config.foreign_hashes())?;
    let insecure_cookies = development.is_on() && !tls_enabled(figment);
    let cookies = CookiePolicy::new(&config, insecure_cookies);
    #[cfg(feature = "openapi")]
    crate::fairing::openapi::describe(&config, &setup.extensions, &cookies, &mut routes, &at_root)?;
    if !insecure_cookies && !tls_enabled(figment) && config.trusted_proxies.is_empty() {
        log::warn!(
            "rocket_security: the cookies are Secure, and there is neither TLS nor a proxy in `trusted_proxies`: over plain \
             http, browsers send them to localhost only"
        );
    }
    if !development.is_on() && !tls_enabled(figment) {
        log::info!(
            "rocket_security: Rocket's Shield sends Strict-Transport-Security by itself only where Rocket serves TLS; here \
             let the proxy send it, or enable `Hsts` on the Shield (docs/features/headers.md)"
        );
    }
    for notice in &config.notices {
        log::warn!("rocket_security: {notice}");
    }
    let origin = origin(&config, figment, development);
    let gate = Gate::new(gate::Parts {
        config,
        identities,
        keys,
        passwords,
        store,
        clock: setup.clock,
        events: Events::new(setup.events),
        policy: setup.policy,
        scopes: setup.scopes,
    });
    let security = Security::new(Inner {
        gate,
        catalog,
        views,
        cookies,
        extensions: setup.extensions,
        roles: setup.roles,
        handlers: setup.handlers,
        origin,
        app_templates: OnceLock::new(),
    });
    Ok(Ready {
        security,
        base,
        routes,
        at_root,
    })
}

/// Refuses scopes that no key can have.
fn check_scopes(setup: &Setup) -> Result<()> {
    if setup.scopes.len() > rules::SCOPES_MAX {
        return Err(Error::config(format!(
            "`SecurityFairing::api_key_scopes` was given {} scopes: a key can have {}",
            setup.scopes.len(),
            rules::SCOPES_MAX
        )));
    }
    for scope in &setup.scopes {
        rules::check_scope(scope)
            .map_err(|error| Error::config(format!("`SecurityFairing::api_key_scopes`: {error}")))?;
        if let (Some(role), Some(declared)) = (role_of(scope), &setup.roles)
            && !declared.contains(role)
        {
            let declared: Vec<_> = declared.iter().map(String::as_str).collect();
            return Err(Error::config(format!(
                "`SecurityFairing::api_key_scopes` was given {scope:?}, but the roles are: {}",
                declared.join(", ")
            )));
        }
    }
    Ok(())
}

/// Adds the application's own identity attributes to those of the settings, unless these were written. Before the user
/// name, which takes nearly everything: anybody may choose one that reads like somebody's number.
fn own_identities(config: &mut Config, figment: &Figment, setup: &Setup) -> Result<()> {
    let written = figment.find_value("security.user_identity_attributes").is_ok();
    let attributes = &mut config.user_identity_attributes;
    for name in setup.identities.keys() {
        match IdentityAttribute::named(name) {
            Some(own @ IdentityAttribute::Own(_)) if !written => {
                let names = attributes
                    .iter()
                    .position(|it| *it == IdentityAttribute::Username);
                attributes.insert(names.unwrap_or(attributes.len()), own);
            }
            Some(IdentityAttribute::Own(_)) => {}
            _ => {
                return Err(Error::config(format!(
                    "`SecurityFairing::identity` was given the name {name:?}: write up to 64 lower-case letters, digits \
                     and underscores, and none of \"email\", \"username\", \"us_phone_number\""
                )));
            }
        }
    }
    Ok(())
}

/// Debug build, profile `debug` and a loopback address, all three; everything else is strict.
fn development(figment: &Figment) -> Development {
    // An address that cannot be read stops Rocket itself; until then it counts as public.
    let address = figment
        .extract_inner("address")
        .unwrap_or(std::net::IpAddr::from([0, 0, 0, 0]));
    Development::detect(figment.profile(), address, cfg!(debug_assertions))
}

/// Where this application lives: at the first of the trusted hosts, by TLS; in development where Rocket listens.
fn origin(config: &Config, figment: &Figment, development: Development) -> Option<Origin> {
    let secure = tls_enabled(figment) || !development.is_on();
    let scheme = if secure { Scheme::Https } else { Scheme::Http };
    if let Some(host) = config.trusted_hosts.first() {
        return Origin::new(scheme, host);
    }
    let address: std::net::IpAddr = figment.extract_inner("address").ok()?;
    let port: u16 = figment.extract_inner("port").ok()?;
    match development.is_on() {
        true => Origin::new(scheme, &std::net::SocketAddr::new(address, port).to_string()),
        false => None,
    }
}

fn tls_enabled(figment: &Figment) -> bool {
    figment.find_value("tls").is_ok()
}

/// The rings from the settings; in development, where nothing is set, from a file that only this machine has.
fn keys(config: &Config, development: Development) -> Result<Keys> {
    let expose = |keys: &[crate::config::SecretText]| -> Vec<String> {
        keys.iter().map(|key| key.expose_secret().to_owned()).collect()
    };
    let (mut secret, mut data) = (expose(&config.secret_keys), expose(&config.data_keys));
    if development.is_on() && (secret.is_empty() || data.is_empty()) {
        let made = crate::config::dev_keys(Path::new("."))?;
        if made.made {
            log::warn!(
                "rocket_security: made keys for development in {}",
                made.path.display()
            );
        }
        if secret.is_empty() {
            secret.push(made.secret.expose_secret().to_owned());
        }
        if data.is_empty() {
            data.push(made.data.expose_secret().to_owned());
        }
    }
    Keys::new(ring("secret_keys", &secret)?, ring("data_keys", &data)?)
}

/// The ring of a setting; what is wrong with a key is told with the setting's name.
fn ring(setting: &str, secrets: &[String]) -> Result<KeyRing> {
    KeyRing::new(secrets).map_err(|error| Error::config(format!("`{setting}`: {error}")))
}

fn level(level: crate::config::MessageLevel) -> Level {
    match level {
        crate::config::MessageLevel::Error => Level::Error,
        crate::config::MessageLevel::Info => Level::Info,
        crate::config::MessageLevel::Success => Level::Success,
    }
}

async fn open_store(rocket: &Rocket<Build>, setup: &Setup, migrate: bool) -> Result<Arc<dyn Datastore>> {
    if let Some(open) = &setup.open_store {
        return open(rocket, migrate).await;
    }
    let figment = match rocket.figment().find_value("databases.security") {
        Ok(_) => rocket.figment().focus("databases.security"),
        Err(_) => {
            // Accounts must not land in somebody's repository, nor before other users' eyes.
            make_folder(Path::new(FOLDER)).map_err(|error| {
                Error::config(format!("the folder {FOLDER} for the default database cannot be made; write `databases.security.url`"))
                    .with_source(error)
            })?;
            Figment::from(("url", format!("sqlite:{FOLDER}/security.sqlite")))
        }
    };
    let (url, options) = PoolOptions::from_figment(&figment)?;
    let pool = pool::open(&url, options).await?;
    prepare(pool.as_ref(), migrate).await
}

/// Brings the tables up to date, or makes sure that somebody has.
pub(super) async fn prepare(pool: &dyn StorePool, migrate: bool) -> Result<Arc<dyn Datastore>> {
    if migrate {
        for step in pool.migrate().await? {
            log::info!("rocket_security: the tables were brought up to {step}");
        }
    } else {
        let pending = pool.pending().await?;
        if !pending.is_empty() {
            return Err(Error::config(format!(
                "the library's tables lack {}: run the migrations, or write `migrate = true`",
                pending.join(", ")
            )));
        }
    }
    pool.store()
}

/// The same, unless it is the folder of our own sources: an example that runs in this repository replaces nothing.
fn own_templates(figment: &Figment) -> PathBuf {
    let folder = template_dir(figment);
    #[cfg(debug_assertions)]
    {
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        if folder.canonicalize().is_ok_and(|folder| folder == ours) {
            return ours.join("no-overrides");
        }
    }
    folder
}

/// Where the application keeps its templates: what `rocket_dyn_templates` would read, so that ours lie beside them.
fn template_dir(figment: &Figment) -> PathBuf {
    figment
        .extract_inner::<rocket::figment::value::magic::RelativePathBuf>("template_dir")
        .map(|path| path.relative())
        .unwrap_or_else(|_| PathBuf::from("templates"))
}
