//! The contract on each database, and what only one of them has.

#[cfg(any(feature = "postgres", feature = "mysql"))]
mod encryption;
mod plans;

use std::sync::Arc;

use crate::store::contract;
use crate::store::pool::{PoolOptions, StorePool, open};

/// A database of that name on the server that the variable names, empty; or a word on what is not tested.
#[cfg(any(feature = "postgres", feature = "mysql"))]
async fn scratch(variable: &str, name: &str) -> Option<String> {
    use diesel_async::SimpleAsyncConnection;
    let Ok(url) = std::env::var(variable) else {
        eprintln!("{variable} is not set: {name} was not tested there");
        return None;
    };
    for statement in [
        format!("DROP DATABASE IF EXISTS {name}"),
        format!("CREATE DATABASE {name}"),
    ] {
        match url.starts_with("postgres") {
            #[cfg(feature = "postgres")]
            true => {
                let pool =
                    crate::store::pool::PostgresPool::open(&url, PoolOptions::default()).expect("a pool");
                let mut connection = pool.connection().await.expect("a connection");
                connection.batch_execute(&statement).await.expect(&statement);
            }
            #[cfg(feature = "mysql")]
            false => {
                let pool = crate::store::pool::MySqlPool::open(&url, PoolOptions::default()).expect("a pool");
                let mut connection = pool.connection().await.expect("a connection");
                connection.batch_execute(&statement).await.expect(&statement);
            }
            #[allow(unreachable_patterns)]
            _ => {}
        }
    }
    let (server, _) = url.rsplit_once('/').expect("a database");
    Some(format!("{server}/{name}"))
}

/// Up, down, up, and twenty at once; leaves an empty, migrated database.
async fn migrations_hold(url: &str) -> Arc<dyn StorePool> {
    let pool = open(url, PoolOptions::default()).await.expect("a pool");
    pool.revert(usize::MAX).await.expect("an empty database");
    let all = pool.pending().await.expect("the steps");
    assert!(all.iter().any(|step| step == "0001_core"));
    assert!(
        pool.store().expect("a store").user(1).await.is_err(),
        "the tables outlived the revert"
    );

    assert_eq!(pool.migrate().await.expect("up"), all);
    assert!(pool.pending().await.expect("the steps").is_empty());
    assert!(pool.migrate().await.expect("nothing left").is_empty());
    let back: Vec<_> = all.iter().rev().cloned().collect();
    assert_eq!(pool.revert(usize::MAX).await.expect("down"), back);

    let mut tasks = Vec::new();
    for _ in 0..20 {
        // Each with a pool of its own, as if they were processes.
        let pool = open(url, PoolOptions::default()).await.expect("a pool");
        tasks.push(tokio::spawn(async move { pool.migrate().await }));
    }
    let mut taken = Vec::new();
    for task in tasks {
        taken.extend(task.await.expect("a task").expect("a migration"));
    }
    assert_eq!(taken, all);
    pool
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_holds_the_contract() {
    let Ok(url) = std::env::var("SECURITY_TEST_POSTGRES_URL") else {
        eprintln!("SECURITY_TEST_POSTGRES_URL is not set: PostgreSQL was not tested");
        return;
    };
    let pool = migrations_hold(&url).await;
    contract::holds(pool.store().expect("a store")).await;
}

#[cfg(feature = "mysql")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn mysql_holds_the_contract() {
    let Ok(url) = std::env::var("SECURITY_TEST_MYSQL_URL") else {
        eprintln!("SECURITY_TEST_MYSQL_URL is not set: MySQL was not tested");
        return;
    };
    let pool = migrations_hold(&url).await;
    contract::holds(pool.store().expect("a store")).await;
}

/// Kills the pool's only connection from another one, and expects at most one failure.
#[cfg(any(feature = "postgres", feature = "mysql"))]
macro_rules! a_lost_connection_is_replaced {
    ($pool:ty, $url:expr, $id:ty, $own_id:literal, $kill:expr) => {{
        use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
        let options = PoolOptions {
            max_connections: 1,
            ..PoolOptions::default()
        };
        let pool = <$pool>::open(&$url, options).expect("a pool");
        let store = pool.store().expect("a store");
        let mut connection = pool.connection().await.expect("a connection");
        let id: i64 = diesel::dsl::sql::<$id>($own_id)
            .get_result(&mut connection)
            .await
            .expect("its id");
        drop(connection);
        let other = <$pool>::open(&$url, options).expect("another pool");
        let mut other = other.connection().await.expect("a connection");
        other.batch_execute(&$kill(id)).await.expect("a murder");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        if let Err(error) = store.ping().await {
            assert!(error.is_unavailable(), "{error}");
        }
        store.ping().await.expect("a new connection");
        store.ping().await.expect("still there");
    }};
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_lost_connection_to_postgres_is_replaced() {
    let Ok(url) = std::env::var("SECURITY_TEST_POSTGRES_URL") else {
        return;
    };
    a_lost_connection_is_replaced!(
        crate::store::pool::PostgresPool,
        url,
        diesel::sql_types::BigInt,
        "SELECT pg_backend_pid()::bigint",
        |id| format!("SELECT pg_terminate_backend({id})")
    );
}

#[cfg(feature = "mysql")]
#[tokio::test]
async fn a_lost_connection_to_mysql_is_replaced() {
    let Ok(url) = std::env::var("SECURITY_TEST_MYSQL_URL") else {
        return;
    };
    a_lost_connection_is_replaced!(
        crate::store::pool::MySqlPool,
        url,
        diesel::sql_types::BigInt,
        "SELECT CAST(CONNECTION_ID() AS SIGNED)",
        |id| format!("KILL {id}")
    );
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
#[tokio::test]
async fn a_server_that_is_down_is_unavailable() {
    #[cfg(feature = "postgres")]
    let postgres = "postgres://app:s3cret@127.0.0.1:1/app";
    #[cfg(not(feature = "postgres"))]
    let postgres = "";
    #[cfg(feature = "mysql")]
    let mysql = "mysql://app:s3cret@127.0.0.1:1/app";
    #[cfg(not(feature = "mysql"))]
    let mysql = "";
    for url in [postgres, mysql].into_iter().filter(|url| !url.is_empty()) {
        let pool = open(url, PoolOptions::default()).await.expect("a pool");
        let error = pool
            .store()
            .expect("a store")
            .ping()
            .await
            .expect_err("nobody there");
        assert!(error.is_unavailable(), "{error}");
        assert!(!format!("{error} {error:?}").contains("s3cret"));
        assert!(pool.migrate().await.expect_err("nobody there").is_unavailable());
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use diesel::prelude::*;

    use super::*;
    use crate::model::{Timestamp, User};
    use crate::store::Datastore;
    use crate::store::pool::SqlitePool;

    /// A file that goes with its test.
    pub(super) struct File(PathBuf);

    impl File {
        pub(super) fn new() -> Self {
            static NEXT: AtomicU64 = AtomicU64::new(0);
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let folder = format!("rocket_security-store-{}-{number}", std::process::id());
            File(std::env::temp_dir().join(folder))
        }

        pub(super) fn path(&self) -> String {
            self.0.join("made/on/the/way/app.sqlite").display().to_string()
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn options(max_connections: usize) -> PoolOptions {
        PoolOptions {
            max_connections,
            ..PoolOptions::default()
        }
    }

    async fn migrated(file: &File, options: PoolOptions) -> (SqlitePool, Arc<dyn Datastore>) {
        let pool = SqlitePool::open(&file.path(), options).expect("a pool");
        pool.migrate().await.expect("a migration");
        let store = pool.store().expect("a store");
        (pool, store)
    }

    async fn somebody(store: &Arc<dyn Datastore>) -> User {
        let user = contract::new_user(&format!("somebody{:?}", std::time::Instant::now()));
        store.create_user(user).await.expect("a user")
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn sqlite_holds_the_contract() {
        let file = File::new();
        let pool = migrations_hold(&format!("sqlite://{}", file.path())).await;
        contract::holds(pool.store().expect("a store")).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn one_connection_is_enough() {
        let file = File::new();
        let (_pool, store) = migrated(&file, options(1)).await;
        contract::holds(store).await;
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_new_file_is_readable_by_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let file = File::new();
        let (_pool, store) = migrated(&file, options(1)).await;
        somebody(&store).await;
        for name in [file.path(), format!("{}-wal", file.path())] {
            let mode = std::fs::metadata(&name).expect("the file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[tokio::test]
    async fn a_database_in_memory_is_refused() {
        for url in [
            ":memory:",
            "sqlite::memory:",
            "sqlite://:memory:",
            "file::memory:?cache=shared",
            "file:app?mode=memory",
            "",
            "sqlite:",
            "sqlite:app.sqlite?mode=rwc",
            "file:app.sqlite",
            "/",
        ] {
            let error = SqlitePool::open(url, options(1)).expect_err(url);
            assert!(error.to_string().contains("SQLite"), "{url}: {error}");
        }
    }

    #[tokio::test]
    async fn a_full_pool_is_busy() {
        let file = File::new();
        let mut impatient = options(1);
        impatient.connect_timeout = Duration::from_millis(50);
        let (pool, store) = migrated(&file, impatient).await;
        let held = pool.connection().await.expect("the connection");
        let error = store.user(1).await.expect_err("no connection left");
        assert!(error.is_busy(), "{error}");
        let error = store.delete_user(1).await.expect_err("no connection left");
        assert!(error.is_busy(), "{error}");
        drop(held);
        assert!(store.user(1).await.expect("a look-up").is_none());
    }

    /// On the one thread of this runtime the driver would panic if its futures were dropped halfway.
    #[tokio::test]
    async fn a_visitor_who_hangs_up_leaves_nothing_behind() {
        let file = File::new();
        let (_pool, store) = migrated(&file, options(2)).await;
        let user = somebody(&store).await;
        let now = Timestamp::from_millis(1);
        for round in 0..200_u32 {
            let patience = Duration::from_micros(u64::from(round) * 5);
            let session = contract::session_of(&user);
            let _ = tokio::time::timeout(patience, store.create_session(&session, None, false)).await;
            let _ = tokio::time::timeout(patience, store.set_active(user.id, round % 2 == 0, now)).await;
            let _ = tokio::time::timeout(patience, store.user(user.id)).await;
        }
        store.set_active(user.id, true, now).await.expect("a change");
        store
            .create_session(&contract::session_of(&user), None, false)
            .await
            .expect("a session");
        // What was given up may still be carried out, whole: on a busy machine some of it comes after the change above.
        assert!(store.delete_sessions_of(user.id, None).await.expect("ended") >= 1);
        let again = contract::session_of(&user);
        store
            .create_session(&again, None, false)
            .await
            .expect("no transaction was left open");
        assert!(store.delete_session(&again.hash).await.expect("ended"));
    }

    #[tokio::test]
    async fn an_authenticated_request_costs_two_point_reads() {
        let file = File::new();
        let (pool, store) = migrated(&file, options(1)).await;
        let user = somebody(&store).await;
        let session = contract::session_of(&user);
        store
            .create_session(&session, None, false)
            .await
            .expect("a session");
        // Nobody can use the pool, so the answer comes from the readers.
        let _held = pool.connection().await.expect("the connection");
        let before = store.statements().expect("a count");
        assert!(
            store
                .session_with_user(&[session.hash])
                .await
                .expect("a look-up")
                .is_some()
        );
        assert_eq!(store.statements().expect("a count") - before, 2);
        assert!(store.roles_of(user.id).await.expect("roles").is_empty());
        assert_eq!(store.statements().expect("a count") - before, 3);
    }

    #[tokio::test]
    async fn a_request_with_an_api_key_costs_two_point_reads() {
        let file = File::new();
        let (pool, store) = migrated(&file, options(1)).await;
        let user = somebody(&store).await;
        let key = contract::api_keys::key_of(&user);
        let made = store.create_api_key(&key, 5).await.expect("a store that answers");
        assert!(made);
        let _held = pool.connection().await.expect("the connection");
        let before = store.statements().expect("a count");
        let (found, whose) = store.api_key(&key.id).await.expect("a look-up").expect("the key");
        assert_eq!((found.id, whose.id), (key.id.clone(), user.id));
        assert_eq!(store.statements().expect("a count") - before, 2);
        // Nobody has it: one read says so.
        let none = store.api_key(&"0f".repeat(16)).await.expect("a look-up");
        assert!(none.is_none());
        assert_eq!(store.statements().expect("a count") - before, 3);
    }

    #[tokio::test]
    async fn readers_want_the_log() {
        let file = File::new();
        let (_pool, _store) = migrated(&file, options(1)).await;
        assert!(super::super::readers::Readers::open(&file.path()).count() > 0);
        let other = File::new();
        std::fs::create_dir_all(&other.0).expect("a folder");
        let path = other.0.join("journal.sqlite").display().to_string();
        SqliteConnection::establish(&path)
            .and_then(|mut connection| {
                diesel::sql_query("CREATE TABLE a (b)")
                    .execute(&mut connection)
                    .map_err(diesel::ConnectionError::CouldntSetupConfiguration)
            })
            .expect("a database that keeps a journal");
        assert_eq!(super::super::readers::Readers::open(&path).count(), 0);
    }

    #[tokio::test]
    async fn the_pool_serves_rocket() {
        use rocket::fairing::Fairing as _;
        use rocket_db_pools::Database;

        #[derive(Database)]
        #[database("app")]
        struct Db(SqlitePool);

        let file = File::new();
        let figment = rocket::Config::figment().merge(("databases.app.url", file.path()));
        let rocket = Db::init()
            .on_ignite(rocket::custom(figment))
            .await
            .expect("a rocket");
        let db = Db::fetch(&rocket).expect("the pool");
        db.migrate().await.expect("a migration");
        assert!(
            db.store()
                .expect("a store")
                .user(1)
                .await
                .expect("a look-up")
                .is_none()
        );
        // And the application's own queries.
        let mut connection = rocket_db_pools::Pool::get(&**db).await.expect("a connection");
        let one: i32 = diesel_async::RunQueryDsl::get_result(
            diesel::select(1_i32.into_sql::<diesel::sql_types::Integer>()),
            &mut connection,
        )
        .await
        .expect("a query");
        assert_eq!(one, 1);
    }
}
