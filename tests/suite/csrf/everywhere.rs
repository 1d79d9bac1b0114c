//! Every endpoint of ours that may change something, whichever there are: what another site sends changes nothing.

use std::sync::{Arc, Mutex};

use rocket::http::Method;
use rocket_security::{Event, testing};
use serde_json::{Value, json};

use super::MEMBER;
use crate::attempt::{Attempt, codes};
use crate::support::{self, Browser, PASSWORD, app, json as read};

/// What some endpoint might act on. One that takes other fields answers that they are wrong, so each new one adds its own.
const FIELDS: [(&str, &str); 9] = [
    ("email", "grace@example.org"),
    ("password", PASSWORD),
    ("password_confirm", PASSWORD),
    ("remember", "y"),
    ("name", "mine"),
    ("delete", "1"),
    ("all", "y"),
    ("delete_all", "y"),
    ("refresh_token", "x"),
];

/// Our addresses by method: those of Rocket's list, with something in the place of parameters.
fn ours(browser: &Browser) -> Vec<(Method, String)> {
    let mut all: Vec<_> = browser
        .client
        .rocket()
        .routes()
        .filter(|route| {
            route
                .name
                .as_deref()
                .is_some_and(|name| name.starts_with("rocket_security::"))
        })
        .map(|route| {
            let path = route
                .uri
                .path()
                .split('/')
                .map(|part| if part.starts_with('<') { "x" } else { part });
            (route.method, path.collect::<Vec<_>>().join("/"))
        })
        .collect();
    all.sort_by_key(|(method, path)| (path.clone(), method.as_str()));
    all
}

/// The same request in every form in which a page of another site can have a browser send it, with and without a token that
/// it cannot know.
fn forged(path: &str, method: Method, token: &str) -> Vec<(String, Attempt)> {
    let mut all = Vec::new();
    for with_token in [false, true] {
        let mut fields = FIELDS.to_vec();
        let mut tricked = vec![("_method", "post")];
        if with_token {
            fields.push(("csrf_token", token));
        }
        tricked.extend(&fields);
        let body: Value = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        let post = || Attempt::new(method, path);
        let bodies = [
            ("form", post().form(&fields)),
            ("JSON", post().json(&body)),
            ("JSON called text", post().body("text/plain", body.to_string())),
            ("no body", post()),
            ("_method=post", post().form(&tricked)),
        ];
        for (how, attempt) in bodies {
            let attempt = if with_token {
                attempt.header("X-CSRF-Token", token)
            } else {
                attempt
            };
            for (name, value) in [
                ("Sec-Fetch-Site", "cross-site"),
                ("Sec-Fetch-Site", "same-site"),
                ("Origin", "https://evil.example"),
                ("Origin", "null"),
            ] {
                for accept in ["text/html", "application/json"] {
                    let what =
                        format!("{method} {path}: {how}, token: {with_token}, {name}: {value}, {accept}");
                    let attempt = attempt.clone().header(name, value).header("Accept", accept);
                    all.push((what, attempt));
                }
            }
        }
    }
    // Nothing said, as by an old browser, and no token that is this visitor's.
    let other = "A".repeat(86);
    for token in [None, Some(other.as_str()), Some("")] {
        let mut fields = FIELDS.to_vec();
        fields.extend(token.map(|token| ("csrf_token", token)));
        let attempt = Attempt::new(method, path).form(&fields);
        all.push((
            format!("{method} {path}: nothing said, token: {token:?}"),
            attempt,
        ));
    }
    all
}

struct Watched {
    browser: Browser,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Watched {
    async fn new(member: bool) -> (testing::App, Watched) {
        let app = app()
            .set("security.login_wait_address_after", 10_000)
            .set("security.refresh_token", true)
            .set("security.api_keys", true);
        let events = Arc::new(Mutex::new(Vec::new()));
        let pen = events.clone();
        let rocket = support::with_fairing(&app, |fairing| {
            fairing.on_event(move |event: &Event| pen.lock().unwrap().push(event.clone()))
        });
        let browser = Browser::on(rocket).await;
        browser.security().create_user(MEMBER, PASSWORD).await.unwrap();
        if member {
            testing::sign_in(&browser.client, MEMBER).await.unwrap();
        }
        events.lock().unwrap().clear();
        (app, Watched { browser, events })
    }

    /// Sends it; whatever happens shows in an event, in a cookie or in the answer.
    async fn send(&self, what: &str, attempt: &Attempt) {
        let session = self.session();
        let answer = self.browser.attempt(attempt).await;
        let status = answer.status();
        assert!(status.code < 500, "{what}: {status}");
        let wants_json = attempt
            .headers
            .iter()
            .any(|(_, value)| value == "application/json");
        if wants_json && answer.content_type().is_some_and(|body| body.is_json()) {
            let (status, body) = read(answer).await;
            // Who is not signed in is told that he is signed out: true, and nothing that anybody did.
            let idle = status.code == 200 && body["response"] == json!({});
            let refused = (400..500).contains(&status.code) && !codes(&body).is_empty();
            assert!(refused || idle, "{what}: {status} {body}");
        } else {
            drop(answer);
        }
        let happened: Vec<Event> = std::mem::take(&mut *self.events.lock().unwrap());
        let told = |event: &Event| {
            matches!(
                event,
                Event::CrossSiteRefused | Event::UserUnauthenticated | Event::UserUnauthorized { .. }
            )
        };
        assert!(happened.iter().all(told), "{what}: {happened:?}");
        assert_eq!(self.session(), session, "{what}: another session");
        let grace = self
            .browser
            .security()
            .find_user("grace@example.org")
            .await
            .unwrap();
        assert!(grace.is_none(), "{what}: an account");
    }

    fn session(&self) -> Vec<(String, String)> {
        let mut cookies = self.browser.cookies();
        // What the page that answers says, and what it knows this browser by.
        cookies.retain(|(name, _)| !name.contains("flash") && !name.contains("browser"));
        cookies
    }
}

#[rocket::async_test]
async fn nothing_that_another_site_sends_to_any_endpoint_of_ours_changes_anything() {
    let mut sent = 0;
    for member in [false, true] {
        let (_app, watched) = Watched::new(member).await;
        let is_unsafe = |method: &Method| !matches!(method, Method::Get | Method::Head | Method::Options);
        let endpoints: Vec<_> = (ours(&watched.browser).into_iter())
            .filter(|(method, _)| is_unsafe(method))
            .collect();
        for path in [
            "/login",
            "/logout",
            "/register",
            "/verify",
            "/refresh-token",
            "/refresh-tokens",
            "/api-keys",
        ] {
            let known = (Method::Post, path.to_owned());
            assert!(
                endpoints.contains(&known),
                "{path} is not walked over: {endpoints:?}"
            );
        }
        for (method, path) in endpoints {
            let token = watched.browser.csrf_token().await;
            for (what, attempt) in forged(&path, method, &token) {
                watched
                    .send(&format!("{what}, signed in: {member}"), &attempt)
                    .await;
                sent += 1;
            }
        }
        assert_eq!(watched.browser.is_signed_in().await, member);
    }
    assert!(sent > 600, "{sent}");
}

/// Rocket makes another method of a POST whose form begins with `_method`: to every address of ours, as every method.
#[rocket::async_test]
async fn no_form_that_calls_itself_another_method_gets_past() {
    for member in [false, true] {
        let (_app, watched) = Watched::new(member).await;
        let mut paths: Vec<String> = ours(&watched.browser).into_iter().map(|(_, path)| path).collect();
        paths.dedup();
        for path in paths {
            for method in [
                "get", "GET", "head", "put", "patch", "delete", "options", "post", "trace", "nonsense",
            ] {
                for site in ["cross-site", "same-site"] {
                    let mut fields = vec![("_method", method)];
                    fields.extend(FIELDS);
                    let attempt = Attempt::post(&path).form(&fields).header("Sec-Fetch-Site", site);
                    let what = format!("_method={method} to {path} from {site}, signed in: {member}");
                    watched.send(&what, &attempt).await;
                }
            }
        }
        assert_eq!(watched.browser.is_signed_in().await, member);
    }
}

/// The walk would say nothing if the endpoints did nothing with these fields at all.
#[rocket::async_test]
async fn the_same_from_our_own_page_does_change_something() {
    let (_app, watched) = Watched::new(false).await;
    let token = watched.browser.csrf_token().await;
    let mut fields = FIELDS.to_vec();
    fields.push(("csrf_token", &token));
    let attempt = Attempt::post("/register").form(&fields).same_origin();
    watched.browser.attempt(&attempt).await;
    assert!(watched.browser.is_signed_in().await);
    assert!(!watched.events.lock().unwrap().is_empty());
    let token = watched.browser.csrf_token().await;
    let attempt = Attempt::post("/logout")
        .form(&[("csrf_token", &token)])
        .same_origin();
    watched.browser.attempt(&attempt).await;
    assert!(!watched.browser.is_signed_in().await);
}
