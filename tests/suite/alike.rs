//! That nobody learns from signing in who has an account: answers and work are the same.

use rocket::local::asynchronous::Client;
use rocket_security::testing::{self, App, Work};
use rocket_security::{Security, testing::work};

use crate::answer::{Answer, BOTH, Speech, settled};
use crate::support::{Browser, PASSWORD, app, rocket};

/// Addresses of one length, so that what echoes them has one length too.
const KNOWN: &str = "known00@example.org";
const UNKNOWN: &str = "unknown@example.org";
const DISABLED: &str = "disable@example.org";
const BARE: &str = "nopassw@example.org";

/// An application with a user for each situation, and a browser that nobody has used.
async fn prepared(app: &App) -> Browser {
    let browser = Browser::new(app).await;
    for email in [KNOWN, DISABLED] {
        browser.register(email).await;
        browser.sign_out().await;
    }
    let security: &Security = browser.client.rocket().state().expect("attached");
    let disabled = security
        .find_user(DISABLED)
        .await
        .expect("an answer")
        .expect("the user");
    assert!(security.deactivate_user(disabled.id).await.expect("an answer"));
    let other = Client::untracked(rocket(app)).await.expect("the rocket ignites");
    testing::sign_in(&other, BARE)
        .await
        .expect("a user without a password");
    settled(&browser).await;
    browser
}

/// What can be seen of an answer, without what is random in every one.
#[derive(Debug, PartialEq)]
struct Seen {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

fn seen(answer: &Answer, identity: &str) -> Seen {
    let nonce = answer.header("content-security-policy").and_then(|policy| {
        let start = policy.split("'nonce-").nth(1)?;
        start.split('\'').next().map(str::to_owned)
    });
    let token = answer.input("csrf_token");
    let hide = |text: &str| {
        let mut text = text.replace(identity, "IDENTITY");
        for random in [&nonce, &token].into_iter().flatten() {
            text = text.replace(random.as_str(), "RANDOM");
        }
        text
    };
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .filter(|(name, _)| name != "date")
        .map(|(name, value)| match name.as_str() {
            // Name, attributes and length of the value; the value itself is sealed anew each time.
            "set-cookie" => {
                let (pair, rest) = value.split_once(';').unwrap_or((value, ""));
                let (cookie, secret) = pair.split_once('=').unwrap_or((pair, ""));
                (name.clone(), format!("{cookie}={};{rest}", secret.len()))
            }
            _ => (name.clone(), hide(value)),
        })
        .collect();
    headers.sort();
    Seen {
        status: answer.status,
        headers,
        body: hide(&answer.body),
    }
}

async fn attempt(browser: &Browser, speech: Speech, email: &str, password: &str) -> (Seen, Work) {
    // A token of its own for each try, outside of what is measured.
    let token = browser.token().await;
    let fields = [("email", email), ("password", password)];
    let request = browser.prepare(speech, "/login", &fields, &token);
    let before = work(&browser.client);
    let answer = Answer::of(request.dispatch().await).await;
    (seen(&answer, email), work(&browser.client) - before)
}

#[rocket::async_test]
async fn signin_answers_alike() {
    for speech in BOTH {
        let app = app();
        let browser = prepared(&app).await;
        let situations = [
            (KNOWN, "wrong wrong wrong"),
            (UNKNOWN, PASSWORD),
            (DISABLED, "wrong wrong wrong"),
            (BARE, PASSWORD),
        ];
        // The first failure of an account, the next ones, those that impose the wait and those within it.
        for round in 1..=8 {
            let (reference, measure) = attempt(&browser, speech, KNOWN, "wrong wrong wrong").await;
            let status = match (round > 5, speech) {
                (true, _) => 429,
                (false, Speech::Page) => 200,
                (false, Speech::Json) => 400,
            };
            assert_eq!(reference.status, status, "round {round}");
            assert_eq!(
                measure.hashes,
                u64::from(round <= 5),
                "round {round}: {measure:?}"
            );
            assert!(measure.statements > 0, "statements are counted");
            for (email, password) in &situations[1..] {
                let (answer, costs) = attempt(&browser, speech, email, password).await;
                assert_eq!(answer, reference, "{speech:?} {email}, round {round}");
                assert_eq!(costs, measure, "{speech:?} {email}, round {round}");
            }
        }
    }
}

#[rocket::async_test]
async fn what_cannot_be_an_account_answers_alike_too() {
    for speech in BOTH {
        let app = app();
        let browser = prepared(&app).await;
        let (reference, measure) = attempt(&browser, speech, KNOWN, "wrong wrong wrong").await;
        for email in [
            "nobody-at-all",
            "a@b",
            "x@y@example.org",
            "\u{1F600}@example.org",
            "' OR 1=1 --",
        ] {
            let (answer, costs) = attempt(&browser, speech, email, PASSWORD).await;
            assert_eq!(answer.status, reference.status, "{email}");
            if speech == Speech::Json {
                assert_eq!(answer, reference, "{email}");
            }
            // One hash, as for everybody; what is no address needs no look-up, which tells nothing.
            assert_eq!(costs.hashes, measure.hashes, "{email}");
        }
    }
}

#[rocket::async_test]
async fn user_names_answer_alike() {
    for speech in BOTH {
        let app = app().set("security.username_enable", true);
        let browser = Browser::new(&app).await;
        let fields = [
            ("email", KNOWN),
            ("username", "lovelace"),
            ("password", PASSWORD),
            ("password_confirm", PASSWORD),
        ];
        assert_eq!(browser.send(Speech::Page, "/register", &fields).await.status, 302);
        browser.sign_out().await;
        settled(&browser).await;
        let mut answers = Vec::new();
        for name in ["lovelace", "babbage1"] {
            let token = browser.token().await;
            let fields = [("username", name), ("password", "wrong wrong wrong")];
            let request = browser.prepare(speech, "/login", &fields, &token);
            let before = work(&browser.client);
            let answer = Answer::of(request.dispatch().await).await;
            assert!(answer.says("GENERIC_AUTHN_FAILED"), "{}", answer.body);
            answers.push((seen(&answer, name), work(&browser.client) - before));
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0].1.hashes, 1);
    }
}

#[rocket::async_test]
async fn a_long_password_costs_no_more_than_a_short_one() {
    let app = app();
    let browser = prepared(&app).await;
    let long = "x".repeat(10_000);
    for email in [KNOWN, UNKNOWN] {
        let (answer, costs) = attempt(&browser, Speech::Json, email, &long).await;
        assert_eq!(answer.status, 400);
        assert!(costs.hashes <= 1, "{costs:?}");
    }
}
