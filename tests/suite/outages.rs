//! What a visitor sees, and what is written, when the database cannot serve: on whichever database the suite runs.

mod servers;

use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection;
use rocket::futures::future::join;
use rocket::tokio::time::sleep;
use rocket_db_pools::{Database, Pool};
use rocket_security::db::SqlitePool;
use rocket_security::testing::App;
use rocket_security::{Security, SecurityFairing};

use crate::answer::{Answer, BOTH, Speech, settled};
use crate::support::beside::{Beside, Kind, is_sqlite};
use crate::support::{Browser, PASSWORD, app};

const ADA: &str = "ada@example.org";

const SESSIONS: &str = "SELECT COUNT(*) AS n FROM security_sessions";

/// A browser that nobody is signed in with, at an application where Ada has an account.
async fn adas(app: &App) -> Browser {
    let browser = Browser::new(app).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    settled(&browser).await;
    browser
}

async fn sign_in(browser: &Browser, speech: Speech) -> Answer {
    browser
        .send(speech, "/login", &[("email", ADA), ("password", PASSWORD)])
        .await
}

/// Refused for now, in the words that the visitor speaks, and nobody is signed in or out by it.
fn assert_503(answer: &Answer, speech: Speech, case: &str) {
    assert_eq!(answer.status, 503, "{case}: {}", answer.body);
    let after = answer
        .header("Retry-After")
        .unwrap_or_else(|| panic!("{case}: when to come again"));
    assert!(after.parse::<u32>().is_ok(), "{case}: {after}");
    assert_eq!(answer.cookie("session"), None, "{case}");
    match speech {
        Speech::Json => assert_eq!(answer.codes(), ["TEMPORARILY_UNAVAILABLE"], "{case}"),
        Speech::Page => assert!(answer.body.contains("<html"), "{case}: {}", answer.body),
    }
    for told in ["security_", "SQL", "sqlite", "postgres", "mysql", "locked"] {
        assert!(!answer.body.contains(told), "{case}: {told} in {}", answer.body);
    }
}

async fn assert_works(browser: &Browser, case: &str) {
    let answer = sign_in(browser, Speech::Page).await;
    assert_eq!(answer.status, 302, "{case}: {}", answer.body);
    browser.sign_out().await;
}

fn is_server(app: &App, test: &str) -> bool {
    let is = Kind::of(app.database_url()) != Kind::Sqlite;
    if !is {
        eprintln!("skipped: {test} is about servers; set SECURITY_TEST_DATABASE");
    }
    is
}

/// Ten of them at once on an empty database, as a deployment starts them.
#[rocket::async_test]
async fn ten_launches_at_once_take_each_step_once() {
    let app = app();
    let launches = (0..10).map(|_| rocket::tokio::spawn(crate::support::rocket(&app).ignite()));
    for launch in rocket::futures::future::join_all(launches.collect::<Vec<_>>()).await {
        assert!(launch.expect("a task").is_ok(), "an instance did not start");
    }
    assert_each_step_once(&app).await;
}

/// The same by processes of their own: this very test again, told by the environment where to launch.
#[test]
fn ten_processes_at_once_take_each_step_once() {
    let name = "outages::ten_processes_at_once_take_each_step_once";
    let launch = async |app: &App, url: &str| {
        let figment = app.figment().merge(("databases.security.url", url));
        crate::support::rocket_on(app, figment).ignite().await.is_ok()
    };
    if let Ok(url) = std::env::var("SECURITY_TEST_ONE_OF_TEN") {
        let app = app();
        assert!(rocket::execute(launch(&app, &url)), "this instance did not start");
        return;
    }
    let app = app();
    let this = std::env::current_exe().expect("this program");
    let processes: Vec<_> = (0..10)
        .map(|_| {
            std::process::Command::new(&this)
                .args(["--exact", name, "--nocapture"])
                .env("SECURITY_TEST_ONE_OF_TEN", app.database_url())
                // Its own surroundings need no database of theirs.
                .env_remove("SECURITY_TEST_DATABASE")
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped())
                .spawn()
        })
        .collect();
    for process in processes {
        let output = process
            .and_then(|process| process.wait_with_output())
            .expect("a process");
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
    }
    rocket::execute(assert_each_step_once(&app));
}

async fn assert_each_step_once(app: &App) {
    let steps =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite")).expect("the steps");
    let mut beside = Beside::of(app).await;
    let taken = beside
        .number("SELECT COUNT(*) AS n FROM security_schema_migrations")
        .await;
    assert_eq!(usize::try_from(taken).unwrap(), steps.count());
    // And the tables are whole.
    assert_eq!(beside.number(SESSIONS).await, 0);
    let browser = Browser::new(app).await;
    browser.register(ADA).await;
}

/// Keeps everybody from writing a session, from now until `rollback`.
async fn stand_in_the_way(rival: &mut Beside) {
    match rival.kind() {
        Kind::Sqlite => rival.run("BEGIN IMMEDIATE").await,
        Kind::Postgres => {
            rival.run("BEGIN").await;
            rival.run("LOCK TABLE security_sessions IN SHARE MODE").await;
        }
        Kind::MySql => {
            rival.run("BEGIN").await;
            // The gaps too: no row can be put between them.
            rival.run("SELECT * FROM security_sessions FOR UPDATE").await;
        }
    }
}

#[rocket::async_test]
async fn who_waits_for_a_lock_is_served_when_it_is_free() {
    let app = app();
    let browser = adas(&app).await;
    let mut rival = Beside::of(&app).await;
    stand_in_the_way(&mut rival).await;
    let (answer, ()) = join(sign_in(&browser, Speech::Page), async {
        sleep(Duration::from_millis(700)).await;
        rival.run("ROLLBACK").await;
    })
    .await;
    assert_eq!(answer.status, 302, "{}", answer.body);
    assert_eq!(rival.number(SESSIONS).await, 1);
}

#[rocket::async_test]
async fn a_lock_that_stays_is_503_and_nothing_is_half_written() {
    let app = app().set("security.trackable", true);
    let browser = adas(&app).await;
    let mut rival = Beside::of(&app).await;
    let logins = "SELECT MAX(login_count) AS n FROM security_users";
    for speech in BOTH {
        let before = rival.number(logins).await;
        stand_in_the_way(&mut rival).await;
        let began = Instant::now();
        let answer = sign_in(&browser, speech).await;
        assert_503(&answer, speech, "locked");
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        rival.run("ROLLBACK").await;
        assert_eq!(rival.number(SESSIONS).await, 0);
        assert_eq!(rival.number(logins).await, before, "the sign-in left a trace");
    }
    assert_works(&browser, "the lock is gone").await;
}

#[rocket::async_test]
async fn a_full_pool_is_503() {
    let app = app()
        .set("databases.security.max_connections", 1)
        .set("databases.security.connect_timeout", 1);
    let browser = adas(&app).await;
    let mut rival = Beside::of(&app).await;
    for speech in BOTH {
        stand_in_the_way(&mut rival).await;
        // The first waits for the lock with the only connection; the second finds none.
        let second = async {
            sleep(Duration::from_millis(500)).await;
            let began = Instant::now();
            let answer = other_sign_in(&browser, speech).await;
            let waited = began.elapsed();
            rival.run("ROLLBACK").await;
            (answer, waited)
        };
        let (first, (second, waited)) = join(sign_in(&browser, speech), second).await;
        assert_503(&second, speech, "a full pool");
        assert!(waited < Duration::from_secs(3), "{waited:?}");
        assert!([302, 200].contains(&first.status), "{}", first.body);
        browser.sign_out().await;
    }
}

/// As somebody whom nobody knows, which takes a look at the database all the same.
async fn other_sign_in(browser: &Browser, speech: Speech) -> Answer {
    browser
        .send(
            speech,
            "/login",
            &[("email", "eve@example.org"), ("password", PASSWORD)],
        )
        .await
}

/// A trigger that refuses the first `times` sessions as the database refuses what lost to another transaction. What it
/// counts with survives the rollback.
async fn lose(rival: &mut Beside, times: u32) {
    match rival.kind() {
        Kind::Sqlite => unreachable!("only servers know such failures"),
        Kind::Postgres => {
            rival.run("CREATE SEQUENCE tried").await;
            rival
                .run(&format!(
                    "CREATE FUNCTION lose() RETURNS trigger AS $$ BEGIN
                         IF nextval('tried') <= {times} THEN
                             RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001';
                         END IF;
                         RETURN NEW;
                     END $$ LANGUAGE plpgsql"
                ))
                .await;
            rival
                .run("CREATE TRIGGER lose BEFORE INSERT ON security_sessions FOR EACH ROW EXECUTE FUNCTION lose()")
                .await;
        }
        Kind::MySql => {
            rival.run("CREATE TABLE tried (n BIGINT) ENGINE = MyISAM").await;
            rival.run("INSERT INTO tried VALUES (0)").await;
            rival
                .run(&format!(
                    "CREATE TRIGGER lose BEFORE INSERT ON security_sessions FOR EACH ROW BEGIN
                         UPDATE tried SET n = n + 1;
                         IF (SELECT n FROM tried) <= {times} THEN
                             SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213,
                                 MESSAGE_TEXT = 'Deadlock found when trying to get lock; try restarting transaction';
                         END IF;
                     END"
                ))
                .await;
        }
    }
}

async fn tried(rival: &mut Beside) -> i64 {
    match rival.kind() {
        Kind::Postgres => rival.number("SELECT last_value AS n FROM tried").await,
        _ => rival.number("SELECT n FROM tried").await,
    }
}

#[rocket::async_test]
async fn a_serialization_failure_is_run_again_and_happens_once() {
    let app = app();
    if !is_server(&app, "a_serialization_failure_is_run_again_and_happens_once") {
        return;
    }
    let browser = adas(&app).await;
    let mut rival = Beside::of(&app).await;
    lose(&mut rival, 3).await;
    let answer = sign_in(&browser, Speech::Page).await;
    assert_eq!(answer.status, 302, "{}", answer.body);
    assert_eq!(
        tried(&mut rival).await,
        4,
        "three failures and the one that did it"
    );
    assert_eq!(rival.number(SESSIONS).await, 1);
}

#[rocket::async_test]
async fn what_fails_again_and_again_is_503_after_few_tries() {
    let app = app();
    if !is_server(&app, "what_fails_again_and_again_is_503_after_few_tries") {
        return;
    }
    let browser = adas(&app).await;
    let mut rival = Beside::of(&app).await;
    lose(&mut rival, 1_000_000).await;
    for (round, speech) in (1..).zip(BOTH) {
        assert_503(&sign_in(&browser, speech).await, speech, "it always fails");
        assert_eq!(tried(&mut rival).await, 5 * round);
        assert_eq!(rival.number(SESSIONS).await, 0);
    }
    let table = match rival.kind() {
        Kind::Postgres => "ON security_sessions",
        _ => "",
    };
    rival.run(&format!("DROP TRIGGER lose {table}")).await;
    assert_works(&browser, "it fails no more").await;
}

/// Two transactions that each hold what the other wants; the server gives up the library's.
#[rocket::async_test]
async fn a_deadlock_is_run_again_and_happens_once() {
    let app = app();
    if !is_server(&app, "a_deadlock_is_run_again_and_happens_once") {
        return;
    }
    let browser = adas(&app).await;
    let mut rival = Beside::of(&app).await;
    let deadlocks = match rival.kind() {
        Kind::Postgres => {
            // It looks for deadlocks later than the library's connection, which is therefore the one to go.
            rival.run("SET deadlock_timeout = '20s'").await;
            rival.run("SET lock_timeout = 0").await;
            "SELECT deadlocks AS n FROM pg_stat_database WHERE datname = current_database()"
        }
        _ => {
            // The heavier transaction stays.
            rival.run("CREATE TABLE weight (n BIGINT PRIMARY KEY)").await;
            "SELECT CAST(variable_value AS SIGNED) AS n FROM information_schema.global_status
             WHERE variable_name = 'Innodb_deadlocks'"
        }
    };
    let before = rival.number(deadlocks).await;
    stand_in_the_way(&mut rival).await;
    if rival.kind() == Kind::MySql {
        let rows: Vec<String> = (0..500).map(|n| format!("({n})")).collect();
        rival
            .run(&format!("INSERT INTO weight VALUES {}", rows.join(", ")))
            .await;
    }
    let (answer, ()) = join(sign_in(&browser, Speech::Page), async {
        sleep(Duration::from_millis(500)).await;
        // The sign-in holds the user's row by now and waits for ours.
        rival
            .run("UPDATE security_users SET updated_at = updated_at")
            .await;
        rival.run("COMMIT").await;
    })
    .await;
    assert_eq!(answer.status, 302, "{}", answer.body);
    assert_eq!(rival.number(SESSIONS).await, 1);
    // PostgreSQL writes its figures down a moment later.
    let mut tries = 0;
    while rival.number(deadlocks).await == before {
        tries += 1;
        assert!(tries < 100, "there was no deadlock");
        sleep(Duration::from_millis(100)).await;
    }
}

#[rocket::async_test]
async fn a_connection_lost_mid_request_is_503_and_replaced() {
    let app = app();
    if !is_server(&app, "a_connection_lost_mid_request_is_503_and_replaced") {
        return;
    }
    let browser = adas(&app).await;
    let mut rival = Beside::of(&app).await;
    let mut killer = Beside::of(&app).await;
    for speech in BOTH {
        stand_in_the_way(&mut rival).await;
        let (answer, ()) = join(sign_in(&browser, speech), async {
            sleep(Duration::from_millis(700)).await;
            killer.kill_who_waits().await;
        })
        .await;
        assert_503(&answer, speech, "the connection was killed");
        rival.run("ROLLBACK").await;
        assert_eq!(rival.number(SESSIONS).await, 0);
        assert_works(&browser, "another connection").await;
    }
    // One that is idle goes unnoticed, or is noticed by one request at most.
    killer.kill_all_others().await;
    sleep(Duration::from_millis(1100)).await;
    assert_works(&browser, "all connections were killed").await;
}

#[derive(Database)]
#[database("app")]
struct Db(SqlitePool);

/// An application whose pool's only connection can be reached, for the limit is the connection's own.
#[rocket::async_test]
async fn a_full_disk_is_503_and_nothing_is_half_written() {
    let app = app().set("databases.app.max_connections", 1);
    if !is_sqlite(&app, "a_full_disk_is_503_and_nothing_is_half_written") {
        return;
    }
    let app = {
        let url = app.database_url().to_owned();
        app.set("databases.app.url", url)
    };
    let fairing = SecurityFairing::new().clock(app.clock().clone()).database::<Db>();
    let rocket = rocket::custom(app.figment())
        .attach(Db::init())
        .attach(fairing)
        .mount("/", rocket::routes![token]);
    let browser = Browser::on(rocket).await;
    let mut rival = Beside::of(&app).await;
    let count = "SELECT (SELECT COUNT(*) FROM security_users) + (SELECT COUNT(*) FROM security_sessions)
                 + (SELECT COUNT(*) FROM security_counters) AS n";
    let mut refused = 0;
    for speech in BOTH {
        let db = Db::fetch(browser.client.rocket()).expect("the pool");
        let mut connection = Pool::get(&**db).await.expect("the connection");
        // No page more than there are.
        connection
            .batch_execute("PRAGMA max_page_count = 1")
            .await
            .expect("a limit");
        drop(connection);
        // There is room in the pages that there are; then there is none.
        for n in 0..400 {
            let before = rival.number(count).await;
            let email = format!("{}-{n}@{speech:?}.{}.example.org", "a".repeat(60), "b".repeat(60));
            let answer = browser
                .send(
                    speech,
                    "/register",
                    &[
                        ("email", &email),
                        ("password", PASSWORD),
                        ("password_confirm", PASSWORD),
                    ],
                )
                .await;
            if answer.status == 503 {
                assert_503(&answer, speech, "a full disk");
                assert_eq!(rival.number(count).await, before, "something was half-written");
                refused += 1;
                break;
            }
            assert!([200, 302].contains(&answer.status), "{}", answer.body);
            browser.sign_out().await;
        }
        // The connection was thrown away, and its limit with it.
        browser.register(&format!("{speech:?}@example.org")).await;
        browser.sign_out().await;
    }
    assert_eq!(refused, 2, "the disk was never full");
    let security = browser.client.rocket().state::<Security>().unwrap();
    assert!(security.find_user("Json@example.org").await.unwrap().is_some());
}

#[rocket::get("/token")]
fn token(security: rocket_security::SecurityContext) -> String {
    security.csrf_token
}
