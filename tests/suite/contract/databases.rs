//! A migrated database for one test, on each server that there is.

use rocket::tokio::runtime::Runtime;
use rocket_security::db::{PoolOptions, open};

pub struct Database {
    pub name: &'static str,
    pub url: String,
    _folder: Option<tempfile::TempDir>,
    /// The server's own URL and the statement that removes the database.
    #[allow(dead_code)]
    cleanup: Option<(String, String)>,
}

impl Drop for Database {
    fn drop(&mut self) {
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        if let Some((server, statement)) = self.cleanup.take() {
            Runtime::new()
                .unwrap()
                .block_on(servers::run(&server, &statement));
        }
    }
}

pub fn all() -> Vec<Database> {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("contract.sqlite").display());
    #[allow(unused_mut)]
    let mut all = vec![Database {
        name: "SQLite",
        url,
        _folder: Some(folder),
        cleanup: None,
    }];
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    all.extend(servers::databases());
    Runtime::new().unwrap().block_on(async {
        for database in &all {
            let pool = open(&database.url, PoolOptions::default()).await.unwrap();
            pool.migrate().await.unwrap();
        }
    });
    all
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
mod servers {
    use std::sync::atomic::{AtomicU32, Ordering};

    use diesel_async::SimpleAsyncConnection;

    use super::*;

    pub fn databases() -> Vec<Database> {
        let mut all = Vec::new();
        #[cfg(feature = "postgres")]
        all.extend(database(
            "PostgreSQL",
            "SECURITY_TEST_POSTGRES_URL",
            " WITH (FORCE)",
        ));
        #[cfg(feature = "mysql")]
        all.extend(database("MySQL", "SECURITY_TEST_MYSQL_URL", ""));
        all
    }

    fn database(name: &'static str, variable: &str, force: &str) -> Option<Database> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var(variable) else {
            eprintln!("{variable} is not set: {name} was not tested");
            return None;
        };
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let own = format!("security_contract_{}_{number}", std::process::id());
        Runtime::new()
            .unwrap()
            .block_on(run(&server, &format!("CREATE DATABASE {own}")));
        let mut url = url::Url::parse(&server).unwrap();
        url.set_path(&own);
        Some(Database {
            name,
            url: url.to_string(),
            _folder: None,
            cleanup: Some((server, format!("DROP DATABASE {own}{force}"))),
        })
    }

    pub async fn run(server: &str, statement: &str) {
        #[cfg(feature = "postgres")]
        if server.starts_with("postgres") {
            let pool = rocket_security::db::PostgresPool::open(server, PoolOptions::default()).unwrap();
            let mut connection = pool.connection().await.unwrap();
            return connection.batch_execute(statement).await.unwrap();
        }
        #[cfg(feature = "mysql")]
        {
            let pool = rocket_security::db::MySqlPool::open(server, PoolOptions::default()).unwrap();
            let mut connection = pool.connection().await.unwrap();
            connection.batch_execute(statement).await.unwrap();
        }
    }
}
