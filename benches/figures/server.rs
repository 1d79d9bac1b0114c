//! The servers that are compared, each a process of its own: this binary, started with `--serve`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use rocket::fairing::AdHoc;
use rocket::figment::Figment;
use rocket::http::Status;
use rocket::local::asynchronous::Client;
use rocket::tokio::sync::Mutex;
use rocket::tokio::task::spawn_blocking;
use rocket::{Build, Rocket, State, get, post, routes};
use rocket_security::store::SessionHash;
use rocket_security::testing::{App, sign_in};
use rocket_security::{
    ApiKeyUser, AuthUser, BasicUser, NewApiKey, Security, SecurityFairing, SessionUser, TokenUser,
};

pub const EMAIL: &str = "ada@example.org";
pub const PASSWORD: &str = "correct horse battery staple";

/// A server that runs until this value is dropped.
pub struct Server {
    child: Child,
    pub port: u16,
    /// The `Cookie` header of somebody who is signed in there; empty where nobody can.
    pub cookie: String,
    /// An API key of somebody there; empty where there are none.
    pub key: String,
}

impl Server {
    pub fn start(kind: &str) -> Server {
        let child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--serve", kind])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a server");
        let mut server = Server {
            child,
            port: 0,
            cookie: String::new(),
            key: String::new(),
        };
        let out = server.child.stdout.take().expect("its output");
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if let Some(cookie) = line.strip_prefix("cookie ") {
                cookie.clone_into(&mut server.cookie);
            }
            if let Some(key) = line.strip_prefix("key ") {
                key.clone_into(&mut server.key);
            }
            if let Some(port) = line.strip_prefix("port ") {
                server.port = port.parse().expect("a port");
                return server;
            }
        }
        panic!("the server {kind} ended before it listened");
    }

    /// The processor's time that it has used, in seconds; where the system tells.
    pub fn cpu(&self) -> Option<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // Behind the name, which may hold anything: state, ten more, then user and system time in hundredths.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        let mut ticks = || fields.next()?.parse::<f64>().ok();
        Some((ticks()? + ticks()?) / 100.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends with its input, and takes its files along.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// The same answer from all of them.
const HELLO: &str = "hello";

#[get("/")]
fn bare() -> &'static str {
    HELLO
}

#[get("/")]
fn guarded(_user: AuthUser) -> &'static str {
    HELLO
}

#[get("/session")]
fn by_session(_user: SessionUser) -> &'static str {
    HELLO
}

#[get("/token")]
fn by_token(_user: TokenUser) -> &'static str {
    HELLO
}

#[get("/key")]
fn by_key(_user: ApiKeyUser) -> &'static str {
    HELLO
}

#[get("/basic")]
fn by_basic(_user: BasicUser) -> &'static str {
    HELLO
}

/// What authenticating a request reads, and nothing around it.
#[get("/")]
async fn read(accounts: &State<Accounts>) -> Result<&'static str, Status> {
    let Accounts { security, hash } = accounts.inner();
    match security.datastore().session_with_user(&[*hash]).await {
        Ok(Some(_)) => Ok(HELLO),
        _ => Err(Status::InternalServerError),
    }
}

struct Accounts {
    security: Security,
    hash: SessionHash,
}

#[get("/hash")]
fn hash(user: AuthUser) -> Option<Vec<u8>> {
    user.session().map(|session| session.hash.as_bytes().to_vec())
}

fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

/// One hash of the cost that the library has by default, as one would write it.
#[post("/")]
async fn hash_anew() -> Result<&'static str, Status> {
    let hashed = spawn_blocking(|| {
        let mut out = [0_u8; 32];
        hasher()
            .hash_password_into(PASSWORD.as_bytes(), b"sixteen bytes of", &mut out)
            .map(|()| out)
    });
    match hashed.await {
        Ok(Ok(_)) => Ok(HELLO),
        _ => Err(Status::InternalServerError),
    }
}

/// The same with memory that is kept: as many blocks as there are cores, so no hash waits longer than for a core.
struct Memory(Vec<std::sync::Arc<Mutex<Vec<Block>>>>);

#[post("/")]
async fn hash_kept(memory: &State<Memory>) -> Result<&'static str, Status> {
    let (free, _, _) =
        rocket::futures::future::select_all(memory.0.iter().map(|slot| Box::pin(slot.clone().lock_owned())))
            .await;
    let mut blocks = free;
    let hashed = spawn_blocking(move || {
        let mut out = [0_u8; 32];
        hasher()
            .hash_password_into_with_memory(PASSWORD.as_bytes(), b"sixteen bytes of", &mut out, &mut *blocks)
            .map(|()| out)
    });
    match hashed.await {
        Ok(Ok(_)) => Ok(HELLO),
        _ => Err(Status::InternalServerError),
    }
}

/// A file of its own, keys, the default cost, any free port, and no log.
fn figment(app: &App) -> Figment {
    app.figment()
        .merge(("port", 0))
        .merge(("shutdown.grace", 0))
        .merge(("security.argon2_memory_kib", Params::DEFAULT_M_COST))
        .merge(("security.argon2_iterations", Params::DEFAULT_T_COST))
}

fn accounts(app: &App) -> Rocket<Build> {
    rocket::custom(figment(app)).attach(SecurityFairing::new())
}

pub fn serve(kind: &str) {
    let app = App::new();
    let served: Result<(), rocket::Error> = rocket::execute(async {
        let rocket = match kind {
            "bare" => rocket::custom(figment(&app)).mount("/", routes![bare]),
            "hash" => rocket::custom(figment(&app)).mount("/", routes![hash_anew]),
            "hash-kept" => {
                let cores = std::thread::available_parallelism().map_or(1, usize::from);
                let slot =
                    || std::sync::Arc::new(Mutex::new(vec![Block::default(); Params::DEFAULT.block_count()]));
                rocket::custom(figment(&app))
                    .manage(Memory((0..cores).map(|_| slot()).collect()))
                    .mount("/", routes![hash_kept])
            }
            "read" => {
                let client = Client::tracked(accounts(&app).mount("/", routes![hash])).await?;
                sign_in(&client, EMAIL).await.expect("a session");
                let bytes = client.get("/hash").dispatch().await.into_bytes().await;
                let hash = SessionHash::from_bytes(bytes.expect("a hash").try_into().expect("32 bytes"));
                let security = client.rocket().state::<Security>().expect("the fairing").clone();
                rocket::custom(figment(&app))
                    .manage(Accounts { security, hash })
                    .mount("/", routes![read])
            }
            "guarded" => {
                let client = Client::tracked(accounts(&app)).await?;
                let signed_in = sign_in(&client, EMAIL).await.expect("a session");
                println!("cookie {}={}", signed_in.cookie.name(), signed_in.cookie.value());
                accounts(&app).mount("/", routes![guarded])
            }
            "sign-in" => {
                let client = Client::tracked(accounts(&app)).await?;
                let security = client.rocket().state::<Security>().expect("the fairing");
                security.create_user(EMAIL, PASSWORD).await.expect("a user");
                accounts(&app)
            }
            "mechanisms" => {
                let figment = figment(&app)
                    .merge(("security.api_keys", true))
                    .merge(("security.refresh_token", true))
                    .merge(("security.refresh_token_cookie_name", ""));
                let ours = || rocket::custom(&figment).attach(SecurityFairing::new());
                let client = Client::tracked(ours()).await?;
                let security = client.rocket().state::<Security>().expect("the fairing");
                let user = security.create_user(EMAIL, PASSWORD).await.expect("a user");
                let key = security.create_api_key(&user, NewApiKey::new("figures")).await;
                println!("key {}", key.expect("a key").1.as_str());
                ours().mount("/", routes![by_session, by_token, by_key, by_basic])
            }
            other => panic!("there is no server {other}"),
        };
        let told = AdHoc::on_liftoff("port", |rocket| {
            let shutdown = rocket.shutdown();
            std::thread::spawn(move || {
                let _ = std::io::stdin().lines().count();
                shutdown.notify();
            });
            Box::pin(async move { println!("port {}", rocket.config().port) })
        });
        rocket.attach(told).launch().await.map(drop)
    });
    if let Err(error) = served {
        panic!("the server {kind} did not start: {error}");
    }
}
