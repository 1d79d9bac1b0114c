//! Whatever is thrown at our endpoints, the answer is a refusal, the page again or the usual redirect: no 5xx, no
//! panic, nobody signed in. Each kind goes to each endpoint, from a stranger and from a member, as page and as JSON.

use rocket::http::{Method, Status};
use rocket::tokio::task::JoinSet;
use rocket_security::testing::{self, App};
use serde_json::Value;
use url::Url;

use crate::attempt::Attempt;
use crate::support::{Browser, PASSWORD, app, field};

mod bodies;
mod envelopes;
mod wire;

const MEMBER: &str = "ada@example.org";

/// What a kind is made from. The credentials are right: a kind that keeps them whole must fail for its own sake.
pub struct Ground {
    pub token: String,
    pub email: String,
    pub password: &'static str,
    /// The cookies that the library has ever set, with a value that was good for somebody.
    pub cookies: Vec<(String, String)>,
}

/// The values of a form that nobody may sign in or up with.
pub const WRONG: [(&str, &str); 2] = [
    ("password", "not the right password"),
    ("password_confirm", "another one"),
];

const FRESH: &str = "became fresh";

type Kind = (&'static str, fn(&Ground, Attempt) -> Attempt);

struct Endpoint {
    method: Method,
    path: &'static str,
    member: bool,
    json: bool,
}

fn endpoints() -> Vec<Endpoint> {
    let mut all = Vec::new();
    for path in ["/login", "/logout", "/register", "/verify"] {
        for (method, member, json) in [Method::Get, Method::Post]
            .into_iter()
            .flat_map(|method| [(method, false), (method, true)])
            .flat_map(|(method, member)| [(method, member, false), (method, member, true)])
        {
            all.push(Endpoint {
                method,
                path,
                member,
                json,
            });
        }
    }
    all
}

fn kinds() -> Vec<Kind> {
    bodies::KINDS.iter().chain(envelopes::KINDS).copied().collect()
}

#[test]
fn there_are_enough_kinds_and_each_has_its_own_name() {
    let mut names: Vec<_> = kinds().iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(all, names.len());
    assert!(all >= 40, "{all} kinds");
}

#[rocket::async_test]
async fn wrong_inputs() {
    let cookies = every_cookie().await;
    let mut attacks = JoinSet::new();
    // Some at a time: thousands of requests take a while, and all applications at once would starve one another.
    for lane in 0..4 {
        let cookies = cookies.clone();
        attacks.spawn(async move {
            let mut wrong = Vec::new();
            for endpoint in endpoints().iter().skip(lane).step_by(4) {
                wrong.extend(attack(endpoint, &cookies).await);
            }
            wrong
        });
    }
    let wrong = attacks.join_all().await.concat();
    let count = wrong.len();
    assert!(wrong.is_empty(), "{count} wrong answers:\n{}", wrong.join("\n"));
}

/// The names of all cookies that our endpoints set, and values that belong to another visitor.
async fn every_cookie() -> Vec<(String, String)> {
    let app = app();
    let browser = Browser::new(&app).await;
    browser.get("/login").await;
    browser.get("/profile").await;
    let mut all = browser.cookies();
    browser.register("eve@example.org").await;
    for (name, value) in browser.cookies() {
        if !all.iter().any(|(other, _)| *other == name) {
            all.push((name, value));
        }
    }
    assert!(all.len() >= 3, "session, CSRF and flash are cookies: {all:?}");
    all
}

async fn attack(endpoint: &Endpoint, cookies: &[(String, String)]) -> Vec<String> {
    let mut wrong = Vec::new();
    // The brakes have tests of their own; here they would hide what lies behind them.
    let app = app()
        .set("security.username_enable", true)
        .set("security.login_wait_after", 100)
        .set("security.login_wait_address_after", 10_000);
    let browser = Browser::new(&app).await;
    browser
        .security()
        .create_user(MEMBER, PASSWORD)
        .await
        .expect("a member");
    if endpoint.member {
        testing::sign_in(&browser.client, MEMBER)
            .await
            .expect("signed in");
        app.advance(std::time::Duration::from_secs(120));
    }
    for (number, (name, change)) in kinds().into_iter().enumerate() {
        // A wrong input at sign-up must not make an account, so that one needs an address that is free.
        let email = if endpoint.path == "/register" {
            format!("new-{number}@example.org")
        } else {
            MEMBER.to_owned()
        };
        let ground = Ground {
            token: browser.csrf_token().await,
            email,
            password: PASSWORD,
            cookies: cookies.to_vec(),
        };
        let attempt = change(&ground, start(endpoint, &ground));
        let problem = match judge(&browser, &attempt).await {
            Ok(()) => consequences(&browser, endpoint, &ground, name).await,
            problem => problem,
        };
        let restore_it = endpoint.member || problem.is_err();
        // Who verifies is not asked for his address or user name.
        let of_no_concern = problem.as_ref().is_err_and(|it| it == FRESH)
            && (name.contains("address") || name.contains("user name"));
        if let (Err(problem), false) = (problem, of_no_concern) {
            let who = if endpoint.member { "member" } else { "stranger" };
            let form = if endpoint.json { "JSON" } else { "page" };
            wrong.push(format!(
                "{} {} {who} {form}, {name}: {problem}",
                endpoint.method, endpoint.path
            ));
        }
        if restore_it {
            restore(&app, &browser, endpoint).await;
        }
    }
    // Nothing above has broken the application, and the credentials that were refused are the right ones.
    if endpoint.member {
        let verified = browser.submit("/verify", &[("password", PASSWORD)]).await;
        assert_eq!(
            verified.status(),
            Status::Found,
            "{} is broken afterwards",
            endpoint.path
        );
        assert_eq!(browser.get("/fresh").await.status(), Status::Ok);
    } else {
        let signed_in = browser.sign_in(MEMBER, PASSWORD).await.status();
        assert_eq!(signed_in, Status::Found, "{} is broken afterwards", endpoint.path);
        assert!(browser.is_signed_in().await);
    }
    wrong
}

/// What the kinds change: a request that is well formed, with values that are not good.
fn start(endpoint: &Endpoint, ground: &Ground) -> Attempt {
    let attempt = Attempt::new(endpoint.method, endpoint.path).same_origin();
    let attempt = if endpoint.json {
        attempt.wants_json()
    } else {
        attempt.header("Accept", "text/html,*/*;q=0.8")
    };
    if endpoint.method == Method::Get {
        return attempt;
    }
    let mut fields = vec![("csrf_token", ground.token.as_str()), ("email", &ground.email)];
    fields.extend(WRONG);
    attempt.form(&fields)
}

/// Whether the answer itself is one of those that may be.
async fn judge(browser: &Browser, attempt: &Attempt) -> Result<(), String> {
    let json = answers_json(attempt);
    let response = browser.attempt(attempt).await;
    let status = response.status();
    let location = response.headers().get_one("Location").map(str::to_owned);
    if response
        .headers()
        .iter()
        .any(|header| header.name().as_str().to_lowercase().starts_with("x-evil"))
    {
        return Err("a header was injected".to_owned());
    }
    let body = response.into_bytes().await.unwrap_or_default();
    match status.code {
        302 | 303 => {
            let location = location.ok_or("a redirect to nowhere")?;
            let base = Url::parse("http://app.example/login").map_err(|error| error.to_string())?;
            let target = base
                .join(&location)
                .map_err(|error| format!("{location:?}: {error}"))?;
            let stays = target.host_str() == Some("app.example") && target.scheme() == "http";
            if stays {
                Ok(())
            } else {
                Err(format!("leads away to {location:?}"))
            }
        }
        200 | 400..=499 if attempt.method == Method::Head || attempt.body.starts_with(b"_method=head") => {
            Ok(())
        }
        // Unknown paths and methods are answered by the application, not by us.
        404 | 405 => Ok(()),
        400..=499 if json == Some(true) => {
            let body: Value = serde_json::from_slice(&body).map_err(|_| format!("{status} without JSON"))?;
            let told = body["response"]["errors"]
                .as_array()
                .is_some_and(|errors| !errors.is_empty());
            let same = body["meta"]["code"] == status.code;
            if told && same {
                Ok(())
            } else {
                Err(format!("{status} with the body {body}"))
            }
        }
        200 if json == Some(true) => serde_json::from_slice::<Value>(&body)
            .map(drop)
            .map_err(|error| error.to_string()),
        200 => {
            let html = String::from_utf8(body).map_err(|error| error.to_string())?;
            let again = json.is_none() || field(&html, "csrf_token").is_some();
            if again {
                Ok(())
            } else {
                Err(format!("200 without a form: {html}"))
            }
        }
        400..=499 => Ok(()),
        _ => Err(format!("answered {status}")),
    }
}

/// Whether JSON must come back; nothing where the request is too odd to say.
fn answers_json(attempt: &Attempt) -> Option<bool> {
    let values = |name: &str| -> Vec<&str> {
        let of = attempt
            .headers
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name));
        of.map(|(_, value)| value.as_str()).collect()
    };
    match (values("Accept").as_slice(), values("Content-Type").as_slice()) {
        (["application/json"], _) => Some(true),
        (_, ["application/json"]) if !attempt.body.is_empty() => Some(true),
        (["text/html,*/*;q=0.8"], [] | ["application/x-www-form-urlencoded"]) => Some(false),
        _ => None,
    }
}

/// Whether nothing has come of it.
async fn consequences(
    browser: &Browser,
    endpoint: &Endpoint,
    ground: &Ground,
    name: &str,
) -> Result<(), String> {
    // Who sends his session under another value is nobody; a wrong form must not cost a member his session.
    let may_end = endpoint.path == "/logout" || name.contains("cookies");
    match (endpoint.member, browser.is_signed_in().await) {
        (false, true) => return Err("signed in".to_owned()),
        (true, false) if !may_end => return Err("signed out".to_owned()),
        _ => {}
    }
    if endpoint.path == "/register" {
        let found = browser
            .security()
            .find_user(&ground.email)
            .await
            .map_err(|error| error.to_string())?;
        if found.is_some() {
            return Err("signed up".to_owned());
        }
    }
    if endpoint.path == "/verify" && browser.get("/fresh").await.status() == Status::Ok {
        return Err(FRESH.to_owned());
    }
    Ok(())
}

/// The next kind begins where this one began. A member may have signed out, or had his cookie taken as forged.
async fn restore(app: &App, browser: &Browser, endpoint: &Endpoint) {
    let fresh = endpoint.path == "/verify" && browser.get("/fresh").await.status() == Status::Ok;
    match (endpoint.member, browser.is_signed_in().await && !fresh) {
        (false, true) => browser.sign_out().await,
        (true, false) => {
            testing::sign_in(&browser.client, MEMBER)
                .await
                .expect("signed in again");
            app.advance(std::time::Duration::from_secs(120));
        }
        _ => {}
    }
}
