//! What only a real connection can carry: cookies twice under one name, headers that are no text, lengths that lie.
//! The answer is 4xx or what the application says anyway, or the connection ends; the server lives on.

use std::time::Duration;

use rocket::fairing::AdHoc;
use rocket::tokio::io::{AsyncReadExt, AsyncWriteExt};
use rocket::tokio::net::TcpStream;
use rocket::tokio::sync::oneshot;
use rocket::tokio::{spawn, time};
use rocket_security::Security;

use crate::support::{PASSWORD, app, encode, rocket};

/// Sends bytes and hands back all that comes until the connection ends.
async fn exchange(port: u16, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port))
        .await
        .expect("a connection");
    // The server may end the connection before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    if time::timeout(Duration::from_millis(500), stream.read_to_end(&mut answer))
        .await
        .is_ok()
    {
        return String::from_utf8_lossy(&answer).into_owned();
    }
    // It waits for more of what breaks off here: nothing more comes.
    let _ = stream.shutdown().await;
    let read = time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    assert!(
        read.is_ok(),
        "no end of the answer to {}",
        String::from_utf8_lossy(&bytes[..bytes.len().min(200)])
    );
    String::from_utf8_lossy(&answer).into_owned()
}

/// A request with headers of our own after those that must be.
fn request(line: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let always = "Host: app.example\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\n";
    format!("{line} HTTP/1.1\r\n{always}{headers}Content-Length: {length}\r\n\r\n{body}").into_bytes()
}

fn status(answer: &str) -> Option<u16> {
    answer.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok()
}

/// The cookies of an answer, as a browser sends them back.
fn cookies(answer: &str) -> Vec<String> {
    let lines = answer.lines().filter_map(|line| line.split_once(": "));
    let set = lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    set.filter_map(|(_, value)| value.split(';').next())
        .map(str::to_owned)
        .collect()
}

/// The token on the page in an answer.
fn token(answer: &str) -> String {
    let page = answer.split_once("\r\n\r\n").expect("a body").1;
    crate::support::field(page, "csrf_token").expect("a token")
}

#[rocket::async_test]
async fn wrong_bytes_on_the_wire() {
    let app = app().set("port", 0).set("shutdown.ctrlc", false);
    let (say, port) = oneshot::channel();
    let tell = AdHoc::on_liftoff("port", |rocket| {
        let port = rocket.config().port;
        Box::pin(async move {
            let _ = say.send(port);
        })
    });
    let rocket = rocket(&app)
        .attach(tell)
        .ignite()
        .await
        .expect("the rocket ignites");
    let security = rocket.state::<Security>().expect("the fairing is attached");
    security
        .create_user("ada@example.org", PASSWORD)
        .await
        .expect("a member");
    let shutdown = rocket.shutdown();
    let server = spawn(rocket.launch());
    let port = port.await.expect("a port");

    let page = exchange(port, &request("GET /login", "", "")).await;
    assert_eq!(status(&page), Some(200), "{page}");
    let visitor = cookies(&page).join("; ");
    let form = encode(&[
        ("csrf_token", &token(&page)),
        ("email", "ada@example.org"),
        ("password", PASSWORD),
    ]);
    let body = "Content-Type: application/x-www-form-urlencoded\r\n";
    let signed_in = exchange(
        port,
        &request("POST /login", &format!("Cookie: {visitor}\r\n{body}"), &form),
    )
    .await;
    assert_eq!(status(&signed_in), Some(302), "{signed_in}");
    let mine = cookies(&signed_in);
    let ours = mine.join("; ");
    let forged = mine
        .iter()
        .filter_map(|it| it.split_once('='))
        .map(|(name, _)| format!("{name}=AAAA"));
    let forged = forged.collect::<Vec<_>>().join("; ");
    let profile = exchange(port, &request("GET /profile", &format!("Cookie: {ours}\r\n"), "")).await;
    assert_eq!(status(&profile), Some(200), "{profile}");

    let long = "a".repeat(100_000);
    let many = "X-A: b\r\n".repeat(2_000);
    let page = "GET /login";
    let posted = form.len();
    let mut wrong: Vec<(&str, Vec<u8>)> = vec![
        (
            "forged cookies",
            request("GET /profile", &format!("Cookie: {forged}\r\n"), ""),
        ),
        (
            "forged cookies twice",
            request(
                "GET /profile",
                &format!("Cookie: {forged}\r\nCookie: {forged}\r\n"),
                "",
            ),
        ),
        (
            "cookies without names",
            request(page, "Cookie: ;;;=;=a;b=;;\r\n", ""),
        ),
        (
            "cookies with commas",
            request(page, &format!("Cookie: {}\r\n", ours.replace(';', ",")), ""),
        ),
        ("an empty cookie header", request(page, "Cookie:\r\n", "")),
        (
            "a hundred kilobytes of cookie",
            request(page, &format!("Cookie: session={long}\r\n"), ""),
        ),
        (
            "escaped cookies",
            request(page, "Cookie: session=%ff%00%0d%0a; %00=%ff\r\n", ""),
        ),
        ("two thousand headers", request(page, &many, "")),
        (
            "a header of a hundred kilobytes",
            request(page, &format!("X-A: {long}\r\n"), ""),
        ),
        ("a folded header", request(page, "X-A: b\r\n c\r\n", "")),
        ("a header without a name", request(page, ": b\r\n", "")),
        ("a header without a colon", request(page, "nothing\r\n", "")),
        (
            "a path of a hundred kilobytes",
            request(&format!("GET /login/{long}"), "", ""),
        ),
        (
            "an unfinished escape in the path",
            request("GET /login?next=%", "", ""),
        ),
        ("bad UTF-8 in the path", request("GET /%ff%fe", "", "")),
        ("a fragment in the path", request("GET /login#x", "", "")),
        (
            "another host in the path",
            request("GET http://evil.example/login?next=//evil.example", "", ""),
        ),
        ("no path", request("GET", "", "")),
        ("an asterisk for a path", request("OPTIONS *", "", "")),
        ("a method of our own", request("STEAL /login", "", "")),
        ("a method in small letters", request("post /login", body, &form)),
        (
            "a body that breaks off",
            request(
                "POST /login",
                &format!("Content-Length: 9{posted}\r\n{body}"),
                &form,
            ),
        ),
        (
            "chunks and a length",
            request(
                "POST /login",
                &format!("Transfer-Encoding: chunked\r\n{body}"),
                &form,
            ),
        ),
        ("HTTP 1.0", b"GET /login HTTP/1.0\r\n\r\n".to_vec()),
        (
            "no host",
            b"GET /login HTTP/1.1\r\nConnection: close\r\n\r\n".to_vec(),
        ),
        ("HTTP 9", b"GET /login HTTP/9.9\r\n\r\n".to_vec()),
        (
            "no HTTP",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        ),
        ("nothing but NUL", vec![0; 1_000]),
    ];
    for name in [
        "Cookie",
        "Accept",
        "Accept-Language",
        "Content-Type",
        "Host",
        "Origin",
        "Sec-Fetch-Site",
        "X-CSRF-Token",
    ] {
        for bytes in [b"a=\xff\xfe".as_slice(), b"a=\xc3\xa9", b"a=\tb\x7f", b"a=\0"] {
            let head = format!("POST /login HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n{name}: ");
            wrong.push((name, [head.as_bytes(), bytes, b"\r\n\r\n"].concat()));
        }
    }
    for (name, bytes) in &wrong {
        let answer = exchange(port, bytes).await;
        let status = status(&answer);
        assert!(status.is_none_or(|it| it < 500), "{name}: {answer}");
        assert!(!answer.contains("ada@example.org"), "{name}: {answer}");
    }

    // Which of two equal names counts is the server's choice, but a forged one must not open what a right one did not.
    for both in [format!("{ours}; {forged}"), format!("{forged}; {ours}")] {
        let answer = exchange(port, &request("GET /profile", &format!("Cookie: {both}\r\n"), "")).await;
        assert!(matches!(status(&answer), Some(200 | 302)), "{answer}");
    }
    // The member is what he was, and the server is well.
    let profile = exchange(port, &request("GET /profile", &format!("Cookie: {ours}\r\n"), "")).await;
    assert_eq!(status(&profile), Some(200), "{profile}");
    shutdown.notify();
    server.await.expect("no panic").expect("a clean end");
}
