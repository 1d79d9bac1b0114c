//! Each guard against each visitor, as a page and as JSON: `tests/data/table_of_truth.txt` says what is answered, and
//! `docs/features/protecting.md` shows it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use rocket::http::{Cookie, Header, Status};
use rocket::{Build, Rocket, get, routes};
use rocket_security::testing::App;
use rocket_security::{
    Anonymous, ApiKey, ApiKeyUser, Auth, AuthUser, Basic, BasicUser, Csrf, Fresh, HasAnyPermission,
    HasAnyRole, HasPermission, HasRole, NewApiKey, Security, Session, SessionUser, Token, TokenUser, guards,
};
use serde_json::{Value, json};

use crate::support::{self, Browser, PASSWORD, app};

type Any = (Token, Session, Basic);

/// Path and name of each guard.
const GUARDS: &[(&str, &str)] = &[
    ("/t/auth-user", "AuthUser"),
    ("/t/session-user", "SessionUser"),
    ("/t/token-user", "TokenUser"),
    ("/t/basic-user", "BasicUser"),
    ("/t/any", "Auth<(Token, Session, Basic)>"),
    ("/t/session-or-basic", "Auth<(Session, Basic)>"),
    ("/t/role", r#"HasRole<"admin">"#),
    ("/t/role-by-any", r#"HasRole<"admin", Any>"#),
    ("/t/any-role", r#"HasAnyRole<"admin", "editor">"#),
    ("/t/permission", r#"HasPermission<"rule">"#),
    ("/t/any-permission", r#"HasAnyPermission<"rule", "write">"#),
    ("/t/fresh", "Fresh<10>"),
    ("/t/fresh-by-any", "Fresh<10, Any>"),
    ("/t/anonymous", "Anonymous"),
    ("/t/optional", "Option<AuthUser>"),
    ("/t/api-key", "ApiKeyUser"),
    ("/t/api-key-or-session", "Auth<(ApiKey, Session)>"),
    ("/t/role-by-key", r#"HasRole<"admin", ApiKey>"#),
    ("/t/permission-by-key", r#"HasPermission<"rule", ApiKey>"#),
    ("/t/fresh-by-key", "Fresh<10, ApiKey>"),
    ("/t/csrf", "Csrf"),
];

#[guards]
mod site {
    use super::*;

    #[get("/t/auth-user")]
    pub fn auth_user(_guard: AuthUser) -> &'static str {
        "in"
    }
    #[get("/t/session-user")]
    pub fn session_user(_guard: SessionUser) -> &'static str {
        "in"
    }
    #[get("/t/token-user")]
    pub fn token_user(_guard: TokenUser) -> &'static str {
        "in"
    }
    #[get("/t/basic-user")]
    pub fn basic_user(_guard: BasicUser) -> &'static str {
        "in"
    }
    #[get("/t/any")]
    pub fn any(_guard: Auth<(Token, Session, Basic)>) -> &'static str {
        "in"
    }
    #[get("/t/session-or-basic")]
    pub fn session_or_basic(_guard: Auth<(Session, Basic)>) -> &'static str {
        "in"
    }
    #[get("/t/role")]
    pub fn role(_guard: HasRole<"admin">) -> &'static str {
        "in"
    }
    #[get("/t/role-by-any")]
    pub fn role_by_any(_guard: HasRole<"admin", Any>) -> &'static str {
        "in"
    }
    #[get("/t/any-role")]
    pub fn any_role(_guard: HasAnyRole<"admin", "editor">) -> &'static str {
        "in"
    }
    #[get("/t/permission")]
    pub fn permission(_guard: HasPermission<"rule">) -> &'static str {
        "in"
    }
    #[get("/t/any-permission")]
    pub fn any_permission(_guard: HasAnyPermission<"rule", "write">) -> &'static str {
        "in"
    }
    #[get("/t/fresh")]
    pub fn fresh(_guard: Fresh<10>) -> &'static str {
        "in"
    }
    #[get("/t/fresh-by-any")]
    pub fn fresh_by_any(_guard: Fresh<10, Any>) -> &'static str {
        "in"
    }
    #[get("/t/anonymous")]
    pub fn anonymous(_guard: Anonymous) -> &'static str {
        "in"
    }
    #[get("/t/optional")]
    pub fn optional(_guard: Option<AuthUser>) -> &'static str {
        "in"
    }
    #[get("/t/api-key")]
    pub fn api_key(_guard: ApiKeyUser) -> &'static str {
        "in"
    }
    #[get("/t/api-key-or-session")]
    pub fn api_key_or_session(_guard: Auth<(ApiKey, Session)>) -> &'static str {
        "in"
    }
    #[get("/t/role-by-key")]
    pub fn role_by_key(_guard: HasRole<"admin", ApiKey>) -> &'static str {
        "in"
    }
    #[get("/t/permission-by-key")]
    pub fn permission_by_key(_guard: HasPermission<"rule", ApiKey>) -> &'static str {
        "in"
    }
    #[get("/t/fresh-by-key")]
    pub fn fresh_by_key(_guard: Fresh<10, ApiKey>) -> &'static str {
        "in"
    }
    #[get("/t/csrf")]
    pub fn csrf(_guard: Csrf) -> &'static str {
        "in"
    }
}

fn site(app: &App) -> Rocket<Build> {
    let scopes = ["role:admin", "rule", "nothing"];
    support::with_fairing(app, |fairing| fairing.api_key_scopes(scopes)).mount(
        "/",
        routes![
            site::auth_user,
            site::session_user,
            site::token_user,
            site::basic_user,
            site::any,
            site::session_or_basic,
            site::role,
            site::role_by_any,
            site::any_role,
            site::permission,
            site::any_permission,
            site::fresh,
            site::fresh_by_any,
            site::anonymous,
            site::optional,
            site::api_key,
            site::api_key_or_session,
            site::role_by_key,
            site::permission_by_key,
            site::fresh_by_key,
            site::csrf
        ],
    )
}

/// What a visitor brings, made on an application of his own.
struct Visitor {
    /// Its database goes with it.
    _app: App,
    browser: Browser,
    headers: Vec<(&'static str, String)>,
    cookie: Option<Cookie<'static>>,
}

const EMAIL: &str = "ada@example.org";

/// Each visitor of the table: `mechanism state`.
const VISITORS: &[&str] = &[
    "nobody",
    "session",
    "session no-role",
    "session stale",
    "session inactive",
    "session expired",
    "session forged",
    "session revoked",
    "token",
    "token no-role",
    "token stale",
    "token inactive",
    "token expired",
    "token forged",
    "token revoked",
    "basic",
    "basic no-role",
    "basic inactive",
    "basic wrong",
    "basic unknown",
    "key",
    "key no-role",
    "key no-scope",
    "key inactive",
    "key expired",
    "key forged",
    "key revoked",
    "two-credentials",
    "token+session",
];

async fn visitor(kind: &str) -> Visitor {
    // Every guard asks for the password anew; it is not waits that are looked at here.
    let app = app()
        .set("security.login_wait_after", 100)
        .set("security.api_keys", true);
    let browser = Browser::on(site(&app)).await;
    browser.register(EMAIL).await;
    let security = browser.client.rocket().state::<Security>().expect("the fairing");
    let ada = security.find_user(EMAIL).await.unwrap().unwrap();
    let user = ada.id;
    if !kind.ends_with("no-role") {
        let role = security.find_or_create_role("admin", &["rule"]).await.unwrap();
        security
            .datastore()
            .add_role_to_user(user, role.id)
            .await
            .unwrap();
    }
    browser.sign_out().await;
    let login = json!({ "email": EMAIL, "password": PASSWORD });
    let (status, body) = browser.submit_json("/login?include_auth_token", login).await;
    assert_eq!(status, Status::Ok, "{body}");
    let mut token = body["response"]["user"]["authentication_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let name = browser
        .client
        .cookies()
        .iter()
        .map(|cookie| cookie.name().to_owned())
        .find(|name| name.ends_with("session"))
        .expect("a session");
    let mut session = browser.client.cookies().get(&name).unwrap().value().to_owned();
    let mut wish = NewApiKey::new("table").expires_in(Duration::from_secs(60 * 60));
    if !kind.ends_with("no-scope") && !kind.ends_with("no-role") {
        wish = wish.scope("role:admin").scope("rule");
    } else if kind.ends_with("no-role") {
        wish = wish.scope("rule");
    }
    let (made, key) = security.create_api_key(&ada, wish).await.unwrap();
    let mut key = key.to_string();
    let (mechanism, state) = kind.split_once(' ').unwrap_or((kind, ""));
    let mut password = PASSWORD;
    let mut email = EMAIL;
    match state {
        "" | "no-role" | "no-scope" => {}
        "stale" => app.clock().advance(Duration::from_secs(11 * 60)),
        "inactive" => assert!(security.deactivate_user(user).await.unwrap()),
        "expired" => app.clock().advance(Duration::from_secs(31 * 24 * 60 * 60)),
        "revoked" if mechanism == "key" => assert!(security.revoke_api_key(user, &made.id).await.unwrap()),
        "revoked" => assert!(security.sign_out_everywhere(user).await.unwrap()),
        "forged" => {
            let swap = |text: &str| {
                let last = if text.ends_with('A') { 'B' } else { 'A' };
                let mut text = text.to_owned();
                text.replace_range(10..11, &last.to_string());
                text
            };
            (token, session, key) = (swap(&token), swap(&session), swap(&key));
        }
        "wrong" => password = "wrong horse battery staple",
        "unknown" => email = "nobody@example.org",
        other => panic!("no state is called {other}"),
    }
    let basic = {
        let plain = format!("{email}:{password}");
        format!("Basic {}", data_encoding::BASE64.encode(plain.as_bytes()))
    };
    let (headers, with_session) = match mechanism {
        "nobody" => (vec![], false),
        "session" => (vec![], true),
        "token" => (vec![("Authentication-Token", token)], false),
        "token+session" => (vec![("Authentication-Token", token)], true),
        "basic" => (vec![("Authorization", basic)], false),
        "key" => (vec![("X-API-Key", key)], false),
        "two-credentials" => (
            vec![("Authentication-Token", token), ("Authorization", basic)],
            true,
        ),
        other => panic!("no mechanism is called {other}"),
    };
    Visitor {
        _app: app,
        browser,
        headers,
        cookie: with_session.then(|| Cookie::new(name, session)),
    }
}

/// What a client reads: status, where to, which challenge, which error.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    status: u16,
    to: Option<String>,
    challenges: Vec<String>,
    code: Option<String>,
}

impl Visitor {
    async fn ask(&self, path: &str, json: bool) -> Answer {
        // A client of its own: the one that signed in keeps its cookies.
        let client = &self.browser.client;
        let mut request = client
            .get(path.to_owned())
            .header(Header::new("Host", "app.example"));
        for cookie in client.cookies().iter() {
            request = request.cookie(Cookie::new(cookie.name().to_owned(), ""));
        }
        if let Some(cookie) = &self.cookie {
            request = request.cookie(cookie.clone());
        }
        for (name, value) in &self.headers {
            request.add_header(Header::new(*name, value.clone()));
        }
        if json {
            request.add_header(Header::new("Accept", "application/json"));
        }
        let response = request.dispatch().await;
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let (status, to, challenges) = (
            response.status(),
            header("Location").pop(),
            header("WWW-Authenticate"),
        );
        let (cache, vary) = (header("Cache-Control").join(","), header("Vary").join(","));
        assert!(cache.contains("no-store"), "{path}: Cache-Control: {cache}");
        assert!(vary.contains("Cookie"), "{path}: Vary: {vary}");
        let body: Value = match json && status != Status::Ok {
            true => serde_json::from_str(&response.into_string().await.unwrap_or_default())
                .unwrap_or_else(|_| panic!("{path}: {status} is no JSON")),
            false => Value::Null,
        };
        let code = body["response"]["error_codes"][0].as_str().map(str::to_owned);
        Answer {
            status: status.code,
            to,
            challenges,
            code,
        }
    }
}

/// What a word of the table means: the answer as a page, and as JSON.
fn meaning(word: &str, path: &str) -> (Answer, Answer) {
    let next = |page: &str| Some(format!("{page}?next={path}"));
    let (basic, bearer) = (
        "Basic realm=\"Login Required\", charset=\"UTF-8\"",
        "Bearer realm=\"Login Required\"",
    );
    let answer = |status: u16, to: Option<String>, challenges: &[&str], code: Option<&str>| Answer {
        status,
        to,
        challenges: challenges.iter().map(|text| (*text).to_owned()).collect(),
        code: code.map(str::to_owned),
    };
    let both = |status: u16, challenges: &[&str], code: &str| {
        (
            answer(status, None, challenges, None),
            answer(status, None, challenges, Some(code)),
        )
    };
    let sign_in = |challenges: &[&str]| {
        (
            answer(302, next("/login"), &[], None),
            answer(401, None, challenges, Some("UNAUTHENTICATED")),
        )
    };
    match word {
        "in" => (answer(200, None, &[], None), answer(200, None, &[], None)),
        "login" => sign_in(&[]),
        "login*" => sign_in(&[bearer]),
        "bearer" => both(401, &[bearer], "UNAUTHENTICATED"),
        "basic" => both(401, &[basic], "UNAUTHENTICATED"),
        "either" => both(401, &[bearer, basic], "UNAUTHENTICATED"),
        "role" => both(403, &[], "UNAUTHORIZED"),
        "disabled" => both(403, &[], "DISABLED_ACCOUNT"),
        "two" => both(400, &[], "TWO_CREDENTIALS"),
        "verify" => (
            answer(302, next("/verify"), &[], None),
            answer(401, None, &[], Some("REAUTHENTICATION_REQUIRED")),
        ),
        "home" => (
            answer(302, Some("/".into()), &[], None),
            answer(400, None, &[], Some("ANONYMOUS_USER_REQUIRED")),
        ),
        other => panic!("the table says {other:?}, which means nothing"),
    }
}

/// The table: for each guard, what each visitor gets.
fn table() -> BTreeMap<String, BTreeMap<String, String>> {
    let text = std::fs::read_to_string(root("tests/data/table_of_truth.txt")).expect("the table");
    let mut lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let cells = |line: &str| -> Vec<String> { line.split('|').map(|cell| cell.trim().to_owned()).collect() };
    let head = cells(lines.next().expect("a head"));
    lines
        .map(|line| {
            let row = cells(line);
            assert_eq!(row.len(), head.len(), "{line}");
            let answers = head[1..].iter().cloned().zip(row[1..].iter().cloned());
            (row[0].clone(), answers.collect())
        })
        .collect()
}

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[rocket::async_test]
async fn table_of_truth() {
    let table = table();
    for visitor in table.keys() {
        assert!(VISITORS.contains(&visitor.as_str()), "nobody is {visitor}");
    }
    let (mut rows, mut wrong) = (0, Vec::new());
    for kind in VISITORS {
        let expected = table
            .get(*kind)
            .unwrap_or_else(|| panic!("the table has no row for {kind}"));
        assert_eq!(
            expected.len(),
            GUARDS.len(),
            "the table's columns are not the guards"
        );
        let visitor = visitor(kind).await;
        for (path, guard) in GUARDS {
            let word = &expected[*guard];
            let (page, json) = meaning(word, path);
            for (form, expected) in [("page", page), ("JSON", json)] {
                rows += 1;
                let answer = visitor.ask(path, form == "JSON").await;
                if answer != expected {
                    wrong.push(format!(
                        "{kind} at {} as {form}: {word} is {expected:?}, got {answer:?}",
                        *guard
                    ));
                }
            }
        }
    }
    println!("table_of_truth: {rows} rows");
    assert!(
        wrong.is_empty(),
        "{} of {rows} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(rows >= 400, "{rows} rows");
}

/// The page shows the table as the test reads it.
#[test]
fn the_documentation_shows_the_table() {
    const BEGIN: &str = "<!-- table of truth -->";
    const END: &str = "<!-- end of the table -->";
    let path = root("docs/features/protecting.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let (before, rest) = page.split_once(BEGIN).expect("where the table begins");
    let (shown, after) = rest.split_once(END).expect("where it ends");
    let table = table();
    let mut markdown = String::from("\n\n| Who comes |");
    for (_, guard) in GUARDS {
        markdown.push_str(&format!(" `{}` |", guard));
    }
    markdown.push_str("\n|---|");
    markdown.push_str(&"---|".repeat(GUARDS.len()));
    for kind in VISITORS {
        markdown.push_str(&format!("\n| {kind} |"));
        for (_, guard) in GUARDS {
            markdown.push_str(&format!(" {} |", table[*kind][*guard]));
        }
    }
    markdown.push_str("\n\n");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{markdown}{END}{after}"))
            .expect("the page can be written");
    } else {
        assert_eq!(
            shown, markdown,
            "run UPDATE_DOCS=1 cargo test --test suite table_of_truth"
        );
    }
}
