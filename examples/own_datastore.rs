//! The quickstart on a datastore of its own, which keeps accounts in the memory of the process:
//! `cargo run --example own_datastore`, then open <http://127.0.0.1:8000>. `docs/datastores.md` explains the store.

#[path = "own_datastore/mod.rs"]
pub mod memory;

use rocket::response::content::RawHtml;
use rocket::{Build, Rocket, get, routes};
use rocket_security::{AuthUser, HasRole, SecurityContext, SecurityFairing, guards};

use memory::MemoryStore;

#[get("/")]
fn index(user: Option<AuthUser>) -> RawHtml<&'static str> {
    RawHtml(match user {
        Some(_) => "<h1>Welcome back</h1><a href=/profile>Your profile</a> <a href=/admin>Admins only</a>",
        None => "<h1>Welcome</h1><a href=/login>Sign in</a> <a href=/register>Create an account</a>",
    })
}

#[get("/profile")]
fn profile(user: AuthUser, security: SecurityContext) -> RawHtml<String> {
    let email = rocket::http::RawStr::new(&user.email).html_escape();
    let field = &security.csrf_field;
    RawHtml(format!(
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
