use std::collections::BTreeMap;

use serde::Serialize;

use crate::text::{Catalog, Level, Locale, Message, Texts};

/// Everything that a page shows. Our own engine and those of the application get the same.
///
/// No `Debug`: it holds the CSRF token.
#[derive(Clone, Serialize)]
pub(crate) struct PageContext {
    /// The feature's name: `login`.
    pub view: String,
    /// The tag of the page's language.
    pub locale: String,
    /// `ltr` or `rtl`.
    pub dir: &'static str,
    /// The heading; see [`title_id`].
    pub title: String,
    /// What `<style>` and `<script>` must carry under the page's Content-Security-Policy.
    pub nonce: String,
    /// The name of the hidden field that carries the CSRF token.
    pub csrf_field_name: String,
    /// The token itself, for forms on this page.
    pub csrf_token: String,
    /// Who is signed in.
    pub user: Option<UserView>,
    /// The addresses of our pages by name, as far as they are on, and `home`.
    pub urls: BTreeMap<String, String>,
    /// Messages that waited for a page.
    pub flashes: Vec<FlashView>,
    /// The page's form.
    pub form: Option<FormView>,
    /// What a page without a form says: the reason of a refusal.
    pub message: Option<FlashView>,
    /// What the page shows besides: the feature's own words.
    pub details: serde_json::Value,
    /// Where the visitor goes afterwards.
    pub next: Option<String>,
    /// The same, to be put behind the address of a sibling page; see [`next_query`].
    pub next_query: String,
    /// All texts of the pages that need no arguments, by id: for engines without `t()`.
    pub texts: Texts,
    /// What the application's context functions say: under a name of its own, so that no later variable of ours takes
    /// the place of one of theirs.
    pub app: BTreeMap<String, serde_json::Value>,
}

/// What a page may know of the signed-in user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserView {
    /// The address as it was typed.
    pub email: String,
    /// By what name to speak of the user: the policy's `display_name`.
    pub name: String,
    /// The user name as it was typed.
    pub username: Option<String>,
}

/// A message in the visitor's language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlashView {
    /// The message's key, such as `UNAUTHENTICATED`.
    pub key: &'static str,
    /// `error`, `info` or `success`.
    pub level: &'static str,
    /// What it says.
    pub text: String,
}

/// A form, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FormView {
    /// As in the reference: `login_user_form`.
    pub name: String,
    pub action: String,
    /// `post`.
    pub method: &'static str,
    pub fields: Vec<FieldView>,
    /// What is wrong with the form as a whole.
    pub errors: Vec<String>,
    /// The button's label.
    pub submit: String,
}

/// A field of a form, ready to be shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct FieldView {
    pub name: String,
    pub label: String,
    /// The `type` of an input (`text`, `email`, `tel`, `url`, `number`, `date`, `password`, `checkbox`, `hidden`), or
    /// `textarea` or `select`.
    pub kind: &'static str,
    pub value: Option<String>,
    /// Whether a checkbox is ticked.
    pub checked: bool,
    /// What a select offers.
    pub choices: Vec<ChoiceView>,
    pub autocomplete: &'static str,
    pub required: bool,
    pub errors: Vec<String>,
    pub hint: Option<String>,
    pub minlength: Option<usize>,
    pub maxlength: Option<usize>,
}

/// One of the values that a select offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ChoiceView {
    pub value: String,
    pub label: String,
    pub selected: bool,
}

impl PageContext {
    /// A page in a language, with nothing on it yet.
    pub fn new(view: &str, title: String, catalog: &Catalog, locale: &Locale) -> Self {
        PageContext {
            view: view.to_owned(),
            locale: locale.tag().to_owned(),
            dir: locale.dir(),
            title,
            nonce: String::new(),
            csrf_field_name: String::new(),
            csrf_token: String::new(),
            user: None,
            urls: BTreeMap::new(),
            flashes: Vec::new(),
            form: None,
            message: None,
            details: serde_json::Value::Null,
            next: None,
            next_query: String::new(),
            texts: catalog.texts(locale),
            app: BTreeMap::new(),
        }
    }
}

impl FlashView {
    /// A message as it is meant and said in this application.
    pub(crate) fn new(catalog: &Catalog, locale: &Locale, message: Message, args: &[(&str, &str)]) -> Self {
        let level: Level = catalog.level(message);
        FlashView {
            key: message.key(),
            level: level.name(),
            text: catalog.message(locale, message, args),
        }
    }
}

/// The text id of a page's title; a page that tells of a refusal is headed by its kind.
pub(crate) fn title_id(view: &str, message: Option<Message>) -> &'static str {
    match (view, message) {
        ("login", _) => "login-title",
        ("register", _) => "register-title",
        ("logout", _) => "logout-title",
        ("verify", _) => "verify-title",
        ("api_keys", _) => "api-keys-title",
        ("refresh_tokens", _) => "refresh-tokens-title",
        (_, Some(Message::Unauthorized)) => "unauthorized-title",
        (_, Some(Message::Unauthenticated | Message::ReauthenticationRequired)) => "unauthenticated-title",
        (_, Some(Message::TemporarilyUnavailable)) => "unavailable-title",
        (_, Some(Message::TooManyAttempts)) => "wait-title",
        _ => "error-title",
    }
}

/// `?next=…` to be put behind the address of a sibling page, or nothing.
pub(crate) fn next_query(next: Option<&str>) -> String {
    match next {
        Some(next) if !next.is_empty() => {
            format!(
                "?next={}",
                url::form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>()
            )
        }
        _ => String::new(),
    }
}
