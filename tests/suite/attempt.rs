//! What an attacker has a browser send: nothing goes along that is not written, except the browser's cookies.

use rocket::http::{Cookie, Header, Method, Status};
use rocket::local::asynchronous::LocalResponse;
use rocket_security::Security;
use serde_json::Value;

use crate::support::{Browser, encode};

/// The host that all tests call the application by.
pub const HOST: &str = "app.example";

/// A request, header by header.
#[derive(Clone)]
pub struct Attempt {
    pub method: Method,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub cookies: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Attempt {
    pub fn new(method: Method, url: &str) -> Self {
        let headers = vec![("Host".to_owned(), HOST.to_owned())];
        Attempt {
            method,
            url: url.to_owned(),
            headers,
            cookies: Vec::new(),
            body: Vec::new(),
        }
    }

    pub fn post(url: &str) -> Self {
        Self::new(Method::Post, url)
    }

    /// Says a header, and nothing else under that name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers
            .retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Says a header once more.
    pub fn also(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self
    }

    pub fn cookie(mut self, name: &str, value: &str) -> Self {
        self.cookies.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn same_origin(self) -> Self {
        self.header("Sec-Fetch-Site", "same-origin")
    }

    pub fn wants_json(self) -> Self {
        self.header("Accept", "application/json")
    }

    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        self.body("application/x-www-form-urlencoded", encode(fields))
    }

    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("Content-Type", content_type)
    }
}

impl Browser {
    /// Sends a request as it is written.
    pub async fn attempt(&self, attempt: &Attempt) -> LocalResponse<'_> {
        let mut request = self
            .client
            .req(attempt.method, attempt.url.clone())
            .body(&attempt.body);
        for (name, value) in &attempt.headers {
            request.add_header(Header::new(name.clone(), value.clone()));
        }
        for (name, value) in &attempt.cookies {
            request = request.cookie(Cookie::new(name.clone(), value.clone()));
        }
        request.dispatch().await
    }

    /// Whether a guarded page opens. Asked in JSON, so that no flash is left behind.
    pub async fn is_signed_in(&self) -> bool {
        let page = Attempt::new(Method::Get, "/profile").wants_json();
        self.attempt(&page).await.status() == Status::Ok
    }

    /// A fresh CSRF token of this browser.
    pub async fn csrf_token(&self) -> String {
        self.get("/token").await.into_string().await.expect("a token")
    }

    pub fn security(&self) -> &Security {
        self.client
            .rocket()
            .state::<Security>()
            .expect("the fairing is attached")
    }

    /// All cookies that this browser holds, in the order of their names.
    pub fn cookies(&self) -> Vec<(String, String)> {
        let jar = self.client.cookies();
        let mut all: Vec<_> = jar
            .iter()
            .map(|it| (it.name().to_owned(), it.value().to_owned()))
            .collect();
        all.sort();
        all
    }
}

/// The `error_codes` of a JSON answer.
pub fn codes(body: &Value) -> Vec<String> {
    let codes = body["response"]["error_codes"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    codes
        .iter()
        .filter_map(|code| code.as_str().map(str::to_owned))
        .collect()
}

/// All headers of an answer, sorted; for comparing two.
pub fn headers(response: &LocalResponse<'_>) -> Vec<(String, String)> {
    let mut all: Vec<_> = response
        .headers()
        .iter()
        .map(|it| (it.name().as_str().to_lowercase(), it.value().to_owned()))
        .collect();
    all.sort();
    all
}
