//! A client that keeps some connections busy: each sends its request again as soon as it was answered.

use std::time::{Duration, Instant};

use rocket::tokio::io::{AsyncReadExt, AsyncWriteExt};
use rocket::tokio::net::TcpStream;
use rocket::tokio::runtime::{Builder, Runtime};
use rocket::tokio::task::JoinSet;

/// One answer, whole.
pub struct Answer {
    pub status: u16,
    pub text: String,
}

impl Answer {
    /// The cookies that it sets, as a `Cookie` header sends them back.
    pub fn cookies(&self) -> String {
        let set = self.text.lines().filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("set-cookie")
                .then(|| value.split(';').next().unwrap_or_default().trim())
        });
        set.collect::<Vec<_>>().join("; ")
    }

    /// A text in its JSON.
    pub fn json(&self, path: &str) -> Option<String> {
        let (_, body) = self.text.split_once("\r\n\r\n")?;
        let value: serde_json::Value = serde_json::from_str(body).ok()?;
        value.pointer(path)?.as_str().map(str::to_owned)
    }
}

/// A request with the headers given, as bytes.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() {
        text += &format!("Content-Length: {}\r\n", body.len());
    }
    (text + "\r\n" + body).into_bytes()
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(port: u16) -> std::io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Connection {
            stream,
            buffer: Vec::with_capacity(4096),
        })
    }

    /// Sends the request and reads its answer; says the status.
    async fn ask(&mut self, request: &[u8]) -> std::io::Result<u16> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(length) = length(&self.buffer)
                && self.buffer.len() >= length
            {
                let status = self.buffer.get(9..12).unwrap_or_default();
                return Ok(status
                    .iter()
                    .fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0')));
            }
        }
    }
}

/// The whole length of the answer that begins the buffer, once its head is there.
fn length(buffer: &[u8]) -> Option<usize> {
    let end = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&buffer[..end]).ok()?;
    let body = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    Some(end + body.unwrap_or(0))
}

/// One thread, so that the server has the rest of the machine.
pub fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Asks once.
pub fn ask(port: u16, request: &[u8]) -> Answer {
    runtime().block_on(async {
        let mut connection = Connection::open(port).await.expect("the server listens");
        let status = connection.ask(request).await.expect("an answer");
        Answer {
            status,
            text: String::from_utf8_lossy(&connection.buffer).into_owned(),
        }
    })
}

/// How many requests were answered, and in how many seconds.
pub fn drive(port: u16, request: &[u8], connections: usize, window: Duration) -> (u64, f64) {
    let driven = follow(port, vec![request.to_vec(); connections], |_| None, window);
    (driven.answered, driven.seconds)
}

/// What a client did.
pub struct Driven {
    pub answered: u64,
    pub seconds: f64,
    /// What each connection would have sent next.
    pub requests: Vec<Vec<u8>>,
}

/// A connection for each request, which sends next what `next` makes of the answer; the same again where that is nothing.
pub fn follow(
    port: u16,
    requests: Vec<Vec<u8>>,
    next: fn(&[u8]) -> Option<Vec<u8>>,
    window: Duration,
) -> Driven {
    runtime().block_on(async {
        let began = Instant::now();
        let mut busy = JoinSet::new();
        for mut request in requests {
            busy.spawn(async move {
                let mut connection = Connection::open(port).await.expect("the server listens");
                let mut answered = 0_u64;
                while began.elapsed() < window {
                    let status = connection.ask(&request).await.expect("an answer");
                    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&connection.buffer));
                    answered += 1;
                    if let Some(next) = next(&connection.buffer) {
                        request = next;
                    }
                }
                (answered, request)
            });
        }
        let mut driven = Driven {
            answered: 0,
            seconds: 0.0,
            requests: Vec::new(),
        };
        while let Some(done) = busy.join_next().await {
            let (answered, request) = done.expect("a connection");
            driven.answered += answered;
            driven.requests.push(request);
        }
        driven.seconds = began.elapsed().as_secs_f64();
        driven
    })
}
