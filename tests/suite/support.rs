//! What the flows share: an application with every feature on, and a browser that behaves like one.

pub mod beside;

use rocket::http::{ContentType, Header, Status};
use rocket::local::asynchronous::{Client, LocalResponse};
use rocket::{Build, Rocket, get, routes};
use rocket_security::testing::App;
use rocket_security::{AuthUser, Fresh, HasPermission, HasRole, SecurityContext, SecurityFairing, guards};
use serde_json::Value;

/// A password that every rule accepts.
pub const PASSWORD: &str = "correct horse battery staple";

/// The same with sign-up on, for all tests that do not look at settings.
pub fn app() -> App {
    App::new().set("security.registerable", true)
}

#[get("/")]
fn index() -> &'static str {
    "index"
}

#[get("/profile")]
fn profile(user: AuthUser) -> String {
    user.email.clone()
}

#[guards]
#[get("/admin")]
fn admin(user: HasRole<"admin">) -> String {
    user.email.clone()
}

#[guards]
#[get("/drafts")]
fn drafts(user: HasPermission<"read-drafts">) -> String {
    user.email.clone()
}

#[get("/fresh")]
fn fresh(user: Fresh<1>) -> String {
    user.email.clone()
}

#[rocket::post("/change")]
fn change(user: AuthUser) -> String {
    user.email.clone()
}

#[get("/token")]
pub fn token(security: SecurityContext) -> String {
    security.csrf_token
}

/// An application with a few guarded routes.
pub fn rocket(app: &App) -> Rocket<Build> {
    with_fairing(app, |fairing| fairing)
}

/// The same with something said on the fairing.
pub fn with_fairing(app: &App, setup: impl FnOnce(SecurityFairing) -> SecurityFairing) -> Rocket<Build> {
    app.rocket(setup)
        .mount("/", routes![index, profile, admin, drafts, fresh, change, token])
}

/// A browser: keeps cookies, says where its requests come from.
pub struct Browser {
    pub client: Client,
}

impl Browser {
    pub async fn new(app: &App) -> Self {
        Self::on(rocket(app)).await
    }

    pub async fn on(rocket: Rocket<Build>) -> Self {
        Browser {
            client: Client::tracked(rocket).await.expect("the rocket ignites"),
        }
    }

    pub async fn get(&self, url: &str) -> LocalResponse<'_> {
        self.client
            .get(url.to_owned())
            .header(Header::new("Host", "app.example"))
            .dispatch()
            .await
    }

    pub async fn get_json(&self, url: &str) -> (Status, Value) {
        let request = self
            .client
            .get(url.to_owned())
            .header(Header::new("Host", "app.example"));
        json(
            request
                .header(Header::new("Accept", "application/json"))
                .dispatch()
                .await,
        )
        .await
    }

    /// The CSRF token of a page's form.
    pub async fn csrf(&self, url: &str) -> String {
        let html = self.get(url).await.into_string().await.expect("a page");
        field(&html, "csrf_token").unwrap_or_else(|| panic!("no token on {url}: {html}"))
    }

    /// Posts a form as a page of ours would: with the token of that page.
    pub async fn submit(&self, url: &str, fields: &[(&str, &str)]) -> LocalResponse<'_> {
        let token = self.csrf(url).await;
        let mut all = vec![("csrf_token", token.as_str())];
        all.extend_from_slice(fields);
        self.post(url, &all).await
    }

    /// Posts a form as it is.
    pub async fn post(&self, url: &str, fields: &[(&str, &str)]) -> LocalResponse<'_> {
        self.client
            .post(url.to_owned())
            .header(Header::new("Host", "app.example"))
            .header(Header::new("Sec-Fetch-Site", "same-origin"))
            .header(ContentType::Form)
            .body(encode(fields))
            .dispatch()
            .await
    }

    /// Posts JSON with the token of the endpoint in a header.
    pub async fn submit_json(&self, url: &str, body: Value) -> (Status, Value) {
        let (_, session) = self.get_json("/login").await;
        let token = session["response"]["csrf_token"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let request = self
            .client
            .post(url.to_owned())
            .header(Header::new("Host", "app.example"))
            .header(ContentType::JSON)
            .header(Header::new("X-CSRF-Token", token))
            .body(body.to_string());
        json(request.dispatch().await).await
    }

    /// Signs up through the page; the browser is signed in afterwards.
    pub async fn register(&self, email: &str) {
        let fields = [
            ("email", email),
            ("password", PASSWORD),
            ("password_confirm", PASSWORD),
        ];
        let status = self.submit("/register", &fields).await.status();
        assert_eq!(status, Status::Found, "{email} could not sign up");
    }

    /// Signs out through the page.
    pub async fn sign_out(&self) {
        let token = self.get("/token").await.into_string().await.expect("a token");
        let status = self.post("/logout", &[("csrf_token", &token)]).await.status();
        assert_eq!(status, Status::Found, "signing out failed");
    }

    /// Signs in through the page.
    pub async fn sign_in(&self, email: &str, password: &str) -> LocalResponse<'_> {
        self.submit("/login", &[("email", email), ("password", password)])
            .await
    }
}

pub async fn json(response: LocalResponse<'_>) -> (Status, Value) {
    let status = response.status();
    let text = response.into_string().await.unwrap_or_default();
    (
        status,
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}")),
    )
}

/// The value of an input on a page.
pub fn field(html: &str, name: &str) -> Option<String> {
    let page = scraper::Html::parse_document(html);
    let selector = scraper::Selector::parse(&format!("input[name=\"{name}\"]")).ok()?;
    Some(page.select(&selector).next()?.value().attr("value")?.to_owned())
}

pub fn encode(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

/// The same application on another configuration, such as another profile of Rocket's.
pub fn rocket_on(app: &App, figment: rocket::figment::Figment) -> Rocket<Build> {
    let fairing = SecurityFairing::new().clock(app.clock().clone());
    rocket::custom(figment)
        .attach(fairing)
        .mount("/", routes![index, profile, admin, drafts, fresh, change, token])
}
