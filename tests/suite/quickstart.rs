//! The example as a newcomer meets it: a process that listens, driven from outside; and what it prints when it must
//! not start.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::{PASSWORD, encode, field};

/// Cargo builds the examples beside the tests, but says nowhere where.
fn example() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let name = format!("quickstart{}", std::env::consts::EXE_SUFFIX);
    let path = test
        .parent()
        .and_then(Path::parent)
        .unwrap()
        .join("examples")
        .join(name);
    assert!(
        path.exists(),
        "{} is missing: run `cargo build --example quickstart` first",
        path.display()
    );
    path
}

/// The example in a folder of its own, without what this process has in its environment about Rocket.
fn command(folder: &Path, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(example());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ROCKET_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).envs(settings.iter().copied());
    command
}

struct Server {
    child: Child,
    port: u16,
    printed: Arc<Mutex<String>>,
}

impl Server {
    fn start(folder: &Path, settings: &[(&str, &str)]) -> Server {
        let port = TcpListener::bind(("127.0.0.1", 0))
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut command = command(folder, settings);
        command
            .env("ROCKET_PORT", port.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let printed = Arc::new(Mutex::new(String::new()));
        let (ready, launched) = std::sync::mpsc::channel();
        let outputs: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().unwrap()),
            Box::new(child.stderr.take().unwrap()),
        ];
        for output in outputs {
            let (printed, ready) = (printed.clone(), ready.clone());
            thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    printed.lock().unwrap().push_str(&format!("{line}\n"));
                    if line.contains("launched from") {
                        let _ = ready.send(());
                    }
                }
            });
        }
        let server = Server { child, port, printed };
        if launched.recv_timeout(Duration::from_secs(60)).is_err() {
            panic!("the example did not start: {}", server.printed.lock().unwrap());
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

/// A browser on a socket: keeps cookies and says where it comes from.
struct Visitor {
    port: u16,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    fn of(server: &Server) -> Visitor {
        Visitor {
            port: server.port,
            cookies: BTreeMap::new(),
        }
    }

    fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n",
            self.port
        );
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request += &format!("Cookie: {}\r\n", cookies.join("; "));
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = parse(&String::from_utf8(answer).unwrap());
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.to_lowercase().contains("max-age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    fn get(&mut self, path: &str) -> Answer {
        self.send(
            "GET",
            path,
            &[("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate")],
            "",
        )
    }

    /// Fills in the form of a page.
    fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let html = self.get(page);
        let token = field(&html.body, "csrf_token").unwrap_or_else(|| panic!("no form on {page}: {html:?}"));
        let mut all = vec![("csrf_token", token.as_str())];
        all.extend_from_slice(fields);
        let origin = format!("http://127.0.0.1:{}", self.port);
        let headers = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Origin", origin.as_str()),
        ];
        self.send("POST", action, &headers, &encode(&all))
    }
}

fn parse(answer: &str) -> Answer {
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("no HTTP: {answer}"));
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let header = |line: &str| {
        line.split_once(':')
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
    };
    let headers: Vec<_> = lines.filter_map(header).collect();
    assert!(
        !headers.iter().any(|(name, _)| name == "transfer-encoding"),
        "not of a known length: {head}"
    );
    Answer {
        status,
        headers,
        body: body.to_owned(),
    }
}

fn run(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    command(folder, settings).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn the_whole_story_from_outside() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let mut ada = Visitor::of(&server);
    let json = [("Accept", "application/json")];

    assert!(ada.get("/").body.contains("/register"), "the way in is not shown");
    let refused = ada.get("/profile");
    assert_eq!(
        (refused.status, refused.header("location")),
        (302, Some("/login?next=/profile"))
    );
    let me = ada.send("GET", "/api/me", &json, "");
    assert_eq!((me.status, me.json()["meta"]["code"].as_u64()), (401, Some(401)));

    let account = [
        ("email", "ada@example.org"),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
    ];
    assert_eq!(ada.submit("/register", "/register", &account).status, 302);
    let profile = ada.get("/profile");
    assert!(
        profile.status == 200 && profile.body.contains("ada@example.org"),
        "{profile:?}"
    );
    assert!(
        ada.get("/").body.contains("/profile"),
        "the front page does not know the visitor"
    );
    assert_eq!(ada.get("/sensitive").status, 200);
    let me = ada.send("GET", "/api/me", &json, "");
    assert_eq!(
        (me.status, me.json()["email"].as_str()),
        (200, Some("ada@example.org"))
    );

    // While it runs, from a second process, as the README says.
    assert_eq!(ada.get("/admin").status, 403);
    let given = run(folder.path(), &[], &["add-role", "ada@example.org", "admin"]);
    assert!(
        given.status.success() && said(&given).contains("now has the role"),
        "{}",
        said(&given)
    );
    assert_eq!(ada.get("/admin").status, 200);
    let again = run(folder.path(), &[], &["add-role", "ada@example.org", "admin"]);
    assert!(
        again.status.success() && said(&again).contains("already"),
        "{}",
        said(&again)
    );
    let nobody = run(folder.path(), &[], &["add-role", "nobody@example.org", "admin"]);
    assert!(
        !nobody.status.success() && said(&nobody).contains("nobody@example.org"),
        "{}",
        said(&nobody)
    );
    assert!(
        !run(folder.path(), &[], &["add-rule"]).status.success(),
        "an unknown command"
    );

    // Signed out, the old cookie opens nothing, whoever kept it.
    let kept = ada.cookies.clone();
    assert_eq!(ada.submit("/profile", "/logout", &[]).status, 302);
    assert_eq!(ada.get("/profile").status, 302);
    let mut thief = Visitor {
        port: server.port,
        cookies: kept,
    };
    assert_eq!(thief.get("/profile").status, 302);
    assert_eq!(thief.send("GET", "/api/me", &json, "").status, 401);

    // And in again, to where he wanted to go.
    let account = [("email", "ada@example.org"), ("password", PASSWORD)];
    let signed_in = ada.submit("/login?next=/admin", "/login?next=/admin", &account);
    assert_eq!(
        (signed_in.status, signed_in.header("location")),
        (302, Some("/admin"))
    );
    assert_eq!(ada.get("/admin").status, 200);

    let printed = server.printed.lock().unwrap();
    assert!(!printed.contains(PASSWORD), "the password was printed: {printed}");
    for secret in ada
        .cookies
        .values()
        .chain(thief.cookies.values())
        .filter(|value| value.len() > 8)
    {
        assert!(
            !printed.contains(secret.as_str()),
            "a cookie was printed: {printed}"
        );
    }
}

/// A session outlives a restart: it lies in the database, and the keys that were made lie in a file.
#[test]
fn a_restart_signs_nobody_out() {
    let folder = tempfile::tempdir().unwrap();
    let first = Server::start(folder.path(), &[]);
    let mut ada = Visitor::of(&first);
    let account = [
        ("email", "ada@example.org"),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
    ];
    assert_eq!(ada.submit("/register", "/register", &account).status, 302);
    drop(first);
    let second = Server::start(folder.path(), &[]);
    ada.port = second.port;
    assert_eq!(ada.get("/profile").status, 200);

    // What must not be read by others, nor go into git.
    let state = folder.path().join(".rocket_security");
    assert!(state.join(".gitignore").exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| state.join(name).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("keys"), 0o600);
    }
}

/// Each says what is wrong, by name, and what to write.
#[test]
fn a_launch_that_is_refused_says_what_to_do() {
    let security = "ROCKET_SECURITY";
    let keys = r#"secret_keys=["a secret key for tests that is long enough"]"#;
    let only_secret = format!("{{{keys}}}");
    for (settings, words) in [
        (
            vec![(security, r#"{login_ulr="/in"}"#)],
            vec!["login_ulr", "login_url"],
        ),
        (
            vec![(security, r#"{session_lifetime="soon"}"#)],
            vec!["session_lifetime", "soon", "days"],
        ),
        (
            vec![(security, r#"{login_url="/profile"}"#)],
            vec!["login_url", "/profile"],
        ),
        (
            vec![(security, r#"{register_url="/admin"}"#)],
            vec!["register_url", "/admin"],
        ),
        (
            vec![(security, r#"{logout_methods=["GET"], logout_url="/sensitive"}"#)],
            vec!["logout_url", "/sensitive"],
        ),
        (
            vec![(security, r#"{url_prefix="/api", login_url="/me"}"#)],
            vec!["login_url", "/api/me"],
        ),
        (
            vec![(security, r#"{confirmable=true}"#)],
            vec!["confirmable", "mail"],
        ),
        (vec![(security, r#"{migrate=false}"#)], vec!["migrate"]),
        (
            vec![("ROCKET_PROFILE", "release")],
            vec!["secret_keys", "data_keys"],
        ),
        (
            vec![("ROCKET_PROFILE", "release"), (security, only_secret.as_str())],
            vec!["data_keys"],
        ),
        (
            vec![("ROCKET_ADDRESS", "0.0.0.0")],
            vec!["secret_keys", "data_keys"],
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        // Were it to start, it must not wait for visitors.
        let output = run(
            folder.path(),
            &settings,
            &["add-role", "nobody@example.org", "admin"],
        );
        let said = said(&output);
        assert!(!output.status.success(), "{settings:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{settings:?} does not say {word}: {said}");
        }
        assert!(!said.contains("panicked"), "{settings:?}: {said}");
        assert!(
            !said.contains("a secret key for tests"),
            "{settings:?} prints a key: {said}"
        );
    }
}

/// The keys that development made do not leave it.
#[test]
fn keys_of_development_do_not_serve_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    drop(Server::start(folder.path(), &[]));
    let output = run(
        folder.path(),
        &[("ROCKET_PROFILE", "release")],
        &["add-role", "a@example.org", "admin"],
    );
    assert!(said(&output).contains("secret_keys"), "{}", said(&output));
    let made = std::fs::read_to_string(folder.path().join(".rocket_security/keys")).unwrap();
    let key = |name: &str| {
        made.lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap_or_else(|| panic!("no key {name}"))
            .trim()
            .to_owned()
    };
    let (secret, data) = (key("secret "), key("data "));
    let settings = format!("{{secret_keys=[\"{secret}\"], data_keys=[\"{data}\"]}}");
    let written = [
        ("ROCKET_PROFILE", "release"),
        ("ROCKET_SECURITY", settings.as_str()),
    ];
    let output = run(folder.path(), &written, &["add-role", "a@example.org", "admin"]);
    let said = said(&output);
    assert!(
        !output.status.success() && said.contains("secret_keys") && said.contains("development"),
        "{said}"
    );
    assert!(
        !said.contains(&secret) && !said.contains(&data),
        "a key was printed: {said}"
    );
}
