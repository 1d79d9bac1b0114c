use std::path::Path;
use std::time::Duration;

use rocket::figment::Figment;
use rocket::{Build, Rocket};

use crate::clock::Clock;
use crate::fairing::SecurityFairing;
use crate::model::Timestamp;
use crate::testing::database::Database;

/// A throw-away surrounding for a test: a folder with an SQLite file, keys, cheap hashes, and a clock that stands
/// still. All of it goes when this value is dropped, so keep it as long as the client.
///
/// With `SECURITY_TEST_DATABASE=postgres` (or `mysql`) in the environment it makes a database of its own on the server of
/// `SECURITY_TEST_POSTGRES_URL` (or `SECURITY_TEST_MYSQL_URL`), which must be the URL of a user who may create databases,
/// and drops it in the end: the same tests, on what runs in production.
pub struct App {
    // Named first, so that it is dropped before the folder that may hold it.
    database: Database,
    folder: tempfile::TempDir,
    clock: Clock,
    figment: Figment,
}

/// The moment at which a test's clock stands: 2026-01-01T12:00:00Z.
const NOON: Timestamp = Timestamp::from_millis(1_767_268_800_000);

impl App {
    /// With the default settings, but hashes that take a millisecond. `Rocket.toml` is not read: say what the test needs
    /// by [`App::set`], `("template_dir", "templates")` too when the application has templates of its own.
    ///
    /// # Panics
    /// When no temporary folder can be made, or no database where `SECURITY_TEST_DATABASE` wants it.
    #[allow(clippy::new_without_default, clippy::expect_used)]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder for the test");
        let database = Database::new(folder.path());
        let figment = Figment::from(rocket::Config {
            log_level: rocket::config::LogLevel::Off,
            ..rocket::Config::debug_default()
        })
        .merge(("databases.security.url", database.url()))
        // A machine that builds and tests at once keeps a disk waiting; that is not what a test looks at.
        .merge(("databases.security.connect_timeout", 30))
        .merge(("template_dir", folder.path().join("templates")))
        .merge((
            "security.i18n_dirname",
            folder.path().join("locales").display().to_string(),
        ))
        .merge((
            "security.secret_keys",
            ["a secret key for tests that is long enough, one"],
        ))
        .merge((
            "security.data_keys",
            ["a data key for tests that is long enough, two"],
        ))
        .merge(("security.argon2_memory_kib", 64))
        .merge(("security.argon2_iterations", 1))
        .merge(("security.accepted_risks", ["argon2_memory_kib"]));
        let figment = match database.is_served() {
            true => figment.merge(("databases.security.max_connections", 4)),
            false => figment,
        };
        App {
            database,
            folder,
            clock: Clock::fixed(NOON),
            figment,
        }
    }

    /// With another value of a setting, such as `("security.registerable", true)`.
    pub fn set(mut self, key: &str, value: impl serde::Serialize) -> Self {
        self.figment = self.figment.merge((key, value));
        self
    }

    /// The URL of the test's database.
    pub fn database_url(&self) -> &str {
        self.database.url()
    }

    /// The folder that goes with the test; `templates` and `locales` in it are read as the application's own.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The clock that the library reads.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// The configuration, for an application that builds its own rocket.
    pub fn figment(&self) -> Figment {
        self.figment.clone()
    }

    /// A rocket with the fairing attached, which `setup` may change first.
    pub fn rocket(&self, setup: impl FnOnce(SecurityFairing) -> SecurityFairing) -> Rocket<Build> {
        rocket::custom(self.figment()).attach(setup(SecurityFairing::new().clock(self.clock.clone())))
    }
}
