//! The type of the application's that those who sign up fill in.

use rocket_security::testing::App;
use rocket_security::{ExtraField, Registration, RegistrationFields, Security};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use validator::{Validate, ValidationError};

use super::{SIGN_UP, with};
use crate::answer::{BOTH, Speech, number};
use crate::support::{Browser, PASSWORD, app};

#[derive(Debug, Serialize, Deserialize, Validate, PartialEq)]
#[validate(schema(function = "two_names"))]
struct Profile {
    #[validate(length(min = 2, max = 30, code = "app-name"))]
    display_name: String,
    nick_name: Option<String>,
    #[serde(default)]
    about: String,
    #[validate(range(min = 18))]
    age: Option<u8>,
    born: Option<String>,
    #[serde(default)]
    colour: Colour,
    #[serde(default)]
    is_admin: bool,
}

#[derive(Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Colour {
    #[default]
    SeaGreen,
    Red,
}

fn two_names(profile: &Profile) -> Result<(), ValidationError> {
    match profile.nick_name.as_ref() == Some(&profile.display_name) {
        true => Err(ValidationError::new("names").with_message("Choose two different names.".into())),
        false => Ok(()),
    }
}

impl RegistrationFields for Profile {
    fn fields() -> Vec<ExtraField> {
        vec![
            ExtraField::text("display_name", "Display name").required(),
            ExtraField::text("nick_name", "Nick name"),
            ExtraField::textarea("about", "About you").max_length(20_000),
            ExtraField::number("age", "Age"),
            ExtraField::date("born", "Born"),
            ExtraField::select("colour", "Colour", [("sea-green", "Sea green"), ("red", "Red")]),
        ]
    }
}

/// Another type than the one that was declared.
#[derive(Serialize, Deserialize, Validate)]
struct Other {}

impl RegistrationFields for Other {
    fn fields() -> Vec<ExtraField> {
        Vec::new()
    }
}

async fn browser(app: &App) -> Browser {
    super::browser(app, |fairing| fairing.registration::<Profile>()).await
}

fn users(app: &App) -> i64 {
    number(app, "SELECT COUNT(*) AS n FROM security_users")
}

async fn stored(browser: &Browser, email: &str) -> Profile {
    let security = browser.client.rocket().state::<Security>().expect("attached");
    let user = security
        .find_user(email)
        .await
        .expect("an answer")
        .expect("a user");
    user.fields::<Profile>().expect("readable").expect("there")
}

#[rocket::async_test]
async fn what_was_filled_in_is_stored_and_read_back_typed() {
    for speech in BOTH {
        let app = app();
        let browser = browser(&app).await;
        let mine = [
            ("display_name", "  Ada \u{1f600} "),
            ("about", "a\r\n\"b\"\\"),
            ("age", "36"),
            ("born", "1815-12-10"),
            ("colour", "red"),
            ("is_admin", "true"),
        ];
        let answer = browser.send(speech, "/register", &with(&SIGN_UP, &mine)).await;
        answer.assert_done(speech, "/", &["csrf_token", "tf_required", "user"], "signing up");
        let expected = Profile {
            display_name: "Ada \u{1f600}".into(),
            nick_name: None,
            about: "a\n\"b\"\\".into(),
            age: Some(36),
            born: Some("1815-12-10".into()),
            colour: Colour::Red,
            is_admin: false,
        };
        assert_eq!(stored(&browser, "bob@example.org").await, expected);
    }
    // JSON may say numbers as numbers.
    let app = app();
    let browser = browser(&app).await;
    let body = json!({ "email": "bob@example.org", "password": PASSWORD, "password_confirm": PASSWORD,
        "display_name": "Bob", "age": 36, "nick_name": null, "is_admin": true });
    assert_eq!(browser.submit_json("/register", body).await.0.code, 200);
    let bob = stored(&browser, "bob@example.org").await;
    assert_eq!(
        (bob.age, bob.is_admin, bob.colour),
        (Some(36), false, Colour::SeaGreen)
    );
}

#[rocket::async_test]
async fn each_mistake_is_told_at_its_field_with_the_others() {
    let app = app();
    std::fs::create_dir_all(app.folder().join("locales/en")).unwrap();
    std::fs::write(
        app.folder().join("locales/en/app.ftl"),
        "app-name = From { $min } to { $max }, please.",
    )
    .unwrap();
    let browser = browser(&app).await;
    let field_errors = |body: Value| body["response"]["field_errors"].clone();
    let send = |more: Value| {
        let mut body =
            json!({ "email": "bob@example.org", "password": PASSWORD, "password_confirm": PASSWORD });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap());
        browser.submit_json("/register", body)
    };
    let fit = "This value does not fit here.";
    let table = [
        (
            json!({}),
            json!({ "display_name": ["This is needed to go on."] }),
            &["VALUE_NOT_PROVIDED"][..],
        ),
        (
            json!({ "display_name": " " }),
            json!({ "display_name": ["This is needed to go on."] }),
            &["VALUE_NOT_PROVIDED"],
        ),
        (
            json!({ "display_name": 7 }),
            json!({ "display_name": ["The server could not make sense of this request."] }),
            &["API_ERROR"],
        ),
        (
            json!({ "display_name": ["Ada", "Bob"] }),
            json!({ "display_name": ["The server could not make sense of this request."] }),
            &["API_ERROR"],
        ),
        (
            json!({ "display_name": "A\u{0}da" }),
            json!({ "display_name": [fit] }),
            &["INVALID_INPUT"],
        ),
        (
            json!({ "display_name": "Ada\r\nBcc: x" }),
            json!({ "display_name": [fit] }),
            &["INVALID_INPUT"],
        ),
        // `validator`, in the words of the catalogue.
        (
            json!({ "display_name": "A" }),
            json!({ "display_name": ["From 2 to 30, please."] }),
            &["app-name"],
        ),
        (
            json!({ "display_name": "Ada", "age": 17 }),
            json!({ "age": [fit] }),
            &["INVALID_INPUT"],
        ),
        // What no `u8` can hold, and what is no number of that kind.
        (
            json!({ "display_name": "Ada", "age": 300 }),
            json!({ "age": [fit] }),
            &["INVALID_INPUT"],
        ),
        (
            json!({ "display_name": "Ada", "age": 36.5 }),
            json!({ "age": [fit] }),
            &["INVALID_INPUT"],
        ),
        (
            json!({ "display_name": "Ada", "nick_name": "Ada" }),
            json!({ "": ["Choose two different names."] }),
            &["names"],
        ),
        (
            json!({ "display_name": "Ada", "colour": "blue", "born": "1815-02-30", "email": "x" }),
            json!({ "email": ["This does not look like an email address."], "born": [fit], "colour": [fit] }),
            &["INVALID_EMAIL_ADDRESS", "INVALID_INPUT", "INVALID_INPUT"],
        ),
    ];
    for (sent, expected, codes) in table {
        let (status, body) = send(sent.clone()).await;
        assert_eq!(status.code, 400, "{sent}: {body}");
        assert_eq!(body["response"]["error_codes"], json!(codes), "{sent}");
        assert_eq!(field_errors(body), expected, "{sent}");
    }
    assert_eq!(users(&app), 0);
    // A field that comes twice is nobody's word.
    let twice = with(&SIGN_UP, &[("display_name", "Ada"), ("display_name", "Eve")]);
    let page = browser.send(Speech::Page, "/register", &twice).await;
    page.assert_refused(Speech::Page, &[("display_name", "INVALID_INPUT")], "twice");
}

#[rocket::async_test]
async fn more_than_can_be_stored_is_refused() {
    for speech in BOTH {
        let app = app();
        let browser = browser(&app).await;
        // Fewer characters than the field takes, more bytes than a user may have.
        let long = "\u{20ac}".repeat(6000);
        let fields = with(&SIGN_UP, &[("display_name", "Ada"), ("about", &long)]);
        let answer = browser.send(speech, "/register", &fields).await;
        match speech {
            Speech::Page => assert_eq!(answer.status, 200, "{:.300}", answer.body),
            Speech::Json => assert_eq!(answer.codes(), ["INVALID_INPUT_LENGTH"]),
        }
        let most = "x".repeat(16_000);
        let fields = with(&SIGN_UP, &[("display_name", "Ada"), ("about", &most)]);
        assert_eq!(users(&app), 0);
        let answer = browser.send(speech, "/register", &fields).await;
        assert!(matches!(answer.status, 200 | 302), "{:.300}", answer.body);
        assert_eq!(users(&app), 1);
        assert_eq!(stored(&browser, "bob@example.org").await.about, most);
    }
}

#[rocket::async_test]
async fn in_process_the_same_rules_hold() {
    let app = app();
    let browser = browser(&app).await;
    let security = browser.client.rocket().state::<Security>().expect("attached");
    let profile = |name: &str| Profile {
        display_name: name.into(),
        nick_name: None,
        about: String::new(),
        age: None,
        born: None,
        colour: Colour::SeaGreen,
        is_admin: true,
    };
    let ada = || Registration::new("ada@example.org", PASSWORD);
    let bare = security.register(ada()).await.expect_err("a name is required");
    assert!(bare.is_invalid(), "{bare}");
    assert!(security.create_user("ada@example.org", PASSWORD).await.is_err());
    for name in ["", "A", "a\nb", &"x".repeat(31)] {
        let error = security
            .register(ada().fields(profile(name)))
            .await
            .expect_err("refused");
        assert!(error.is_invalid(), "{name:?}: {error}");
    }
    let large = Profile {
        about: "\u{20ac}".repeat(6000),
        ..profile("Ada")
    };
    assert!(
        security
            .register(ada().fields(large))
            .await
            .expect_err("too large")
            .is_invalid()
    );
    let other = security
        .register(ada().fields(Other {}))
        .await
        .expect_err("another type");
    assert!(other.to_string().contains("Profile"), "{other}");
    assert_eq!(users(&app), 0);

    let user = security
        .register(ada().fields(profile("Ada")))
        .await
        .expect("made");
    let stored: Profile = user.fields().expect("readable").expect("there");
    assert_eq!(
        stored,
        profile("Ada"),
        "the application may set what no visitor can"
    );
    assert!(
        security
            .register(ada().fields(profile("Eve")))
            .await
            .expect_err("taken")
            .is_conflict()
    );
}

#[rocket::async_test]
async fn without_a_type_nothing_is_asked_and_nothing_stored() {
    let app = app();
    let browser = Browser::new(&app).await;
    let fields = with(&SIGN_UP, &[("display_name", "Ada"), ("fields", "{}")]);
    assert_eq!(browser.send(Speech::Json, "/register", &fields).await.status, 200);
    let security = browser.client.rocket().state::<Security>().expect("attached");
    let user = security
        .find_user("bob@example.org")
        .await
        .expect("an answer")
        .expect("a user");
    assert_eq!(user.fields::<Value>().expect("readable"), None);
    let refused = security
        .register(Registration::new("ada@example.org", PASSWORD).fields(Other {}))
        .await;
    assert!(
        refused
            .expect_err("nothing was declared")
            .to_string()
            .contains(".registration::<")
    );
}
