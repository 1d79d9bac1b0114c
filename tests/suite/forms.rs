//! Fields and checks of the application's own on each form, and what it asks those who sign up: as a page and as JSON.

mod launch;
mod registration;
mod views;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rocket_security::testing::{App, work};
use rocket_security::{Error, ExtraField, FormErrors, FormExtension, Security, SecurityFairing, Words};
use serde_json::json;

use crate::answer::{Answer, BOTH, Speech, number, settled};
use crate::support::{Browser, PASSWORD, app, with_fairing};

const ADA: &str = "ada@example.org";
const SIGN_IN: [(&str, &str); 2] = [("email", ADA), ("password", PASSWORD)];
const SIGN_UP: [(&str, &str); 3] = [
    ("email", "bob@example.org"),
    ("password", PASSWORD),
    ("password_confirm", PASSWORD),
];

pub async fn browser(app: &App, setup: impl FnOnce(SecurityFairing) -> SecurityFairing) -> Browser {
    Browser::on(with_fairing(app, setup)).await
}

/// The same with an account, made without a form.
async fn with_ada(app: &App, setup: impl FnOnce(SecurityFairing) -> SecurityFairing) -> Browser {
    let browser = browser(app, setup).await;
    let security = browser.client.rocket().state::<Security>().expect("attached");
    security.create_user(ADA, PASSWORD).await.expect("made");
    browser
}

fn with<'a>(fields: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [fields, more].concat()
}

/// A puzzle that machines fail; counts how often it is looked at.
fn puzzle(asked: &Arc<AtomicUsize>) -> FormExtension {
    let asked = asked.clone();
    FormExtension::new()
        .field(ExtraField::text("puzzle", "What is two and two?").required())
        .validate_async(move |form| {
            let asked = asked.clone();
            Box::pin(async move {
                asked.fetch_add(1, Ordering::Relaxed);
                rocket::tokio::task::yield_now().await;
                match form.text("puzzle") {
                    Some("4") => Ok(()),
                    _ => Err(FormErrors::one("puzzle", "Count again.")),
                }
            })
        })
}

fn count_again(speech: Speech, answer: &Answer, case: &str) {
    assert!(answer.body.contains("Count again."), "{case}: {}", answer.body);
    match speech {
        Speech::Page => assert_eq!(answer.status, 200, "{case}"),
        Speech::Json => {
            assert_eq!(answer.status, 400, "{case}");
            assert_eq!(answer.codes(), ["INVALID_INPUT"], "{case}");
            assert_eq!(
                answer.json()["response"]["field_errors"],
                json!({ "puzzle": ["Count again."] }),
                "{case}"
            );
        }
    }
    assert_eq!(answer.cookie("session"), None, "{case}");
}

#[rocket::async_test]
async fn each_form_has_the_fields_and_checks_that_are_added() {
    for speech in BOTH {
        let asked = Arc::new(AtomicUsize::new(0));
        let app = app();
        let browser = with_ada(&app, |fairing| {
            ["login", "logout", "register", "verify"]
                .into_iter()
                .fold(fairing, |fairing, form| fairing.form(form, puzzle(&asked)))
        })
        .await;
        for url in ["/login", "/register"] {
            let page = browser.look(Speech::Page, url).await;
            assert_eq!(page.input("puzzle").as_deref(), Some(""), "{url}");
            assert!(page.body.contains("What is two and two?"));
        }
        // (the form, what else it takes, where it leads)
        let account = [
            ("email", "bob@example.org"),
            ("password", PASSWORD),
            ("password_confirm", PASSWORD),
        ];
        let steps: [(&str, &[(&str, &str)]); 4] = [
            ("/login", &SIGN_IN),
            ("/verify", &[("password", PASSWORD)]),
            ("/logout", &[]),
            ("/register", &account),
        ];
        for (url, fields) in steps {
            let before = (browser.who().await, asked.load(Ordering::Relaxed));
            let without = browser.send(speech, url, fields).await;
            without.assert_refused(speech, &[("puzzle", "VALUE_NOT_PROVIDED")], url);
            let wrong = browser.send(speech, url, &with(fields, &[("puzzle", "5")])).await;
            count_again(speech, &wrong, url);
            if speech == Speech::Page {
                assert_eq!(
                    wrong.input("puzzle").as_deref(),
                    Some("5"),
                    "{url}: what was typed is lost"
                );
                assert!(!wrong.body.contains(PASSWORD), "{url}");
            }
            assert_eq!(
                browser.who().await,
                before.0,
                "{url}: something happened all the same"
            );
            assert_eq!(asked.load(Ordering::Relaxed), before.1 + 1, "{url}");
            let right = browser
                .send(speech, url, &with(fields, &[("puzzle", " 4 ")]))
                .await;
            assert_eq!(
                right.status,
                if speech == Speech::Page { 302 } else { 200 },
                "{url}: {}",
                right.body
            );
        }
        assert_eq!(browser.who().await.as_deref(), Some("bob@example.org"));
    }
}

#[rocket::async_test]
async fn a_failed_check_does_no_work_and_tells_of_no_account() {
    let app = app();
    let asked = Arc::new(AtomicUsize::new(0));
    let browser = with_ada(&app, |fairing| {
        fairing
            .form("login", puzzle(&asked))
            .form("register", puzzle(&asked))
    })
    .await;
    for speech in BOTH {
        for (url, known, unknown) in [
            (
                "/login",
                &SIGN_IN[..],
                &[("email", "who@example.org"), ("password", PASSWORD)][..],
            ),
            (
                "/register",
                &[
                    ("email", ADA),
                    ("password", PASSWORD),
                    ("password_confirm", PASSWORD),
                ],
                &[
                    ("email", "who@example.org"),
                    ("password", PASSWORD),
                    ("password_confirm", PASSWORD),
                ],
            ),
            // A mistake beside it must not lead round the puzzle to what is taken.
            (
                "/register",
                &[
                    ("email", ADA),
                    ("password", "short"),
                    ("password_confirm", "short"),
                ],
                &[
                    ("email", "who@example.org"),
                    ("password", "short"),
                    ("password_confirm", "short"),
                ],
            ),
        ] {
            for puzzle in [&[("puzzle", "5")][..], &[]] {
                let mut answers = Vec::new();
                for fields in [known, unknown] {
                    settled(&browser).await;
                    let token = browser.token().await;
                    let before = work(&browser.client);
                    let request = browser.prepare(speech, url, &with(fields, puzzle), &token);
                    let answer = Answer::of(request.dispatch().await).await;
                    let done = work(&browser.client) - before;
                    assert_eq!(done.hashes, 0, "{speech:?} {url}");
                    answers.push((
                        answer.status,
                        answer.says("EMAIL_ALREADY_ASSOCIATED"),
                        done.statements,
                    ));
                }
                assert_eq!(answers[0], answers[1], "{speech:?} {url} {puzzle:?}");
                assert!(!answers[0].1, "{speech:?} {url} {puzzle:?}");
            }
        }
    }
}

#[rocket::async_test]
async fn failed_checks_bring_a_wait_during_which_none_is_asked() {
    for (url, fields) in [("/login", &SIGN_IN[..]), ("/register", &SIGN_UP[..])] {
        let asked = Arc::new(AtomicUsize::new(0));
        let app = app();
        let browser = with_ada(&app, |fairing| {
            fairing
                .form("login", puzzle(&asked))
                .form("register", puzzle(&asked))
        })
        .await;
        let wrong = with(fields, &[("puzzle", "5")]);
        for count in 0..30 {
            let answer = browser
                .send_from("203.0.113.7:40000", Speech::Json, url, &wrong)
                .await;
            count_again(Speech::Json, &answer, &format!("{url} {count}"));
        }
        let right = with(fields, &[("puzzle", "4")]);
        for speech in BOTH {
            let answer = browser.send_from("203.0.113.7:40000", speech, url, &right).await;
            assert_eq!(
                (answer.status, answer.header("retry-after")),
                (429, Some("30")),
                "{url}"
            );
        }
        assert_eq!(
            asked.load(Ordering::Relaxed),
            30,
            "{url}: a check was asked during the wait"
        );
        let elsewhere = browser
            .send_from("203.0.113.8:40000", Speech::Json, url, &right)
            .await;
        assert_eq!(elsewhere.status, 200, "{url}");
    }
}

#[rocket::async_test]
async fn a_check_sees_all_but_secrets() {
    let seen = Arc::new(AtomicUsize::new(0));
    let app = app();
    let check = |seen: &Arc<AtomicUsize>| {
        let seen = seen.clone();
        FormExtension::new()
            .field(ExtraField::checkbox("news", "News"))
            .field(ExtraField::number("age", "Age"))
            .validate(move |form| {
                assert_eq!((form.text("password"), form.text("csrf_token")), (None, None));
                assert_eq!(form.text("unheard-of"), None);
                assert!(form.flag("news") && form.value("age") == Some(&json!(42)));
                assert_eq!(
                    form.address().map(|address| address.to_string()).as_deref(),
                    Some("203.0.113.7")
                );
                match form.form() {
                    "login" => assert_eq!((form.text("email"), form.user().is_none()), (Some(ADA), true)),
                    _ => assert_eq!(form.user().map(|user| user.email.as_str()), Some(ADA)),
                }
                assert!(form.rocket().state::<Security>().is_some());
                seen.fetch_add(1, Ordering::Relaxed);
                Ok(())
            })
    };
    let browser = with_ada(&app, |fairing| {
        fairing.form("login", check(&seen)).form("verify", check(&seen))
    })
    .await;
    for (url, fields) in [
        ("/login", &SIGN_IN[..]),
        ("/verify", &[("password", PASSWORD)][..]),
    ] {
        let fields = with(fields, &[("news", "on"), ("age", "42"), ("unheard-of", "x")]);
        let answer = browser
            .send_from("203.0.113.7:40000", Speech::Json, url, &fields)
            .await;
        assert_eq!(answer.status, 200, "{url}: {}", answer.body);
    }
    assert_eq!(seen.load(Ordering::Relaxed), 2);
}

#[rocket::async_test]
async fn a_check_that_breaks_lets_nobody_in_and_says_nothing() {
    let unavailable = |_: &Security| -> Result<(), Error> { Err(lost()) };
    let app = app();
    let browser = with_ada(&app, move |fairing| {
        let io = FormExtension::new().validate(|_| {
            Err(std::io::Error::other("the secret of the captcha server is 4711"))?;
            Ok(())
        });
        let ours = FormExtension::new().validate(move |form| Ok(unavailable(form.security())?));
        fairing.form("login", io).form("register", ours)
    })
    .await;
    for speech in BOTH {
        let answer = browser.send(speech, "/login", &SIGN_IN).await;
        assert_eq!(answer.status, 500, "{}", answer.body);
        assert!(answer.says("TEMPORARILY_UNAVAILABLE") || speech == Speech::Json);
        assert!(!answer.body.contains("4711"), "{}", answer.body);
        assert_eq!(browser.who().await, None);
        let answer = browser.send(speech, "/register", &SIGN_UP).await;
        assert_eq!(answer.status, 500, "{}", answer.body);
    }
    assert_eq!(number(&app, "SELECT COUNT(*) AS n FROM security_users"), 1);
}

/// An error of the library's that is no matter of a moment.
fn lost() -> Error {
    rocket_security::crypto::KeyRing::new(&[String::new()])
        .err()
        .expect("no key")
}

#[rocket::async_test]
async fn words_come_from_the_catalogue_in_the_visitors_language() {
    let app = app();
    let folder = app.folder().join("locales");
    for (language, text) in [
        ("en", "app-code = Your code\napp-wrong = Not { $code }."),
        (
            "de",
            "app-code = Ihr Code\napp-wrong = Nicht { $code }.\nlogin-submit = Anmelden",
        ),
    ] {
        std::fs::create_dir_all(folder.join(language)).unwrap();
        std::fs::write(folder.join(language).join("app.ftl"), text).unwrap();
    }
    let extension = FormExtension::new()
        .field(ExtraField::text("invitation", Words::id("app-code")))
        .validate(|form| {
            Err(FormErrors::one(
                "invitation",
                Words::id("app-wrong").with("code", form.text("invitation").unwrap_or("it")),
            ))
        });
    let browser = browser(&app, |fairing| fairing.form("login", extension)).await;
    let german = || rocket::http::Header::new("Accept-Language", "de");
    let page = browser
        .client
        .get("/login")
        .header(german())
        .dispatch()
        .await
        .into_string()
        .await
        .unwrap();
    assert!(page.contains("Ihr Code"), "{page}");
    assert!(
        browser
            .look(Speech::Page, "/login")
            .await
            .body
            .contains("Your code")
    );
    let token = browser.token().await;
    let fields = with(&SIGN_IN, &[("invitation", "7")]);
    let request = browser
        .prepare(Speech::Json, "/login", &fields, &token)
        .header(german());
    let answer = Answer::of(request.dispatch().await).await;
    assert_eq!(answer.codes(), ["app-wrong"]);
    assert_eq!(answer.json()["response"]["errors"], json!(["Nicht 7."]));
}

#[rocket::async_test]
async fn what_a_check_says_at_the_sign_in_is_read_as_it_is() {
    let app = app();
    let browser = with_ada(&app, |fairing| {
        let captcha = FormExtension::new()
            .field(ExtraField::unseen("captcha-response").required())
            .validate(|form| match form.text("captcha-response") {
                Some("human") => Ok(()),
                // At a field that otherwise has one text for everything.
                _ => Err(FormErrors::one("email", "Are you a machine?")),
            });
        fairing.form("login", captcha)
    })
    .await;
    let page = browser.look(Speech::Page, "/login").await;
    assert_eq!(page.input("captcha-response"), None, "the widget brings its own");
    for speech in BOTH {
        let none = browser.send(speech, "/login", &SIGN_IN).await;
        none.assert_refused(speech, &[("captcha-response", "VALUE_NOT_PROVIDED")], "none");
        let machine = with(&SIGN_IN, &[("captcha-response", "beep")]);
        let answer = browser.send(speech, "/login", &machine).await;
        assert!(answer.body.contains("Are you a machine?"), "{}", answer.body);
        assert!(!answer.body.contains("beep"), "{}", answer.body);
        assert_eq!(answer.status, if speech == Speech::Page { 200 } else { 400 });
    }
    let human = with(&SIGN_IN, &[("captcha-response", "human")]);
    assert_eq!(browser.send(Speech::Page, "/login", &human).await.status, 302);
}

/// The reference's `unique_identity_attribute`: a check that asks who is known by what was typed.
#[rocket::async_test]
async fn a_check_may_ask_whether_an_identity_is_taken() {
    for speech in BOTH {
        let app = app();
        let rocket = with_fairing(&app, |fairing| {
            let unique = FormExtension::new()
                .field(ExtraField::text("staff_number", "Staff number").required())
                .validate_async(|form| {
                    Box::pin(async move {
                        let typed = form.text("staff_number").unwrap_or_default();
                        match form.security().lookup_identity(typed).await? {
                            Some(_) => Err(FormErrors::one("staff_number", "That is somebody else's.")),
                            None => Ok(()),
                        }
                    })
                });
            fairing
                .identity("staff_number", |typed| {
                    typed.strip_prefix("S-").map(str::to_owned)
                })
                .form("register", unique)
        });
        let browser = Browser::on(rocket).await;
        let security: &Security = browser.client.rocket().state().expect("the fairing");
        let grace = security
            .create_user("grace@example.org", PASSWORD)
            .await
            .expect("a user");
        security
            .set_identity(grace.id, "staff_number", "S-7")
            .await
            .expect("a number");
        for (number, free) in [("S-7", false), (" S-7 ", false), ("S-8", true)] {
            let fields = [
                ("email", "ada@example.org"),
                ("password", PASSWORD),
                ("password_confirm", PASSWORD),
                ("staff_number", number),
            ];
            let answer = browser.send(speech, "/register", &fields).await;
            assert_eq!(
                answer.body.contains("somebody else"),
                !free,
                "{number}: {}",
                answer.body
            );
            let made = security.find_user("ada@example.org").await.expect("a look-up");
            assert_eq!(made.is_some(), free, "{number}");
        }
    }
}
