//! Sessions: how long they live, when their id changes, what ends them.

use std::time::Duration;

use rocket::http::Cookie;
use rocket_security::{Security, testing};

use crate::answer::{Answer, BOTH, Speech, number, settled};
use crate::support::{Browser, PASSWORD, app};

const ADA: &str = "ada@example.org";
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const SECOND: Duration = Duration::from_secs(1);

async fn signed_in(app: &testing::App) -> Browser {
    let browser = Browser::new(app).await;
    browser.register(ADA).await;
    browser
}

fn security(browser: &Browser) -> &Security {
    browser.client.rocket().state().expect("the fairing is attached")
}

#[rocket::async_test]
async fn a_session_that_nobody_uses_ends() {
    let app = app();
    let browser = signed_in(&app).await;
    // Each use begins the day anew.
    for _ in 0..3 {
        app.advance(DAY - SECOND);
        assert_eq!(browser.who().await.as_deref(), Some(ADA));
    }
    app.advance(DAY + SECOND);
    assert_eq!(browser.who().await, None);
    // And it does not come back.
    assert_eq!(browser.who().await, None);
}

#[rocket::async_test]
async fn a_session_in_constant_use_ends_after_its_lifetime() {
    let app = app();
    let browser = signed_in(&app).await;
    for hours in (20..30 * 24).step_by(20) {
        app.advance(20 * HOUR);
        assert_eq!(browser.who().await.as_deref(), Some(ADA), "after {hours} hours");
    }
    app.advance(20 * HOUR + SECOND);
    assert_eq!(browser.who().await, None, "after 30 days and a second");
}

#[rocket::async_test]
async fn proving_once_more_starts_the_lifetime_anew() {
    let app = app().set("security.session_idle_timeout", "30 days");
    let browser = signed_in(&app).await;
    app.advance(29 * DAY);
    assert_eq!(
        browser
            .send(Speech::Json, "/verify", &[("password", PASSWORD)])
            .await
            .status,
        200
    );
    // NIST SP 800-63B-4, 5.2: proving again who one is resets both clocks.
    app.advance(29 * DAY);
    assert_eq!(browser.who().await.as_deref(), Some(ADA));
    app.advance(DAY);
    assert_eq!(browser.who().await, None);
}

#[rocket::async_test]
async fn both_limits_are_settings() {
    let app = app()
        .set("security.session_idle_timeout", "10m")
        .set("security.session_lifetime", "15m");
    let browser = signed_in(&app).await;
    app.advance(601 * SECOND);
    assert_eq!(browser.who().await, None, "idle");
    assert_eq!(browser.sign_in(ADA, PASSWORD).await.status().code, 302);
    app.advance(8 * 60 * SECOND);
    assert_eq!(browser.who().await.as_deref(), Some(ADA));
    app.advance(7 * 60 * SECOND + SECOND);
    assert_eq!(browser.who().await, None, "lifetime");
}

#[rocket::async_test]
async fn last_seen_is_written_once_a_minute() {
    let app = app();
    let browser = signed_in(&app).await;
    let seen = || number(&app, "SELECT last_seen_at AS n FROM security_sessions");
    let start = seen();
    // A request within the minute reads session and user, and nothing else.
    app.advance(30 * SECOND);
    settled(&browser).await;
    let before = testing::work(&browser.client);
    assert!(browser.who().await.is_some());
    let reading = testing::work(&browser.client) - before;
    assert_eq!(reading.statements, crate::support::beside::session_reads(&app));
    assert_eq!(seen(), start);
    app.advance(31 * SECOND);
    let before = testing::work(&browser.client);
    assert!(browser.who().await.is_some());
    let writing = testing::work(&browser.client) - before;
    assert_eq!(seen(), start + 61_000);
    assert!(writing.statements > reading.statements, "{writing:?} {reading:?}");
    assert!(browser.who().await.is_some());
    assert_eq!(seen(), start + 61_000);
}

#[rocket::async_test]
async fn the_id_changes_at_sign_in_and_when_proving_once_more() {
    for speech in BOTH {
        let app = app();
        let browser = signed_in(&app).await;
        let stranger = Browser::stranger(&app).await;
        let first = browser.session().expect("a session");
        browser.sign_out().await;
        let answer = browser
            .send(speech, "/login", &[("email", ADA), ("password", PASSWORD)])
            .await;
        let second = answer.cookie("session").expect("a session");
        assert_ne!(first, second);
        let answer = browser.send(speech, "/verify", &[("password", PASSWORD)]).await;
        let third = answer
            .cookie("session")
            .expect("proving once more changes the id");
        assert_ne!(second, third);
        assert_eq!(
            stranger.who_with(&second).await,
            None,
            "the id from before still serves"
        );
        assert_eq!(stranger.who_with(&third).await.as_deref(), Some(ADA));
        assert_eq!(
            number(&app, "SELECT COUNT(*) AS n FROM security_sessions"),
            1,
            "no row is left behind"
        );

        // A wrong password changes nothing.
        let wrong = browser
            .send(speech, "/verify", &[("password", "wrong wrong wrong")])
            .await;
        assert_eq!(wrong.cookie("session"), None);
        assert_eq!(browser.session().as_deref(), Some(third.as_str()));
    }
}

#[rocket::async_test]
async fn a_planted_cookie_is_replaced_and_worthless() {
    let app = app();
    let browser = signed_in(&app).await;
    let ended = browser.session().expect("a session");
    browser.sign_out().await;
    let stranger = Browser::stranger(&app).await;
    let made_up = "A".repeat(43);
    for planted in [ended.as_str(), made_up.as_str(), "short", ""] {
        let token = browser.token().await;
        let fields = [("email", ADA), ("password", PASSWORD)];
        let request = browser.prepare(Speech::Page, "/login", &fields, &token);
        let request = request.cookie(Cookie::new("session", planted.to_owned()));
        let answer = Answer::of(request.dispatch().await).await;
        assert_eq!(answer.status, 302, "{planted:?}");
        let given = answer.cookie("session").expect("a session of ours");
        assert_ne!(given, planted);
        assert_eq!(stranger.who_with(planted).await, None, "{planted:?} serves");
        assert_eq!(stranger.who_with(&given).await.as_deref(), Some(ADA));
        browser.sign_out().await;
    }
}

#[rocket::async_test]
async fn a_token_from_before_the_sign_in_is_worthless_after_it() {
    let app = app();
    let browser = signed_in(&app).await;
    browser.sign_out().await;
    let before = browser.token().await;
    assert_eq!(browser.sign_in(ADA, PASSWORD).await.status().code, 302);
    let answer = browser
        .prepare(Speech::Json, "/verify", &[("password", PASSWORD)], &before)
        .dispatch()
        .await;
    let answer = Answer::of(answer).await;
    assert_eq!(
        (answer.status, answer.codes()),
        (400, vec!["CSRF_FAILED".to_owned()])
    );
    let during = browser.token().await;
    browser.sign_out().await;
    let fields = [("email", ADA), ("password", PASSWORD)];
    let answer = Answer::of(
        browser
            .prepare(Speech::Json, "/login", &fields, &during)
            .dispatch()
            .await,
    )
    .await;
    assert_eq!(
        (answer.status, answer.codes()),
        (400, vec!["CSRF_FAILED".to_owned()])
    );
}

#[rocket::async_test]
async fn signing_out_everywhere_ends_all_sessions_of_one_user() {
    let app = app();
    let desk = signed_in(&app).await;
    let phone = Browser::new(&app).await;
    assert_eq!(phone.sign_in(ADA, PASSWORD).await.status().code, 302);
    let bob = Browser::new(&app).await;
    bob.register("bob@example.org").await;
    let ada = security(&desk)
        .find_user(ADA)
        .await
        .expect("an answer")
        .expect("ada");
    assert!(
        security(&desk)
            .sign_out_everywhere(ada.id)
            .await
            .expect("an answer")
    );
    assert_eq!(desk.who().await, None);
    assert_eq!(phone.who().await, None);
    assert_eq!(bob.who().await.as_deref(), Some("bob@example.org"));
    assert_eq!(desk.sign_in(ADA, PASSWORD).await.status().code, 302);
    assert_eq!(desk.who().await.as_deref(), Some(ADA));
    assert_eq!(phone.who().await, None);
}

#[rocket::async_test]
async fn deactivation_ends_all_sessions_for_good() {
    let app = app();
    let desk = signed_in(&app).await;
    let phone = Browser::new(&app).await;
    assert_eq!(phone.sign_in(ADA, PASSWORD).await.status().code, 302);
    let cookies = [desk.session().expect("one"), phone.session().expect("another")];
    let ada = security(&desk)
        .find_user(ADA)
        .await
        .expect("an answer")
        .expect("ada");
    assert!(security(&phone).deactivate_user(ada.id).await.expect("an answer"));
    assert_eq!(desk.who().await, None);
    assert_eq!(phone.who().await, None);
    assert!(security(&phone).activate_user(ada.id).await.expect("an answer"));
    let stranger = Browser::stranger(&app).await;
    for cookie in cookies {
        assert_eq!(
            stranger.who_with(&cookie).await,
            None,
            "a session survives being switched off and on"
        );
    }
}

#[rocket::async_test]
async fn who_was_deactivated_cannot_prove_himself_back_in() {
    let app = app();
    let browser = signed_in(&app).await;
    let token = browser.token().await;
    let ada = security(&browser)
        .find_user(ADA)
        .await
        .expect("an answer")
        .expect("ada");
    assert!(
        security(&browser)
            .deactivate_user(ada.id)
            .await
            .expect("an answer")
    );
    let request = browser.prepare(Speech::Json, "/verify", &[("password", PASSWORD)], &token);
    let answer = Answer::of(request.dispatch().await).await;
    assert_eq!(
        (answer.status, answer.cookie("session")),
        (401, None),
        "{}",
        answer.body
    );
}

#[rocket::async_test]
async fn the_rows_of_ended_sessions_are_swept() {
    let app = app();
    let browser = signed_in(&app).await;
    for _ in 0..3 {
        assert_eq!(
            Browser::new(&app)
                .await
                .sign_in(ADA, PASSWORD)
                .await
                .status()
                .code,
            302
        );
    }
    let rows = || number(&app, "SELECT COUNT(*) AS n FROM security_sessions");
    assert_eq!(rows(), 4);
    app.advance(DAY + SECOND);
    assert_eq!(browser.sign_in(ADA, PASSWORD).await.status().code, 302);
    // The sweep runs beside the request that began it: give it turns, not time.
    for _ in 0..1_000 {
        if rows() == 1 {
            break;
        }
        browser.who().await;
    }
    assert_eq!(rows(), 1);
}
