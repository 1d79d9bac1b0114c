//! TLS to the real servers, whose certificate is for `localhost` and for nothing else (`.ci/services` makes it).

use crate::store::pool::{PoolOptions, open};

const PASSWORD: &str = "s3cret-of-nobody";

/// What the variables name: the server, the authority that signed its certificate, and one that did not.
fn surroundings(variable: &str) -> Option<(String, String, String)> {
    let read = |variable: &str| {
        let value = std::env::var(variable).ok();
        if value.is_none() {
            eprintln!("{variable} is not set: TLS was not tested");
        }
        value
    };
    Some((
        read(variable)?,
        read("SECURITY_TEST_TLS_CA")?,
        read("SECURITY_TEST_TLS_OTHER_CA")?,
    ))
}

/// Whether a connection comes about with these parameters; why not is told without the password.
async fn reaches(url: &str, host: &str, parameters: &str) -> Result<(), String> {
    let url = url.replace("127.0.0.1", host);
    let pool = open(&format!("{url}?{parameters}"), PoolOptions::default())
        .await
        .map_err(|error| error.to_string())?;
    pool.pending().await.map(drop).map_err(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let told = format!("{error} {error:?} {}", cause.unwrap_or_default());
        assert!(error.is_unavailable(), "{told}");
        assert!(!told.contains(PASSWORD), "{told}");
        told
    })
}

/// Each line: the host, the parameters, and what the refusal says, if it is one.
async fn hold(url: &str, cases: &[(&str, String, Option<&str>)]) {
    for (host, parameters, refusal) in cases {
        let outcome = reaches(url, host, parameters).await;
        match refusal {
            None => assert_eq!(outcome, Ok(()), "{host} {parameters}"),
            Some(word) => {
                let told = outcome.expect_err(parameters).to_lowercase();
                assert!(told.contains(word), "{host} {parameters}: {told}");
            }
        }
    }
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgres_is_spoken_to_over_tls() {
    use diesel_async::RunQueryDsl;
    let Some((url, ca, other)) = surroundings("SECURITY_TEST_POSTGRES_URL") else {
        return;
    };
    let with_password = url.replace("postgres@", &format!("postgres:{PASSWORD}@"));
    let full = format!("sslmode=verify-full&sslrootcert={ca}");
    hold(
        &with_password,
        &[
            ("localhost", full.clone(), None),
            ("localhost", format!("sslrootcert={ca}"), None),
            ("localhost", format!("sslmode=verify-ca&sslrootcert={ca}"), None),
            ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={ca}"), None),
            ("127.0.0.1", format!("sslmode=require&sslrootcert={ca}"), None),
            ("127.0.0.1", "sslmode=require".to_owned(), None),
            ("127.0.0.1", "sslmode=prefer".to_owned(), None),
            ("127.0.0.1", "sslmode=disable".to_owned(), None),
            // Another name than the certificate's.
            ("127.0.0.1", full.clone(), Some("not valid for name")),
            // Signed by somebody else: not by the public authorities, nor by this one.
            (
                "localhost",
                "sslmode=verify-full".to_owned(),
                Some("unknownissuer"),
            ),
            (
                "localhost",
                format!("sslmode=verify-full&sslrootcert={other}"),
                Some("invalid peer certificate"),
            ),
            (
                "localhost",
                format!("sslmode=require&sslrootcert={other}"),
                Some("invalid peer certificate"),
            ),
        ],
    )
    .await;
    let secured = format!("{}?{full}", url.replace("127.0.0.1", "localhost"));
    for (url, encrypted) in [(&secured, true), (&url, false)] {
        let pool = crate::store::pool::PostgresPool::open(url, PoolOptions::default()).expect("a pool");
        let mut connection = pool.connection().await.expect("a connection");
        let ssl: bool = diesel::dsl::sql::<diesel::sql_types::Bool>(
            "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        )
        .get_result(&mut connection)
        .await
        .expect("the server's word");
        assert_eq!(ssl, encrypted);
    }
}

#[cfg(feature = "mysql")]
#[tokio::test]
async fn mysql_is_spoken_to_over_tls() {
    use diesel_async::RunQueryDsl;
    let Some((url, ca, other)) = surroundings("SECURITY_TEST_MYSQL_URL") else {
        return;
    };
    let identity = format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={ca}");
    hold(
        &url,
        &[
            ("localhost", identity.clone(), None),
            ("localhost", format!("sslmode=verify-full&sslrootcert={ca}"), None),
            ("localhost", format!("ssl_ca={ca}"), None),
            ("127.0.0.1", "ssl-mode=REQUIRED".to_owned(), None),
            ("127.0.0.1", "ssl-mode=PREFERRED".to_owned(), None),
            ("127.0.0.1", "ssl-mode=DISABLED".to_owned(), None),
            ("127.0.0.1", identity.clone(), Some("not valid for name")),
            (
                "localhost",
                "ssl-mode=VERIFY_IDENTITY".to_owned(),
                Some("unknownissuer"),
            ),
            (
                "localhost",
                format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={other}"),
                Some("invalid peer certificate"),
            ),
            // What the driver cannot do is not done half.
            (
                "localhost",
                format!("ssl-mode=VERIFY_CA&ssl-ca={ca}"),
                Some("not supported"),
            ),
            (
                "localhost",
                format!("ssl-mode=REQUIRED&ssl-ca={ca}"),
                Some("not supported"),
            ),
        ],
    )
    .await;
    let secured = format!("{}?{identity}", url.replace("127.0.0.1", "localhost"));
    for (url, encrypted) in [(&secured, true), (&url, false)] {
        let pool = crate::store::pool::MySqlPool::open(url, PoolOptions::default()).expect("a pool");
        let mut connection = pool.connection().await.expect("a connection");
        let cipher: String = diesel::dsl::sql::<diesel::sql_types::Text>(
            "SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'Ssl_cipher'",
        )
        .get_result(&mut connection)
        .await
        .expect("the server's word");
        assert_eq!(!cipher.is_empty(), encrypted, "{cipher:?}");
    }
}

/// What comes of a URL that says nothing about it.
#[test]
fn elsewhere_is_encrypted_unless_the_url_says_otherwise() {
    use super::super::tls::Mode;
    for (host, mode) in [
        ("localhost", Mode::Disable),
        ("127.0.0.1", Mode::Disable),
        ("[::1]", Mode::Disable),
        ("db.example.org", Mode::VerifyFull),
        ("10.1.2.3", Mode::VerifyFull),
        ("[2001:db8::1]", Mode::VerifyFull),
    ] {
        #[cfg(feature = "postgres")]
        {
            let server = super::super::postgres::PostgresServer::new(&format!("postgres://app@{host}/app"));
            assert_eq!(server.ok().map(|server| server.mode()), Some(mode), "{host}");
        }
        #[cfg(feature = "mysql")]
        {
            let server = super::super::mysql::MySqlServer::new(&format!("mysql://app@{host}/app"));
            assert_eq!(server.ok().map(|server| server.mode()), Some(mode), "{host}");
        }
    }
    #[cfg(feature = "postgres")]
    for (url, mode) in [
        ("postgres:///app?host=/run/postgresql", Mode::Disable),
        ("postgres://app@%2Frun%2Fpostgresql/app", Mode::Disable),
        // One of them is elsewhere.
        (
            "postgres://app@localhost:1,db.example.org:2/app",
            Mode::VerifyFull,
        ),
        ("postgres://app@localhost/app?hostaddr=10.1.2.3", Mode::VerifyFull),
    ] {
        let server = super::super::postgres::PostgresServer::new(url);
        assert_eq!(server.ok().map(|server| server.mode()), Some(mode), "{url}");
    }
    #[cfg(feature = "mysql")]
    {
        let url = "mysql://app@db.example.org/app?socket=%2Frun%2Fmysqld.sock";
        let server = super::super::mysql::MySqlServer::new(url);
        assert_eq!(server.ok().map(|server| server.mode()), Some(Mode::Disable));
    }
}

/// A server that says that it cannot encrypt, as whoever sits in between can say, learns nothing more.
#[cfg(feature = "postgres")]
#[tokio::test]
async fn nothing_is_sent_to_who_cannot_encrypt() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("somebody");
        let mut asked = [0; 8];
        stream.read_exact(&mut asked).await.expect("the question");
        stream.write_all(b"N").await.expect("the answer");
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        rest
    });
    let url = format!("postgres://app:{PASSWORD}@127.0.0.1:{port}/app");
    let told = reaches(&url, "localhost", "sslmode=verify-full")
        .await
        .expect_err("it cannot encrypt");
    assert!(told.contains("TLS"), "{told}");
    assert_eq!(
        heard.await.expect("what was heard"),
        b"",
        "it went on unencrypted"
    );
}
