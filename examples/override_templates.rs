//! Our pages in an application's own clothes. `examples/override_templates/` holds
//!
//! * `templates/security/_style.css.j2`: our stylesheet with other colours;
//! * `templates/security/login.html.j2`: a page on our layout, with a value from a context function;
//! * `templates/security/verify.html.j2`: our page with one block replaced;
//! * `templates/security/register.html.tera` and `home.html.tera`: pages of the application's own engine;
//! * `locales/en/acme.ftl`: some texts said differently.
//!
//! `cargo run --example override_templates`, then open <http://127.0.0.1:8000>.

use rocket::figment::Figment;
use rocket::serde::json::json;
use rocket::{Build, Rocket, get, launch, routes};
use rocket_dyn_templates::{Template, context};
use rocket_security::{SecurityContext, SecurityFairing};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/override_templates");

#[get("/")]
fn index(security: SecurityContext) -> Template {
    Template::render("home", context! { security })
}

/// Where the templates and the texts are. An application that starts in its own folder finds both without a word.
pub fn folders(figment: Figment) -> Figment {
    figment
        .merge(("template_dir", format!("{FOLDER}/templates")))
        .merge(("security.i18n_dirname", format!("{FOLDER}/locales")))
        .merge(("security.msg_logged_out", "Come back soon."))
        .merge(("security.registerable", true))
}

/// The application on whatever configuration: the test has one of its own.
pub fn app(rocket: Rocket<Build>) -> Rocket<Build> {
    let security = SecurityFairing::new()
        .context(|_| json!({ "brand": "Acme" }))
        .context_for(
            "login",
            |view| json!({ "greeting": format!("You are at {}", view.path()) }),
        );
    rocket
        .attach(Template::fairing())
        .attach(security)
        .mount("/", routes![index])
}

#[launch]
fn rocket() -> _ {
    app(rocket::custom(folders(rocket::Config::figment())))
}
