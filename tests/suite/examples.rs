//! The examples about forms and pages, each driven over HTTP as its page says.

use rocket_security::testing::App;
use serde_json::{Value, json};

use crate::answer::{BOTH, Speech};
use crate::support::{Browser, PASSWORD, app};

#[allow(dead_code)]
#[path = "../../examples/custom_fields.rs"]
mod custom_fields;

#[allow(dead_code)]
#[path = "../../examples/override_templates.rs"]
mod override_templates;

fn text(html: &str, selector: &str) -> Option<String> {
    let page = scraper::Html::parse_document(html);
    let found = page.select(&scraper::Selector::parse(selector).unwrap()).next()?;
    Some(found.text().collect::<String>().trim().to_owned())
}

async fn custom_fields(app: &App) -> Browser {
    let rocket = custom_fields::app(rocket::custom(app.figment()));
    // Where `Browser::send` looks for a token.
    Browser::on(rocket.mount("/", rocket::routes![token])).await
}

#[rocket::get("/token")]
fn token(security: rocket_security::SecurityContext) -> String {
    security.csrf_token
}

const ADA: [(&str, &str); 8] = [
    ("email", "ada@example.org"),
    ("password", PASSWORD),
    ("password_confirm", PASSWORD),
    ("display_name", " Ada <3 "),
    ("plan", "team"),
    ("seats", "7"),
    ("about", "first line\r\nsecond line"),
    ("terms_accepted", "y"),
];

#[rocket::async_test]
async fn custom_fields_are_asked_stored_and_read_back() {
    for speech in BOTH {
        let app = app();
        let browser = custom_fields(&app).await;
        assert!(
            browser
                .look(Speech::Page, "/")
                .await
                .body
                .contains("<h1>Acme</h1>")
        );
        let mut fields = ADA.to_vec();
        fields.push(("invitation", "open sesame"));
        fields.push(("is_founder", "true"));
        let answer = browser.send(speech, "/register", &fields).await;
        answer.assert_done(speech, "/", &["csrf_token", "tf_required", "user"], "signing up");
        let profile = browser.look(Speech::Page, "/profile").await;
        assert_eq!(profile.status, 200, "{}", profile.body);
        assert_eq!(text(&profile.body, "h1").as_deref(), Some("Ada <3"));
        assert_eq!(text(&profile.body, "#plan").as_deref(), Some("a team of 7"));
        assert_eq!(
            text(&profile.body, "#about").as_deref(),
            Some("first line\nsecond line")
        );
        assert_eq!(
            text(&profile.body, "#founder").as_deref(),
            Some("false"),
            "a visitor set what is not on the form"
        );
    }
}

#[rocket::async_test]
async fn custom_fields_that_do_not_fit_are_told_and_keep_what_was_typed() {
    for speech in BOTH {
        let app = app();
        let browser = custom_fields(&app).await;
        let wrong = [
            ("email", "ada@example.org"),
            ("password", PASSWORD),
            ("password_confirm", PASSWORD),
            ("display_name", "ADAM\"><script>"),
            ("plan", "everything"),
            ("seats", "many"),
            ("about", "I"),
            ("invitation", "open sesame"),
        ];
        let answer = browser.send(speech, "/register", &wrong).await;
        answer.assert_refused(
            speech,
            &[
                ("plan", "INVALID_INPUT"),
                ("seats", "INVALID_INPUT"),
                ("terms_accepted", "VALUE_NOT_PROVIDED"),
            ],
            "fields",
        );
        if speech == Speech::Page {
            assert_eq!(answer.input("display_name").as_deref(), Some("ADAM\"><script>"));
            assert_eq!(text(&answer.body, "#about").as_deref(), Some("I"));
            let chosen = text(&answer.body, "#plan > option");
            assert_eq!(
                chosen.as_deref(),
                Some("Please choose"),
                "the page chose for the visitor"
            );
            assert!(!answer.body.contains(PASSWORD) && !answer.body.contains("<script>"));
        }
        // The rules of `validator` come once each field alone is right.
        let mut shouting = ADA.to_vec();
        shouting[3] = ("display_name", "ADAM");
        shouting.push(("invitation", "open sesame"));
        let answer = browser.send(speech, "/register", &shouting).await;
        match speech {
            Speech::Page => assert_eq!(
                text(&answer.body, "#display_name-errors").as_deref(),
                Some("No need to shout."),
                "{}",
                answer.body
            ),
            Speech::Json => {
                assert_eq!(answer.status, 400);
                assert_eq!(answer.codes(), ["no_shouting"]);
                assert_eq!(
                    answer.json()["response"]["field_errors"],
                    json!({ "display_name": ["No need to shout."] })
                );
            }
        }
        let mut uninvited = ADA.to_vec();
        uninvited.push(("invitation", "open poppy"));
        let answer = browser.send(speech, "/register", &uninvited).await;
        assert!(answer.body.contains("This code is not right."), "{}", answer.body);
        assert_eq!(
            crate::answer::number(&app, "SELECT COUNT(*) AS n FROM security_users"),
            0
        );
    }
}

#[rocket::async_test]
async fn json_tells_a_front_end_which_fields_there_are() {
    let app = app();
    let browser = custom_fields(&app).await;
    let answer = browser.look(Speech::Json, "/register").await;
    let response = &answer.json()["response"];
    assert_eq!(response["brand"], "Acme");
    let fields = response["extra_fields"].as_array().expect("fields");
    let names: Vec<_> = fields
        .iter()
        .map(|field| field["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "display_name",
            "plan",
            "seats",
            "about",
            "terms_accepted",
            "invitation"
        ]
    );
    assert_eq!(
        fields[1],
        json!({ "name": "plan", "kind": "select", "label": "Plan", "required": true,
            "choices": [{ "value": "free", "label": "Free, for one" }, { "value": "team", "label": "For a team" }] })
    );
    assert_eq!(
        browser.look(Speech::Json, "/login").await.json()["response"].get("extra_fields"),
        None::<&Value>
    );
}

#[rocket::async_test]
async fn the_overridden_templates_are_shown_and_work() {
    let app = app();
    let figment = override_templates::folders(app.figment());
    let rocket = override_templates::app(rocket::custom(figment));
    let browser = Browser::on(rocket.mount("/", rocket::routes![token])).await;

    let login = browser.look(Speech::Page, "/login?next=/x").await.body;
    assert_eq!(text(&login, "h1").as_deref(), Some("Acme"));
    assert_eq!(text(&login, "#greeting").as_deref(), Some("You are at /login"));
    assert_eq!(
        text(&login, "#lead").as_deref(),
        Some("Good to see you. Who are you?")
    );
    assert_eq!(
        text(&login, ".fs-other").as_deref(),
        Some("Not with us yet? Join.")
    );
    assert!(
        login.contains("--fs-accent: #5b2a86") && login.contains("--fs-accent: #0f6655"),
        "the stylesheets"
    );
    assert!(login.contains("login_user_form"));

    let register = browser.look(Speech::Page, "/register").await.body;
    assert_eq!(text(&register, "#mark").as_deref(), Some("Join Acme"));
    let wrong = browser
        .send(Speech::Page, "/register", &[("email", "x")])
        .await
        .body;
    assert_eq!(
        text(&wrong, ".error").as_deref(),
        Some("This does not look like an email address.")
    );
    browser.register("ada@example.org").await;

    let verify = browser.look(Speech::Page, "/verify").await.body;
    assert_eq!(
        text(&verify, "h1").as_deref(),
        Some("Acme asks: Is it still you?")
    );
    let home = browser.look(Speech::Page, "/").await.body;
    assert_eq!(text(&home, "h1").as_deref(), Some("Acme"));
    browser.sign_out().await;
    let home = browser.look(Speech::Page, "/").await.body;
    assert_eq!(text(&home, ".flash").as_deref(), Some("Come back soon."));
    let response = browser.look(Speech::Json, "/login").await.json()["response"].clone();
    assert_eq!(
        (&response["brand"], &response["greeting"]),
        (&json!("Acme"), &json!("You are at /login"))
    );
}
