//! Settings that no flow's own tests turn: what they change, seen from outside.

use rocket::http::{ContentType, Header, Status};
use rocket_security::Security;
use rocket_security::testing::App;
use serde_json::{Value, json};

use crate::support::{Browser, PASSWORD, app, json};

const ADA: &str = "ada@example.org";

/// What signing up needs.
fn account(email: &str) -> Value {
    json!({ "email": email, "password": PASSWORD, "password_confirm": PASSWORD })
}

fn codes(body: &Value) -> Vec<&str> {
    let codes = body["response"]["error_codes"].as_array();
    codes.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Writes a page of the application's own.
fn write(app: &App, view: &str, text: &str) {
    let file = app.folder().join(format!("templates/{view}.html.j2"));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

#[rocket::async_test]
async fn each_page_may_have_another_template() {
    let app = app()
        .set("security.register_user_template", "accounts/join")
        .set("security.verify_template", "accounts/prove")
        .set("security.logout_user_template", "accounts/leave");
    for page in ["join", "prove", "leave"] {
        write(
            &app,
            &format!("accounts/{page}"),
            &format!("<p>our own {page} page</p>"),
        );
    }
    let browser = Browser::new(&app).await;
    let own = async |url: &str| browser.get(url).await.into_string().await.unwrap();
    assert_eq!(own("/register").await, "<p>our own join page</p>");
    browser.submit_json("/register", account(ADA)).await;
    assert_eq!(own("/verify").await, "<p>our own prove page</p>");
    // Without a token the page asks.
    let asked = browser.post("/logout", &[]).await;
    assert_eq!(asked.status(), Status::Ok);
    assert_eq!(asked.into_string().await.unwrap(), "<p>our own leave page</p>");
}

#[rocket::async_test]
async fn post_verify_view_is_where_one_goes() {
    for (view, place) in [("", "/"), ("/profile", "/profile")] {
        let app = app().set("security.post_verify_view", view);
        let browser = Browser::new(&app).await;
        browser.register(ADA).await;
        let proved = browser.submit("/verify", &[("password", PASSWORD)]).await;
        assert_eq!(proved.status(), Status::Found, "{view:?}");
        assert_eq!(proved.headers().get_one("Location"), Some(place), "{view:?}");
    }
}

#[rocket::async_test]
async fn proving_again_is_said() {
    let app = app().set("security.msg_reauthentication_successful", "It is really you");
    let browser = Browser::new(&app).await;
    browser.register(ADA).await;
    browser.submit("/verify", &[("password", PASSWORD)]).await;
    assert!(flashes(&browser, "/verify").await.contains("It is really you"));
}

#[rocket::async_test]
async fn without_flash_messages_nothing_is_kept() {
    for kept in [true, false] {
        let app = app()
            .set("security.flash_messages", kept)
            .set("security.msg_unauthenticated", "Who are you?");
        let browser = Browser::new(&app).await;
        assert_eq!(browser.get("/profile").await.status(), Status::Found);
        let flashes = flashes(&browser, "/login").await;
        assert_eq!(flashes.contains("Who are you?"), kept, "{flashes:?}");
        let cookies: Vec<_> = browser
            .client
            .cookies()
            .iter()
            .map(|cookie| cookie.name().to_owned())
            .collect();
        assert!(
            kept || !cookies.iter().any(|name| name.contains("flash")),
            "{cookies:?}"
        );
    }
}

/// The messages that a page shows.
async fn flashes(browser: &Browser, url: &str) -> String {
    let html = browser.get(url).await.into_string().await.unwrap();
    let page = scraper::Html::parse_document(&html);
    let list = scraper::Selector::parse("ul.flashes").unwrap();
    page.select(&list).flat_map(|list| list.text()).collect()
}

#[rocket::async_test]
async fn the_header_for_the_token_is_a_setting() {
    let ours = [
        ("X-Our-Token", true),
        ("X-CSRFToken", true),
        ("X-CSRF-Token", true),
        ("X-XSRF-Token", false),
    ];
    for (header, good) in ours {
        let app = app().set("security.csrf_header", "X-Our-Token");
        let browser = Browser::new(&app).await;
        let (_, form) = browser.get_json("/login").await;
        let token = form["response"]["csrf_token"].as_str().unwrap().to_owned();
        let request = browser
            .client
            .post("/register")
            .header(Header::new("Host", "app.example"))
            .header(ContentType::JSON)
            .header(Header::new(header, token))
            .body(account(ADA).to_string());
        let (status, body) = json(request.dispatch().await).await;
        assert_eq!(status == Status::Ok, good, "{header}: {body}");
        assert_eq!(codes(&body).is_empty(), good, "{header}: {body}");
    }
}

/// Two ligatures are two characters, or four letters when they are taken apart.
#[rocket::async_test]
async fn user_names_are_kept_in_the_form_that_is_set() {
    for (form, kept) in [("NFKD", Some("fifi")), ("NFC", None)] {
        let app = app()
            .set("security.username_enable", true)
            .set("security.username_min_length", 3)
            .set("security.username_normalize_form", form);
        let browser = Browser::new(&app).await;
        let mut fields = account(ADA);
        fields["username"] = "\u{fb01}\u{fb01}".into();
        let (_, body) = browser.submit_json("/register", fields).await;
        let security = browser.client.rocket().state::<Security>().unwrap();
        let user = security.find_user(ADA).await.unwrap();
        assert_eq!(
            user.and_then(|user| user.username).as_deref(),
            kept,
            "{form}: {body}"
        );
        let refused = if kept.is_some() {
            vec![]
        } else {
            vec!["USERNAME_INVALID_LENGTH"]
        };
        assert_eq!(codes(&body), refused, "{form}");
    }
}

#[rocket::async_test]
async fn the_length_of_a_user_name_is_a_setting() {
    let app = app()
        .set("security.username_enable", true)
        .set("security.username_min_length", 2)
        .set("security.username_max_length", 3);
    for (name, good) in [("a", false), ("ab", true), ("abc", true), ("abcd", false)] {
        let browser = Browser::new(&app).await;
        let mut fields = account(&format!("{name}@example.org"));
        fields["username"] = name.into();
        let (_, body) = browser.submit_json("/register", fields).await;
        let refused = if good {
            vec![]
        } else {
            vec!["USERNAME_INVALID_LENGTH"]
        };
        assert_eq!(codes(&body), refused, "{name}");
    }
}

#[rocket::async_test]
async fn what_is_no_text_is_told_at_its_field() {
    let app = app();
    let browser = Browser::new(&app).await;
    for (email, code) in [
        (json!(7), "API_ERROR"),
        (json!(["a@example.org"]), "API_ERROR"),
        (json!({ "a": 1 }), "API_ERROR"),
        (json!("ada\0@example.org"), "INVALID_INPUT"),
    ] {
        let mut fields = account("");
        fields["email"] = email.clone();
        let (status, body) = browser.submit_json("/register", fields).await;
        assert_eq!(status, Status::BadRequest, "{email}: {body}");
        assert_eq!(codes(&body), [code], "{email}");
        assert!(
            body["response"]["field_errors"]["email"].is_array(),
            "{email}: {body}"
        );
    }
}

#[rocket::async_test]
async fn what_is_no_address_is_told() {
    let app = app();
    let browser = Browser::new(&app).await;
    let (status, body) = browser.submit_json("/register", account("ada at example")).await;
    assert_eq!(status, Status::BadRequest);
    assert_eq!(codes(&body), ["INVALID_EMAIL_ADDRESS"]);
}
