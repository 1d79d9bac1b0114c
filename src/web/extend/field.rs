use serde_json::{Number, Value as Json};

use crate::identity::Email;
use crate::text::{Message, Words};
use crate::web::fields::{FieldErrors, FieldProblem, Fields, Value};
use crate::web::page::{Field, Kind};

/// The most characters of a text of one line, and of several, unless the application says otherwise.
const LINE_MAX: usize = 255;
const TEXTAREA_MAX: usize = 4000;

/// A field that an application adds to a form: how the page shows it, and what may stand in it.
///
/// It is read alike from a form and from JSON. Text is trimmed, and blank text counts as left out. Text of one line has no
/// control characters and at most 255 characters; a text area 4000, with `\n` for each line break. A field may be left out
/// unless it is [`required`](ExtraField::required).
///
/// ```
/// use rocket_security::ExtraField;
///
/// let fields = vec![
///     ExtraField::text("display_name", "Display name").required().max_length(40).autocomplete("nickname"),
///     ExtraField::select("plan", "Plan", [("free", "Free"), ("team", "For a team")]).value("free"),
///     ExtraField::textarea("about", "About you").hint("Shown on your public page."),
///     ExtraField::checkbox("terms", "I accept the terms").required(),
/// ];
/// ```
#[derive(Debug, Clone)]
pub struct ExtraField {
    name: String,
    kind: Kind,
    label: Option<Words>,
    hint: Option<Words>,
    choices: Vec<(String, Words)>,
    value: Option<String>,
    required: bool,
    autocomplete: &'static str,
    max_length: usize,
}

impl ExtraField {
    fn new(name: impl Into<String>, kind: Kind, label: Option<Words>) -> Self {
        ExtraField {
            name: name.into(),
            kind,
            label,
            hint: None,
            choices: Vec::new(),
            value: None,
            required: false,
            autocomplete: "",
            max_length: match kind {
                Kind::Textarea | Kind::Hidden => TEXTAREA_MAX,
                _ => LINE_MAX,
            },
        }
    }

    /// Text of one line.
    pub fn text(name: impl Into<String>, label: impl Into<Words>) -> Self {
        Self::new(name, Kind::Text, Some(label.into()))
    }

    /// Text of several lines.
    pub fn textarea(name: impl Into<String>, label: impl Into<Words>) -> Self {
        Self::new(name, Kind::Textarea, Some(label.into()))
    }

    /// An e-mail address, by the rules of registration. It is not confirmed.
    pub fn email(name: impl Into<String>, label: impl Into<Words>) -> Self {
        Self::new(name, Kind::Email, Some(label.into()))
    }

    /// A phone number as it was typed.
    pub fn tel(name: impl Into<String>, label: impl Into<Words>) -> Self {
        Self::new(name, Kind::Tel, Some(label.into()))
    }

    /// An `http` or `https` address; another scheme, such as `javascript:`, is refused.
    pub fn url(name: impl Into<String>, label: impl Into<Words>) -> Self {
        Self::new(name, Kind::Url, Some(label.into()))
    }

    /// A number: a JSON number for who reads it, whether a form or JSON brought it.
    pub fn number(name: impl Into<String>, label: impl Into<Words>) -> Self {
        Self::new(name, Kind::Number, Some(label.into()))
    }

    /// A day of the calendar, as `2026-01-31`.
    pub fn date(name: impl Into<String>, label: impl Into<Words>) -> Self {
        Self::new(name, Kind::Date, Some(label.into()))
    }

    /// A box to tick: `true` or `false`. Where it is required, it must be ticked.
    pub fn checkbox(name: impl Into<String>, label: impl Into<Words>) -> Self {
        Self::new(name, Kind::Checkbox, Some(label.into()))
    }

    /// One of several values, each with its label.
    pub fn select<V, L>(
        name: impl Into<String>,
        label: impl Into<Words>,
        choices: impl IntoIterator<Item = (V, L)>,
    ) -> Self
    where
        V: Into<String>,
        L: Into<Words>,
    {
        let choices = choices.into_iter();
        ExtraField {
            choices: choices
                .map(|(value, label)| (value.into(), label.into()))
                .collect(),
            ..Self::new(name, Kind::Select, Some(label.into()))
        }
    }

    /// A field that our pages do not show: a template of the application's own or a script, such as a CAPTCHA's, puts it into the
    /// form.
    pub fn unseen(name: impl Into<String>) -> Self {
        Self::new(name, Kind::Hidden, None)
    }

    /// Must be filled in; a checkbox must be ticked.
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// What stands below the field.
    pub fn hint(mut self, hint: impl Into<Words>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// For browsers and password managers: the token of the HTML standard, such as `"name"` or `"organization"`.
    pub fn autocomplete(mut self, token: &'static str) -> Self {
        self.autocomplete = token;
        self
    }

    /// The most characters (code points) of a text.
    pub fn max_length(mut self, characters: usize) -> Self {
        self.max_length = characters;
        self
    }

    /// What stands in the field at first; for a select, the value that is chosen. `"true"` ticks a checkbox.
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }

    /// The name under which it is sent.
    pub fn name(&self) -> &str {
        &self.name
    }

    #[cfg(feature = "openapi")]
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// All words of it, so that the launch can tell of ids that the catalogue lacks.
    pub(super) fn words(&self) -> impl Iterator<Item = &Words> {
        let labels = self.choices.iter().map(|(_, label)| label);
        self.label.iter().chain(&self.hint).chain(labels)
    }

    /// What cannot be right about it, whatever is sent.
    pub(super) fn mistake(&self) -> Option<String> {
        if self.kind == Kind::Select && self.choices.is_empty() {
            return Some("is a select without a choice".into());
        }
        let foreign = self.value.as_ref().is_some_and(|value| !self.offers(value));
        if self.kind == Kind::Select && foreign {
            return Some("begins with a value that is none of its choices".into());
        }
        (self.max_length == 0).then(|| "has room for no character".into())
    }

    /// As the page shows it, with what the visitor typed; nothing where it does not. A script brings its field with it: were
    /// there one on the page too, it would be sent twice.
    pub(super) fn on_page(&self, sent: Option<&Fields>) -> Option<Field> {
        if self.kind == Kind::Hidden {
            return None;
        }
        let value = match sent {
            Some(sent) => Some(sent.echo(&self.name).to_owned()).filter(|text| !text.is_empty()),
            None => self.value.clone(),
        };
        // A value that is no choice leaves the page to say that nothing is chosen.
        let value = value.filter(|value| self.kind != Kind::Select || self.offers(value));
        let checked = match (self.kind, sent) {
            (Kind::Checkbox, Some(sent)) => sent.single(&self.name).ok().and_then(ticked) == Some(true),
            (Kind::Checkbox, None) => self.value.as_deref() == Some("true"),
            _ => false,
        };
        Some(Field {
            name: self.name.clone().into(),
            kind: self.kind,
            label: self.label.clone(),
            hint: self.hint.clone(),
            value: value.filter(|_| self.kind != Kind::Checkbox),
            checked,
            choices: self.choices.clone(),
            autocomplete: self.autocomplete,
            required: self.required,
            minlength: None,
            maxlength: self.is_text().then_some(self.max_length),
        })
    }

    fn offers(&self, value: &str) -> bool {
        self.choices.iter().any(|(choice, _)| choice == value)
    }

    fn is_text(&self) -> bool {
        matches!(
            self.kind,
            Kind::Text | Kind::Textarea | Kind::Email | Kind::Tel | Kind::Url
        )
    }

    /// What was sent, as JSON has it; nothing when it was left out or is wrong, which is noted.
    pub(super) fn read(&self, sent: &Fields, errors: &mut FieldErrors) -> Option<Json> {
        let wrong = |errors: &mut FieldErrors, message| errors.add(&self.name, message, &[]);
        let value = match sent.single(&self.name) {
            Ok(value) => value,
            Err(problem) => {
                wrong(errors, problem.message());
                return None;
            }
        };
        let read = match self.kind {
            Kind::Checkbox => match ticked(value) {
                Some(false) if self.required => Ok(None),
                Some(yes) => Ok(Some(Json::Bool(yes))),
                None => Err(Wrong::Message(Message::InvalidInput)),
            },
            Kind::Number => number(value),
            _ => self.read_text(value),
        };
        match read {
            Ok(None) if self.required => wrong(errors, Message::ValueNotProvided),
            Ok(value) => return value,
            Err(Wrong::Message(message)) => wrong(errors, message),
            Err(Wrong::TooLong) => {
                let most = self.max_length.to_string();
                errors.add(&self.name, Message::InvalidInputLength, &[("length", &most)]);
            }
        }
        None
    }

    fn read_text(&self, value: Option<&Value>) -> Result<Option<Json>, Wrong> {
        let raw = match value {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => value.as_text()?.trim(),
        };
        if raw.is_empty() {
            return Ok(None);
        }
        let lines = self.kind == Kind::Textarea;
        // Browsers send two characters for each line break, scripts one: the same text is stored as the same.
        let text = match lines {
            true => raw.replace("\r\n", "\n").replace('\r', "\n"),
            false => raw.to_owned(),
        };
        if text.chars().count() > self.max_length {
            return Err(Wrong::TooLong);
        }
        if text
            .chars()
            .any(|c| c.is_control() && !(lines && matches!(c, '\n' | '\t')))
        {
            return Err(Wrong::Message(Message::InvalidInput));
        }
        let fits = match self.kind {
            Kind::Email if Email::parse(&text).is_none() => {
                return Err(Wrong::Message(Message::InvalidEmailAddress));
            }
            Kind::Url => url::Url::parse(&text)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()),
            Kind::Date => is_date(&text),
            Kind::Select => self.offers(&text),
            _ => true,
        };
        match fits {
            true => Ok(Some(Json::String(text))),
            false => Err(Wrong::Message(Message::InvalidInput)),
        }
    }

    /// What a front end needs to show it, in the words of the page.
    pub(super) fn describe(&self, say: impl Fn(&Words) -> String) -> Json {
        let mut about = serde_json::json!({
            "name": self.name,
            "kind": self.kind.html(),
            "required": self.required,
        });
        if let Some(label) = &self.label {
            about["label"] = say(label).into();
        }
        if let Some(hint) = &self.hint {
            about["hint"] = say(hint).into();
        }
        if self.is_text() {
            about["max_length"] = self.max_length.into();
        }
        if self.kind == Kind::Select {
            about["choices"] = self
                .choices
                .iter()
                .map(|(value, label)| serde_json::json!({ "value": value, "label": say(label) }))
                .collect();
        }
        about
    }
}

/// Why a value does not fit.
enum Wrong {
    Message(Message),
    TooLong,
}

impl From<FieldProblem> for Wrong {
    fn from(problem: FieldProblem) -> Self {
        Wrong::Message(problem.message())
    }
}

/// Whether a box is ticked. Stricter than the reference's reading of its own boxes, to which `null` and `"no"` are yes: an
/// application's box may be somebody's consent.
fn ticked(value: Option<&Value>) -> Option<bool> {
    match value {
        None | Some(Value::Null) => Some(false),
        Some(Value::Bool(yes)) => Some(*yes),
        Some(Value::Text(text)) => match text.as_str() {
            "" | "false" | "no" | "off" | "0" => Some(false),
            "y" | "true" | "yes" | "on" | "1" => Some(true),
            _ => None,
        },
        Some(_) => None,
    }
}

fn number(value: Option<&Value>) -> Result<Option<Json>, Wrong> {
    let text = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => return Ok(Some(Json::Number(number.clone()))),
        Some(value) => value.as_text()?.trim(),
    };
    if text.is_empty() {
        return Ok(None);
    }
    let whole = text.parse::<i64>().map(Number::from);
    let whole = whole.or_else(|_| text.parse::<u64>().map(Number::from));
    // What JSON would not take for a number is none here either: no `inf`, no `NaN`.
    let number = whole
        .ok()
        .or_else(|| text.parse().ok().and_then(Number::from_f64));
    match number {
        Some(number) => Ok(Some(Json::Number(number))),
        None => Err(Wrong::Message(Message::InvalidInput)),
    }
}

fn is_date(text: &str) -> bool {
    let digits = |at: std::ops::Range<usize>| {
        let part = text
            .get(at)
            .filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        part.and_then(|part| part.parse::<u16>().ok())
    };
    let (Some(year), Some(month), Some(day)) = (digits(0..4), digits(5..7), digits(8..10)) else {
        return false;
    };
    let month = u8::try_from(month)
        .ok()
        .and_then(|month| time::Month::try_from(month).ok());
    text.len() == 10
        && text.as_bytes()[4] == b'-'
        && text.as_bytes()[7] == b'-'
        && month.is_some_and(|month| {
            u8::try_from(day).is_ok_and(|day| time::Date::from_calendar_date(year.into(), month, day).is_ok())
        })
}

#[cfg(test)]
mod tests;
