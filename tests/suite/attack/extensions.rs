//! Attacks by way of what applications add: handlers, fields, checks, a policy.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rocket::form::Form;
use rocket::http::{ContentType, Header};
use rocket_security::{
    CsrfForm, ExtraField, FailedAuthn, FormErrors, FormExtension, Policy, Result, Security, SecurityFairing,
    Visitor, testing,
};

use super::{SECOND, WRONG, login};
use crate::answer::{Answer, Speech, number};
use crate::support::{Browser, PASSWORD, app, encode, with_fairing};

#[derive(rocket::FromForm)]
struct Typed {
    name: String,
}

/// Acts for whoever is signed in, with a form of Rocket's own.
#[rocket::post("/act", data = "<form>")]
fn act(visitor: Visitor<'_>, form: Form<Typed>) -> String {
    format!(
        "{:?} {}",
        visitor.user().map(|user| user.email.clone()),
        form.name
    )
}

#[rocket::post("/act-checked", data = "<form>")]
fn act_checked(visitor: Visitor<'_>, form: CsrfForm<Typed>) -> String {
    format!(
        "{:?} {}",
        visitor.user().map(|user| user.email.clone()),
        form.name
    )
}

#[rocket::post("/leave")]
async fn leave(visitor: Visitor<'_>) -> Result<String> {
    Ok(visitor.sign_out().await?.to_string())
}

/// Signs in by a form that lets everything through.
#[rocket::post("/enter", data = "<form>")]
async fn enter(visitor: Visitor<'_>, security: &Security, form: Form<Typed>) -> Result<String> {
    let found = security.lookup_identity(&form.name).await?.is_some();
    let checked = visitor.check_password(&form.name, WRONG).await?.err();
    Ok(format!("{found} {checked:?}"))
}

async fn own_handlers(app: &testing::App, setup: impl FnOnce(SecurityFairing) -> SecurityFairing) -> Browser {
    let routes = rocket::routes![act, act_checked, leave, enter];
    Browser::on(with_fairing(app, setup).mount("/", routes)).await
}

/// M: a sibling domain's form brings the session's cookie along. What no guard would serve, `Visitor` must not either.
#[rocket::async_test]
async fn another_site_neither_acts_for_the_visitor_nor_signs_him_out() {
    let app = app();
    let browser = own_handlers(&app, |fairing| fairing).await;
    browser.register("ada@example.org").await;
    for site in [Some("cross-site"), Some("same-site"), None] {
        for body in ["name=x", "_method=get&name=x"] {
            let send = async |url: &'static str| {
                let mut request = browser.client.post(url).header(ContentType::Form).body(body);
                request.add_header(Header::new("Host", "app.example"));
                if let Some(site) = site {
                    request.add_header(Header::new("Sec-Fetch-Site", site));
                }
                request.dispatch().await.into_string().await.unwrap_or_default()
            };
            let acted = send("/act").await;
            assert!(!acted.contains("ada@"), "{site:?} {body}: {acted}");
            let left = send("/leave").await;
            assert!(!left.contains("true"), "{site:?} {body}: {left}");
            assert_eq!(
                browser.who().await.as_deref(),
                Some("ada@example.org"),
                "{site:?} {body}"
            );
        }
    }
    let acted = browser.post("/act", &[("name", "x")]).await.into_string().await;
    assert_eq!(acted.as_deref(), Some("Some(\"ada@example.org\") x"));
    // No browser of this decade, but the form's own token.
    let token = browser.get("/token").await.into_string().await.expect("a token");
    let request = browser.client.post("/act-checked").header(ContentType::Form);
    let request = request.body(encode(&[("csrf_token", &token), ("name", "x")]));
    let acted = request.dispatch().await.into_string().await;
    assert_eq!(acted.as_deref(), Some("Some(\"ada@example.org\") x"));
}

/// N: text that no column takes is nobody's identity, and no failure of ours.
#[rocket::async_test]
async fn what_no_database_takes_is_nobodys_identity() {
    let staff = |typed: &str| typed.strip_prefix('#').map(str::to_owned);
    let app = app().set("security.username_enable", true).set(
        "security.user_identity_attributes",
        ["email", "username", "us_phone_number", "staff"],
    );
    let browser = own_handlers(&app, |fairing| fairing.identity("staff", staff)).await;
    let huge = "\u{fdfa}".repeat(900);
    for name in [
        "\0",
        "a\0b",
        "@\0",
        "+49\0",
        "#\0",
        "a\0@example.org",
        "\u{fffe}",
        "+",
        "@",
        "\u{1f600}\u{202e}",
        &huge,
        "+49301234567\n",
        "'; --",
        "#\u{1f600}",
    ] {
        let answer = Answer::of(browser.post("/enter", &[("name", name)]).await).await;
        let short: String = name.chars().take(20).collect();
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, "false Some(AuthenticationFailed)"),
            "{short:?}"
        );
        app.advance(90_000 * SECOND);
        let answer = browser
            .send(Speech::Json, "/login", &[("email", name), ("password", WRONG)])
            .await;
        assert_eq!(answer.status, 400, "{short:?} {}", answer.body);
        app.advance(90_000 * SECOND);
    }
}

/// O: guesses at what a check knows (an invitation) count before it answers, however many arrive at once.
#[rocket::async_test]
async fn parallel_guesses_at_a_check_count_one_by_one() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let invitation = FormExtension::new()
        .field(ExtraField::text("invitation", "Invitation").required())
        .validate_async(move |form| {
            let counter = counter.clone();
            Box::pin(async move {
                counter.fetch_add(1, Ordering::Relaxed);
                rocket::tokio::time::sleep(Duration::from_millis(300)).await;
                match form.text("invitation") {
                    Some("right") => Ok(()),
                    _ => Err(FormErrors::one("invitation", "No.")),
                }
            })
        });
    let app = app().set("security.login_wait_address_after", 6);
    let browser = own_handlers(&app, |fairing| fairing.form("register", invitation)).await;
    let fields = [
        ("email", "ada@example.org"),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
        ("invitation", "a guess"),
    ];
    let guesses = (0..40).map(|_| browser.send_from("203.0.113.9:4000", Speech::Json, "/register", &fields));
    let answers = rocket::futures::future::join_all(guesses).await;
    let refused = answers.iter().filter(|answer| answer.status == 429).count();
    assert_eq!((asked.load(Ordering::Relaxed), refused), (6, 34));
}

struct Slow(Arc<AtomicUsize>, Arc<AtomicUsize>);

#[rocket::async_trait]
impl Policy for Slow {
    async fn on_failed_authn(&self, _: &FailedAuthn) {
        let now = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        self.1.fetch_max(now, Ordering::Relaxed);
        rocket::tokio::time::sleep(Duration::from_secs(60)).await;
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// P: whoever floods the sign-in, waits and all, must not fill the memory with calls of the application's that hang.
#[rocket::async_test]
async fn a_flood_of_failures_starts_no_flood_of_calls() {
    let most = Arc::new(AtomicUsize::new(0));
    let policy = Slow(Arc::default(), most.clone());
    let app = app();
    let browser = own_handlers(&app, |fairing| fairing.policy(policy)).await;
    for _ in 0..400 {
        let _ = login(&browser, "203.0.113.9:4000", "ada@example.org", WRONG).await;
    }
    rocket::tokio::time::sleep(Duration::from_millis(50)).await;
    let most = most.load(Ordering::Relaxed);
    assert!((6..=256).contains(&most), "{most} calls at once");
}

/// Q: whatever is sent to a field of the application's, it is answered, and makes no account.
#[rocket::async_test]
async fn no_value_breaks_a_field_of_the_applications() {
    use serde_json::json;
    let app = app();
    let fields = || {
        FormExtension::new()
            .field(ExtraField::text("line", "Line").required())
            .field(ExtraField::textarea("lines", "Lines"))
            .field(ExtraField::email("mail", "Mail"))
            .field(ExtraField::url("page", "Page"))
            .field(ExtraField::number("count", "Count"))
            .field(ExtraField::date("day", "Day"))
            .field(ExtraField::checkbox("yes", "Yes").required())
            .field(ExtraField::select("plan", "Plan", [("free", "Free")]))
            .field(ExtraField::unseen("captcha").required())
            .validate(|form| match (form.flag("yes"), form.text("line")) {
                (true, Some(_)) => Err(FormErrors::one("line", "No.")),
                _ => panic!("asked though a field was wrong"),
            })
    };
    let setup = |fairing: SecurityFairing| {
        ["login", "register", "verify", "logout"]
            .into_iter()
            .fold(fairing, |fairing, form| fairing.form(form, fields()))
    };
    let browser = own_handlers(&app, setup).await;
    let deep = (0..14).fold(json!(1), |inner, _| json!([{ "a": inner }]));
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1e308),
        json!(u64::MAX),
        json!(""),
        json!(" "),
        json!("\0"),
        json!("\u{202e}\u{feff}"),
        json!("9999-99-99"),
        json!("２０２６-01-01"),
        json!("2026-1ä-01"),
        json!("1e999"),
        json!("NaN"),
        json!("http://"),
        json!("http://[::1"),
        json!("javascript:alert(1)"),
        json!("é".repeat(5000)),
        json!([]),
        json!(["a"]),
        json!({}),
        json!({ "__proto__": 1 }),
        json!({ "a": { "b": [1] } }),
        deep,
        json!("</textarea><script>alert(1)</script>"),
        json!("\" autofocus onfocus=alert(1) x=\""),
    ];
    let names = [
        "line",
        "lines",
        "mail",
        "page",
        "count",
        "day",
        "yes",
        "plan",
        "captcha",
        "__proto__",
        "constructor",
        "toString",
        "Email",
        "app",
        "user",
        "email",
        "password",
    ];
    for name in names {
        for value in &values {
            for url in ["/login", "/register"] {
                let mut body = json!({
                    "email": "ada@example.org", "password": PASSWORD, "password_confirm": PASSWORD,
                    "line": "x", "yes": true, "captcha": "x",
                });
                body[name] = value.clone();
                let (status, answer) = browser.submit_json(url, body).await;
                assert!(
                    [400, 429].contains(&status.code),
                    "{url} {name} {value} {status} {answer}"
                );
                app.advance(90_000 * SECOND);
                let Some(text) = value.as_str() else { continue };
                let all = [
                    ("email", "a@example.org"),
                    ("line", "x"),
                    ("yes", "y"),
                    ("captcha", "x"),
                    (name, text),
                ];
                let page = browser.send(Speech::Page, url, &all).await;
                assert!(
                    [200, 429].contains(&page.status),
                    "{url} {name} {value} {}",
                    page.status
                );
                assert!(
                    !page.body.contains("<script>alert") && !page.body.contains("\" autofocus onfocus"),
                    "{url} {name} {}",
                    page.body
                );
                app.advance(90_000 * SECOND);
            }
        }
    }
    assert_eq!(number(&app, "SELECT COUNT(*) AS n FROM security_users"), 0);
}
