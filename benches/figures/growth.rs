//! The queries of a request, with a thousand users in the tables, and with a million.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rocket::tokio::runtime::{Builder, Runtime};
use rocket_security::Clock;
use rocket_security::store::SessionHash;
use rocket_security::store::{Datastore, Identity};

use crate::Plan;
use crate::report::{Verdict, median, ratio, table};

/// Who comes in a measurement: so many users, spread over all there are.
const VISITORS: u32 = 1000;

/// A database that is filled to one size.
struct Filled {
    users: u32,
    store: Arc<dyn Datastore>,
}

/// Odd, so that they permute the numbers below 2³²; above 2³¹, so that every database calculates in 64 bits.
const SPREAD: [u64; 4] = [2_654_435_761, 3_266_489_917, 2_246_822_519, 4_294_967_291];

/// What stands in the place of a keyed hash: 32 characters that look like chance. The databases calculate the same.
fn digits(user: u32) -> String {
    SPREAD
        .iter()
        .map(|factor| format!("{:08x}", u64::from(user) * factor % (1 << 32)))
        .collect()
}

/// The words that differ between the databases.
struct Dialect {
    /// Eight hexadecimal digits of a number.
    hex: fn(&str) -> String,
    /// Texts put together.
    concat: fn(&[String]) -> String,
    /// A text as bytes.
    bytes: fn(&str) -> String,
    /// The code of a character, as a number of 64 bits.
    code: fn(&str) -> String,
    /// What makes filling faster.
    before: &'static [&'static str],
    /// What takes that back, and tells the planner of the new rows.
    after: &'static [&'static str],
}

/// The first eight characters of a text as one number, as the store makes a session's id of its hash.
fn first_bytes(dialect: &Dialect, text: &str) -> String {
    let byte = |k: u32| {
        let code = (dialect.code)(&format!("substr({text}, {}, 1)", k + 1));
        format!("{code} * {}", 1_u64 << (8 * (7 - k)))
    };
    (0..8).map(byte).collect::<Vec<_>>().join(" + ")
}

/// The statements that fill the tables: computed by the database itself, so that a million rows take a minute.
fn filling(dialect: &Dialect, users: u32) -> Vec<String> {
    let places = users.ilog10();
    let digit = "WITH d (n) AS (SELECT 0 UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 \
                 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)";
    let number: Vec<String> = (0..places)
        .map(|place| format!("{} * d{place}.n", 10_u32.pow(place)))
        .collect();
    let from: Vec<String> = (0..places).map(|place| format!("d d{place}")).collect();
    let numbers = format!("SELECT 1 + {} AS i FROM {}", number.join(" + "), from.join(", "));
    let spread = |order: [usize; 4]| {
        let parts = order.map(|k| (dialect.hex)(&format!("(i * {}) % 4294967296", SPREAD[k])));
        (dialect.concat)(&parts)
    };
    let (hash, uniquifier, handle) = (spread([0, 1, 2, 3]), spread([1, 2, 3, 0]), spread([2, 3, 0, 1]));
    let email = (dialect.concat)(&["'user'".into(), (dialect.hex)("i"), "'@example.org'".into()]);
    let password = "x".repeat(180);
    vec![
        format!(
            "INSERT INTO security_users (id, email, email_key, password, active, fs_uniquifier, handle, created_at, \
             updated_at) {digit} SELECT i, {email}, {email}, '{password}', {yes}, {uniquifier}, {handle}, 0, 0 \
             FROM ({numbers}) AS numbers",
            yes = "(1 = 1)",
        ),
        format!(
            "INSERT INTO security_sessions (id, hash, user_id, fs_uniquifier, created_at, last_seen_at, \
             authenticated_at, factors, ip, user_agent) SELECT {id}, {bytes}, i, fs_uniquifier, i, i, i, 'password', '192.0.2.1', \
             'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' \
             FROM (SELECT i, fs_uniquifier, {hash} AS digits FROM \
             (SELECT id AS i, fs_uniquifier FROM security_users) AS numbered) AS users",
            id = first_bytes(dialect, "digits"),
            bytes = (dialect.bytes)("digits"),
        ),
        "INSERT INTO security_roles (id, name, permissions) VALUES (1, 'member', 'read')".into(),
        "INSERT INTO security_users_roles (user_id, role_id) SELECT id, 1 FROM security_users".into(),
    ]
}

macro_rules! filled {
    ($pool:ident, $url:expr, $dialect:expr, $users:expr) => {{
        use diesel_async::SimpleAsyncConnection;
        use rocket_security::db::{PoolOptions, StorePool, $pool};
        let (dialect, users): (&Dialect, u32) = ($dialect, $users);
        let pool = $pool::open(&$url, PoolOptions::default()).expect("a pool");
        pool.migrate().await.expect("the tables");
        let mut connection = pool.connection().await.expect("a connection");
        for statement in dialect.before {
            connection.batch_execute(statement).await.expect(statement);
        }
        for statement in filling(dialect, users) {
            connection.batch_execute(&statement).await.expect(&statement);
        }
        for statement in dialect.after {
            connection.batch_execute(statement).await.expect(statement);
        }
        drop(connection);
        Filled {
            users,
            store: pool.store().expect("a store"),
        }
    }};
}

/// One of the queries, for one user.
#[derive(Clone, Copy)]
enum Query {
    Session,
    Roles,
    Email,
    Touch,
}

const QUERIES: [(Query, &str); 4] = [
    (Query::Session, "session and user"),
    (Query::Roles, "roles"),
    (Query::Email, "user by e-mail address"),
    (Query::Touch, "write of \"last seen\""),
];

impl Query {
    async fn ask(self, store: &dyn Datastore, user: u32) {
        let session = || {
            let bytes = digits(user).into_bytes().try_into().expect("32 characters");
            SessionHash::from_bytes(bytes)
        };
        let found = match self {
            Query::Session => store
                .session_with_user(&[session()])
                .await
                .expect("a session")
                .is_some(),
            Query::Roles => store.roles_of(user.into()).await.expect("roles").len() == 1,
            Query::Email => {
                let key = format!("user{user:08x}@example.org");
                store
                    .user_by(Identity::Email, &key)
                    .await
                    .expect("a user")
                    .is_some()
            }
            Query::Touch => {
                let now = Clock::system().now();
                store
                    .touch_session(&session(), &session(), now)
                    .await
                    .expect("a write")
            }
        };
        assert!(found, "user {user} was not found");
    }

    /// Microseconds of one call, on average.
    async fn time(self, filled: &Filled, calls: usize, seed: &mut u64) -> f64 {
        let began = Instant::now();
        for _ in 0..calls {
            *seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let visitor = (*seed >> 33) as u32 % VISITORS;
            self.ask(filled.store.as_ref(), 1 + visitor * (filled.users / VISITORS))
                .await;
        }
        began.elapsed().as_secs_f64() * 1e6 / calls as f64
    }
}

fn compare(database: &str, plan: Plan, runtime: &Runtime, filled: &[Filled], verdict: &mut Verdict) {
    let mut rows = Vec::new();
    for (query, title) in QUERIES {
        let mut times = vec![Vec::new(); filled.len()];
        runtime.block_on(async {
            let mut seed = 1;
            for round in 0..=plan.rounds {
                for (i, one) in filled.iter().enumerate() {
                    let time = query.time(one, plan.calls, &mut seed).await;
                    // The first only warms the caches.
                    if round > 0 {
                        times[i].push(time);
                    }
                }
            }
        });
        let growth = ratio(&times[filled.len() - 1], &times[0]);
        let mut row = vec![format!("{database}: {title}")];
        row.extend(times.iter().map(|times| format!("{:.0}", median(times))));
        row.push(format!("{growth:.2}"));
        rows.push(row);
        verdict.at_most(&format!("growth on {database}, {title}"), growth, 1.2);
    }
    let sizes: Vec<String> = filled
        .iter()
        .map(|one| format!("{} users, µs", one.users))
        .collect();
    let mut head = vec!["query"];
    head.extend(sizes.iter().map(String::as_str));
    head.push("last of first");
    table(&format!("Growth: {database}"), &head, &rows);
}

fn took(what: &str, began: Instant) {
    let took: Duration = began.elapsed();
    eprintln!("{what}: filled in {:.0} s", took.as_secs_f64());
}

pub fn measure(plan: Plan, verdict: &mut Verdict) {
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    sqlite(plan, &runtime, verdict);
    servers::measure(plan, &runtime, verdict);
}

#[cfg(feature = "sqlite")]
fn sqlite(plan: Plan, runtime: &Runtime, verdict: &mut Verdict) {
    let dialect = Dialect {
        hex: |number| format!("printf('%08x', {number})"),
        concat: |parts| parts.join(" || "),
        bytes: |text| format!("CAST({text} AS BLOB)"),
        code: |character| format!("unicode({character})"),
        before: &["PRAGMA cache_size = -400000", "PRAGMA synchronous = OFF"],
        after: &[
            "ANALYZE",
            "PRAGMA synchronous = NORMAL",
            "PRAGMA cache_size = -2000",
            "PRAGMA wal_checkpoint(TRUNCATE)",
        ],
    };
    let app = rocket_security::testing::App::new();
    let began = Instant::now();
    let filled: Vec<Filled> = runtime.block_on(async {
        let mut filled = Vec::new();
        for &users in plan.sizes {
            let file = app.folder().join(format!("{users}.sqlite")).display().to_string();
            filled.push(filled!(SqlitePool, file, &dialect, users));
        }
        filled
    });
    took("SQLite", began);
    compare("SQLite", plan, runtime, &filled, verdict);
}

#[cfg(not(feature = "sqlite"))]
fn sqlite(_: Plan, _: &Runtime, _: &mut Verdict) {
    println!("\nSQLite is not built in: its queries were not measured.");
}

/// What runs on a server, where its URL is given.
mod servers {
    use super::*;

    /// The URL in the environment.
    fn url(variable: &str, database: &str) -> Option<String> {
        let url = std::env::var(variable).ok();
        if url.is_none() {
            println!("\n{variable} is not set: {database}'s queries were not measured.");
        }
        url
    }

    /// The same server, another database.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    fn beside(url: &str, name: &str) -> String {
        let (server, options) = url.split_once('?').unwrap_or((url, ""));
        let (server, _) = server.rsplit_once('/').expect("a database in the URL");
        let mark = if options.is_empty() { "" } else { "?" };
        format!("{server}/{name}{mark}{options}")
    }

    #[cfg(any(feature = "postgres", feature = "mysql"))]
    macro_rules! on_a_server {
        ($title:literal, $url:expr, $pool:ident, $dialect:expr, $drop:literal, $plan:expr, $runtime:expr, $verdict:expr) => {{
            use diesel_async::SimpleAsyncConnection;
            use rocket_security::db::{PoolOptions, $pool};
            let (url, plan, runtime): (String, Plan, &Runtime) = ($url, $plan, $runtime);
            let name = |users: u32| format!("security_figures_{users}");
            let run = async |statement: String| {
                let pool = $pool::open(&url, PoolOptions::default()).expect("a pool");
                let mut connection = pool.connection().await.expect("a connection");
                connection.batch_execute(&statement).await.expect(&statement);
            };
            let began = Instant::now();
            let filled: Vec<Filled> = runtime.block_on(async {
                let mut filled = Vec::new();
                for &users in plan.sizes {
                    run(format!($drop, name(users))).await;
                    run(format!("CREATE DATABASE {}", name(users))).await;
                    filled.push(filled!($pool, beside(&url, &name(users)), &$dialect, users));
                }
                filled
            });
            took($title, began);
            compare($title, plan, runtime, &filled, $verdict);
            drop(filled);
            runtime.block_on(async {
                for &users in plan.sizes {
                    run(format!($drop, name(users))).await;
                }
            });
        }};
    }

    pub fn measure(plan: Plan, runtime: &Runtime, verdict: &mut Verdict) {
        let postgres = url("SECURITY_TEST_POSTGRES_URL", "PostgreSQL");
        let mysql = url("SECURITY_TEST_MYSQL_URL", "MySQL");
        #[cfg(feature = "postgres")]
        if let Some(url) = postgres {
            let dialect = Dialect {
                hex: |number| format!("lpad(to_hex({number}), 8, '0')"),
                concat: |parts| parts.join(" || "),
                bytes: |text| format!("convert_to({text}, 'UTF8')"),
                code: |character| format!("ascii({character})::bigint"),
                before: &[],
                after: &["VACUUM ANALYZE"],
            };
            on_a_server!(
                "PostgreSQL",
                url,
                PostgresPool,
                dialect,
                "DROP DATABASE IF EXISTS {} WITH (FORCE)",
                plan,
                runtime,
                verdict
            );
        }
        #[cfg(feature = "mysql")]
        if let Some(url) = mysql {
            let dialect = Dialect {
                hex: |number| format!("LPAD(LOWER(HEX({number})), 8, '0')"),
                concat: |parts| format!("CONCAT({})", parts.join(", ")),
                bytes: str::to_owned,
                code: |character| format!("ASCII({character})"),
                before: &["SET unique_checks = 0"],
                after: &[
                    "SET unique_checks = 1",
                    "ANALYZE TABLE security_users",
                    "ANALYZE TABLE security_sessions",
                    "ANALYZE TABLE security_users_roles",
                ],
            };
            on_a_server!(
                "MySQL",
                url,
                MySqlPool,
                dialect,
                "DROP DATABASE IF EXISTS {}",
                plan,
                runtime,
                verdict
            );
        }
        #[cfg(not(feature = "postgres"))]
        let _ = postgres;
        #[cfg(not(feature = "mysql"))]
        let _ = mysql;
        #[cfg(not(any(feature = "postgres", feature = "mysql")))]
        let _ = (plan, runtime, verdict);
    }
}
