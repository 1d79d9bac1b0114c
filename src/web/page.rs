//! What a feature says of its page; the words and the markup come later, in the visitor's language.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::text::{Message, Words};
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
    /// What the feature's own template shows besides.
    pub details: Details,
    /// Where the visitor goes afterwards; links to sibling pages keep it.
    pub next: Option<String>,
    /// What the application's context functions say.
    pub app: BTreeMap<String, serde_json::Value>,
}

/// Values for a feature's own template. No `Debug` of them: an API key stands there the one time that it is shown.
#[derive(Clone, Default)]
pub(crate) struct Details(pub serde_json::Value);

impl std::fmt::Debug for Details {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Details")
    }
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
    pub name: Cow<'static, str>,
    pub kind: Kind,
    /// Nothing for a hidden field.
    pub label: Option<Words>,
    pub hint: Option<Words>,
    pub value: Option<String>,
    /// Whether a checkbox is ticked.
    pub checked: bool,
    /// What a select offers: each value with its label.
    pub choices: Vec<(String, Words)>,
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
    Url,
    Number,
    Date,
    Textarea,
    Select,
    Password,
    Checkbox,
    Hidden,
}

impl Kind {
    /// The `type` attribute, or the element that is no `input`.
    pub const fn html(self) -> &'static str {
        match self {
            Kind::Email => "email",
            Kind::Text => "text",
            Kind::Tel => "tel",
            Kind::Url => "url",
            Kind::Number => "number",
            Kind::Date => "date",
            Kind::Textarea => "textarea",
            Kind::Select => "select",
            Kind::Password => "password",
            Kind::Checkbox => "checkbox",
            Kind::Hidden => "hidden",
        }
    }
}

impl Field {
    /// A field whose label is the text `label` of the catalogue.
    pub fn new(name: &'static str, kind: Kind, label: &'static str, autocomplete: &'static str) -> Self {
        Field {
            name: name.into(),
            kind,
            label: Some(Words::id(label)),
            hint: None,
            value: None,
            checked: false,
            choices: Vec::new(),
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

    /// What nobody sees.
    pub fn hidden(name: &'static str, value: &str) -> Self {
        Field {
            label: None,
            value: Some(value.to_owned()),
            ..Field::new(name, Kind::Hidden, "", "off")
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

    pub fn hint(mut self, id: &'static str, args: &[(&'static str, usize)]) -> Self {
        let words = Words::id(id);
        self.hint = Some(
            args.iter()
                .fold(words, |words, (name, value)| words.with(*name, value)),
        );
        self
    }

    pub fn length(mut self, min: Option<usize>, max: Option<usize>) -> Self {
        (self.minlength, self.maxlength) = (min, max);
        self
    }
}
