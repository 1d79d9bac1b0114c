//! A server that dies and comes back. Each test has one of its own, made by the functions of `.ci/services`.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rocket::tokio::time::sleep;

use super::{Kind, adas, assert_503, assert_works, sign_in};
use crate::answer::{BOTH, Speech};
use crate::support::app;
use crate::support::beside::Beside;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/services");

struct Server {
    kind: Kind,
    folder: tempfile::TempDir,
    port: u16,
}

impl Server {
    /// Makes one and starts it, or says why not.
    fn start(kind: Kind, options: &str) -> Option<Self> {
        // Once is enough, though the suite runs on each database.
        if Kind::of(app().database_url()) != kind {
            eprintln!("skipped: {kind:?} has its turn when SECURITY_TEST_DATABASE names it");
            return None;
        }
        let needed = match kind {
            Kind::Postgres => "[[ -n $(postgres_bin) ]]",
            _ => "command -v mariadbd mariadb-install-db >/dev/null",
        };
        let check = format!(
            "source {SCRIPT} && command -v runuser openssl python3 >/dev/null && ((EUID == 0)) && {needed}"
        );
        let can = Path::new(SCRIPT).exists() && shell(&check);
        if !can {
            eprintln!(
                "skipped: no {kind:?} server can be started here (it takes its Debian package, and root)"
            );
            return None;
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a port")
            .port();
        let server = Server {
            kind,
            folder: tempfile::tempdir().expect("a folder"),
            port,
        };
        let make = match kind {
            Kind::Postgres => format!("make_postgres \"$services_dir/server\" {port}"),
            _ => "make_mariadb \"$services_dir/server\"".to_owned(),
        };
        let readable = "chmod 755 \"$services_dir\" && make_certificates \"$services_dir/tls\"";
        assert!(server.run(&format!("{readable} && {make}")), "the server is made");
        server.up(options);
        let create = match kind {
            Kind::Postgres => format!("runuser -u postgres -- \"$(postgres_bin)/createdb\" -h 127.0.0.1 -p {port} security"),
            _ => "mariadb --no-defaults --socket=\"$services_dir/server/socket\" -e \"CREATE DATABASE security; \
                  CREATE USER 'app'@'127.0.0.1' IDENTIFIED BY 's3cret'; GRANT ALL ON *.* TO 'app'@'127.0.0.1'\""
                .to_owned(),
        };
        assert!(server.run(&create), "the database is made");
        Some(server)
    }

    fn up(&self, options: &str) {
        let run = match self.kind {
            Kind::Postgres => format!("run_postgres \"$services_dir/server\" {options}"),
            _ => format!("run_mariadb \"$services_dir/server\" {} {options}", self.port),
        };
        assert!(self.run(&run), "the server starts");
    }

    /// As when the machine loses its power.
    fn kill(&self) {
        let pid = match self.kind {
            Kind::Postgres => "head -1 \"$services_dir/server/data/postmaster.pid\"",
            _ => "cat \"$services_dir/server/pid\"",
        };
        let wait = "while kill -0 $pid 2>/dev/null; do sleep 0.1; done";
        let children = match self.kind {
            // They leave by themselves a moment later; the next start would find them.
            Kind::Postgres => "pkill -9 -P $pid; ",
            _ => "",
        };
        assert!(
            self.run(&format!("pid=$({pid}); {children}kill -9 $pid && {wait}")),
            "the server is killed"
        );
    }

    fn url(&self) -> String {
        match self.kind {
            Kind::Postgres => format!("postgres://postgres:s3cret@127.0.0.1:{}/security", self.port),
            _ => format!("mysql://app:s3cret@127.0.0.1:{}/security", self.port),
        }
    }

    fn run(&self, what: &str) -> bool {
        let folder = self.folder.path().display();
        shell(&format!("source {SCRIPT}; services_dir={folder}; {what}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = match self.kind {
            Kind::Postgres => "head -1 \"$services_dir/server/data/postmaster.pid\"",
            _ => "cat \"$services_dir/server/pid\"",
        };
        self.run(&format!(
            "pid=$({pid}) && kill -9 $pid; rm -rf \"$services_dir/server\""
        ));
    }
}

fn shell(script: &str) -> bool {
    // Into a file: a server that goes on running would keep a pipe open.
    let log = tempfile::NamedTempFile::new().expect("a file");
    let status = Command::new("bash")
        .args(["-c", script])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log.reopen().expect("the file"))
        .status();
    let done = status.is_ok_and(|status| status.success());
    if !done {
        let said = std::fs::read_to_string(log.path()).unwrap_or_default();
        eprintln!("{script}: {said}");
    }
    done
}

async fn a_server_that_dies_is_503_until_it_is_back(kind: Kind) {
    // What was committed must be there afterwards, other than where only speed counts.
    let durable = match kind {
        Kind::Postgres => "-c synchronous_commit=on",
        _ => "--innodb-flush-log-at-trx-commit=1",
    };
    let Some(server) = Server::start(kind, durable) else {
        return;
    };
    let app = app().set("databases.security.url", server.url());
    let browser = adas(&app).await;
    assert_eq!(sign_in(&browser, Speech::Page).await.status, 302);
    server.kill();
    for speech in BOTH {
        // A guard: who was signed in is not signed out by it.
        let answer = browser.look(speech, "/profile").await;
        assert_503(&answer, speech, "the server is dead");
        assert!(browser.session().is_some(), "the session cookie was taken away");
    }
    for speech in BOTH {
        let answer = browser
            .send(speech, "/verify", &[("password", crate::support::PASSWORD)])
            .await;
        assert_503(&answer, speech, "the server is dead");
    }
    server.up(durable);
    // Whatever answered more than a second ago is asked before it is used.
    sleep(Duration::from_millis(1100)).await;
    let answer = browser.look(Speech::Page, "/profile").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, super::ADA));
    browser.sign_out().await;
    assert_works(&browser, "the server is back").await;
    let mut beside = Beside::at(&server.url()).await;
    assert_eq!(beside.number(super::SESSIONS).await, 0);
    assert_eq!(beside.number("SELECT COUNT(*) AS n FROM security_users").await, 1);
}

#[cfg(feature = "postgres")]
#[rocket::async_test]
async fn postgres_that_dies_is_503_until_it_is_back() {
    a_server_that_dies_is_503_until_it_is_back(Kind::Postgres).await;
}

#[cfg(feature = "mysql")]
#[rocket::async_test]
async fn mysql_that_dies_is_503_until_it_is_back() {
    a_server_that_dies_is_503_until_it_is_back(Kind::MySql).await;
}

/// The password must not cross the network for a server that only says that it cannot encrypt.
#[cfg(any(feature = "postgres", feature = "mysql"))]
async fn without_tls_nobody_is_spoken_to_who_must_have_it(kind: Kind, off: &str) {
    use rocket_security::db::{PoolOptions, open};
    let Some(server) = Server::start(kind, off) else {
        return;
    };
    for (mode, works) in [
        ("disable", true),
        ("prefer", true),
        ("require", false),
        ("verify-full", false),
    ] {
        let url = format!("{}?sslmode={mode}", server.url());
        let pool = open(&url, PoolOptions::default()).await.expect("a pool");
        let outcome = pool.pending().await;
        assert_eq!(outcome.is_ok(), works, "{mode}");
        if let Err(error) = outcome {
            let cause = std::error::Error::source(&error)
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(error.is_unavailable(), "{mode}: {error}");
            assert!(
                cause.to_lowercase().contains("tls") || cause.to_lowercase().contains("ssl"),
                "{mode}: {cause}"
            );
            assert!(
                !format!("{error} {error:?} {cause}").contains("s3cret"),
                "{mode}: {cause}"
            );
        }
    }
}

#[cfg(feature = "postgres")]
#[rocket::async_test]
async fn postgres_without_tls_is_refused_where_it_is_required() {
    without_tls_nobody_is_spoken_to_who_must_have_it(Kind::Postgres, "-c ssl=off").await;
}

#[cfg(feature = "mysql")]
#[rocket::async_test]
async fn mysql_without_tls_is_refused_where_it_is_required() {
    without_tls_nobody_is_spoken_to_who_must_have_it(Kind::MySql, "--skip-ssl").await;
}
