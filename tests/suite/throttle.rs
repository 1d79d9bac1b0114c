//! The wait after failures of one account, known or not.

use std::time::Duration;

use rocket::futures::future::join_all;
use rocket_security::testing::{App, work};

use crate::answer::{Answer, BOTH, Speech};
use crate::support::{Browser, PASSWORD, app};

const ADA: &str = "ada@example.org";
const NOBODY: &str = "nobody@example.org";
const SECOND: Duration = Duration::from_secs(1);
const WRONG: &str = "wrong wrong wrong";

pub async fn with_ada(app: &App) -> Browser {
    let browser = Browser::new(app).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    browser
}

async fn guess(browser: &Browser, speech: Speech, email: &str, password: &str) -> Answer {
    browser
        .send(speech, "/login", &[("email", email), ("password", password)])
        .await
}

pub fn assert_waits(answer: &Answer, speech: Speech, seconds: u64, case: &str) {
    assert_eq!(answer.status, 429, "{case}: {}", answer.body);
    assert_eq!(
        answer.header("retry-after"),
        Some(seconds.to_string().as_str()),
        "{case}"
    );
    assert!(answer.says("TOO_MANY_ATTEMPTS"), "{case}: {}", answer.body);
    if speech == Speech::Json {
        assert_eq!(answer.codes(), ["TOO_MANY_ATTEMPTS"], "{case}");
        assert_eq!(answer.json()["meta"]["code"], 429, "{case}");
    }
    assert_eq!(answer.cookie("session"), None, "{case}");
}

fn assert_served(answer: &Answer, case: &str) {
    assert!(
        matches!(answer.status, 200 | 400),
        "{case}: {} {}",
        answer.status,
        answer.body
    );
    assert!(answer.says("GENERIC_AUTHN_FAILED"), "{case}: {}", answer.body);
    assert_eq!(answer.header("retry-after"), None, "{case}");
}

#[rocket::async_test]
async fn after_five_failures_the_next_try_waits_whoever_it_is() {
    for speech in BOTH {
        for email in [ADA, NOBODY] {
            let app = app();
            let browser = with_ada(&app).await;
            for failure in 1..=5 {
                assert_served(
                    &guess(&browser, speech, email, WRONG).await,
                    &format!("{email}, failure {failure}"),
                );
            }
            let before = work(&browser.client).hashes;
            for password in [WRONG, PASSWORD] {
                assert_waits(&guess(&browser, speech, email, password).await, speech, 30, email);
            }
            // Who insists does not make it longer, and time makes it shorter.
            app.advance(10 * SECOND);
            assert_waits(&guess(&browser, speech, email, PASSWORD).await, speech, 20, email);
            app.advance(19 * SECOND);
            assert_waits(&guess(&browser, speech, email, PASSWORD).await, speech, 1, email);
            assert_eq!(
                work(&browser.client).hashes,
                before,
                "a try that waits is checked"
            );
            app.advance(SECOND);
            assert_served(&guess(&browser, speech, email, WRONG).await, email);
        }
    }
}

#[rocket::async_test]
async fn the_spelling_of_an_identity_does_not_start_anew() {
    let app = app();
    let browser = with_ada(&app).await;
    for spelling in [
        ADA,
        "ADA@example.org",
        " Ada@Example.ORG ",
        "ada@example.ORG",
        "\u{ff41}da@example.org",
    ] {
        assert_served(&guess(&browser, Speech::Json, spelling, WRONG).await, spelling);
    }
    assert_waits(
        &guess(&browser, Speech::Json, ADA, PASSWORD).await,
        Speech::Json,
        30,
        "ada",
    );
}

#[rocket::async_test]
async fn the_wait_of_a_name_does_not_betray_whose_address_it_is() {
    // To count both together would give half the guesses, and tell everybody that they belong together.
    let app = app().set("security.username_enable", true);
    let browser = Browser::new(&app).await;
    let fields = [
        ("email", ADA),
        ("username", "lovelace"),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
    ];
    assert_eq!(browser.send(Speech::Json, "/register", &fields).await.status, 200);
    browser.sign_out().await;
    for _ in 0..5 {
        let answer = browser
            .send(
                Speech::Json,
                "/login",
                &[("username", "lovelace"), ("password", WRONG)],
            )
            .await;
        assert_served(&answer, "the name");
    }
    // In either field it is the same name.
    assert_eq!(guess(&browser, Speech::Json, "LoveLace", WRONG).await.status, 429);
    assert_served(&guess(&browser, Speech::Json, ADA, WRONG).await, "the address");
}

#[rocket::async_test]
async fn each_failure_doubles_the_wait_up_to_the_greatest() {
    let app = app();
    let browser = with_ada(&app).await;
    for _ in 0..5 {
        assert_served(&guess(&browser, Speech::Json, ADA, WRONG).await, "before");
    }
    for wait in [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600] {
        assert_waits(
            &guess(&browser, Speech::Json, ADA, WRONG).await,
            Speech::Json,
            wait,
            "doubling",
        );
        app.advance(Duration::from_secs(wait) - Duration::from_millis(1));
        assert_eq!(
            guess(&browser, Speech::Json, ADA, PASSWORD).await.status,
            429,
            "a moment too early"
        );
        app.advance(Duration::from_millis(1));
        assert_served(&guess(&browser, Speech::Json, ADA, WRONG).await, "after the wait");
    }
}

#[rocket::async_test]
async fn a_success_begins_the_count_anew() {
    for speech in BOTH {
        let app = app();
        let browser = with_ada(&app).await;
        for round in 0..3 {
            let failures = if round == 1 { 5 } else { 4 };
            for _ in 0..failures {
                assert_served(
                    &guess(&browser, speech, ADA, WRONG).await,
                    &format!("round {round}"),
                );
            }
            if round == 1 {
                app.advance(30 * SECOND);
            }
            let right = guess(&browser, speech, ADA, PASSWORD).await;
            assert!(right.cookie("session").is_some(), "round {round}: {}", right.body);
            browser.sign_out().await;
        }
    }
}

#[rocket::async_test]
async fn a_disabled_account_with_the_right_password_does_not_reset_the_count() {
    let app = app();
    let browser = with_ada(&app).await;
    let security: &rocket_security::Security = browser.client.rocket().state().expect("attached");
    let ada = security.find_user(ADA).await.expect("an answer").expect("ada");
    assert!(security.deactivate_user(ada.id).await.expect("an answer"));
    for _ in 0..5 {
        assert_served(&guess(&browser, Speech::Json, ADA, WRONG).await, "before");
    }
    assert_waits(
        &guess(&browser, Speech::Json, ADA, PASSWORD).await,
        Speech::Json,
        30,
        "not told while it waits",
    );
}

/// No session is made that could take the try back, and it was right all the same.
#[rocket::async_test]
async fn a_right_password_is_taken_back_also_where_the_account_may_not_come_in() {
    let app = app();
    let browser = with_ada(&app).await;
    let security: &rocket_security::Security = browser.client.rocket().state().expect("attached");
    let ada = security.find_user(ADA).await.expect("an answer").expect("ada");
    assert!(security.deactivate_user(ada.id).await.expect("an answer"));
    for round in 0..3 {
        for _ in 0..4 {
            let guess = guess(&browser, Speech::Json, ADA, WRONG).await;
            assert_served(&guess, &format!("round {round}"));
        }
        let right = guess(&browser, Speech::Json, ADA, PASSWORD).await;
        assert!(right.says("DISABLED_ACCOUNT"), "round {round}: {}", right.body);
        assert_eq!(right.cookie("session"), None, "round {round}");
    }
}

#[rocket::async_test]
async fn another_account_is_not_affected() {
    let app = app();
    let browser = with_ada(&app).await;
    browser.register("bob@example.org").await;
    browser.sign_out().await;
    for _ in 0..8 {
        guess(&browser, Speech::Json, ADA, WRONG).await;
    }
    assert_eq!(guess(&browser, Speech::Json, ADA, PASSWORD).await.status, 429);
    assert_eq!(
        guess(&browser, Speech::Json, "bob@example.org", PASSWORD)
            .await
            .status,
        200
    );
}

#[rocket::async_test]
async fn who_is_signed_in_goes_on_while_strangers_guess() {
    let app = app();
    let owner = Browser::new(&app).await;
    owner.register(ADA).await;
    let stranger = Browser::new(&app).await;
    for _ in 0..8 {
        guess(&stranger, Speech::Json, ADA, WRONG).await;
    }
    assert_eq!(owner.who().await.as_deref(), Some(ADA));
}

#[rocket::async_test]
async fn the_counts_are_settings() {
    let app = app()
        .set("security.login_wait_after", 2)
        .set("security.login_wait_first", "5 s")
        .set("security.login_wait_max", "8 s");
    let browser = with_ada(&app).await;
    for _ in 0..2 {
        assert_served(&guess(&browser, Speech::Json, ADA, WRONG).await, "before");
    }
    for wait in [5, 8, 8] {
        assert_waits(
            &guess(&browser, Speech::Json, ADA, WRONG).await,
            Speech::Json,
            wait,
            "settings",
        );
        app.advance(Duration::from_secs(wait));
        assert_served(&guess(&browser, Speech::Json, ADA, WRONG).await, "after");
    }
}

#[rocket::async_test]
async fn two_instances_count_as_one() {
    let app = app();
    let one = with_ada(&app).await;
    let other = Browser::new(&app).await;
    for browser in [&one, &other, &one, &other, &one] {
        assert_served(&guess(browser, Speech::Json, ADA, WRONG).await, "before");
    }
    assert_eq!(guess(&other, Speech::Json, ADA, PASSWORD).await.status, 429);
    assert_eq!(guess(&one, Speech::Json, ADA, PASSWORD).await.status, 429);
}

/// How many of so many guesses at once got an answer to the guess.
async fn storm(browsers: &[&Browser], email: &str, count: usize) -> (usize, u64) {
    let before: u64 = browsers.iter().map(|browser| work(&browser.client).hashes).sum();
    let mut requests = Vec::new();
    for index in 0..count {
        let browser = browsers[index % browsers.len()];
        let token = browser.token().await;
        let password = format!("guess number {index:05}");
        let request = browser.prepare(
            Speech::Json,
            "/login",
            &[("email", email), ("password", &password)],
            &token,
        );
        requests.push(async move { Answer::of(request.dispatch().await).await });
    }
    let answers = join_all(requests).await;
    for answer in &answers {
        assert!(
            matches!(answer.status, 400 | 429 | 503),
            "{} {}",
            answer.status,
            answer.body
        );
        if answer.status != 400 {
            assert!(answer.header("retry-after").is_some(), "{answer:?}");
        }
    }
    let after: u64 = browsers.iter().map(|browser| work(&browser.client).hashes).sum();
    (
        answers.iter().filter(|answer| answer.status == 400).count(),
        after - before,
    )
}

#[rocket::async_test]
async fn many_guesses_at_once_get_no_more_checks_than_one_after_another() {
    for email in [ADA, NOBODY] {
        let app = app().set("security.hash_queue_per_address", 64);
        let one = with_ada(&app).await;
        let other = Browser::new(&app).await;
        let (told, hashes) = storm(&[&one, &other], email, 64).await;
        assert!(
            told <= 5 && hashes <= 5,
            "{email}: {told} were told, {hashes} were checked"
        );
        assert_waits(
            &guess(&one, Speech::Json, email, PASSWORD).await,
            Speech::Json,
            30,
            email,
        );
        app.advance(30 * SECOND);
        let (told, hashes) = storm(&[&one, &other], email, 64).await;
        assert!(
            told <= 1 && hashes <= 1,
            "{email}, after the wait: {told} were told, {hashes} were checked"
        );
    }
}

#[rocket::async_test]
async fn many_guesses_at_verify_at_once_get_no_more_checks_either() {
    let app = app().set("security.hash_queue_per_address", 64);
    let browser = Browser::new(&app).await;
    browser.register(ADA).await;
    let token = browser.token().await;
    let before = work(&browser.client).hashes;
    let requests = (0..64).map(|_| {
        let request = browser.prepare(Speech::Json, "/verify", &[("password", WRONG)], &token);
        async move { request.dispatch().await.status().code }
    });
    let told = join_all(requests)
        .await
        .into_iter()
        .filter(|status| *status == 400)
        .count();
    let hashes = work(&browser.client).hashes - before;
    assert!(
        told <= 5 && hashes <= 5,
        "{told} were told, {hashes} were checked"
    );
}
