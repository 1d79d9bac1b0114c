//! What cannot work stops the launch. The sentences are read in `web::extend::tests`.

use rocket::error::ErrorKind;
use rocket::{Build, Rocket};
use rocket_security::{ExtraField, FormExtension, RegistrationFields, SecurityFairing, Words};
use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use crate::support::{app, with_fairing};

#[derive(Serialize, Deserialize, Validate)]
struct Misspelt {
    display_name: String,
}

impl RegistrationFields for Misspelt {
    fn fields() -> Vec<ExtraField> {
        vec![ExtraField::text("displayname", "Display name")]
    }
}

#[derive(Serialize, Deserialize, Validate)]
struct Greedy {
    password: String,
}

impl RegistrationFields for Greedy {
    fn fields() -> Vec<ExtraField> {
        vec![ExtraField::text("password", "Password")]
    }
}

fn field(name: &str) -> FormExtension {
    FormExtension::new().field(ExtraField::text(name, "A field"))
}

type Setup = fn(SecurityFairing) -> SecurityFairing;

#[rocket::async_test]
async fn what_cannot_work_stops_the_launch() {
    let wrong: [(&str, Setup); 15] = [
        ("no such form", |fairing| {
            fairing.form("logn", FormExtension::new())
        }),
        ("no such view", |fairing| {
            fairing.context_for("logn", |_| json!({}))
        }),
        ("no such view, async", |fairing| {
            fairing.context_async(Some("logn"), |_| Box::pin(async { Ok(json!({})) }))
        }),
        ("ours", |fairing| fairing.form("login", field("email"))),
        ("ours elsewhere", |fairing| {
            fairing.form("login", field("password_confirm"))
        }),
        ("the token", |fairing| fairing.form("verify", field("csrf_token"))),
        ("hidden ones", |fairing| fairing.form("login", field("next"))),
        ("twice", |fairing| {
            fairing.form("login", field("a")).form("login", field("a"))
        }),
        ("no name", |fairing| fairing.form("login", field(""))),
        ("markup", |fairing| fairing.form("login", field("a\"><b"))),
        ("the id of a label", |fairing| {
            fairing.form("login", field("email-errors"))
        }),
        ("nothing to choose", |fairing| {
            let none: [(&str, &str); 0] = [];
            fairing.form(
                "login",
                FormExtension::new().field(ExtraField::select("a", "A", none)),
            )
        }),
        ("no such words", |fairing| {
            fairing.form(
                "login",
                FormExtension::new().field(ExtraField::text("a", Words::id("no-such-text"))),
            )
        }),
        ("no such member", |fairing| fairing.registration::<Misspelt>()),
        ("a member of ours", |fairing| fairing.registration::<Greedy>()),
    ];
    for (case, setup) in wrong {
        assert!(refused(with_fairing(&app(), setup)).await, "{case}");
    }
    let renamed = app().set("security.csrf_field_name", "xsrf");
    assert!(refused(with_fairing(&renamed, |fairing| fairing.form("login", field("xsrf")))).await);
    let captcha = |fairing: SecurityFairing| fairing.form("login", field("g-recaptcha-response"));
    assert!(!refused(with_fairing(&app(), captcha)).await);
}

/// Whether a fairing of ours stops the launch.
async fn refused(rocket: Rocket<Build>) -> bool {
    // An error of Rocket's that nobody looks at panics.
    match rocket.ignite().await {
        Ok(_) => false,
        Err(error) => matches!(error.kind(), ErrorKind::FailedFairings(_)),
    }
}
