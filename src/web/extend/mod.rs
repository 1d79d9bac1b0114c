//! What an application adds to our forms and pages: fields, checks, values for templates.
//!
//! All of it is given on the builder, looked at once at launch ([`Extensions::check`]), and asked by the same few functions
//! for every form ([`check_form`]) and every view ([`complete`]).

mod check;
mod context;
mod field;
mod registration;

use std::collections::{BTreeMap, BTreeSet};

use rocket::Request;
use serde_json::{Map, Value};

use check::Check;
pub use check::{FormErrors, FormExtension, FormInput};
pub use context::ViewContext;
pub(crate) use context::{Contribution, complete, complete_or_not, values};
pub use field::ExtraField;
pub use registration::RegistrationFields;
pub(crate) use registration::RegistrationType;

use crate::config::{Config, PAGES};
use crate::error::{Error, Result};
use crate::gate::Client;
use crate::model::User;
use crate::security::Security;
use crate::text::{Catalog, Words};
use crate::web::fields::{FieldErrors, Fields};
use crate::web::form::Refused;
use crate::web::page::Field;
#[cfg(feature = "openapi")]
use crate::web::page::Kind;

/// The forms that an application may add to.
const FORMS: [&str; 5] = ["login", "logout", "register", "verify", "api_keys"];

/// The form of registration, which has the fields of [`RegistrationFields`] too.
const REGISTER: &str = "register";

/// The page of a refusal: a view without a form.
const ERROR: &str = "error";

/// Names that our forms, the reference's, or our pages use already.
const TAKEN: [&str; 41] = [
    "_method",
    "chosen_method",
    "code",
    "confirm",
    "credential",
    "csrf_token",
    "delete",
    "delete_all",
    "email",
    "errors",
    "expires",
    "extra_fields",
    "fs_uniquifier",
    "generate_new_codes",
    "help_setup",
    "id",
    "identity",
    "include_auth_token",
    "name",
    "new_email",
    "new_password",
    "new_password_confirm",
    "next",
    "owner",
    "passcode",
    "password",
    "password_confirm",
    "phone",
    "refresh_token",
    "remember",
    "role",
    "roles",
    "scopes",
    "setup",
    "show_codes",
    "submit",
    "token",
    "usage",
    "user",
    "username",
    "which",
];

/// Everything that the application added.
#[derive(Default)]
pub(crate) struct Extensions {
    forms: BTreeMap<String, FormExtension>,
    registration: Option<RegistrationType>,
    /// For all views, in the order in which they were given.
    everywhere: Vec<Contribution>,
    views: BTreeMap<String, Vec<Contribution>>,
}

impl Extensions {
    pub fn add_form(&mut self, form: &str, extension: FormExtension) {
        self.forms.entry(form.to_owned()).or_default().append(extension);
    }

    pub fn set_registration(&mut self, registration: RegistrationType) {
        self.registration = Some(registration);
    }

    pub fn add_context(&mut self, view: Option<&str>, function: Contribution) {
        match view {
            Some(view) => self.views.entry(view.to_owned()).or_default().push(function),
            None => self.everywhere.push(function),
        }
    }

    pub fn registration(&self) -> Option<&RegistrationType> {
        self.registration.as_ref()
    }

    /// Stops the launch where what was given cannot work.
    ///
    /// # Errors
    /// The first mistake, and what to write instead.
    pub fn check(&self, config: &Config, catalog: &Catalog) -> Result<()> {
        for form in self.forms.keys() {
            if !FORMS.contains(&form.as_str()) {
                let known = FORMS.join("\", \"");
                return Err(Error::config(format!(
                    "`.form({form:?}, …)`: there is no form of this name; there are \"{known}\""
                )));
            }
        }
        for view in self.views.keys() {
            if !PAGES.contains(&view.as_str()) && view != ERROR {
                let known = PAGES.join("\", \"");
                return Err(Error::config(format!(
                    "`.context_for({view:?}, …)`: there is no view of this name; there are \"{known}\" and \"{ERROR}\""
                )));
            }
        }
        for form in FORMS {
            let mut seen = BTreeSet::new();
            for field in self.fields(form) {
                let name = field.name();
                let wrong = |why: String| {
                    Err(Error::config(format!(
                        "the field {name:?} that the application adds to the form {form:?} {why}"
                    )))
                };
                if !is_name(name) {
                    return wrong(
                        "has a name that cannot be: write a letter, then letters, digits, `_` and `-`, at most 64, and not \
                         `fs-…`, `…-ctr`, `…-errors` or `…-hint`, which our pages use"
                            .into(),
                    );
                }
                if TAKEN.contains(&name) || name == config.csrf_field_name.as_str() {
                    return wrong("has a name that the library uses: choose another".into());
                }
                if !seen.insert(name) {
                    return wrong("is there twice".into());
                }
                if let Some(mistake) = field.mistake() {
                    return wrong(mistake);
                }
                if let Some(id) = field.words().filter_map(Words::as_id).find(|id| !catalog.has(id)) {
                    return wrong(format!(
                        "has words with the id {id:?}, which the catalogue lacks: add it to a file such as locales/en/app.ftl"
                    ));
                }
            }
        }
        let Some(registration) = &self.registration else {
            return Ok(());
        };
        for field in &registration.fields {
            if registration
                .members
                .is_some_and(|members| !members.contains(&field.name()))
            {
                return Err(Error::config(format!(
                    "`fields()` of {} describes {:?}, but the type has no such field; it has {}",
                    registration.name,
                    field.name(),
                    registration.members.unwrap_or_default().join(", ")
                )));
            }
        }
        Ok(())
    }

    /// The fields added to a form, in its order.
    fn fields(&self, form: &str) -> impl Iterator<Item = &ExtraField> {
        let registration = self.registration.as_ref().filter(|_| form == REGISTER);
        let registration = registration
            .into_iter()
            .flat_map(|registration| &registration.fields);
        registration.chain(
            self.forms
                .get(form)
                .into_iter()
                .flat_map(|extension| &extension.fields),
        )
    }

    /// Their names.
    pub fn names(&self, form: &str) -> impl Iterator<Item = &str> {
        self.fields(form).map(ExtraField::name)
    }

    /// Their names and kinds.
    #[cfg(feature = "openapi")]
    pub fn kinds(&self, form: &str) -> impl Iterator<Item = (&str, Kind)> {
        self.fields(form).map(|field| (field.name(), field.kind()))
    }

    /// As the page shows them.
    pub fn on_page(&self, form: &str, sent: Option<&Fields>) -> impl Iterator<Item = Field> {
        self.fields(form).filter_map(move |field| field.on_page(sent))
    }

    /// What JSON says of them.
    fn describe(&self, form: &str, say: impl Fn(&Words) -> String) -> Vec<Value> {
        self.fields(form).map(|field| field.describe(&say)).collect()
    }

    /// The context functions for a view: all views' first, so that the view's own replace what they say.
    fn contributions(&self, view: Option<&str>) -> Vec<&Contribution> {
        let own = view.and_then(|view| self.views.get(view)).into_iter().flatten();
        self.everywhere.iter().chain(own).collect()
    }
}

fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(inner)
        && !name.starts_with("fs-")
        && !["-ctr", "-errors", "-hint"]
            .iter()
            .any(|suffix| name.ends_with(suffix))
}

/// A form as it was sent.
pub(crate) struct Sent<'a> {
    /// Its name: `login`.
    pub form: &'static str,
    pub fields: &'a Fields,
    /// Who is signed in.
    pub user: Option<&'a User>,
    pub client: &'a Client,
    /// Whether a refusal counts as a failure of the visitor's address. Not where it would keep a user from signing out.
    pub braked: bool,
}

/// Reads the fields that the application added to a form with [`FormExtension`], and asks its checks. Before anything else
/// happens: no account has been looked up.
pub(crate) async fn check_form(
    req: &Request<'_>,
    security: &Security,
    sent: &Sent<'_>,
) -> Result<Result<(), Refused>> {
    let Some(extension) = security.extensions().forms.get(sent.form) else {
        return Ok(Ok(()));
    };
    let mut errors = FieldErrors::default();
    let mut values = read(&extension.fields, sent.fields, &mut errors);
    if !errors.is_empty() {
        return Ok(Err(Refused::Fields(errors)));
    }
    if extension.checks.is_empty() {
        return Ok(Ok(()));
    }
    let tried = match sent.braked {
        true => match security.gate().begin_address(sent.client).await? {
            Ok(tried) => Some(tried),
            Err(seconds) => return Ok(Err(Refused::Wait { seconds })),
        },
        false => None,
    };
    if let Some(registration) = security
        .extensions()
        .registration()
        .filter(|_| sent.form == REGISTER)
    {
        // Their mistakes are told by registration itself; a check sees those that are right.
        values.extend(read(
            &registration.fields,
            sent.fields,
            &mut FieldErrors::default(),
        ));
    }
    let input = FormInput {
        form: sent.form,
        values: &values,
        sent: sent.fields,
        client: sent.client,
        user: sent.user,
        security,
        rocket: req.rocket(),
    };
    let verdict = ask(&extension.checks, &input).await;
    // A check that broke refused nobody: the visitor's address does not pay for that.
    if let Some(tried) = tried.filter(|_| !matches!(verdict, Ok(Err(_)))) {
        security.gate().forgive(tried).await?;
    }
    Ok(verdict?.map_err(Refused::Fields))
}

/// The first refusal of the application's checks.
async fn ask(checks: &[Check], input: &FormInput<'_>) -> Result<Result<(), FieldErrors>> {
    for check in checks {
        if let Err(refused) = check.run(input).await {
            return refused.into_parts().map(Err);
        }
    }
    Ok(Ok(()))
}

/// What was sent for these fields; mistakes are noted.
pub(crate) fn read<'a>(
    fields: impl IntoIterator<Item = &'a ExtraField>,
    sent: &Fields,
    errors: &mut FieldErrors,
) -> Map<String, Value> {
    fields
        .into_iter()
        .filter_map(|field| Some((field.name().to_owned(), field.read(sent, errors)?)))
        .collect()
}

/// Reads what the registration form has of [`RegistrationFields`], to be stored; nothing where there are none, or
/// where they are wrong, which is noted.
///
/// # Errors
/// When the application's type cannot be made of its own fields.
pub(crate) fn registration(
    security: &Security,
    sent: &Fields,
    errors: &mut FieldErrors,
) -> Result<Option<String>> {
    let Some(registration) = security.extensions().registration() else {
        return Ok(None);
    };
    let mut own = FieldErrors::default();
    let values = read(&registration.fields, sent, &mut own);
    let stored = match own.is_empty() {
        true => registration.make(values, security.catalog(), &mut own)?,
        false => None,
    };
    errors.extend(own);
    Ok(stored)
}

/// JSON as if a client had sent it.
fn sent(values: Map<String, Value>) -> Fields {
    let mut fields = Fields::new(0);
    for (name, value) in values {
        fields.push_json(name, crate::web::fields::Value::from_json(value));
    }
    fields
}

#[cfg(test)]
mod tests;
