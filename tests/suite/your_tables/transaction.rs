//! `create_user_with` on each database: all of it or nothing, whatever goes wrong in the application's part.

use std::sync::atomic::{AtomicU32, Ordering};

/// A database's name that no other test has.
#[cfg_attr(not(any(feature = "postgres", feature = "mysql")), allow(dead_code))]
fn name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("your_tables_{}_{number}", std::process::id())
}

/// The URL with another database behind its last slash.
#[cfg_attr(not(any(feature = "postgres", feature = "mysql")), allow(dead_code))]
fn with_database(url: &str, name: &str) -> String {
    let (server, options) = url.split_once('?').unwrap_or((url, ""));
    let (server, _) = server.rsplit_once('/').expect("a database in the URL");
    match options {
        "" => format!("{server}/{name}"),
        options => format!("{server}/{name}?{options}"),
    }
}

/// The same tests on one kind of pool.
macro_rules! on_each_database {
    ($database:ident, $variable:expr, $pool:ident, $conn:ident, $other:ty, $posts:expr, $drop:literal) => {
        mod $database {
            use std::sync::Arc;
            use std::sync::atomic::{AtomicU32, Ordering};

            use diesel::prelude::*;
            use diesel::result::{DatabaseErrorKind, Error as DieselError};
            use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
            use rocket::local::asynchronous::Client;
            use rocket_db_pools::Database;
            use rocket_security::db::{$conn, $pool, PoolOptions};
            use rocket_security::testing::App;
            use rocket_security::{Registration, Security, SecurityFairing, User};

            use super::super::super::support::PASSWORD;

            #[derive(Database)]
            #[database("app")]
            struct Db($pool);

            rocket_security::schema!();

            diesel::table! {
                posts (id) {
                    id -> BigInt,
                    author_id -> BigInt,
                    title -> Text,
                }
            }
            diesel::joinable!(posts -> security_users (author_id));
            diesel::allow_tables_to_appear_in_same_query!(posts, security_users);

            async fn write(db: &mut $conn, author: i64, title: &str) -> QueryResult<usize> {
                let row = (posts::author_id.eq(author), posts::title.eq(title));
                diesel::insert_into(posts::table).values(row).execute(db).await
            }

            /// A refusal of the application's own.
            #[derive(Debug)]
            struct Never;

            impl std::fmt::Display for Never {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("never")
                }
            }

            impl std::error::Error for Never {}

            struct Stage {
                client: Client,
                app: App,
                /// The server's URL and the database that was made there for this test.
                made: Option<(String, String)>,
            }

            async fn run(url: &str, statement: &str) {
                let pool = $pool::open(url, PoolOptions::default()).expect("a pool");
                let mut connection = pool.connection().await.expect("a connection");
                connection.batch_execute(statement).await.expect(statement);
            }

            impl Stage {
                /// Nothing where there is no such server.
                async fn set() -> Option<Stage> {
                    let app = App::new();
                    let file = format!("sqlite:{}", app.folder().join("app.sqlite").display());
                    let (url, made) = match $variable {
                        None => (file, None),
                        Some(variable) => {
                            let variable: &str = variable;
                            let Ok(server) = std::env::var(variable) else {
                                eprintln!("{variable} is not set: the application's tables were not tested there");
                                return None;
                            };
                            let name = super::name();
                            run(&server, &format!("CREATE DATABASE {name}")).await;
                            (super::with_database(&server, &name), Some((server, name)))
                        }
                    };
                    let figment = app.figment().merge(("databases.app.url", url));
                    let rocket = rocket::custom(figment)
                        .attach(Db::init())
                        .attach(SecurityFairing::new().database::<Db>());
                    let client = Client::untracked(rocket).await.expect("a rocket");
                    let stage = Stage { client, app, made };
                    for statement in $posts {
                        stage.connection().await.batch_execute(statement).await.expect(statement);
                    }
                    Some(stage)
                }

                fn security(&self) -> &Security {
                    self.client.rocket().state().expect("the fairing")
                }

                async fn connection(&self) -> rocket_security::db::PooledConnection<$conn> {
                    Db::fetch(self.client.rocket())
                        .expect("the pool")
                        .connection()
                        .await
                        .expect("a connection")
                }

                /// Titles and authors, by a join.
                async fn posts(&self) -> Vec<(String, String)> {
                    posts::table
                        .inner_join(security_users::table)
                        .order(posts::id)
                        .select((posts::title, security_users::email))
                        .load(&mut **self.connection().await)
                        .await
                        .expect("a join")
                }

                /// Nobody of that address, no post.
                async fn is_bare(&self, email: &str) {
                    assert!(self.security().find_user(email).await.expect("a look-up").is_none());
                    assert_eq!(self.posts().await, []);
                }

                async fn strike(self) {
                    let Stage { client, app, made } = self;
                    drop(client);
                    drop(app);
                    if let Some((server, name)) = made {
                        run(&server, &format!($drop, name)).await;
                    }
                }
            }

            #[rocket::async_test]
            async fn user_and_post_are_made_together_and_go_together() {
                let Some(stage) = Stage::set().await else { return };
                let post = async move |db: &mut $conn, user: &User| -> QueryResult<String> {
                    write(db, user.id, "first").await?;
                    // Inside the transaction the user is there already.
                    posts::table
                        .inner_join(security_users::table)
                        .filter(security_users::id.eq(user.id))
                        .select(security_users::email)
                        .get_result(db)
                        .await
                };
                let made = stage.security().create_user_with(Registration::new("Ada@Example.org", PASSWORD), post).await;
                let (user, seen) = made.expect("both");
                assert_eq!(seen, "Ada@example.org");
                assert_eq!(stage.posts().await, [("first".to_owned(), seen)]);
                assert!(user.has_password());
                let found = stage.security().find_user("ada@example.org").await.expect("a look-up");
                assert_eq!(found.map(|found| found.id), Some(user.id));

                assert!(stage.security().datastore().delete_user(user.id).await.expect("gone"));
                let left: i64 = posts::table
                    .count()
                    .get_result(&mut **stage.connection().await)
                    .await
                    .expect("a count");
                assert_eq!(left, 0, "the posts outlived their author");
                stage.strike().await;
            }

            #[rocket::async_test]
            async fn a_failing_part_leaves_nothing() {
                let Some(stage) = Stage::set().await else { return };
                let security = stage.security();

                let refused = async |db: &mut $conn, user: &User| {
                    write(db, user.id, "written, then regretted").await?;
                    Err::<(), _>(Box::<dyn std::error::Error + Send + Sync>::from(Never))
                };
                let error = security.create_user_with(Registration::new("a@example.org", PASSWORD), refused).await.expect_err("no");
                assert!(error.is_application() && error.application::<Never>().is_some(), "{error}");
                assert!(!error.is_conflict() && !error.is_unavailable());
                stage.is_bare("a@example.org").await;

                // A unique key of the application's says nothing about the address.
                let twice = async |db: &mut $conn, user: &User| {
                    write(db, user.id, "same").await?;
                    write(db, user.id, "same").await
                };
                let error = security.create_user_with(Registration::new("a@example.org", PASSWORD), twice).await.expect_err("no");
                assert!(error.conflict().is_none(), "{error}");
                let cause = error.application();
                assert!(
                    matches!(cause, Some(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _))),
                    "{cause:?}"
                );
                stage.is_bare("a@example.org").await;

                // The rules of the registration hold, and the part does not run.
                let unreachable = async |_: &mut $conn, _: &User| -> QueryResult<()> { panic!("must not run") };
                let error = security.create_user_with(Registration::new("a@example.org", "short"), unreachable).await.expect_err("no");
                assert!(error.is_invalid(), "{error}");
                stage.is_bare("a@example.org").await;

                // Another kind of connection is told, not waited for.
                let foreign = async |_: &mut $other, _: &User| -> QueryResult<()> { panic!("must not run") };
                let error = security.create_user_with(Registration::new("a@example.org", PASSWORD), foreign).await.expect_err("no");
                assert!(error.to_string().contains("the application's pool"), "{error}");
                stage.is_bare("a@example.org").await;

                // And a panic in it is an error; the pool goes on.
                let broken = async |db: &mut $conn, user: &User| -> QueryResult<()> {
                    write(db, user.id, "half").await?;
                    panic!("a defect of the application")
                };
                let error = security.create_user_with(Registration::new("a@example.org", PASSWORD), broken).await.expect_err("no");
                assert!(!error.is_conflict() && !error.is_application(), "{error}");
                stage.is_bare("a@example.org").await;
                let right = async |db: &mut $conn, user: &User| write(db, user.id, "at last").await;
                security.create_user_with(Registration::new("a@example.org", PASSWORD), right).await.expect("both");
                let error = security.create_user_with(Registration::new("A@example.org", PASSWORD), right).await.expect_err("taken");
                assert_eq!(error.conflict(), Some("email"));
                assert_eq!(stage.posts().await.len(), 1);
                stage.strike().await;
            }

            /// What the application overlooks must not pass for done.
            #[rocket::async_test]
            async fn a_lost_transaction_is_not_taken_for_done() {
                let Some(stage) = Stage::set().await else { return };
                let silent = async |db: &mut $conn, user: &User| -> QueryResult<()> {
                    write(db, user.id, "same").await?;
                    let _ = write(db, user.id, "same").await;
                    Ok(())
                };
                let made = stage.security().create_user_with(Registration::new("a@example.org", PASSWORD), silent).await;
                match made {
                    // SQLite and MySQL take back the statement alone.
                    Ok((user, ())) => assert_eq!(stage.posts().await, [("same".to_owned(), user.email)]),
                    // PostgreSQL takes back all of it.
                    Err(_) => stage.is_bare("a@example.org").await,
                }
                let gone = async |db: &mut $conn, user: &User| {
                    let own = security_users::table.filter(security_users::id.eq(user.id));
                    diesel::delete(own).execute(db).await
                };
                let error = stage.security().create_user_with(Registration::new("b@example.org", PASSWORD), gone).await.expect_err("no");
                assert!(error.is_application(), "{error}");
                stage.strike().await;
            }

            #[rocket::async_test]
            async fn a_transaction_given_up_runs_again() {
                let Some(stage) = Stage::set().await else { return };
                let lost = || {
                    let reason = Box::new("could not serialize access".to_owned());
                    DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, reason)
                };
                let tries = Arc::new(AtomicU32::new(0));
                let counted = tries.clone();
                let second = async move |db: &mut $conn, user: &User| {
                    write(db, user.id, "once").await?;
                    match counted.fetch_add(1, Ordering::Relaxed) {
                        0 => Err(lost()),
                        _ => Ok(()),
                    }
                };
                let made = stage.security().create_user_with(Registration::new("a@example.org", PASSWORD), second).await;
                made.expect("the second try");
                assert_eq!(AtomicU32::load(&tries, Ordering::Relaxed), 2);
                assert_eq!(stage.posts().await.len(), 1, "the first try left something");

                let tries = Arc::new(AtomicU32::new(0));
                let counted = tries.clone();
                let never = async move |db: &mut $conn, user: &User| {
                    write(db, user.id, "never").await?;
                    counted.fetch_add(1, Ordering::Relaxed);
                    Err::<(), _>(lost())
                };
                let error = stage.security().create_user_with(Registration::new("b@example.org", PASSWORD), never).await;
                let error = error.expect_err("five lost tries");
                assert!(error.is_busy(), "{error}");
                assert_eq!(AtomicU32::load(&tries, Ordering::Relaxed), 5);
                assert!(stage.security().find_user("b@example.org").await.expect("a look-up").is_none());
                assert_eq!(stage.posts().await.len(), 1);
                stage.strike().await;
            }

            /// The columns that are promised are there, and hold what the library says they hold.
            #[rocket::async_test]
            async fn the_schema_is_true() {
                let Some(stage) = Stage::set().await else { return };
                let security = stage.security();
                let user = security.create_user("a@example.org", PASSWORD).await.expect("a user");
                let role = security.find_or_create_role("editor", &["write", "read"]).await.expect("a role");
                security.add_role(user.id, "editor").await.expect("the role given");
                let connection = &mut **stage.connection().await;
                type Account = (i64, String, Option<String>, Option<String>, bool, Option<i64>, i64, i64);
                let account: Account = security_users::table.get_result(connection).await.expect("the columns");
                let (created, updated) = (user.created_at.as_millis(), user.updated_at.as_millis());
                assert_eq!(account, (user.id, user.email, None, None, true, None, created, updated));
                let theirs: Vec<(i64, String, Option<String>, Option<String>)> = security_users_roles::table
                    .inner_join(security_roles::table)
                    .inner_join(security_users::table)
                    .select(security_roles::all_columns)
                    .load(connection)
                    .await
                    .expect("the columns");
                let permissions = Some("read,write".to_owned());
                assert_eq!(theirs, [(role.id, "editor".to_owned(), None, permissions)]);
                stage.strike().await;
            }
        }
    };
}

on_each_database!(
    sqlite,
    None::<&str>,
    SqlitePool,
    SqliteConn,
    diesel::SqliteConnection,
    [
        "CREATE TABLE posts (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \
        author_id INTEGER NOT NULL REFERENCES security_users (id) ON DELETE CASCADE, title TEXT NOT NULL UNIQUE) STRICT"
    ],
    "{}"
);

#[cfg(feature = "postgres")]
on_each_database!(
    postgres,
    Some("SECURITY_TEST_POSTGRES_URL"),
    PostgresPool,
    PostgresConn,
    rocket_security::db::SqliteConn,
    [
        "CREATE TABLE posts (id BIGINT NOT NULL GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, \
        author_id BIGINT NOT NULL REFERENCES security_users (id) ON DELETE CASCADE, title TEXT NOT NULL UNIQUE)"
    ],
    "DROP DATABASE {} WITH (FORCE)"
);

#[cfg(feature = "mysql")]
on_each_database!(
    mysql,
    Some("SECURITY_TEST_MYSQL_URL"),
    MySqlPool,
    MySqlConn,
    rocket_security::db::SqliteConn,
    [
        "CREATE TABLE posts (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, author_id BIGINT NOT NULL, \
        title VARCHAR(255) NOT NULL UNIQUE, \
        FOREIGN KEY (author_id) REFERENCES security_users (id) ON DELETE CASCADE) ENGINE = InnoDB"
    ],
    "DROP DATABASE {}"
);
