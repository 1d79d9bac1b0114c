//! What a feature says of its page; the words and the markup come later, in the visitor's language.

use crate::text::Message;
use crate::web::fields::FieldErrors;

/// A page before it is rendered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    /// The feature's name: `login`, `register` …; also the stem of its texts (`login-title`).
    pub view: &'static str,
    /// The template, from the setting of that name.
    pub template: String,
    pub form: Option<Form>,
    pub errors: FieldErrors,
    /// What the page says when it has no form: the reason of a refusal.
    pub message: Option<(Message, Vec<(&'static str, String)>)>,
    /// Where the visitor goes afterwards; links to sibling pages keep it.
    pub next: Option<String>,
}

/// A form before it is rendered.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    /// The form's `name` attribute, as in the reference (`login_user_form`).
    pub name: &'static str,
    pub action: String,
    pub fields: Vec<Field>,
    /// The text id of the button.
    pub submit: &'static str,
}

/// A field of a form.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub name: &'static str,
    pub kind: Kind,
    /// The text id of the label.
    pub label: &'static str,
    /// The text id of the hint, with what it names.
    pub hint: Option<(&'static str, Vec<(&'static str, String)>)>,
    pub value: Option<String>,
    /// Whether a checkbox is ticked.
    pub checked: bool,
    pub autocomplete: &'static str,
    pub required: bool,
    pub minlength: Option<usize>,
    pub maxlength: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Email,
    Text,
    Tel,
    Password,
    Checkbox,
    Hidden,
}

impl Kind {
    /// The `type` attribute.
    pub const fn html(self) -> &'static str {
        match self {
            Kind::Email => "email",
            Kind::Text => "text",
            Kind::Tel => "tel",
            Kind::Password => "password",
            Kind::Checkbox => "checkbox",
            Kind::Hidden => "hidden",
        }
    }
}

impl Field {
    pub fn new(name: &'static str, kind: Kind, label: &'static str, autocomplete: &'static str) -> Self {
        Field {
            name,
            kind,
            label,
            hint: None,
            value: None,
            checked: false,
            autocomplete,
            required: true,
            minlength: None,
            maxlength: None,
        }
    }

    /// A box that need not be ticked.
    pub fn checkbox(name: &'static str, label: &'static str, checked: bool) -> Self {
        Field {
            checked,
            required: false,
            // The attribute means nothing on a checkbox.
            ..Field::new(name, Kind::Checkbox, label, "")
        }
    }

    /// With what the visitor typed. A password never comes back.
    pub fn value(mut self, value: Option<&str>) -> Self {
        if self.kind != Kind::Password {
            self.value = value.map(str::to_owned);
        }
        self
    }

    pub fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    pub fn hint(mut self, id: &'static str, args: Vec<(&'static str, String)>) -> Self {
        self.hint = Some((id, args));
        self
    }

    pub fn length(mut self, min: Option<usize>, max: Option<usize>) -> Self {
        (self.minlength, self.maxlength) = (min, max);
        self
    }
}
