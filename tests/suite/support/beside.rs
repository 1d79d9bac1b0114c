//! A second way into the database of a test, past the library: to look at what it wrote, and to stand in its way.

use diesel::QueryResult;
use diesel::sql_types::BigInt;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use rocket_db_pools::Pool;
use rocket_security::db::{self, PoolOptions};
use rocket_security::testing::App;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
    MySql,
}

impl Kind {
    pub fn of(url: &str) -> Self {
        match url {
            url if url.starts_with("postgres") => Kind::Postgres,
            url if url.starts_with("mysql") => Kind::MySql,
            _ => Kind::Sqlite,
        }
    }
}

/// Whether the test may go on: one about SQLite alone says so where the suite runs on a server.
pub fn is_sqlite(app: &App, test: &str) -> bool {
    let is = Kind::of(app.database_url()) == Kind::Sqlite;
    if !is {
        eprintln!("skipped: {test} is about SQLite");
    }
    is
}

/// How many statements read a session and its user: SQLite is asked twice, inline; a server once.
pub fn session_reads(app: &App) -> u64 {
    match Kind::of(app.database_url()) {
        Kind::Sqlite => 2,
        _ => 1,
    }
}

// One at a time, in a test: its size does not matter.
#[allow(clippy::large_enum_variant)]
enum Connection {
    Sqlite(<db::SqlitePool as Pool>::Connection),
    #[cfg(feature = "postgres")]
    Postgres(<db::PostgresPool as Pool>::Connection),
    #[cfg(feature = "mysql")]
    MySql(<db::MySqlPool as Pool>::Connection),
}

/// Runs the same on whichever connection it is.
macro_rules! on {
    ($connection:expr, $name:ident => $run:expr) => {
        match $connection {
            Connection::Sqlite($name) => $run,
            #[cfg(feature = "postgres")]
            Connection::Postgres($name) => $run,
            #[cfg(feature = "mysql")]
            Connection::MySql($name) => $run,
        }
    };
}

pub struct Beside {
    connection: Connection,
    kind: Kind,
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

impl Beside {
    pub async fn of(app: &App) -> Self {
        Self::at(app.database_url()).await
    }

    pub async fn at(url: &str) -> Self {
        let mut options = PoolOptions::default();
        options.max_connections = 1;
        let kind = Kind::of(url);
        let connection = match kind {
            #[cfg(feature = "postgres")]
            Kind::Postgres => {
                let pool = db::PostgresPool::open(url, options).expect("a pool");
                Connection::Postgres(pool.get().await.expect("a connection"))
            }
            #[cfg(feature = "mysql")]
            Kind::MySql => {
                let pool = db::MySqlPool::open(url, options).expect("a pool");
                Connection::MySql(pool.get().await.expect("a connection"))
            }
            _ => {
                let pool = db::SqlitePool::open(url, options).expect("a pool");
                Connection::Sqlite(pool.get().await.expect("a connection"))
            }
        };
        Beside { connection, kind }
    }

    pub async fn attempt(&mut self, sql: &str) -> QueryResult<()> {
        on!(&mut self.connection, connection => connection.batch_execute(sql).await)
    }

    pub async fn run(&mut self, sql: &str) {
        self.attempt(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The column `n` of the only row.
    pub async fn number(&mut self, sql: &str) -> i64 {
        let query = diesel::sql_query(sql);
        let row: QueryResult<Row> =
            on!(&mut self.connection, connection => query.get_result(&mut ***connection).await);
        row.unwrap_or_else(|error| panic!("{sql}: {error}")).n
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Ends the connections to this database that wait for a lock.
    pub async fn kill_who_waits(&mut self) {
        match self.kind {
            Kind::Sqlite => unreachable!("there is nobody to kill"),
            Kind::Postgres => {
                let killed = "SELECT COUNT(pg_terminate_backend(pid)) AS n FROM pg_stat_activity
                              WHERE datname = current_database() AND wait_event_type = 'Lock'";
                assert!(self.number(killed).await > 0, "nobody waits");
            }
            Kind::MySql => {
                let waits = "SELECT COALESCE(MAX(id), 0) AS n FROM information_schema.processlist
                             WHERE db = DATABASE() AND command <> 'Sleep' AND id <> CONNECTION_ID()";
                let id = self.number(waits).await;
                assert!(id > 0, "nobody waits");
                self.run(&format!("KILL {id}")).await;
            }
        }
    }

    /// Ends all connections to this database but this one.
    pub async fn kill_all_others(&mut self) {
        match self.kind {
            Kind::Sqlite => unreachable!("there is nobody to kill"),
            Kind::Postgres => {
                self.run(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE datname = current_database() AND pid <> pg_backend_pid()",
                )
                .await;
            }
            Kind::MySql => {
                let other = "SELECT COALESCE(MAX(id), 0) AS n FROM information_schema.processlist
                             WHERE db = DATABASE() AND command <> 'Killed' AND id <> CONNECTION_ID()";
                while let id @ 1.. = self.number(other).await {
                    // It may be gone already.
                    let _ = self.attempt(&format!("KILL {id}")).await;
                }
            }
        }
    }

    /// Takes a table away, whatever refers to it.
    pub async fn drop_table(&mut self, table: &str) {
        let cascade = match self.kind {
            Kind::Sqlite => {
                self.run("PRAGMA foreign_keys = OFF").await;
                ""
            }
            Kind::Postgres => "CASCADE",
            Kind::MySql => {
                self.run("SET FOREIGN_KEY_CHECKS = 0").await;
                ""
            }
        };
        self.run(&format!("DROP TABLE {table} {cascade}")).await;
    }
}

/// The same for tests that do not await here: on a thread of its own.
fn aside<T: Send + 'static>(app: &App, work: impl AsyncFnOnce(Beside) -> T + Send + 'static) -> T {
    let url = app.database_url().to_owned();
    let thread = std::thread::spawn(move || {
        let runtime = rocket::tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async move { work(Beside::at(&url).await).await })
    });
    thread.join().expect("the database answers")
}

/// A number from the database of the test, such as a count: the column `n` of the only row.
pub fn number(app: &App, sql: &str) -> i64 {
    let sql = sql.to_owned();
    aside(app, async move |mut beside: Beside| beside.number(&sql).await)
}

/// Runs a statement on the database of the test.
pub fn run(app: &App, sql: &str) {
    let sql = sql.to_owned();
    aside(app, async move |mut beside: Beside| beside.run(&sql).await);
}

/// Takes a table away, whatever refers to it.
pub fn drop_table(app: &App, table: &str) {
    let table = table.to_owned();
    aside(app, async move |mut beside: Beside| {
        beside.drop_table(&table).await
    });
}
