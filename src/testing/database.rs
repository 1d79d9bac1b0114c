use std::path::Path;

/// The database of one test; it goes when this value is dropped.
pub(super) struct Database {
    url: String,
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    server: Option<server::Guest>,
}

impl Database {
    /// An SQLite file in the folder, unless `SECURITY_TEST_DATABASE` asks for a server.
    pub(super) fn new(folder: &Path) -> Self {
        match std::env::var("SECURITY_TEST_DATABASE").as_deref() {
            Err(_) | Ok("" | "sqlite") => Database {
                url: format!("sqlite:{}", folder.join("test.sqlite").display()),
                #[cfg(any(feature = "postgres", feature = "mysql"))]
                server: None,
            },
            Ok(name) => on_server(name),
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Whether it is a server's; such a test keeps few connections, for many run at once.
    pub(super) fn is_served(&self) -> bool {
        !self.url.starts_with("sqlite:")
    }
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn on_server(name: &str) -> Database {
    let guest = server::Guest::on(name);
    Database {
        url: guest.url(),
        server: Some(guest),
    }
}

/// A wrong word must not make the tests run on SQLite, nor pass without running.
#[allow(clippy::panic)]
#[cfg(not(any(feature = "postgres", feature = "mysql")))]
fn on_server(name: &str) -> Database {
    panic!("SECURITY_TEST_DATABASE is {name:?}, and this build has no such database");
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
impl Drop for Database {
    fn drop(&mut self) {
        if let Some(guest) = self.server.take() {
            guest.leave();
        }
    }
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server {
    use diesel_async::SimpleAsyncConnection;

    use crate::crypto::random_hex32;
    use crate::error::{Error, Result};
    #[cfg(feature = "mysql")]
    use crate::store::pool::MySqlPool;
    use crate::store::pool::PoolOptions;
    #[cfg(feature = "postgres")]
    use crate::store::pool::PostgresPool;

    /// A database on somebody's server.
    pub(super) struct Guest {
        is_postgres: bool,
        admin: url::Url,
        name: String,
    }

    impl Guest {
        /// Makes it on the server that the environment names.
        #[allow(clippy::panic)]
        pub(super) fn on(name: &str) -> Self {
            match Self::make(name) {
                Ok(guest) => guest,
                // The test cannot go on, and there is nobody to give an error to.
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    panic!("no database for this test: {error} {}", cause.unwrap_or_default())
                }
            }
        }

        fn make(name: &str) -> Result<Self> {
            let (is_postgres, variable) = match name {
                "postgres" if cfg!(feature = "postgres") => (true, "SECURITY_TEST_POSTGRES_URL"),
                "mysql" if cfg!(feature = "mysql") => (false, "SECURITY_TEST_MYSQL_URL"),
                _ => {
                    return Err(Error::config(format!(
                        "SECURITY_TEST_DATABASE is {name:?}: it is \"sqlite\", \"postgres\" or \"mysql\", and the build needs \
                         the feature of that name"
                    )));
                }
            };
            let admin = std::env::var(variable)
                .ok()
                .and_then(|url| url::Url::parse(&url).ok())
                .ok_or_else(|| {
                    Error::config(format!(
                        "SECURITY_TEST_DATABASE is {name:?}, so {variable} has to be the URL of somebody who may create \
                         databases there"
                    ))
                })?;
            let guest = Guest {
                is_postgres,
                admin,
                name: format!("security_test_{}", random_hex32()?),
            };
            guest.run(format!("CREATE DATABASE {}", guest.name))?;
            Ok(guest)
        }

        /// Its URL.
        pub(super) fn url(&self) -> String {
            let mut url = self.admin.clone();
            url.set_path(&self.name);
            url.to_string()
        }

        /// Takes it away with all that is in it. Connections that a test forgot do not keep it.
        pub(super) fn leave(self) {
            let force = if self.is_postgres { " WITH (FORCE)" } else { "" };
            if let Err(error) = self.run(format!("DROP DATABASE IF EXISTS {}{force}", self.name)) {
                eprintln!(
                    "the database {} of a test could not be dropped: {error}",
                    self.name
                );
            }
        }

        /// On a thread of its own: a test makes its surroundings inside of its runtime, and may have none.
        fn run(&self, statement: String) -> Result<()> {
            let (is_postgres, url) = (self.is_postgres, self.admin.to_string());
            let work = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .map_err(|error| {
                        Error::internal("no runtime for the database of a test").with_source(error)
                    })?;
                runtime.block_on(execute(is_postgres, &url, &statement))
            });
            match work.join() {
                Ok(outcome) => outcome,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    }

    async fn execute(is_postgres: bool, url: &str, statement: &str) -> Result<()> {
        let options = PoolOptions {
            max_connections: 1,
            connect_timeout: std::time::Duration::from_secs(60),
            ..PoolOptions::default()
        };
        let done = match is_postgres {
            #[cfg(feature = "postgres")]
            true => {
                let pool = PostgresPool::open(url, options)?;
                pool.connection().await?.batch_execute(statement).await
            }
            #[cfg(feature = "mysql")]
            false => {
                let pool = MySqlPool::open(url, options)?;
                pool.connection().await?.batch_execute(statement).await
            }
            #[allow(unreachable_patterns)]
            _ => Ok(()),
        };
        done.map_err(|error| Error::internal(format!("the server refused {statement:?}: {error}")))
    }
}
