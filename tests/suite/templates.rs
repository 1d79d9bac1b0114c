//! Whose page is shown: a file on disk, the application's template engine, or ours; and applications with any of them.

use std::fs;

use rocket::http::Status;
use rocket::local::asynchronous::LocalResponse;
use rocket::{Build, Rocket, get, routes};
use rocket_dyn_templates::{Template, context};
use rocket_security::SecurityContext;
use rocket_security::testing::App;

use crate::support::{self, Browser, PASSWORD, app, field};

/// Writes a file below the application's `templates`.
fn write(app: &App, name: &str, text: &str) {
    let path = app.folder().join("templates").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[get("/home")]
fn home(security: SecurityContext) -> Template {
    Template::render("home", context! { security })
}

/// What the same page of the application says in each engine.
const TERA: &str = r#"<html><p id="mark">made by tera</p>
<p id="view">{{ view }} {{ locale }} {{ dir }}</p><h1>{{ title }}</h1>
{% for flash in flashes %}<p class="{{ flash.level }}">{{ flash.text }}</p>{% endfor %}
<form method="{{ form.method }}" action="{{ form.action }}">
<input type="hidden" name="{{ csrf_field_name }}" value="{{ csrf_token }}">
{% for error in form.errors %}<p>{{ error }}</p>{% endfor %}
{% for field in form.fields %}<input name="{{ field.name }}" type="{{ field.kind }}" value="{{ field.value | default(value="") }}">
{% for error in field.errors %}<p>{{ error }}</p>{% endfor %}{% endfor %}
<button>{{ form.submit }}</button></form><a href="{{ urls.register }}">new</a>"#;

const HANDLEBARS: &str = r#"<html><p id="mark">made by handlebars</p>
<p id="view">{{ view }} {{ locale }} {{ dir }}</p><h1>{{ title }}</h1>
{{#each flashes}}<p class="{{ level }}">{{ text }}</p>{{/each}}
<form method="{{ form.method }}" action="{{ form.action }}">
<input type="hidden" name="{{ csrf_field_name }}" value="{{ csrf_token }}">
{{#each form.errors}}<p>{{ this }}</p>{{/each}}
{{#each form.fields}}<input name="{{ name }}" type="{{ kind }}" value="{{ value }}">
{{#each errors}}<p>{{ this }}</p>{{/each}}{{/each}}
<button>{{ form.submit }}</button></form><a href="{{ urls.register }}">new</a>"#;

/// Minijinja and ours have Tera's syntax but for the default.
fn jinja(mark: &str) -> String {
    TERA.replace("made by tera", mark)
        .replace(r#"default(value="")"#, r#"default("", true)"#)
}

/// A page of the application's own is shown, with all that a page needs, and works as ours does.
async fn own_page_works(rocket: Rocket<Build>, mark: &str) {
    let browser = Browser::on(rocket).await;
    browser.get("/profile").await;
    let page = browser.get("/login?next=/profile").await;
    assert_eq!(page.status(), Status::Ok);
    assert!(
        page.content_type().is_some_and(|kind| kind.is_html()),
        "{:?}",
        page.content_type()
    );
    let html = page.into_string().await.unwrap();
    assert_eq!(text(&html, "#mark").as_deref(), Some(mark), "{html}");
    assert_eq!(text(&html, "#view").as_deref(), Some("login en ltr"), "{html}");
    assert!(text(&html, "h1").is_some_and(|title| !title.is_empty()), "{html}");
    assert!(
        html.contains("Please sign in to go on."),
        "the message is missing: {html}"
    );
    assert_eq!(
        attribute(&html, "a", "href")
            .as_deref()
            .and_then(|url| url.split('?').next()),
        Some("/register"),
        "{html}"
    );
    assert_eq!(
        attribute(&html, "form", "method")
            .map(|method| method.to_lowercase())
            .as_deref(),
        Some("post")
    );
    for name in ["email", "password"] {
        assert!(field(&html, name).is_some(), "no field {name}: {html}");
    }
    assert!(
        text(&html, "button").is_some_and(|text| !text.is_empty()),
        "{html}"
    );

    // An account, made on the page that is still ours, and then the application's page as a visitor uses it.
    browser.register("ada@example.org").await;
    browser.sign_out().await;
    let html = browser
        .get("/login?next=/profile")
        .await
        .into_string()
        .await
        .unwrap();
    let hostile = "\"><script>alert(1)</script>@example.org";
    let again = fill_in(&browser, &html, hostile).await;
    assert_eq!(again.status(), Status::Ok);
    let html = again.into_string().await.unwrap();
    assert!(!html.contains("<script>"), "not escaped: {html}");
    assert_eq!(text(&html, "#mark").as_deref(), Some(mark), "{html}");
    assert!(
        html.contains("That did not match."),
        "the error is missing: {html}"
    );
    assert_eq!(
        field(&html, "email").as_deref(),
        Some(hostile),
        "what was typed is lost: {html}"
    );
    assert!(!html.contains(PASSWORD), "a password must not come back: {html}");
    let signed_in = fill_in(&browser, &html, "ada@example.org").await;
    assert_eq!(
        (signed_in.status(), signed_in.headers().get_one("Location")),
        (Status::Found, Some("/profile"))
    );
}

/// Sends the page's form as a browser would: where it says, with what is in its hidden fields.
async fn fill_in<'b>(browser: &'b Browser, html: &str, email: &str) -> LocalResponse<'b> {
    let action = attribute(html, "form", "action").unwrap();
    let page = scraper::Html::parse_document(html);
    let mut fields = vec![("email", email), ("password", PASSWORD)];
    for input in page.select(&scraper::Selector::parse("input[type=hidden]").unwrap()) {
        fields.push((
            input.value().attr("name").unwrap(),
            input.value().attr("value").unwrap_or_default(),
        ));
    }
    browser.post(&action, &fields).await
}

fn text(html: &str, selector: &str) -> Option<String> {
    let page = scraper::Html::parse_document(html);
    let found = page.select(&scraper::Selector::parse(selector).unwrap()).next()?;
    Some(found.text().collect::<String>().trim().to_owned())
}

fn attribute(html: &str, selector: &str, name: &str) -> Option<String> {
    let page = scraper::Html::parse_document(html);
    let found = page.select(&scraper::Selector::parse(selector).unwrap()).next()?;
    found.value().attr(name).map(str::to_owned)
}

/// Our pages as they come, and the whole way through them.
async fn our_pages_work(rocket: Rocket<Build>) {
    let browser = Browser::on(rocket).await;
    let html = browser.get("/login").await.into_string().await.unwrap();
    assert_eq!(text(&html, "#mark"), None, "{html}");
    assert!(field(&html, "csrf_token").is_some(), "{html}");
    browser.register("ada@example.org").await;
    assert_eq!(browser.get("/admin").await.status(), Status::Forbidden);
    browser.sign_out().await;
    assert_eq!(
        browser.sign_in("ada@example.org", PASSWORD).await.status(),
        Status::Found
    );
}

#[rocket::async_test]
async fn an_application_on_tera_shows_its_own_page() {
    let app = app();
    write(&app, "security/login.html.tera", TERA);
    own_page_works(support::rocket(&app).attach(Template::fairing()), "made by tera").await;
}

#[rocket::async_test]
async fn an_application_on_handlebars_shows_its_own_page() {
    let app = app();
    write(&app, "security/login.html.hbs", HANDLEBARS);
    own_page_works(
        support::rocket(&app).attach(Template::fairing()),
        "made by handlebars",
    )
    .await;
}

#[rocket::async_test]
async fn an_application_on_minijinja_shows_its_own_page() {
    let app = app();
    write(&app, "security/login.html.j2", &jinja("made by minijinja"));
    own_page_works(
        support::rocket(&app).attach(Template::fairing()),
        "made by minijinja",
    )
    .await;
}

/// In either order: ours looks when everything is attached.
#[rocket::async_test]
async fn the_engine_may_be_attached_before() {
    let app = app();
    write(&app, "security/login.html.tera", TERA);
    let rocket =
        rocket::custom(app.figment())
            .attach(Template::fairing())
            .attach(rocket::fairing::AdHoc::on_ignite(
                "the rest of the application",
                {
                    let clock = app.clock().clone();
                    move |rocket| async move {
                        rocket.attach(rocket_security::SecurityFairing::new().clock(clock))
                    }
                },
            ));
    let browser = Browser::on(rocket).await;
    let html = browser.get("/login").await.into_string().await.unwrap();
    assert_eq!(text(&html, "#mark").as_deref(), Some("made by tera"), "{html}");
}

#[rocket::async_test]
async fn a_setting_names_another_template() {
    let app = app().set("security.login_user_template", "accounts/enter");
    write(&app, "accounts/enter.html.tera", TERA);
    write(
        &app,
        "security/login.html.tera",
        &TERA.replace("made by tera", "not this one"),
    );
    own_page_works(support::rocket(&app).attach(Template::fairing()), "made by tera").await;
}

/// Needs the real views: without any engine of the application, its file is rendered by ours.
#[rocket::async_test]
async fn a_file_on_disk_needs_no_engine_of_the_application() {
    let app = app();
    write(&app, "security/login.html.j2", &jinja("made on disk"));
    own_page_works(support::rocket(&app), "made on disk").await;
}

const EXTENDING: &str = r#"{% extends "security/base.html.j2" %}
{% block content %}<p id="mark">made on disk</p>{{ super() }}
<form method="post" action="{{ form.action }}"><input type="hidden" name="{{ csrf_field_name }}" value="{{ csrf_token }}">
{% for field in form.fields %}<input name="{{ field.name }}">{% endfor %}</form>{% endblock %}"#;

/// Needs the real views.
#[rocket::async_test]
async fn a_file_on_disk_may_extend_our_base() {
    let app = app();
    write(&app, "security/login.html.j2", EXTENDING);
    let browser = Browser::new(&app).await;
    let html = browser.get("/login").await.into_string().await.unwrap();
    assert_eq!(text(&html, "#mark").as_deref(), Some("made on disk"), "{html}");
    assert!(
        html.contains("<title>") && html.contains("<html"),
        "the base is missing: {html}"
    );
    browser.register("ada@example.org").await;
    browser.sign_out().await;
    assert_eq!(
        browser.sign_in("ada@example.org", PASSWORD).await.status(),
        Status::Found
    );
}

/// Needs the real views. The application's own engine loads that file too, and cannot render it: ours comes first.
#[rocket::async_test]
async fn a_file_on_disk_comes_before_the_applications_engine() {
    let app = app();
    write(&app, "security/login.html.j2", EXTENDING);
    write(&app, "home.html.tera", "<p id=mark>home</p>");
    let browser = Browser::on(
        support::rocket(&app)
            .attach(Template::fairing())
            .mount("/", routes![home]),
    )
    .await;
    let html = browser.get("/login").await.into_string().await.unwrap();
    assert_eq!(text(&html, "#mark").as_deref(), Some("made on disk"), "{html}");
    let html = browser.get("/home").await.into_string().await.unwrap();
    assert_eq!(text(&html, "#mark").as_deref(), Some("home"), "{html}");
}

/// A replaced page must not take the others with it.
#[rocket::async_test]
async fn one_page_of_the_applications_own_leaves_the_others_ours() {
    let app = app();
    write(&app, "security/login.html.tera", TERA);
    let browser = Browser::on(support::rocket(&app).attach(Template::fairing())).await;
    let login = browser.get("/login").await.into_string().await.unwrap();
    let register = browser.get("/register").await.into_string().await.unwrap();
    assert_eq!(text(&login, "#mark").as_deref(), Some("made by tera"));
    assert_eq!(text(&register, "#mark"), None, "{register}");
    assert!(register.contains("name=\"password_confirm\""), "{register}");
}

/// A mistake in the application's template is a 500 of that page, and nothing else.
#[rocket::async_test]
async fn a_broken_page_of_the_application_breaks_only_itself() {
    let app = app();
    write(&app, "security/login.html.tera", "{{ nothing.of.that.name }}");
    let browser = Browser::on(support::rocket(&app).attach(Template::fairing())).await;
    assert_eq!(browser.get("/login").await.status(), Status::InternalServerError);
    assert_eq!(browser.get_json("/login").await.0, Status::Ok);
    assert_eq!(browser.get("/register").await.status(), Status::Ok);
}

#[rocket::async_test]
async fn an_application_with_templates_but_none_of_ours_shows_our_pages() {
    for (file, text) in [
        ("home.html.tera", "{{ security.csrf_token }}"),
        ("home.html.hbs", "{{ security.csrf_token }}"),
        ("home.html.j2", "{{ security.csrf_token }}"),
    ] {
        let app = app();
        write(&app, file, text);
        our_pages_work(
            support::rocket(&app)
                .attach(Template::fairing())
                .mount("/", routes![home]),
        )
        .await;
    }
}

#[rocket::async_test]
async fn an_application_with_a_templates_folder_and_no_engine_shows_our_pages() {
    let app = app();
    write(&app, "home.html.tera", "home");
    our_pages_work(support::rocket(&app)).await;
}

#[rocket::async_test]
async fn an_application_without_templates_shows_our_pages() {
    let app = app();
    assert!(!app.folder().join("templates").exists());
    our_pages_work(support::rocket(&app)).await;
    assert!(!app.folder().join("templates").exists(), "a folder was made");
}

const CONTEXT_TERA: &str = r#"<p id="user">{{ security.user.email }}</p>
<form action="{{ security.urls.logout }}" method="post">{{ security.csrf_field | safe }}</form>
{% for flash in security.flashes %}<p class="flash {{ flash.level }}">{{ flash.text }}</p>{% endfor %}"#;
const CONTEXT_HANDLEBARS: &str = r#"<p id="user">{{ security.user.email }}</p>
<form action="{{ security.urls.logout }}" method="post">{{{ security.csrf_field }}}</form>
{{#each security.flashes}}<p class="flash {{ level }}">{{ text }}</p>{{/each}}"#;

/// The application's own pages in each engine: user, sign-out form, messages.
#[rocket::async_test]
async fn the_context_serves_the_applications_templates_in_each_engine() {
    for (file, template) in [
        ("home.html.tera", CONTEXT_TERA),
        ("home.html.hbs", CONTEXT_HANDLEBARS),
        ("home.html.j2", CONTEXT_TERA),
    ] {
        let app = app().set("security.unauthorized_view", "/home");
        write(&app, file, template);
        let browser = Browser::on(
            support::rocket(&app)
                .attach(Template::fairing())
                .mount("/", routes![home]),
        )
        .await;
        browser.register("ada@example.org").await;
        browser.get("/home").await;
        assert_eq!(
            browser.get("/admin").await.headers().get_one("Location"),
            Some("/home"),
            "{file}"
        );
        let html = browser.get("/home").await.into_string().await.unwrap();
        assert_eq!(
            text(&html, "#user").as_deref(),
            Some("ada@example.org"),
            "{file}: {html}"
        );
        let flash = text(&html, ".flash").unwrap_or_default();
        assert_eq!(
            flash, "Your account is not allowed to open this page.",
            "{file}: {html}"
        );
        let action = attribute(&html, "form", "action").unwrap();
        let token = field(&html, "csrf_token").unwrap();
        assert_eq!(
            browser.post(&action, &[("csrf_token", &token)]).await.status(),
            Status::Found,
            "{file}"
        );
        assert_eq!(
            browser.get("/profile").await.status(),
            Status::Found,
            "{file}: still signed in"
        );
    }
}

#[rocket::async_test]
async fn our_pages_fit_into_a_layout_of_the_applications_own() {
    let app = support::app();
    let folder = app.folder().join("templates/security");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("base.html.j2"),
        "<main class=acme>{% block content %}{% endblock %}</main>",
    )
    .unwrap();
    let browser = Browser::new(&app).await;
    for url in ["/login", "/register"] {
        let html = browser.get(url).await.into_string().await.unwrap();
        assert!(html.starts_with("<main class=acme>"), "{url}: {html}");
        assert!(
            html.contains("name=\"csrf_token\"") && html.contains("name=\"password\""),
            "{url}: {html}"
        );
    }
}
