//! Sign-up, sign-in, a page for members, a page for admins: `cargo run --example quickstart`, then open
//! <http://127.0.0.1:8000>. `cargo run --example quickstart -- add-role <email> admin` makes somebody an admin.

#[macro_use]
extern crate rocket;

use rocket::response::content::RawHtml;
use rocket::serde::json::{Value, json};
use rocket_security::{AuthUser, Fresh, HasRole, SecurityContext, SecurityFairing, guards};

/// The example's own look; the library's pages bring theirs.
fn page(body: &str) -> RawHtml<String> {
    let head = "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
        <title>Quickstart</title><style>:root{color-scheme:light dark;font:1.1rem/1.6 system-ui,sans-serif}\
        h1{overflow-wrap:anywhere}body{max-width:34rem;margin:4rem auto;padding:0 1.5rem}a,button{margin-right:1rem}button{font:inherit}</style>";
    RawHtml(format!("{head}{body}</html>"))
}

#[get("/")]
fn index(user: Option<AuthUser>) -> RawHtml<String> {
    page(match user {
        Some(_) => {
            "<h1>Welcome back</h1><p><a href=/profile>Your profile</a><a href=/sensitive>Sensitive</a><a href=/admin>Admins only</a>"
        }
        None => "<h1>Welcome</h1><p><a href=/login>Sign in</a><a href=/register>Create an account</a>",
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

#[get("/sensitive")]
fn sensitive(user: Fresh<1>) -> String {
    format!("{} gave a password within the last minute", user.email)
}

#[get("/api/me")]
fn me(user: AuthUser) -> Value {
    json!({ "email": user.email, "since": user.created_at.to_string() })
}

#[rocket::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut figment = rocket::Config::figment().merge(("security.registerable", true));
    if !arguments.is_empty() {
        figment = figment.merge(("log_level", "off"));
    }
    let app = rocket::custom(figment)
        .attach(SecurityFairing::new())
        .mount("/", routes![index, profile, admin, sensitive, me]);
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => drop(app.launch().await?),
        ["add-role", email, role] => println!("{}", rocket_security::cli::add_role(app, email, role).await?),
        _ => return Err("usage: quickstart [add-role <email> <role>]".into()),
    }
    Ok(())
}
