//! Each flow is told twice, as a page and as JSON: how to ask either way, and what came back taken apart.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use rocket::http::{ContentType, Header};
use rocket::local::asynchronous::{LocalRequest, LocalResponse};
use rocket_security::testing::App;
use serde_json::{Value, json};

use crate::support::{Browser, encode};

/// In which of the two languages a browser speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speech {
    Page,
    Json,
}

pub const BOTH: [Speech; 2] = [Speech::Page, Speech::Json];

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub async fn of(response: LocalResponse<'_>) -> Self {
        let status = response.status().code;
        let headers = response
            .headers()
            .iter()
            .map(|h| (h.name().as_str().to_lowercase(), h.value().to_owned()));
        let headers = headers.collect();
        Answer {
            status,
            headers,
            body: response.into_string().await.unwrap_or_default(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let name = name.to_lowercase();
        self.headers
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn location(&self) -> Option<&str> {
        self.header("location")
    }

    /// Each `Set-Cookie` as it is on the wire.
    pub fn cookies(&self) -> Vec<&str> {
        let cookies = self.headers.iter().filter(|(name, _)| name == "set-cookie");
        cookies.map(|(_, value)| value.as_str()).collect()
    }

    /// The value that this answer gives to a cookie, if it sets one and does not take it away.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let prefix = format!("{name}=");
        let value = self
            .cookies()
            .into_iter()
            .find_map(|cookie| cookie.strip_prefix(&prefix))?;
        let value = value.split(';').next().unwrap_or_default();
        (!value.is_empty()).then(|| value.to_owned())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|_| panic!("{} and no JSON: {}", self.status, self.body))
    }

    /// The keys of `response`, sorted.
    pub fn response_keys(&self) -> Vec<String> {
        let body = self.json();
        let mut keys: Vec<String> = body["response"]
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect();
        keys.sort();
        keys
    }

    /// The `error_codes` of a JSON answer.
    pub fn codes(&self) -> Vec<String> {
        let body = self.json();
        let codes = body["response"]["error_codes"]
            .as_array()
            .unwrap_or_else(|| panic!("no error_codes: {body}"));
        codes
            .iter()
            .map(|code| code.as_str().expect("a code is text").to_owned())
            .collect()
    }

    /// Whether the visitor can read that message here.
    pub fn says(&self, key: &str) -> bool {
        let html = scraper::Html::parse_document(&self.body);
        let visible: String = html.root_element().text().collect::<Vec<_>>().join(" ");
        visible.contains(&text_of(key))
    }

    /// The value of an input of the page; `Some("")` when it is there and empty.
    pub fn input(&self, name: &str) -> Option<String> {
        let page = scraper::Html::parse_document(&self.body);
        let selector = scraper::Selector::parse(&format!("input[name=\"{name}\"]")).expect("a selector");
        let input = page.select(&selector).next()?;
        Some(input.value().attr("value").unwrap_or_default().to_owned())
    }

    /// The attribute of an input of the page.
    pub fn input_attribute(&self, name: &str, attribute: &str) -> Option<String> {
        let page = scraper::Html::parse_document(&self.body);
        let selector = scraper::Selector::parse(&format!("input[name=\"{name}\"]")).expect("a selector");
        Some(page.select(&selector).next()?.value().attr(attribute)?.to_owned())
    }

    /// A form that was refused for exactly these (field, message key), in this order: the page again with its texts
    /// and status 200, or the error envelope with nothing else in it.
    pub fn assert_refused(&self, speech: Speech, expected: &[(&str, &str)], case: &str) {
        match speech {
            Speech::Page => {
                assert_eq!(self.status, 200, "{case}: a form that fails is shown again");
                for (_, key) in expected {
                    assert!(
                        self.says(key),
                        "{case}: the page does not say {key}: {}",
                        self.body
                    );
                }
            }
            Speech::Json => {
                assert_eq!(self.status, 400, "{case}: {}", self.body);
                let keys: Vec<&str> = expected.iter().map(|(_, key)| *key).collect();
                assert_eq!(self.codes(), keys, "{case}: {}", self.body);
                assert_eq!(
                    self.response_keys(),
                    ["error_codes", "errors", "field_errors"],
                    "{case}"
                );
                let body = self.json();
                assert_eq!(body["meta"], json!({ "code": 400 }), "{case}");
                let mut fields: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
                for (field, key) in expected {
                    fields.entry(field).or_default().push(key);
                }
                let found = body["response"]["field_errors"]
                    .as_object()
                    .expect("field_errors is an object");
                assert!(
                    found.keys().map(String::as_str).eq(fields.keys().copied()),
                    "{case}: {body}"
                );
                for (field, keys) in fields {
                    let texts = found[field].as_array().expect("a list of texts");
                    assert_eq!(texts.len(), keys.len(), "{case}: {body}");
                    for (text, key) in texts.iter().zip(keys) {
                        let text = text.as_str().expect("a text");
                        assert!(text.contains(&text_of(key)), "{case}: {text:?} is not {key}");
                    }
                }
                let flat = body["response"]["errors"].as_array().expect("a list of errors");
                assert_eq!(flat.len(), expected.len(), "{case}: {body}");
                for (text, (_, key)) in flat.iter().zip(expected) {
                    assert!(
                        text.as_str().expect("a text").contains(&text_of(key)),
                        "{case}: {body}"
                    );
                }
            }
        }
        assert_eq!(self.cookie("session"), None, "{case}: a refusal signs in");
    }

    /// A flow that went well: the page redirects there, JSON says 200 with these keys.
    pub fn assert_done(&self, speech: Speech, location: &str, keys: &[&str], case: &str) {
        match speech {
            Speech::Page => {
                assert_eq!(self.status, 302, "{case}: {}", self.body);
                assert_eq!(self.location(), Some(location), "{case}");
            }
            Speech::Json => {
                assert_eq!(self.status, 200, "{case}: {}", self.body);
                assert_eq!(self.json()["meta"], json!({ "code": 200 }), "{case}");
                assert_eq!(self.response_keys(), keys, "{case}: {}", self.body);
                assert_eq!(self.location(), None, "{case}");
            }
        }
    }

    /// Nothing that a shared cache may keep.
    pub fn assert_not_cached(&self, case: &str) {
        let control = self.header("cache-control").unwrap_or_default();
        for word in ["private", "no-store"] {
            assert!(
                control.split(',').any(|part| part.trim() == word),
                "{case}: Cache-Control is {control:?}"
            );
        }
        let vary = self
            .headers
            .iter()
            .filter(|(name, _)| name == "vary")
            .map(|(_, value)| value.as_str());
        let vary = vary.collect::<Vec<_>>().join(",");
        assert!(
            vary.split(',').any(|part| part.trim() == "Cookie"),
            "{case}: Vary is {vary:?}"
        );
    }
}

/// What a message says in English, up to its first argument.
pub fn text_of(key: &str) -> String {
    let catalogue = include_str!("../../locales/en/messages.ftl");
    let start = format!("{key} = ");
    let line = catalogue.lines().find_map(|line| line.strip_prefix(&start));
    let line = line.unwrap_or_else(|| panic!("the catalogue has no {key}"));
    match line.split('{').next().unwrap_or_default().trim() {
        // A choice by number begins with its argument; all of its variants begin alike.
        "" => "Too many attempts.".to_owned(),
        text => text.to_owned(),
    }
}

impl Browser {
    /// Another instance of the same application on the same database, called by a client that keeps no cookies.
    pub async fn stranger(app: &App) -> Self {
        let rocket = crate::support::rocket(app);
        let client = rocket::local::asynchronous::Client::untracked(rocket).await;
        Browser {
            client: client.expect("the rocket ignites"),
        }
    }

    /// A CSRF token for this browser, signed in or not.
    pub async fn token(&self) -> String {
        self.get("/token").await.into_string().await.expect("a token")
    }

    pub async fn look(&self, speech: Speech, url: &str) -> Answer {
        let request = self
            .client
            .get(url.to_owned())
            .header(Header::new("Host", "app.example"));
        let request = match speech {
            Speech::Page => request.header(Header::new("Accept", "text/html")),
            Speech::Json => request.header(Header::new("Accept", "application/json")),
        };
        Answer::of(request.dispatch().await).await
    }

    /// Sends a form as our page would, or the same as JSON, with a good CSRF token.
    pub async fn send(&self, speech: Speech, url: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token().await;
        Answer::of(self.prepare(speech, url, fields, &token).dispatch().await).await
    }

    /// The same from an address.
    pub async fn send_from(&self, from: &str, speech: Speech, url: &str, fields: &[(&str, &str)]) -> Answer {
        let from: SocketAddr = from.parse().expect("an address with a port");
        let token = self.token().await;
        let request = self.prepare(speech, url, fields, &token).remote(from);
        Answer::of(request.dispatch().await).await
    }

    pub fn prepare(
        &self,
        speech: Speech,
        url: &str,
        fields: &[(&str, &str)],
        token: &str,
    ) -> LocalRequest<'_> {
        let request = self
            .client
            .post(url.to_owned())
            .header(Header::new("Host", "app.example"))
            .header(Header::new("Sec-Fetch-Site", "same-origin"));
        match speech {
            Speech::Page => {
                let mut all = vec![("csrf_token", token)];
                all.extend_from_slice(fields);
                request.header(ContentType::Form).body(encode(&all))
            }
            Speech::Json => {
                let body: serde_json::Map<String, Value> = fields
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), json!(value)))
                    .collect();
                request
                    .header(ContentType::JSON)
                    .header(Header::new("X-CSRF-Token", token.to_owned()))
                    .body(Value::Object(body).to_string())
            }
        }
    }

    /// Whether this browser is signed in, and as whom.
    pub async fn who(&self) -> Option<String> {
        let answer = self.look(Speech::Page, "/profile").await;
        (answer.status == 200).then_some(answer.body)
    }

    /// As whom a request with that session cookie is served: for a browser that keeps no cookies of its own.
    pub async fn who_with(&self, session: &str) -> Option<String> {
        let cookie = rocket::http::Cookie::new("session", session.to_owned());
        let request = self
            .client
            .get("/profile")
            .header(Header::new("Host", "app.example"))
            .cookie(cookie);
        let answer = Answer::of(request.dispatch().await).await;
        (answer.status == 200).then_some(answer.body)
    }

    /// The session cookie that this browser keeps.
    pub fn session(&self) -> Option<String> {
        self.client
            .cookies()
            .get("session")
            .map(|cookie| cookie.value().to_owned())
    }
}

pub use crate::support::beside::number;

/// Waits, without sleeping, until the work that runs beside requests is done: a sweep begins with a sign-in and
/// would be counted with whatever comes after it.
pub async fn settled(browser: &Browser) {
    let mut quiet = 0;
    while quiet < 50 {
        let before = rocket_security::testing::work(&browser.client);
        // Neither reads the database nor writes it.
        browser.look(Speech::Page, "/").await;
        rocket::tokio::task::yield_now().await;
        let is_quiet = rocket_security::testing::is_settled(&browser.client)
            && rocket_security::testing::work(&browser.client) == before;
        quiet = if is_quiet { quiet + 1 } else { 0 };
    }
}
