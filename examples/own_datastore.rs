//! The quickstart on a datastore of its own, which keeps accounts in the memory of the process:
//! `cargo run --example own_datastore`, then open <http://127.0.0.1:8000>. `docs/datastores.md` explains the store.

#[path = "own_datastore/mod.rs"]
pub mod memory;

use rocket::response::content::RawHtml;
use rocket::{Build, Rocket, get, routes};
use rocket_security::{AuthUser, HasRole, SecurityContext, SecurityFairing, guards};

use memory::MemoryStore;

/// The example's own look; the library's pages bring theirs.
fn page(body: &str) -> RawHtml<String> {
    let head = "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
        <title>Own datastore</title><style>:root{color-scheme:light dark;font:1.1rem/1.6 system-ui}\
        body{max-width:34rem;margin:4rem auto;padding:0 1.5rem}button{font:inherit}</style>";
    RawHtml(format!("{head}{body}</html>"))
}

#[get("/")]
fn index(user: Option<AuthUser>) -> RawHtml<String> {
    page(match user {
        Some(_) => "<h1>Welcome back</h1><a href=/profile>Your profile</a> <a href=/admin>Admins only</a>",
        None => "<h1>Welcome</h1><a href=/login>Sign in</a> <a href=/register>Create an account</a>",
    })
}

#[get("/profile")]
fn profile(user: AuthUser, security: SecurityContext) -> RawHtml<String> {
    let email = rocket::http::RawStr::new(&user.email).html_escape();
    let field = &security.csrf_field;
    page(&format!(
        "<h1>Hello {email}</h1><form method=post action=/logout>{field}<button>Sign out</button></form>"
    ))
}

#[guards]
#[get("/admin")]
fn admin(user: HasRole<"admin">) -> String {
    format!("hello {}, you may do everything", user.email)
}

/// The application, on whatever rocket and fairing it is given.
pub fn mounted(rocket: Rocket<Build>, fairing: SecurityFairing, store: MemoryStore) -> Rocket<Build> {
    rocket
        .attach(fairing.datastore(store))
        .mount("/", routes![index, profile, admin])
}

#[allow(dead_code)] // The tests bring their own.
#[rocket::main]
async fn main() -> Result<(), Box<rocket::Error>> {
    let figment = rocket::Config::figment().merge(("security.registerable", true));
    let app = mounted(
        rocket::custom(figment),
        SecurityFairing::new(),
        MemoryStore::default(),
    );
    app.launch().await.map(drop).map_err(Box::new)
}
