//! What nobody would read is said at launch.

use std::fs;

use rocket_security::Security;
use rocket_security::testing::App;

use crate::support::{Browser, app};

async fn notices(app: &App) -> Vec<String> {
    let browser = Browser::new(app).await;
    let security: &Security = browser.security();
    security
        .config()
        .notices
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// The application with its files, each `path` with its content.
fn with_files(files: &[(&str, &str)]) -> App {
    let app = App::new();
    for (path, content) in files {
        let path = app.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    app
}

async fn told(files: &[(&str, &str)]) -> Vec<String> {
    let all = notices(&with_files(files)).await;
    let ours = |notice: &String| notice.starts_with("template_dir") || notice.starts_with("i18n_dirname");
    all.into_iter().filter(ours).collect()
}

#[rocket::async_test]
async fn a_text_of_a_misspelt_id_is_told_of() {
    for (id, meant) in [
        ("login-titel", Some("login-title")),
        ("login_title", Some("login-title")),
        ("Login-Title", Some("login-title")),
        ("INVALID_PASWORD", Some("INVALID_PASSWORD")),
        ("invalid_password", Some("INVALID_PASSWORD")),
        // Texts of the application's own.
        ("shop-basket", None),
        ("greeting", None),
        ("login-title", None),
    ] {
        let told = told(&[(
            "locales/de/own.ftl",
            &format!("login-submit = Los\n{id} = Text\n"),
        )])
        .await;
        match meant {
            Some(meant) => {
                assert_eq!(told.len(), 1, "{id}: {told:?}");
                assert!(told[0].contains(id) && told[0].contains("(de)"), "{told:?}");
                assert!(told[0].ends_with(&format!("Did you mean {meant}?")), "{told:?}");
            }
            None => assert_eq!(told, Vec::<String>::new(), "{id}"),
        }
    }
}

#[rocket::async_test]
async fn a_template_that_no_page_reads_is_told_of() {
    let extends = "{% extends 'security/layout.html.j2' %}";
    for (file, told_of) in [
        ("logn.html.j2", Some("Did you mean login.html.j2?")),
        ("login.html", Some("Did you mean login.html.j2?")),
        ("login_user.html.j2", Some("read by no page")),
        ("notes.txt", Some("read by no page")),
        ("error.html.j2", None),
        ("base.html.j2", None),
        ("_forms.html.j2", None),
        // Of another engine, which the application may have.
        ("register.html.tera", None),
        // Named by another file there.
        ("layout.html.j2", None),
        (".gitkeep", None),
    ] {
        let path = format!("templates/security/{file}");
        let source = "{% block content %}{% endblock %}";
        let told = told(&[
            (&path, source),
            ("templates/security/verify.html.j2", extends),
            ("templates/security/layout.html.j2", source),
        ])
        .await;
        match told_of {
            Some(text) => {
                assert_eq!(told.len(), 1, "{file}: {told:?}");
                assert!(told[0].contains(&format!("security/{file}")), "{told:?}");
                assert!(told[0].contains(text), "{told:?}");
            }
            None => assert_eq!(told, Vec::<String>::new(), "{file}"),
        }
    }
    // A template that a setting names is read.
    let app = with_files(&[("templates/security/login_user.html.j2", "{{ title }}")])
        .set("security.login_user_template", "security/login_user");
    assert_eq!(notices(&app).await.len(), 1, "of the hashes of tests alone");
}

#[rocket::async_test]
async fn the_notice_of_open_sign_up_can_be_accepted() {
    let keys = |notices: Vec<String>| notices.iter().any(|notice| notice.starts_with("registerable:"));
    assert!(keys(notices(&app()).await));
    let accepted = app().set("security.accepted_risks", ["argon2_memory_kib", "registerable"]);
    assert!(!keys(notices(&accepted).await));
}

#[rocket::async_test]
async fn a_misspelt_table_is_told_of_and_started_without() {
    let app = App::new().set("securty.registerable", true);
    let told = notices(&app).await;
    assert!(
        told.iter()
            .any(|notice| notice.contains("securty") && notice.contains(".security]?")),
        "{told:?}"
    );
    let browser = Browser::new(&app).await;
    assert_eq!(browser.get("/register").await.status().code, 404);
}

#[rocket::async_test]
async fn names_before_narrower_attributes_are_told_of() {
    for (order, told) in [
        (["username", "us_phone_number", "email"], true),
        (["email", "username", "us_phone_number"], true),
        (["us_phone_number", "username", "email"], false),
    ] {
        let app = app()
            .set("security.username_enable", true)
            .set("security.user_identity_attributes", order);
        let all = notices(&app).await;
        let said = all
            .iter()
            .any(|notice| notice.contains("stands before \"us_phone_number\""));
        assert_eq!(said, told, "{order:?}: {all:?}");
    }
}
