//! The application's own tables beside the library's: joined with users, written in one transaction with them, and gone
//! with them. The blog of `examples/` over HTTP, and the transaction on each database there is.

use rocket::http::Status;
use rocket_security::Security;
use rocket_security::testing::App;

use crate::support::{Browser, PASSWORD};

mod transaction;

#[allow(dead_code)]
#[path = "../../examples/blog.rs"]
mod blog;

async fn reader(app: &App) -> Browser {
    let url = format!("sqlite:{}", app.folder().join("blog.sqlite").display());
    let figment = app.figment().merge(("databases.app.url", url));
    Browser::on(blog::blog(rocket::custom(figment))).await
}

async fn join(browser: &Browser, email: &str, password: &str, title: &str) -> Status {
    let token = browser.csrf("/").await;
    let fields = [
        ("csrf_token", token.as_str()),
        ("email", email),
        ("password", password),
        ("title", title),
        ("body", "a <text>"),
    ];
    browser.post("/join", &fields).await.status()
}

async fn page(browser: &Browser) -> String {
    browser.get("/").await.into_string().await.expect("a page")
}

async fn exists(browser: &Browser, email: &str) -> bool {
    let security = browser.client.rocket().state::<Security>().expect("the fairing");
    security.find_user(email).await.expect("a look-up").is_some()
}

#[rocket::async_test]
async fn who_joins_the_blog_writes_his_first_post() {
    let app = App::new();
    let browser = reader(&app).await;
    assert_eq!(
        join(&browser, "ada@example.org", PASSWORD, "Notes").await,
        Status::SeeOther
    );
    let html = page(&browser).await;
    assert!(
        html.contains("<h2>Notes</h2><p>a &lt;text&gt;</p><address>ada@example.org</address>"),
        "{html}"
    );
    assert_eq!(
        browser.sign_in("ada@example.org", PASSWORD).await.status(),
        Status::Found
    );
    let token = browser.csrf("/").await;
    let fields = [
        ("csrf_token", token.as_str()),
        ("title", "More"),
        ("body", "of it"),
    ];
    assert_eq!(browser.post("/posts", &fields).await.status(), Status::SeeOther);
    assert_eq!(
        page(&browser).await.matches("<address>ada@example.org").count(),
        2
    );
    // Once more: the title is taken.
    assert_eq!(
        browser.post("/posts", &fields).await.status(),
        Status::UnprocessableEntity
    );
}

#[rocket::async_test]
async fn what_fails_on_the_blog_leaves_neither_account_nor_post() {
    let app = App::new();
    let browser = reader(&app).await;
    assert_eq!(
        join(&browser, "ada@example.org", PASSWORD, "Notes").await,
        Status::SeeOther
    );
    for (email, password, title) in [
        // The account could be made, but not the post.
        ("eve@example.org", PASSWORD, "Notes"),
        ("eve@example.org", PASSWORD, ""),
        // The post could be written, but there is no account for it.
        ("eve@example.org", "short", "Another"),
        ("eve", PASSWORD, "Another"),
        ("ADA@example.org", PASSWORD, "Another"),
    ] {
        let status = join(&browser, email, password, title).await;
        assert_eq!(status, Status::UnprocessableEntity, "{email} {title}");
    }
    assert!(!exists(&browser, "eve@example.org").await);
    let html = page(&browser).await;
    assert_eq!(html.matches("<article>").count(), 1, "{html}");
    // Nothing of it stands in the way of a better try.
    assert_eq!(
        join(&browser, "eve@example.org", PASSWORD, "Another").await,
        Status::SeeOther
    );
}

#[rocket::async_test]
async fn the_posts_go_with_the_account() {
    let app = App::new();
    let browser = reader(&app).await;
    for (email, title) in [("ada@example.org", "Notes"), ("bob@example.org", "Tools")] {
        assert_eq!(join(&browser, email, PASSWORD, title).await, Status::SeeOther);
    }
    browser.sign_in("ada@example.org", PASSWORD).await;
    // Not without the token: another site cannot delete anybody's account.
    assert_eq!(browser.post("/leave", &[]).await.status(), Status::Forbidden);
    let token = browser.csrf("/").await;
    let status = browser.post("/leave", &[("csrf_token", &token)]).await.status();
    assert_eq!(status, Status::SeeOther);
    assert!(!exists(&browser, "ada@example.org").await);
    let html = page(&browser).await;
    assert!(html.contains("Tools") && !html.contains("Notes"), "{html}");
    assert!(
        html.contains("action=/join"),
        "the session outlived its user: {html}"
    );
}

/// The foreign key wants the library's tables first; a second start finds all of it done.
#[rocket::async_test]
async fn the_blog_starts_again_on_its_file() {
    let app = App::new();
    let first = reader(&app).await;
    assert_eq!(
        join(&first, "ada@example.org", PASSWORD, "Notes").await,
        Status::SeeOther
    );
    drop(first);
    let second = reader(&app).await;
    assert!(page(&second).await.contains("Notes"));
}
