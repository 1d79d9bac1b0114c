//! Signing out, as a page and as JSON.

use rocket::http::Header;
use serde_json::json;

use crate::answer::{Answer, BOTH, Speech};
use crate::support::{Browser, app};

const ADA: &str = "ada@example.org";

#[rocket::async_test]
async fn signing_out_ends_the_session_in_the_browser_and_on_the_server() {
    for speech in BOTH {
        let app = app();
        let browser = Browser::new(&app).await;
        let thief = Browser::stranger(&app).await;
        browser.register(ADA).await;
        let copy = browser.session().expect("a session");
        assert_eq!(
            thief.who_with(&copy).await.as_deref(),
            Some(ADA),
            "the copy serves while the session lives"
        );

        let answer = browser.send(speech, "/logout", &[]).await;
        answer.assert_done(speech, "/", &[], "signing out");
        answer.assert_not_cached("signing out");
        if speech == Speech::Json {
            assert_eq!(answer.json(), json!({ "meta": { "code": 200 }, "response": {} }));
        }
        assert_eq!(
            browser.session(),
            None,
            "the browser is told to forget the cookie"
        );
        assert_eq!(browser.who().await, None);
        assert_eq!(
            thief.who_with(&copy).await,
            None,
            "a copy of the cookie still opens the account"
        );
    }
}

#[rocket::async_test]
async fn the_cookie_is_taken_away_under_the_attributes_with_which_it_was_set() {
    let app = app();
    let browser = Browser::new(&app).await;
    browser.register(ADA).await;
    let answer = browser.send(Speech::Page, "/logout", &[]).await;
    let removal = answer
        .cookies()
        .into_iter()
        .find(|cookie| cookie.starts_with("session="))
        .expect("a removal");
    assert!(removal.starts_with("session=;"), "{removal}");
    assert!(
        removal.contains("Path=/"),
        "a browser ignores a removal with another path: {removal}"
    );
    assert!(removal.contains("Max-Age=0"), "{removal}");
}

#[rocket::async_test]
async fn only_one_of_two_browsers_is_signed_out() {
    let app = app();
    let desk = Browser::new(&app).await;
    let phone = Browser::new(&app).await;
    desk.register(ADA).await;
    assert_eq!(
        phone.sign_in(ADA, crate::support::PASSWORD).await.status().code,
        302
    );
    desk.sign_out().await;
    assert_eq!(desk.who().await, None);
    assert_eq!(phone.who().await.as_deref(), Some(ADA));
}

#[rocket::async_test]
async fn a_visitor_who_is_not_signed_in_is_answered_alike() {
    let app = app();
    let browser = Browser::new(&app).await;
    let answer = browser.send(Speech::Json, "/logout", &[]).await;
    assert_eq!(answer.json(), json!({ "meta": { "code": 200 }, "response": {} }));
    let answer = browser.send(Speech::Page, "/logout", &[]).await;
    answer.assert_done(Speech::Page, "/", &[], "anonymous");
}

#[rocket::async_test]
async fn without_a_token_the_page_asks_and_json_is_refused() {
    let app = app();
    let browser = Browser::new(&app).await;
    browser.register(ADA).await;
    for token in ["", "forged"] {
        let page = Answer::of(
            browser
                .prepare(Speech::Page, "/logout", &[], token)
                .dispatch()
                .await,
        )
        .await;
        assert_eq!(page.status, 200, "a page that asks before signing out");
        let good = page.input("csrf_token").expect("a form with a token");
        assert_eq!(browser.who().await.as_deref(), Some(ADA), "{token:?} signed out");
        let refused = Answer::of(
            browser
                .prepare(Speech::Json, "/logout", &[], token)
                .dispatch()
                .await,
        )
        .await;
        assert_eq!(refused.status, 400);
        assert_eq!(refused.codes(), ["CSRF_FAILED"]);
        assert_eq!(browser.who().await.as_deref(), Some(ADA), "{token:?} signed out");
        // The page that asks is itself good for signing out.
        let done = Answer::of(
            browser
                .prepare(Speech::Page, "/logout", &[], &good)
                .dispatch()
                .await,
        )
        .await;
        assert_eq!(done.status, 302);
        assert_eq!(browser.who().await, None);
        assert_eq!(
            browser.sign_in(ADA, crate::support::PASSWORD).await.status().code,
            302
        );
    }
}

#[rocket::async_test]
async fn another_site_can_sign_out_only_where_that_is_allowed() {
    for protected in [true, false] {
        let app = app().set("security.logout_csrf", protected);
        let browser = Browser::new(&app).await;
        browser.register(ADA).await;
        let request = browser
            .client
            .post("/logout")
            .header(Header::new("Host", "app.example"));
        let status = request
            .header(Header::new("Sec-Fetch-Site", "cross-site"))
            .dispatch()
            .await
            .status()
            .code;
        assert_eq!(
            browser.who().await.is_some(),
            protected,
            "logout_csrf = {protected}: {status}"
        );
    }
}

#[rocket::async_test]
async fn a_get_signs_out_only_where_the_setting_says_so() {
    let app = app();
    let browser = Browser::new(&app).await;
    browser.register(ADA).await;
    for speech in BOTH {
        let refused = browser.look(speech, "/logout").await;
        assert_eq!((refused.status, refused.header("allow")), (405, Some("POST")));
    }
    assert_eq!(browser.who().await.as_deref(), Some(ADA));

    let methods = crate::support::app().set("security.logout_methods", ["GET", "POST"]);
    let methods = methods.set("security.logout_csrf", false);
    let browser = Browser::new(&methods).await;
    browser.register(ADA).await;
    assert_eq!(browser.look(Speech::Page, "/logout").await.status, 302);
    assert_eq!(browser.who().await, None);

    let none: [&str; 0] = [];
    let none = crate::support::app().set("security.logout_methods", none);
    let browser = Browser::new(&none).await;
    browser.register(ADA).await;
    assert_eq!(browser.send(Speech::Json, "/logout", &[]).await.status, 404);
    assert_eq!(browser.who().await.as_deref(), Some(ADA));
}

/// schemathesis found an answer without a body, of which no client could make anything.
#[rocket::async_test]
async fn a_method_that_is_not_taken_is_refused_in_words() {
    let browser = Browser::new(&app()).await;
    let answer = browser.get_json("/logout").await;
    assert_eq!(answer.0.code, 405);
    assert_eq!(answer.1["meta"]["code"], 405);
    assert_eq!(answer.1["response"]["error_codes"][0], "API_ERROR");
    let page = browser.get("/logout").await;
    assert_eq!(page.status().code, 405);
    assert_eq!(page.headers().get_one("Allow"), Some("POST"));
    assert!(page.content_type().is_some_and(|it| it.is_html()));
}

#[rocket::async_test]
async fn next_leads_on_and_never_away() {
    // (url, field, where it leads)
    let table = [
        ("/logout", None, "/bye"),
        ("/logout", Some("/profile"), "/profile"),
        ("/logout?next=/profile", None, "/profile"),
        ("/logout?next=/profile", Some("/admin"), "/admin"),
        // The first one that is safe wins; signing out never fails for it.
        ("/logout?next=/profile", Some("https://evil.example/"), "/profile"),
        ("/logout?next=//evil.example", None, "/bye"),
        ("/logout", Some("/\\evil.example"), "/bye"),
    ];
    let app = app().set("security.post_logout_view", "/bye");
    let browser = Browser::new(&app).await;
    browser.register(ADA).await;
    for (url, field, target) in table {
        let fields: Vec<_> = field.map(|next| ("next", next)).into_iter().collect();
        let answer = browser.send(Speech::Page, url, &fields).await;
        answer.assert_done(Speech::Page, target, &[], &format!("{url} {field:?}"));
        assert_eq!(browser.who().await, None);
        assert_eq!(
            browser.sign_in(ADA, crate::support::PASSWORD).await.status().code,
            302
        );
    }
}

#[rocket::async_test]
async fn a_member_sees_how_to_sign_out_on_every_page_of_ours() {
    let app = app();
    let browser = Browser::new(&app).await;
    browser.register("ada@example.org").await;
    for url in ["/verify", "/admin"] {
        let html = browser.get(url).await.into_string().await.unwrap();
        let page = scraper::Html::parse_document(&html);
        let form =
            scraper::Selector::parse("form[action=\"/logout\"][method=post] input[name=csrf_token]").unwrap();
        let token = page
            .select(&form)
            .next()
            .and_then(|input| input.value().attr("value"));
        let token = token.unwrap_or_else(|| panic!("no way out on {url}")).to_owned();
        if url == "/admin" {
            let answer = browser.post("/logout", &[("csrf_token", &token)]).await;
            assert_eq!(answer.status(), rocket::http::Status::Found);
        }
    }
    assert_eq!(
        browser.get("/profile").await.status(),
        rocket::http::Status::Found
    );
}
