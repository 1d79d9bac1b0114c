use std::net::IpAddr;

use rocket::futures::future::BoxFuture;
use rocket::{Orbit, Rocket};
use serde_json::{Map, Value};

use super::ExtraField;
use crate::error::{Error, ErrorKind};
use crate::gate::Client;
use crate::model::User;
use crate::security::Security;
use crate::text::Words;
use crate::web::fields::{ErrorText, FieldErrors, Fields};

type Now = dyn Fn(&FormInput<'_>) -> Result<(), FormErrors> + Send + Sync;
type Later = dyn for<'a> Fn(&'a FormInput<'a>) -> BoxFuture<'a, Result<(), FormErrors>> + Send + Sync;

/// One check of the application's.
pub(super) enum Check {
    Now(Box<Now>),
    Later(Box<Later>),
}

impl Check {
    pub async fn run(&self, input: &FormInput<'_>) -> Result<(), FormErrors> {
        match self {
            Check::Now(check) => check(input),
            Check::Later(check) => check(input).await,
        }
    }
}

/// What an application adds to one of the forms: fields, and checks of its own. See
/// [`SecurityFairing::form`](crate::SecurityFairing::form).
///
/// Fields and checks hold for the page and for JSON alike, and come before anything happens: no look-up of an account, no
/// hash, no session, no row. So a check can tell nobody whether an account exists. What a check refuses counts as a failure
/// of the visitor's address, which soon has to wait; during the wait no check is asked.
///
/// ```
/// use rocket_security::{ExtraField, FormErrors, FormExtension};
///
/// let form = FormExtension::new()
///     .field(ExtraField::text("invitation", "Invitation code").required())
///     .validate(|form| match form.text("invitation") {
///         Some("open sesame") => Ok(()),
///         _ => Err(FormErrors::one("invitation", "This code is not right.")),
///     });
/// ```
#[derive(Default)]
#[must_use = "give it to `SecurityFairing::form`"]
pub struct FormExtension {
    pub(super) fields: Vec<ExtraField>,
    pub(super) checks: Vec<Check>,
}

impl FormExtension {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field, below those that are there.
    pub fn field(mut self, field: ExtraField) -> Self {
        self.fields.push(field);
        self
    }

    /// Adds a check. Those before it have passed, and so has each field alone.
    pub fn validate(
        mut self,
        check: impl Fn(&FormInput<'_>) -> Result<(), FormErrors> + Send + Sync + 'static,
    ) -> Self {
        self.checks.push(Check::Now(Box::new(check)));
        self
    }

    /// Adds a check that waits for something: a database, another server.
    ///
    /// ```
    /// use rocket_security::{ExtraField, FormErrors, FormExtension};
    ///
    /// # async fn is_human(answer: &str, address: Option<std::net::IpAddr>) -> Result<bool, std::io::Error> { Ok(!answer.is_empty()) }
    /// let captcha = FormExtension::new()
    ///     .field(ExtraField::unseen("captcha-response").required())
    ///     .validate_async(|form| Box::pin(async move {
    ///         let answer = form.text("captcha-response").unwrap_or_default();
    ///         match is_human(answer, form.address()).await? {
    ///             true => Ok(()),
    ///             false => Err(FormErrors::one("", "Please try the puzzle again.")),
    ///         }
    ///     }));
    /// ```
    pub fn validate_async<F>(mut self, check: F) -> Self
    where
        F: for<'a> Fn(&'a FormInput<'a>) -> BoxFuture<'a, Result<(), FormErrors>> + Send + Sync + 'static,
    {
        self.checks.push(Check::Later(Box::new(check)));
        self
    }

    pub(super) fn append(&mut self, other: FormExtension) {
        self.fields.extend(other.fields);
        self.checks.extend(other.checks);
    }
}

/// What a check of the application's sees of a form. Never a password.
pub struct FormInput<'a> {
    pub(super) form: &'a str,
    pub(super) values: &'a Map<String, Value>,
    pub(super) sent: &'a Fields,
    pub(super) client: &'a Client,
    pub(super) user: Option<&'a User>,
    pub(super) security: &'a Security,
    pub(super) rocket: &'a Rocket<Orbit>,
}

/// The fields of ours that a check may see.
const OPEN: [&str; 3] = ["email", "username", "next"];

impl<'a> FormInput<'a> {
    /// The form's name: `"login"`.
    pub fn form(&self) -> &'a str {
        self.form
    }

    /// The text of a field of the application's, trimmed; or of `email`, `username` and `next` as they were sent. Nothing when
    /// it was left out.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        match self.values.get(name) {
            Some(value) => value.as_str(),
            None if OPEN.contains(&name) => self.sent.text(name).ok().flatten(),
            None => None,
        }
    }

    /// Whether a checkbox of the application's is ticked.
    pub fn flag(&self, name: &str) -> bool {
        self.values.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A field of the application's as JSON has it: text, a number, `true` or `false`.
    pub fn value(&self, name: &str) -> Option<&'a Value> {
        self.values.get(name)
    }

    /// Who is signed in. On the sign-in form that is nobody, whether the account exists or not.
    pub fn user(&self) -> Option<&'a User> {
        self.user
    }

    /// The visitor's address, as far as it can be known (`trusted_proxies`).
    pub fn address(&self) -> Option<IpAddr> {
        self.client.address
    }

    /// What the browser calls itself.
    pub fn user_agent(&self) -> Option<&'a str> {
        self.client.user_agent.as_deref()
    }

    /// The library.
    pub fn security(&self) -> &'a Security {
        self.security
    }

    /// The rocket, for the application's own state: `form.rocket().state::<Db>()`.
    pub fn rocket(&self) -> &'a Rocket<Orbit> {
        self.rocket
    }
}

/// Why a check of the application's refuses a form, field by field. Any other error becomes one by `?`: then the visitor
/// reads that it does not work right now (500, or 503 where an [`Error`] of ours says so), and the log says why.
#[derive(Debug, Default)]
pub struct FormErrors {
    errors: FieldErrors,
    failure: Option<Error>,
}

impl FormErrors {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One error. An empty name stands for the form as a whole.
    pub fn one(field: &str, words: impl Into<Words>) -> Self {
        Self::new().and(field, words)
    }

    /// One more. JSON carries the id of the words in `error_codes`, or `INVALID_INPUT` where they are the application's own.
    pub fn and(mut self, field: &str, words: impl Into<Words>) -> Self {
        self.errors.push(field, ErrorText::Own(words.into()));
        self
    }

    /// `Err` when there is any.
    ///
    /// # Errors
    /// These.
    pub fn into_result(self) -> Result<(), FormErrors> {
        match self.errors.is_empty() && self.failure.is_none() {
            true => Ok(()),
            false => Err(self),
        }
    }

    pub(super) fn into_parts(self) -> Result<FieldErrors, Error> {
        match self.failure {
            Some(failure) => Err(failure),
            None => Ok(self.errors),
        }
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for FormErrors {
    fn from(error: E) -> Self {
        FormErrors {
            errors: FieldErrors::default(),
            failure: Some(failure("a check of the application's failed", Box::new(error))),
        }
    }
}

/// What went wrong in the application's own code: an error of ours keeps its kind.
pub(super) fn failure(what: &str, error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    let kind = match error.downcast_ref::<Error>().map(Error::kind) {
        Some(kind @ (ErrorKind::Busy | ErrorKind::Unavailable)) => kind,
        _ => ErrorKind::Internal,
    };
    // A foreign error may quote what was typed, and a line break in that would begin a line of its own in the log.
    let told: String = error.to_string().chars().flat_map(on_one_line).collect();
    Error::new(kind, format!("{what}: {told}"))
}

fn on_one_line(c: char) -> impl Iterator<Item = char> {
    let (plain, escaped) = match c.is_control() {
        true => (None, Some(c.escape_default())),
        false => (Some(c), None),
    };
    plain.into_iter().chain(escaped.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_foreign_error_quotes_stays_on_its_line() {
        let error = std::io::Error::other("no plan \"a\nERROR b\u{1b}[2J\"");
        let told = failure("a check failed", Box::new(error)).to_string();
        assert_eq!(told, "a check failed: no plan \"a\\nERROR b\\u{1b}[2J\"");
    }
}
