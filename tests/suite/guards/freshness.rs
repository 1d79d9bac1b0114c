//! How long a proof of who somebody is lasts.

use std::time::Duration;

use rocket::http::Status;
use rocket_security::testing::{self, App};

use super::Answer::{AnonymousOnly, Forbidden, ProveAgain, Served};
use super::{PAGE, ask, assert_all, assert_json, assert_page, client};
use crate::support::{Browser, PASSWORD, app};

#[rocket::async_test]
async fn freshness_runs_out_by_the_guards_minutes_or_by_the_setting() {
    for (who, steps, stale) in [
        ("just signed in", vec![], vec![]),
        ("almost a minute ago", vec![59], vec![]),
        ("a minute ago", vec![61], vec!["/fresh-minute"]),
        // In steps, since a session that nobody uses ends sooner.
        ("almost a day ago", vec![43_200, 43_190], vec!["/fresh-minute"]),
        ("a day ago", vec![43_200, 43_201], vec!["/fresh-minute", "/fresh"]),
    ] {
        let app = app();
        let client = client(&app).await;
        let cookie = testing::sign_in(&client, "ada@example.org").await.unwrap().cookie;
        for seconds in steps {
            app.advance(Duration::from_secs(seconds));
            assert_eq!(
                ask(&client, "/user", Some(&cookie), PAGE).await.status(),
                Status::Ok,
                "{who}"
            );
        }
        let wanted = |path: &str| match path {
            "/anonymous" => AnonymousOnly,
            "/user" | "/session" => Served,
            path if path.starts_with("/fresh") => {
                if stale.contains(&path) {
                    ProveAgain
                } else {
                    Served
                }
            }
            _ => Forbidden,
        };
        assert_all(who, &client, Some(&cookie), wanted).await;
    }
}

/// One minute by the setting, so that the hour of grace can be seen.
fn minute() -> App {
    app().set("security.freshness", "1 minute")
}

#[rocket::async_test]
async fn what_was_found_fresh_stays_so_from_use_to_use_and_then_no_more() {
    let app = minute();
    let client = client(&app).await;
    let cookie = testing::sign_in(&client, "ada@example.org").await.unwrap().cookie;
    let fresh = async || ask(&client, "/fresh", Some(&cookie), PAGE).await;
    for minutes in [0, 59, 59] {
        app.advance(Duration::from_secs(minutes * 60));
        assert_page("in use", "/fresh", Served, fresh().await).await;
    }
    // The grace of the setting is not the grace of a guard that says minutes.
    let stricter = ask(&client, "/fresh-minute", Some(&cookie), PAGE).await;
    assert_page("in use", "/fresh-minute", ProveAgain, stricter).await;
    app.advance(Duration::from_secs(61 * 60));
    assert_page("left alone", "/fresh", ProveAgain, fresh().await).await;
    // To be refused must not count as use.
    assert_page("refused before", "/fresh", ProveAgain, fresh().await).await;
}

#[rocket::async_test]
async fn what_was_never_found_fresh_has_no_grace() {
    let app = minute();
    let client = client(&app).await;
    let cookie = testing::sign_in(&client, "ada@example.org").await.unwrap().cookie;
    app.advance(Duration::from_secs(61));
    assert_page(
        "late",
        "/fresh",
        ProveAgain,
        ask(&client, "/fresh", Some(&cookie), PAGE).await,
    )
    .await;
}

#[rocket::async_test]
async fn without_a_grace_period_only_the_minutes_count() {
    let app = minute().set("security.freshness_grace_period", 0);
    let client = client(&app).await;
    let cookie = testing::sign_in(&client, "ada@example.org").await.unwrap().cookie;
    for path in ["/fresh", "/fresh-minute"] {
        assert_page(
            "at once",
            path,
            Served,
            ask(&client, path, Some(&cookie), PAGE).await,
        )
        .await;
    }
    app.advance(Duration::from_secs(61));
    for path in ["/fresh", "/fresh-minute"] {
        assert_page(
            "a minute later",
            path,
            ProveAgain,
            ask(&client, path, Some(&cookie), PAGE).await,
        )
        .await;
    }
}

/// `freshness = "off"` is about the setting; a guard that says minutes means them.
#[rocket::async_test]
async fn with_freshness_off_only_written_minutes_count() {
    let app = app().set("security.freshness", "off");
    let client = client(&app).await;
    let cookie = testing::sign_in(&client, "ada@example.org").await.unwrap().cookie;
    for _ in 0..2 {
        app.advance(Duration::from_secs(43_200));
        assert_page(
            "long ago",
            "/fresh",
            Served,
            ask(&client, "/fresh", Some(&cookie), PAGE).await,
        )
        .await;
    }
    let response = ask(&client, "/fresh-minute", Some(&cookie), "application/json").await;
    assert_json("long ago", "/fresh-minute", ProveAgain, response).await;
    // The page that asks again is off with the setting: nobody is sent where there is none.
    let page = ask(&client, "/fresh-minute", Some(&cookie), PAGE).await;
    assert_eq!(
        (page.status(), page.headers().get_one("Location")),
        (Status::Unauthorized, None)
    );
    assert_eq!(client.get("/verify").dispatch().await.status(), Status::NotFound);
}

/// The way back: the page that asks, the password, the page that was wanted.
#[rocket::async_test]
async fn who_proves_himself_again_comes_to_the_page_he_wanted() {
    let app = app();
    let browser = Browser::new(&app).await;
    browser.register("ada@example.org").await;
    app.advance(Duration::from_secs(61));
    let stale = browser.get("/fresh").await;
    assert_eq!(stale.headers().get_one("Location"), Some("/verify?next=/fresh"));
    let wrong = browser
        .submit(
            "/verify?next=/fresh",
            &[("password", "not the right password at all")],
        )
        .await;
    assert_eq!(wrong.status(), Status::Ok);
    assert_eq!(
        browser.get("/fresh").await.status(),
        Status::Found,
        "a wrong password proves nothing"
    );
    let right = browser
        .submit("/verify?next=/fresh", &[("password", PASSWORD)])
        .await;
    assert_eq!(
        (right.status(), right.headers().get_one("Location")),
        (Status::Found, Some("/fresh"))
    );
    assert_eq!(browser.get("/fresh").await.status(), Status::Ok);
}
