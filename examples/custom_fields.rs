//! Registration that asks for more than address and password: a name, a plan, a word about oneself, and that the terms are
//! accepted; checks of one's own; and a page that reads it all back as the type that it was asked with.
//!
//! `cargo run --example custom_fields`, then open <http://127.0.0.1:8000>. The invitation code is `open sesame`.

use rocket::http::RawStr;
use rocket::response::content::RawHtml;
use rocket::serde::json::json;
use rocket::{Build, Rocket, get, launch, routes};
use rocket_security::{
    AuthUser, Error, ExtraField, FormErrors, FormExtension, RegistrationFields, SecurityContext,
    SecurityFairing,
};
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

/// What is stored with each user. `validator` says what fits, serde how it is read and written.
#[derive(Serialize, Deserialize, Validate)]
struct Profile {
    #[validate(
        length(min = 2, message = "Use two characters at least."),
        custom(function = "no_shouting")
    )]
    display_name: String,
    plan: Plan,
    seats: Option<u32>,
    about: Option<String>,
    terms_accepted: bool,
    /// Not on the form: no visitor can set it.
    #[serde(default)]
    is_founder: bool,
}

/// The values of the select.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Plan {
    Free,
    Team,
}

/// A rule of the application's own.
fn no_shouting(name: &str) -> Result<(), ValidationError> {
    let shouts = name.chars().count() > 3 && name.chars().all(|c| c.is_uppercase());
    match shouts {
        true => Err(ValidationError::new("no_shouting").with_message("No need to shout.".into())),
        false => Ok(()),
    }
}

/// How the page shows it.
impl RegistrationFields for Profile {
    fn fields() -> Vec<ExtraField> {
        vec![
            ExtraField::text("display_name", "Display name")
                .required()
                .max_length(40)
                .autocomplete("nickname")
                .hint("How others see you."),
            ExtraField::select(
                "plan",
                "Plan",
                [("free", "Free, for one"), ("team", "For a team")],
            )
            .required(),
            ExtraField::number("seats", "Seats").hint("How many are in your team?"),
            ExtraField::textarea("about", "About you").max_length(500),
            ExtraField::checkbox("terms_accepted", "I have read the terms, and accept them").required(),
        ]
    }
}

/// What is asked but not kept: a field and a check on the form alone.
fn invitation() -> FormExtension {
    FormExtension::new()
        .field(
            ExtraField::text("invitation", "Invitation code")
                .required()
                .autocomplete("off"),
        )
        .validate(|form| match form.text("invitation") {
            Some("open sesame") => Ok(()),
            _ => Err(FormErrors::one("invitation", "This code is not right.")),
        })
}

#[get("/")]
fn index(security: SecurityContext) -> RawHtml<String> {
    let brand = security
        .app
        .get("brand")
        .and_then(|brand| brand.as_str())
        .unwrap_or_default();
    page(&format!(
        "<h1>{}</h1><p><a href=/register>Create an account</a> <a href=/login>Sign in</a> <a href=/profile>Profile</a>",
        escaped(brand)
    ))
}

#[get("/profile")]
fn profile(user: AuthUser) -> Result<RawHtml<String>, Error> {
    // Nothing for a user who was made before the application asked.
    let Some(profile) = user.fields::<Profile>()? else {
        return Ok(page("<h1>We know nothing about you</h1>"));
    };
    let seats = match (profile.plan, profile.seats) {
        (Plan::Free, _) => "just me".to_owned(),
        (Plan::Team, seats) => format!("a team of {}", seats.unwrap_or(1)),
    };
    let about = profile.about.as_deref().unwrap_or("Nothing yet.");
    Ok(page(&format!(
        "<h1>{}</h1><p id=plan>{seats}<p id=about>{}<p id=founder>{}",
        escaped(&profile.display_name),
        escaped(about),
        profile.is_founder
    )))
}

fn escaped(text: &str) -> String {
    RawStr::new(text).html_escape().into_owned()
}

fn page(body: &str) -> RawHtml<String> {
    RawHtml(format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>Custom fields</title>\
         <style>:root{{color-scheme:light dark;font:1.1rem/1.6 system-ui}}body{{max-width:34rem;margin:4rem auto;padding:0 1.5rem}}</style>{body}</html>"
    ))
}

/// The application on whatever configuration: the test has one of its own.
pub fn app(rocket: Rocket<Build>) -> Rocket<Build> {
    let security = SecurityFairing::new()
        .registration::<Profile>()
        .form("register", invitation())
        .context(|_| json!({ "brand": "Acme" }));
    rocket.attach(security).mount("/", routes![index, profile])
}

#[launch]
fn rocket() -> _ {
    app(rocket::custom(
        rocket::Config::figment().merge(("security.registerable", true)),
    ))
}
