//! What all our forms have in common: the page they stand on, the page again with what was wrong, and the wait.

use rocket::Request;

use crate::security::Security;
use crate::text::Message;
use crate::web::fields::{FieldErrors, Fields};
use crate::web::page::{Field, Form, Page};
use crate::web::reply::{self, Reply};

/// A form's page as its feature describes it.
pub(crate) struct Sketch {
    /// The feature's name, which its form has for extensions too.
    pub view: &'static str,
    pub template: String,
    /// The form's `name` attribute.
    pub name: &'static str,
    /// The text id of the button.
    pub submit: &'static str,
    pub fields: Vec<Field>,
}

/// The page, with the fields that the application added below those of the feature, and the hidden `next`.
pub(crate) fn page(
    security: &Security,
    sketch: Sketch,
    sent: Option<&Fields>,
    errors: FieldErrors,
    next: Option<String>,
) -> Page {
    let mut fields = sketch.fields;
    fields.extend(security.extensions().on_page(sketch.view, sent));
    fields.extend(next.as_deref().map(|next| Field::hidden("next", next)));
    Page {
        view: sketch.view,
        template: sketch.template,
        form: Some(Form {
            name: sketch.name,
            action: security.config().page(sketch.view).unwrap_or_default(),
            fields,
            submit: sketch.submit,
        }),
        errors,
        next,
        ..Page::default()
    }
}

/// How a feature makes its page.
pub(crate) type MakePage = fn(&Request<'_>, &Security, Option<&Fields>, FieldErrors) -> Page;

/// The page again, or 400 with the same errors.
pub(crate) fn again(
    req: &Request<'_>,
    security: &Security,
    sent: &Fields,
    errors: FieldErrors,
    page: MakePage,
) -> Reply {
    match reply::wants_json(req) {
        true => Reply::errors(errors),
        false => Reply::page(page(req, security, Some(sent), errors)),
    }
}

/// What the visitor typed into a field, to be shown once more.
pub(crate) fn typed<'a>(sent: Option<&'a Fields>, name: &str) -> Option<&'a str> {
    sent.map(|sent| sent.echo(name)).filter(|text| !text.is_empty())
}

/// Why a form is not taken.
pub(crate) enum Refused {
    Fields(FieldErrors),
    Wait { seconds: u64 },
}

impl Refused {
    /// The answer, of which `again` makes the page or the JSON.
    pub fn answer(self, again: impl FnOnce(FieldErrors) -> Reply) -> Reply {
        match self {
            Refused::Fields(errors) => again(errors),
            Refused::Wait { seconds } => {
                let mut errors = FieldErrors::default();
                errors.add("", Message::TooManyAttempts, &[("seconds", &seconds.to_string())]);
                again(errors).too_many_requests(seconds)
            }
        }
    }
}
