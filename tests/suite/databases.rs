//! The application's own database under the library's tables.

use diesel::sql_types::BigInt;
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use rocket::error::ErrorKind;
use rocket::{Build, Rocket, get, routes};
use rocket_db_pools::{Connection, Database};
use rocket_security::db::SqlitePool;
use rocket_security::testing::App;
use rocket_security::{AuthUser, Security, SecurityContext, SecurityFairing};

use crate::support::{Browser, PASSWORD, app};

#[derive(Database)]
#[database("app")]
struct Db(SqlitePool);

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// What the application sees of the library's tables through its own connections.
#[get("/users")]
async fn users(mut db: Connection<Db>) -> String {
    let connection: &mut _ = &mut ***db;
    let count: Count = sql_query("SELECT COUNT(*) AS n FROM security_users")
        .get_result(connection)
        .await
        .expect("the table is there");
    count.n.to_string()
}

#[get("/profile")]
fn profile(user: AuthUser) -> String {
    user.email.clone()
}

#[get("/token")]
fn token(security: SecurityContext) -> String {
    security.csrf_token
}

/// With a database `app`, and without one of ours.
fn configured() -> App {
    let app = app();
    let url = format!("sqlite:{}", app.folder().join("app.sqlite").display());
    // Opening it would fail: nobody may.
    app.set("databases.app.url", url)
        .set("databases.security.url", "sqlite:/proc/no/such/folder/x.sqlite")
}

fn fairing(app: &App) -> SecurityFairing {
    SecurityFairing::new().clock(app.clock().clone()).database::<Db>()
}

async fn works(rocket: Rocket<Build>) {
    let browser = Browser::on(rocket.mount("/", routes![users, profile, token])).await;
    assert_eq!(
        browser.get("/users").await.into_string().await.as_deref(),
        Some("0")
    );
    browser.register("ada@example.org").await;
    assert_eq!(
        browser.get("/users").await.into_string().await.as_deref(),
        Some("1")
    );
    let security = browser.client.rocket().state::<Security>().unwrap();
    assert!(security.find_user("ada@example.org").await.unwrap().is_some());
    browser.sign_out().await;
    assert_eq!(
        browser.sign_in("ada@example.org", PASSWORD).await.status().code,
        302
    );
    assert_eq!(browser.get("/profile").await.status().code, 200);
}

#[rocket::async_test]
async fn the_applications_pool_serves_attached_before() {
    let app = configured();
    works(
        rocket::custom(app.figment())
            .attach(Db::init())
            .attach(fairing(&app)),
    )
    .await;
    assert!(
        !app.folder().join("test.sqlite").exists(),
        "a second database was made"
    );
}

#[rocket::async_test]
async fn the_applications_pool_serves_attached_after() {
    let app = configured();
    works(
        rocket::custom(app.figment())
            .attach(fairing(&app))
            .attach(Db::init()),
    )
    .await;
    assert!(
        !app.folder().join("test.sqlite").exists(),
        "a second database was made"
    );
}

/// Why Rocket did not start, as far as it knows: the names of the fairings that said no.
async fn failed(rocket: Rocket<Build>) -> Vec<String> {
    let error = rocket.ignite().await.expect_err("the rocket must not start");
    match error.kind() {
        ErrorKind::FailedFairings(failed) => failed.iter().map(|fairing| fairing.name.to_string()).collect(),
        other => panic!("stopped by {other}"),
    }
}

#[rocket::async_test]
async fn a_database_that_nobody_attached_stops_the_launch() {
    let app = configured();
    let names = failed(rocket::custom(app.figment()).attach(fairing(&app))).await;
    assert!(
        names.iter().all(|name| name.to_lowercase().contains("security")),
        "{names:?}"
    );
}

/// The database's own fairing fails and says so; ours must not panic over what is missing then.
#[rocket::async_test]
async fn a_database_that_cannot_be_opened_stops_the_launch() {
    for before in [true, false] {
        let app = configured().set("databases.app.url", "sqlite:/proc/no/such/folder/app.sqlite");
        let rocket = rocket::custom(app.figment());
        let rocket = match before {
            true => rocket.attach(Db::init()).attach(fairing(&app)),
            false => rocket.attach(fairing(&app)).attach(Db::init()),
        };
        assert!(!failed(rocket).await.is_empty());
    }
}

#[rocket::async_test]
async fn the_applications_tables_and_its_migrations_stay() {
    use diesel::connection::SimpleConnection;
    use diesel::{Connection as _, SqliteConnection};
    let app = configured();
    let file = app.folder().join("app.sqlite");
    let mut own = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    own.batch_execute(
        "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP);
         INSERT INTO __diesel_schema_migrations (version) VALUES ('20260101000000');
         CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
         INSERT INTO users (name) VALUES ('somebody');",
    )
    .unwrap();
    works(
        rocket::custom(app.figment())
            .attach(Db::init())
            .attach(fairing(&app)),
    )
    .await;
    let mut count = |sql: &str| {
        diesel::RunQueryDsl::get_result::<Count>(sql_query(sql), &mut own)
            .unwrap()
            .n
    };
    assert_eq!(count("SELECT COUNT(*) AS n FROM __diesel_schema_migrations"), 1);
    assert_eq!(count("SELECT COUNT(*) AS n FROM users"), 1);
    let foreign = "SELECT COUNT(*) AS n FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'security\\_%' ESCAPE '\\'
                   AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    assert_eq!(count(foreign), 2, "a table of ours lacks the prefix");
    // Our files hold what users wrote: a second connection sees a user and no password.
    let leaked =
        "SELECT COUNT(*) AS n FROM security_users WHERE password LIKE '%argon2%' OR password LIKE '%horse%'";
    assert_eq!(count(leaked), 0, "the hash lies open");
}

#[rocket::async_test]
async fn accounts_outlive_the_process() {
    let app = configured();
    let rocket = || {
        rocket::custom(app.figment())
            .attach(Db::init())
            .attach(fairing(&app))
            .mount("/", routes![users])
    };
    let first = Browser::on(rocket()).await;
    first.register("ada@example.org").await;
    drop(first);
    let second = Browser::on(rocket()).await;
    assert_eq!(
        second.get("/users").await.into_string().await.as_deref(),
        Some("1")
    );
    assert_eq!(
        second.sign_in("ada@example.org", PASSWORD).await.status().code,
        302
    );
}
