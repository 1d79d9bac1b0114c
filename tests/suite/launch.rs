//! What stops the launch. What the messages say is read in `quickstart.rs`, where a process prints them.

mod hints;
mod settings;

use rocket::error::ErrorKind;
use rocket::form::FromForm;
use rocket::{Build, Rocket, Route, get, post, routes};
use rocket_security::testing::App;
use rocket_security::{
    Anonymous, AuthUser, CsrfForm, Fresh, HasAnyPermission, HasAnyRole, HasPermission, HasRole, Security,
    SecurityContext, SecurityError, SecurityFairing, SessionUser, guards,
};

use crate::support::{self, PASSWORD, app};

rocket_security::roles! { Admin = "admin"; Editor = "editor" }
rocket_security::permissions! { Read = "read" }

#[derive(Debug, PartialEq)]
enum Launch {
    Starts,
    /// A fairing of ours said no.
    Refused,
    /// A guard of a route said no.
    Aborted,
    /// Rocket itself, which cannot say which setting to change.
    Unexplained(String),
}
use Launch::*;

async fn launch(rocket: Rocket<Build>) -> Launch {
    let error = match rocket.ignite().await {
        Ok(_) => return Starts,
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::FailedFairings(failed) => {
            let ours = failed
                .iter()
                .all(|fairing| fairing.name.to_lowercase().contains("security"));
            assert!(ours && !failed.is_empty(), "{failed:?}");
            Refused
        }
        ErrorKind::SentinelAborts(_) => Aborted,
        other => Unexplained(other.to_string()),
    }
}

#[derive(FromForm)]
struct Note {
    _text: String,
}

#[get("/1")]
fn auth_user(_user: AuthUser) {}
#[get("/2")]
fn session_user(_user: SessionUser) {}
#[get("/3")]
fn anonymous(_user: Anonymous) {}
#[get("/4")]
fn role(_user: HasRole<Admin>) {}
#[get("/5")]
fn any_role(_user: HasAnyRole<(Admin, Editor)>) {}
#[get("/6")]
fn permission(_user: HasPermission<Read>) {}
#[get("/7")]
fn any_permission(_user: HasAnyPermission<(Read,)>) {}
#[get("/8")]
fn fresh(_user: Fresh) {}
#[get("/9")]
fn fresh_minutes(_user: Fresh<15>) {}
#[get("/10")]
fn optional(_user: Option<AuthUser>) {}
#[get("/11")]
fn reasoned(_user: Result<AuthUser, SecurityError>) {}
#[get("/12")]
fn security(_security: &Security) {}
#[get("/13")]
fn context(_security: SecurityContext) {}
#[post("/14", data = "<_note>")]
fn form(_note: CsrfForm<Note>) {}

#[rocket::async_test]
async fn a_guard_without_the_fairing_stops_the_launch() {
    let each: [(&str, Vec<Route>); 14] = [
        ("AuthUser", routes![auth_user]),
        ("SessionUser", routes![session_user]),
        ("Anonymous", routes![anonymous]),
        ("HasRole", routes![role]),
        ("HasAnyRole", routes![any_role]),
        ("HasPermission", routes![permission]),
        ("HasAnyPermission", routes![any_permission]),
        ("Fresh", routes![fresh]),
        ("Fresh<15>", routes![fresh_minutes]),
        ("Option<AuthUser>", routes![optional]),
        ("Result<AuthUser, SecurityError>", routes![reasoned]),
        ("&Security", routes![security]),
        ("SecurityContext", routes![context]),
        ("CsrfForm", routes![form]),
    ];
    for (guard, routes) in each {
        let app = app();
        let without = rocket::custom(app.figment()).mount("/", routes.clone());
        assert_eq!(launch(without).await, Aborted, "{guard} without the fairing");
        let with = app.rocket(|fairing| fairing).mount("/", routes);
        assert_eq!(launch(with).await, Starts, "{guard} with the fairing");
    }
}

#[guards]
mod misspelt {
    use super::*;
    #[get("/1")]
    pub fn role(_user: HasRole<"amdin">) {}
    #[get("/2")]
    pub fn any(_user: HasAnyRole<"admin", "amdin">) {}
    #[get("/3")]
    pub fn optional(_user: Option<HasRole<"amdin">>) {}
    #[get("/4")]
    pub fn reasoned(_user: Result<HasRole<"amdin">, SecurityError>) {}
    #[get("/5")]
    pub fn cased(_user: HasRole<"Admin">) {}
    #[get("/6")]
    pub fn permission(_user: HasPermission<"admin">) {}
}

#[rocket::async_test]
async fn a_role_outside_the_declared_set_stops_the_launch() {
    let declared = |app: &App| app.rocket(|fairing| fairing.roles::<(Admin, Editor)>());
    for (what, routes, wanted) in [
        ("declared roles", routes![role, any_role], Starts),
        ("a misspelt role", routes![misspelt::role], Aborted),
        ("one misspelt of two", routes![misspelt::any], Aborted),
        ("in an Option", routes![misspelt::optional], Aborted),
        ("in a Result", routes![misspelt::reasoned], Aborted),
        ("in another case", routes![misspelt::cased], Aborted),
        (
            "a permission of a role's name",
            routes![misspelt::permission],
            Starts,
        ),
    ] {
        let app = app();
        assert_eq!(
            launch(declared(&app).mount("/", routes.clone())).await,
            wanted,
            "{what}"
        );
        // Without a declaration there is nothing to compare with.
        let undeclared = app.rocket(|fairing| fairing).mount("/", routes);
        assert_eq!(launch(undeclared).await, Starts, "{what}, undeclared");
    }
    // A route that nobody mounts harms nobody.
    let app = app();
    assert_eq!(launch(declared(&app)).await, Starts);
    // Said twice means both.
    let both = app
        .rocket(|fairing| fairing.roles::<(Admin,)>().roles::<Editor>())
        .mount("/", routes![role, any_role]);
    assert_eq!(launch(both).await, Starts);
    let one = app
        .rocket(|fairing| fairing.roles::<(Admin,)>())
        .mount("/", routes![any_role]);
    assert_eq!(launch(one).await, Aborted);
}

#[rocket::async_test]
async fn only_a_declared_role_is_given() {
    for (declared, role, given) in [
        (true, "editor", true),
        (true, "Editor", false),
        (true, "amdin", false),
        (false, "amdin", true),
    ] {
        let app = app();
        let rocket = app.rocket(|fairing| match declared {
            true => fairing.roles::<(Admin, Editor)>(),
            false => fairing,
        });
        let rocket = rocket.ignite().await.expect("it ignites");
        let security: &Security = rocket.state().expect("the fairing");
        let user = security
            .create_user("ada@example.org", PASSWORD)
            .await
            .expect("a user");
        let answer = security.add_role(user.id, role).await;
        assert_eq!(answer.is_ok(), given, "{role}");
        let made = security.find_role(role).await.expect("a look-up").is_some();
        assert_eq!(made, given, "{role} was made");
        if let Err(error) = answer {
            assert!(error.to_string().contains("admin, editor"), "{error}");
        }
    }
}

#[get("/1")]
fn never(_user: Fresh<0>) {}
#[get("/2")]
fn never_optional(_user: Option<Fresh<0>>) {}
#[get("/3")]
fn minute(_user: Fresh<1>) {}

#[rocket::async_test]
async fn fresh_for_no_time_at_all_stops_the_launch() {
    for (routes, wanted) in [
        (routes![never], Aborted),
        (routes![never_optional], Aborted),
        (routes![minute], Starts),
    ] {
        let app = app();
        assert_eq!(
            launch(app.rocket(|fairing| fairing).mount("/", routes)).await,
            wanted
        );
    }
}

#[rocket::async_test]
async fn the_fairing_attached_twice_stops_the_launch() {
    let app = app();
    let once = app.rocket(|fairing| fairing);
    assert_eq!(launch(once).await, Starts);
    let twice = app
        .rocket(|fairing| fairing)
        .attach(SecurityFairing::new().clock(app.clock().clone()));
    assert_eq!(launch(twice).await, Refused);
    let without_routes = app
        .rocket(|fairing| fairing)
        .attach(SecurityFairing::new().without_routes());
    assert_eq!(launch(without_routes).await, Refused);
}

#[get("/login")]
fn own_login() {}
#[post("/login")]
fn own_post() {}
#[get("/<page>")]
fn own_pages(page: &str) -> String {
    page.to_owned()
}
#[get("/verify")]
fn own_verify() {}

/// Rocket would panic in the middle of the launch, and say nothing that helps.
#[rocket::async_test]
async fn an_address_that_the_application_has_already_stops_the_launch() {
    for (what, routes, wanted) in [
        ("the page", routes![own_login], Refused),
        ("its form", routes![own_post], Refused),
        ("the page that asks again", routes![own_verify], Refused),
        // Of another rank by its parameter: Rocket tries ours first.
        ("a page of any name", routes![own_pages], Starts),
    ] {
        let app = app();
        let ours_first = app.rocket(|fairing| fairing).mount("/", routes.clone());
        assert_eq!(launch(ours_first).await, wanted, "{what}");
        let ours_last = rocket::custom(app.figment()).mount("/", routes.clone());
        assert_eq!(
            launch(ours_last.attach(SecurityFairing::new())).await,
            wanted,
            "{what}, mounted before"
        );
        // The mend that the message names.
        let moved = support::app().set("security.url_prefix", "/auth");
        assert_eq!(
            launch(moved.rocket(|fairing| fairing).mount("/", routes.clone())).await,
            Starts,
            "{what}, moved"
        );
        let without = app.rocket(SecurityFairing::without_routes).mount("/", routes);
        assert_eq!(launch(without).await, Starts, "{what}, without our routes");
    }
}

#[rocket::async_test]
async fn without_migrate_tables_must_be_there() {
    let app = app();
    let later =
        || rocket::custom(app.figment().merge(("security.migrate", false))).attach(SecurityFairing::new());
    assert_eq!(launch(later()).await, Refused, "on an empty database");
    assert_eq!(
        launch(app.rocket(|fairing| fairing)).await,
        Starts,
        "which makes them"
    );
    assert_eq!(launch(later()).await, Starts, "once they are there");
}

#[rocket::async_test]
async fn a_database_that_cannot_be_opened_stops_the_launch() {
    for url in [
        "sqlite:/proc/no/such/folder/accounts.sqlite",
        "oracle://scott:tiger@localhost/x",
        "",
    ] {
        let app = app().set("databases.security.url", url);
        assert_eq!(launch(app.rocket(|fairing| fairing)).await, Refused, "{url:?}");
    }
    // A file that is no database must not be overwritten.
    let app = app();
    let file = app.folder().join("thesis.sqlite");
    let app = app.set("databases.security.url", file.display().to_string());
    let content = "my thesis ".repeat(2000);
    std::fs::write(&file, &content).unwrap();
    assert_eq!(
        launch(app.rocket(|fairing| fairing)).await,
        Refused,
        "somebody's file"
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), content);
}
