//! The description in OpenAPI: it is of the routes that are mounted, and true.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use rocket::http::{Accept, ContentType, Header, Status};
use rocket::local::asynchronous::LocalResponse;
use rocket_security::testing::App;
use rocket_security::{ExtraField, FormExtension};
use serde_json::{Value, json};

use crate::support::{self, Browser, PASSWORD, app};

/// Every endpoint that there is.
fn everything() -> App {
    app()
        .set("security.openapi_url", "/openapi.json")
        .set("security.refresh_token", true)
        .set("security.api_keys", true)
        .set("security.username_enable", true)
        .set("security.change_password_view", "/account/password")
}

async fn document(browser: &Browser) -> Value {
    let response = browser.get("/openapi.json").await;
    assert_eq!(response.status(), Status::Ok);
    assert_eq!(response.content_type(), Some(ContentType::JSON));
    serde_json::from_str(&response.into_string().await.unwrap()).unwrap()
}

/// Each endpoint as `GET /login`.
fn described(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().unwrap();
    let methods = |path: &String, item: &Value| -> Vec<String> {
        let methods = item.as_object().unwrap().keys();
        methods
            .map(|method| format!("{} {path}", method.to_uppercase()))
            .collect()
    };
    paths
        .iter()
        .flat_map(|(path, item)| methods(path, item))
        .collect()
}

fn mounted(browser: &Browser) -> BTreeSet<String> {
    let ours = browser.client.rocket().routes().filter(|route| {
        let name = route.name.as_deref().unwrap_or_default();
        name.starts_with("rocket_security::")
    });
    ours.map(|route| format!("{} {}", route.method, route.uri.path()))
        .collect()
}

#[rocket::async_test]
async fn the_description_is_of_what_is_mounted_and_of_nothing_else() {
    let apps: [App; 5] = [
        app().set("security.openapi_url", "/openapi.json"),
        everything(),
        everything()
            .set("security.registerable", false)
            .set("security.freshness", "off")
            .set("security.accepted_risks", ["argon2_memory_kib", "freshness"])
            .set("security.logout_methods", ["GET"]),
        everything()
            .set("security.logout_methods", Vec::<String>::new())
            .set("security.api_keys", false),
        everything()
            .set("security.login_url", "/in")
            .set("security.refresh_token_url", "/again"),
    ];
    for app in &apps {
        let browser = Browser::new(app).await;
        let document = document(&browser).await;
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(described(&document), mounted(&browser));
        assert!(mounted(&browser).len() >= 6);
    }
}

#[rocket::async_test]
async fn the_description_follows_the_settings() {
    let app = everything()
        .set("security.url_prefix", "/account")
        .set("security.csrf_header", "X-My-Token")
        .set("security.csrf_field_name", "my_token")
        .set("security.token_authentication_header", "X-Auth")
        .set("security.api_key_header", "X-Key")
        .set("security.session_cookie_name", "sid")
        .set("security.password_confirm_required", false)
        .set("security.api_enabled_methods", ["basic"]);
    let rocket = support::with_fairing(&app, |fairing| {
        let captcha = FormExtension::new().field(ExtraField::unseen("captcha"));
        fairing.form("login", captcha)
    });
    let browser = Browser::on(rocket).await;
    let response = browser.get("/account/openapi.json").await;
    let document: Value = serde_json::from_str(&response.into_string().await.unwrap()).unwrap();
    assert_eq!(described(&document), mounted(&browser));
    // What stands at the root stays there.
    assert!(document["paths"]["/.well-known/change-password"]["get"].is_object());

    let schemes = &document["components"]["securitySchemes"];
    assert_eq!(schemes["csrf"]["name"], "X-My-Token");
    assert_eq!(schemes["auth_token"]["name"], "X-Auth");
    assert_eq!(schemes["api_key"]["name"], "X-Key");
    assert_eq!(schemes["session"]["name"], "sid");
    assert_eq!(schemes["refresh_token"]["name"], "fs_refresh");

    let fields = |path: &str| {
        let schema = &document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"];
        schema["properties"].as_object().unwrap().clone()
    };
    let login = fields("/account/login");
    assert!(
        login.contains_key("captcha") && login.contains_key("my_token"),
        "{login:?}"
    );
    assert!(!fields("/account/register").contains_key("password_confirm"));
    let security = &document["paths"]["/account/verify"]["get"]["security"];
    assert_eq!(*security, json!([{ "basic": [] }]));
}

#[rocket::async_test]
async fn nothing_is_served_unless_a_setting_says_where() {
    let browser = Browser::new(&app()).await;
    assert_eq!(browser.get("/openapi.json").await.status(), Status::NotFound);
}

#[rocket::async_test]
async fn the_description_is_the_same_for_everybody() {
    let app = everything();
    let browser = Browser::new(&app).await;
    let before = browser.get("/openapi.json").await;
    assert_eq!(before.headers().get("Set-Cookie").count(), 0);
    let before = before.into_string().await.unwrap();
    browser.register("ada@example.org").await;
    let after = browser.get("/openapi.json").await;
    assert_eq!(after.headers().get("Set-Cookie").count(), 0);
    assert_eq!(after.into_string().await.unwrap(), before);
    for secret in ["ada@example.org", "a secret key", "a data key"] {
        assert!(!before.contains(secret), "{secret}");
    }
}

/// The page `docs/openapi.json`: everything on, in its usual place.
#[rocket::async_test]
async fn the_written_description_is_fresh() {
    let app = everything().set("security.username_enable", false);
    let browser = Browser::new(&app).await;
    let mut text = browser.get("/openapi.json").await.into_string().await.unwrap();
    text.push('\n');
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == text,
        "docs/openapi.json is stale: run UPDATE_DOCS=1 cargo test --all-features --test suite openapi"
    );
}

/// A field that a feature asks for stands in its description: read from the code, so that none is forgotten.
#[rocket::async_test]
async fn every_field_that_a_feature_reads_is_described() {
    let browser = Browser::new(&everything().set("security.refresh_token_cookie_name", "")).await;
    let document = document(&browser).await;
    let mut seen = 0;
    for (feature, paths) in [
        ("login", &["/login"][..]),
        ("logout", &["/logout"]),
        ("register", &["/register"]),
        ("verify", &["/verify"]),
        ("api_keys", &["/api-keys"]),
        ("refresh_token", &["/refresh-token", "/refresh-tokens"]),
    ] {
        let file = format!("{}/src/features/{feature}.rs", env!("CARGO_MANIFEST_DIR"));
        let code = std::fs::read_to_string(file).unwrap();
        let bodies: Vec<_> = (paths.iter())
            .map(|path| &document["paths"][path]["post"]["requestBody"]["content"]["application/json"])
            .collect();
        for reader in ["text", "code", "flag", "list"] {
            for rest in code.split(&format!("fields.{reader}(\"")).skip(1) {
                let name = rest.split('"').next().unwrap();
                let is_there = |body: &&Value| body["schema"]["properties"][name].is_object();
                assert!(bodies.iter().any(is_there), "{feature} reads {name}");
                seen += 1;
            }
        }
    }
    assert!(seen > 14, "{seen}");
    // And what a page asks for.
    for path in ["/login", "/register"] {
        let html = browser.get(path).await.into_string().await.unwrap();
        let page = scraper::Html::parse_document(&html);
        let inputs = scraper::Selector::parse("form [name]:not(form)").unwrap();
        let forms = &document["paths"][path]["post"]["requestBody"]["content"];
        let fields = &forms["application/x-www-form-urlencoded"]["schema"]["properties"];
        for input in page.select(&inputs) {
            let name = input.value().attr("name").unwrap();
            assert!(fields[name].is_object(), "{path} has an input {name}");
        }
    }
}

/// The schema of an answer, with nothing allowed that it does not name.
fn strict(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("type") == Some(&json!("object"))
                && !members.contains_key("additionalProperties")
                && members.contains_key("properties")
            {
                members.insert("additionalProperties".into(), false.into());
            }
            members.values_mut().for_each(strict);
        }
        Value::Array(items) => items.iter_mut().for_each(strict),
        _ => {}
    }
}

/// Holds real answers against the description.
struct Judge {
    document: Value,
    seen: BTreeMap<String, usize>,
}

impl Judge {
    async fn new(browser: &Browser) -> Self {
        let mut document = document(browser).await;
        strict(&mut document);
        Judge {
            document,
            seen: BTreeMap::new(),
        }
    }

    fn validator(&self, pointer: &[&str]) -> Option<Validator> {
        let escape = |part: &&str| part.replace('~', "~0").replace('/', "~1");
        let pointer = pointer.iter().map(escape).collect::<Vec<_>>().join("/");
        self.document.pointer(&format!("/{pointer}"))?;
        let schema = json!({
            "$ref": format!("#/document/{pointer}"),
            "components": self.document["components"],
            "document": self.document,
        });
        Some(jsonschema::draft202012::new(&schema).unwrap())
    }

    /// The status must be the one that is meant here; the rest is the description's to say.
    async fn judge(&mut self, method: &str, path: &str, expected: u16, response: LocalResponse<'_>) -> Value {
        let status = response.status().code;
        let what = format!("{method} {path} {status}");
        let code = status.to_string();
        let kind = response.content_type().map(|kind| kind.media_type().to_string());
        let headers: Vec<_> = response
            .headers()
            .iter()
            .map(|header| header.name.to_string())
            .collect();
        let text = response.into_string().await.unwrap_or_default();
        assert_eq!(status, expected, "{what}: {text}");
        let described = &self.document["paths"][path][method]["responses"][&code];
        assert!(described.is_object(), "{what} is not described");
        for name in described["headers"]
            .as_object()
            .into_iter()
            .flat_map(|all| all.keys())
        {
            // Where a page or a session's refusal has no challenge to make.
            assert!(
                name == "WWW-Authenticate" || headers.contains(name),
                "{what} lacks {name}"
            );
        }
        *self.seen.entry(format!("{method} {path}")).or_default() += 1;
        let Some(kind) = kind.filter(|_| !text.is_empty()) else {
            return Value::Null;
        };
        let kind = kind.split(';').next().unwrap();
        let pointer = [
            "paths",
            path,
            method,
            "responses",
            &code,
            "content",
            kind,
            "schema",
        ];
        let validator = self.validator(&pointer);
        let validator = validator.unwrap_or_else(|| panic!("{what}: {kind} is not described"));
        let body = match kind {
            "application/json" => serde_json::from_str(&text).unwrap(),
            _ => Value::String(text),
        };
        let errors: Vec<_> = validator
            .iter_errors(&body)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{what}: {errors:?}\n{body}");
        body
    }
}

/// One request, as a page or in JSON, with what a client may add.
async fn send<'c>(
    browser: &'c Browser,
    method: &str,
    url: &'c str,
    body: Option<Value>,
    headers: &[(&'static str, String)],
) -> LocalResponse<'c> {
    let mut request = match method {
        "get" => browser.client.get(url),
        _ => browser.client.post(url),
    };
    request.add_header(Header::new("Host", "app.example"));
    for (name, value) in headers {
        request.add_header(Header::new(*name, value.clone()));
    }
    match body {
        Some(body) => {
            request
                .header(ContentType::JSON)
                .body(body.to_string())
                .dispatch()
                .await
        }
        None => request.dispatch().await,
    }
}

fn accepts_json() -> (&'static str, String) {
    ("Accept", Accept::JSON.to_string())
}

#[rocket::async_test]
async fn the_answers_are_as_described() {
    let app = everything()
        .set("security.login_wait_after", 2)
        .set("security.form_limit", "2 KiB");
    let browser = Browser::new(&app).await;
    let mut judge = Judge::new(&browser).await;
    let json = [accepts_json()];
    let account = json!({ "email": "ada@example.org", "password": PASSWORD, "password_confirm": PASSWORD });

    // Nobody is signed in.
    for (path, page, in_json) in [
        ("/login", 200, 200),
        ("/register", 200, 200),
        ("/verify", 302, 401),
        ("/api-keys", 302, 401),
        ("/refresh-tokens", 302, 401),
        ("/logout", 405, 405),
        ("/.well-known/change-password", 302, 302),
        ("/openapi.json", 200, 200),
    ] {
        judge
            .judge("get", path, page, send(&browser, "get", path, None, &[]).await)
            .await;
        judge
            .judge(
                "get",
                path,
                in_json,
                send(&browser, "get", path, None, &json).await,
            )
            .await;
    }
    for path in [
        "/login",
        "/register",
        "/refresh-token",
        "/verify",
        "/refresh-tokens",
        "/api-keys",
        "/logout",
    ] {
        let long = json!({ "email": "x".repeat(5000) });
        judge
            .judge(
                "post",
                path,
                413,
                send(&browser, "post", path, Some(long), &[]).await,
            )
            .await;
        let malformed = browser
            .client
            .post(path)
            .header(ContentType::JSON)
            .body("{")
            .dispatch()
            .await;
        judge.judge("post", path, 400, malformed).await;
        let foreign = browser
            .client
            .post(path)
            .header(ContentType::XML)
            .body("<x/>")
            .dispatch()
            .await;
        let expected = if path == "/refresh-token" { 400 } else { 415 };
        judge.judge("post", path, expected, foreign).await;
    }
    for path in ["/login", "/register"] {
        // Without a token, as JSON and as a page.
        let refused = send(&browser, "post", path, Some(account.clone()), &[]).await;
        judge.judge("post", path, 400, refused).await;
        judge
            .judge("post", path, 200, browser.post(path, &[("email", "x")]).await)
            .await;
    }
    let two = [
        ("Authentication-Token", "one".to_owned()),
        ("Authorization", "Bearer two".to_owned()),
        accepts_json(),
    ];
    judge
        .judge(
            "get",
            "/verify",
            400,
            send(&browser, "get", "/verify", None, &two).await,
        )
        .await;

    // Somebody comes in.
    let token = csrf(&browser, &mut judge).await;
    let asked = "/register?include_auth_token";
    let made = send(&browser, "post", asked, Some(account.clone()), &token).await;
    judge.judge("post", "/register", 200, made).await;
    let token = csrf(&browser, &mut judge).await;
    for path in ["/login", "/register"] {
        let again = send(&browser, "post", path, Some(account.clone()), &token).await;
        judge.judge("post", path, 400, again).await;
    }
    for path in ["/login", "/verify", "/api-keys", "/refresh-tokens"] {
        let page = if path == "/login" { 302 } else { 200 };
        judge
            .judge("get", path, page, send(&browser, "get", path, None, &[]).await)
            .await;
        judge
            .judge("get", path, 200, send(&browser, "get", path, None, &json).await)
            .await;
    }

    // API keys.
    let wanted = json!({ "name": "backup", "expires": 30 });
    let made = send(&browser, "post", "/api-keys", Some(wanted), &token).await;
    let made = judge.judge("post", "/api-keys", 200, made).await;
    let wrong = send(
        &browser,
        "post",
        "/api-keys",
        Some(json!({ "scopes": ["no"] })),
        &token,
    )
    .await;
    judge.judge("post", "/api-keys", 400, wrong).await;
    let listed = send(&browser, "get", "/api-keys", None, &json).await;
    judge.judge("get", "/api-keys", 200, listed).await;
    let gone = json!({ "delete": made["response"]["api_key"]["id"] });
    let gone = send(&browser, "post", "/api-keys", Some(gone), &token).await;
    judge.judge("post", "/api-keys", 200, gone).await;

    // Refresh tokens.
    let exchanged = send(&browser, "post", "/refresh-token", Some(json!({})), &token).await;
    let exchanged = judge.judge("post", "/refresh-token", 200, exchanged).await;
    assert!(exchanged["response"]["user"]["authentication_token"].is_string());
    let nothing = send(&browser, "post", "/refresh-tokens", Some(json!({})), &token).await;
    judge.judge("post", "/refresh-tokens", 400, nothing).await;
    let all = send(
        &browser,
        "post",
        "/refresh-tokens",
        Some(json!({ "delete_all": true })),
        &token,
    )
    .await;
    judge.judge("post", "/refresh-tokens", 200, all).await;
    let none = send(&browser, "post", "/refresh-token", Some(json!({})), &token).await;
    judge.judge("post", "/refresh-token", 400, none).await;

    // Proving it again: wrong, too often, and stale until then.
    app.advance(std::time::Duration::from_secs(2 * 86_400 - 7200));
    let browser = signed_in(&app, &account).await;
    let token = csrf(&browser, &mut judge).await;
    let right = send(
        &browser,
        "post",
        "/verify?include_auth_token",
        Some(json!({ "password": PASSWORD })),
        &token,
    )
    .await;
    judge.judge("post", "/verify", 200, right).await;
    let token = csrf(&browser, &mut judge).await;
    for status in [400, 400, 429] {
        let wrong = json!({ "password": "wrong horse battery staple" });
        let wrong = send(&browser, "post", "/verify", Some(wrong), &token).await;
        judge.judge("post", "/verify", status, wrong).await;
    }
    let out = send(&browser, "post", "/logout", Some(json!({})), &token).await;
    judge.judge("post", "/logout", 200, out).await;
    let out = browser.post("/logout", &[]).await;
    judge.judge("post", "/logout", 302, out).await;

    let browser = Browser::new(&app).await;
    let token = csrf(&browser, &mut judge).await;
    for status in [400, 400, 429] {
        let wrong = json!({ "email": "bob@example.org", "password": "wrong horse battery staple" });
        let wrong = send(&browser, "post", "/login", Some(wrong), &token).await;
        judge.judge("post", "/login", status, wrong).await;
    }
    for endpoint in described(&judge.document) {
        let (method, path) = endpoint.split_once(' ').unwrap();
        let endpoint = format!("{} {path}", method.to_lowercase());
        assert!(judge.seen.contains_key(&endpoint), "nobody asked {endpoint}");
    }
}

#[rocket::async_test]
async fn a_stale_session_is_refused_as_described() {
    let app = everything()
        .set("security.freshness", "1 minute")
        .set("security.freshness_grace_period", "0 s");
    let browser = Browser::new(&app).await;
    browser.register("ada@example.org").await;
    let mut judge = Judge::new(&browser).await;
    app.advance(std::time::Duration::from_secs(120));
    let token = csrf(&browser, &mut judge).await;
    let stale = send(
        &browser,
        "post",
        "/api-keys",
        Some(json!({ "name": "x" })),
        &token,
    )
    .await;
    let stale = judge.judge("post", "/api-keys", 401, stale).await;
    assert_eq!(stale["response"]["reauth_required"], true);
    let stale = send(&browser, "get", "/refresh-tokens", None, &[accepts_json()]).await;
    judge.judge("get", "/refresh-tokens", 401, stale).await;
    let stale = send(&browser, "get", "/refresh-tokens", None, &[]).await;
    judge.judge("get", "/refresh-tokens", 302, stale).await;
}

/// Without the judge an answer that says more than it should would pass.
#[rocket::async_test]
async fn an_answer_that_is_not_as_described_is_noticed() {
    let browser = Browser::new(&everything()).await;
    let judge = Judge::new(&browser).await;
    let pointer = [
        "paths",
        "/login",
        "get",
        "responses",
        "200",
        "content",
        "application/json",
        "schema",
    ];
    let validator = judge.validator(&pointer).unwrap();
    let right = json!({ "meta": { "code": 200 }, "response": { "identity_attributes": ["email"], "csrf_token": "x" } });
    assert!(validator.is_valid(&right));
    for (pointer, wrong) in [
        ("/meta", json!({})),
        ("/response/identity_attributes", json!("email")),
        ("/response/csrf_token", json!(1)),
        ("/response", json!({ "csrf_token": "x" })),
        ("/response/user", json!({ "email": "ada@example.org" })),
    ] {
        let mut answer = right.clone();
        match answer.pointer_mut(pointer) {
            Some(value) => *value = wrong,
            None => answer["response"]["user"] = wrong,
        }
        assert!(!validator.is_valid(&answer), "{answer}");
    }
}

async fn signed_in(app: &App, account: &Value) -> Browser {
    let browser = Browser::new(app).await;
    let mut judge = Judge::new(&browser).await;
    let token = csrf(&browser, &mut judge).await;
    let came = send(
        &browser,
        "post",
        "/login?include_auth_token",
        Some(account.clone()),
        &token,
    )
    .await;
    judge.judge("post", "/login", 200, came).await;
    browser
}

/// The token that `GET /login` gives to whoever asks.
async fn csrf(browser: &Browser, judge: &mut Judge) -> [(&'static str, String); 1] {
    let answer = send(browser, "get", "/login", None, &[accepts_json()]).await;
    let answer = judge.judge("get", "/login", 200, answer).await;
    let token = answer["response"]["csrf_token"].as_str().unwrap();
    [("X-CSRF-Token", token.to_owned())]
}
