//! What a visitor has sent, field by field, and what is wrong with it.
//!
//! A page and a JSON client fill in the same fields, and the features ask for them by name without knowing which
//! of the two it was. A field that is not of the kind that was asked for is a [`FieldProblem`], never a panic and
//! never a guess: two different readers of a repeated field would see two different values.

mod errors;

use std::borrow::Cow;
use std::sync::OnceLock;

use rocket::form::error::ErrorKind;
use rocket::form::{FromForm, Options, ValueField};
use serde_json::Number;
use zeroize::Zeroizing;

use crate::text::Message;

pub(crate) use errors::{ErrorText, FieldErrors};

/// One value; everything that a form sends is text.
// No Debug: it may be a password.
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(Zeroizing<String>),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

type Pairs = Vec<(String, Zeroizing<String>)>;

struct Entry {
    name: String,
    /// One for each time that the field was sent; a JSON body sends each once.
    values: Vec<Value>,
    /// A JSON key that came twice. A form may repeat a field to send a list, JSON never has reason to.
    repeated_key: bool,
}

impl Entry {
    fn has_several(&self) -> bool {
        match self.values.as_slice() {
            [Value::List(_) | Value::Object(_)] => true,
            values => values.len() > 1,
        }
    }
}

/// The fields of one submission.
#[derive(Default)]
pub(crate) struct Fields {
    entries: Vec<Entry>,
    /// Bounds what [`Fields::pairs`] may grow to.
    body_bytes: usize,
    pairs: OnceLock<Result<Pairs, FieldErrors>>,
}

/// Why a field cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldProblem {
    /// A number, a list or an object where text belongs.
    WrongType,
    /// Sent more than once, or with a NUL in it.
    Invalid,
}

impl FieldProblem {
    pub(crate) const fn message(self) -> Message {
        match self {
            FieldProblem::WrongType => Message::ApiError,
            FieldProblem::Invalid => Message::InvalidInput,
        }
    }
}

impl Fields {
    pub(crate) fn new(body_bytes: usize) -> Self {
        Fields {
            body_bytes,
            ..Fields::default()
        }
    }

    /// Adds a value of a form: a name that is there already gets one value more.
    pub(crate) fn push_form(&mut self, name: String, value: Zeroizing<String>) {
        let value = Value::Text(value);
        match self.entries.iter_mut().find(|entry| entry.name == name) {
            Some(entry) => entry.values.push(value),
            None => self.entries.push(Entry {
                name,
                values: vec![value],
                repeated_key: false,
            }),
        }
    }

    /// Adds a member of a JSON object: a name that is there already spoils the field.
    pub(crate) fn push_json(&mut self, name: String, value: Value) {
        match self.entries.iter_mut().find(|entry| entry.name == name) {
            Some(entry) => entry.repeated_key = true,
            None => self.entries.push(Entry {
                name,
                values: vec![value],
                repeated_key: false,
            }),
        }
    }

    /// The text of a field; none when it is absent or JSON's `null`.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, FieldProblem> {
        match self.single(name)? {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_text().map(Some),
        }
    }

    /// A code of digits: text, or the integer that some clients make of it.
    pub(crate) fn code(&self, name: &str) -> Result<Option<Cow<'_, str>>, FieldProblem> {
        match self.single(name)? {
            Some(Value::Number(number)) if number.is_u64() => Ok(Some(Cow::Owned(number.to_string()))),
            _ => Ok(self.text(name)?.map(Cow::Borrowed)),
        }
    }

    /// A checkbox as the reference reads it: absent, `false`, `0`, the empty string, the string `false` and the empty
    /// list are no, everything else is yes, `null` and `"no"` included.
    pub(crate) fn flag(&self, name: &str) -> bool {
        let Some(first) = self.entry(name).and_then(|entry| entry.values.first()) else {
            return false;
        };
        match first {
            Value::List(items) => items.first().is_some_and(Value::is_yes),
            single => single.is_yes(),
        }
    }

    /// All texts of a field: a form repeats it, JSON sends a list or a single text.
    pub(crate) fn list(&self, name: &str) -> Result<Vec<&str>, FieldProblem> {
        let Some(entry) = self.entry(name) else {
            return Ok(Vec::new());
        };
        if entry.repeated_key {
            return Err(FieldProblem::Invalid);
        }
        match entry.values.as_slice() {
            [Value::Null] => Ok(Vec::new()),
            [Value::List(items)] => items.iter().map(Value::as_text).collect(),
            values => values.iter().map(Value::as_text).collect(),
        }
    }

    /// The text to show again when the page is rendered once more; empty when there is none that can be shown.
    pub(crate) fn echo(&self, name: &str) -> &str {
        self.text(name).ok().flatten().unwrap_or_default()
    }

    /// All fields as Rocket's form parser takes them: `a.b` for members, `tags[]` for lists, `null` left out.
    pub(crate) fn pairs(&self) -> Result<impl Iterator<Item = (&str, &str)>, FieldErrors> {
        let pairs = self
            .pairs
            .get_or_init(|| self.flatten())
            .as_ref()
            .map_err(Clone::clone)?;
        Ok(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// The application's own form, through Rocket's parser and validation: the same for a page and for JSON. Fields
    /// that `T` does not know are left alone.
    pub(crate) fn parse<'v, T: FromForm<'v>>(&'v self) -> Result<T, FieldErrors> {
        let value = self
            .run_form::<T>(Options::Lenient)?
            .map_err(|errors| FieldErrors::from_rocket(&errors))?;
        // Rocket keeps the first of several values for a field that takes one, unless it is strict; but strict also
        // refuses fields that are not T's. So only its word on repeated fields counts.
        if self.entries.iter().any(Entry::has_several)
            && let Err(errors) = self.run_form::<T>(Options::Strict)?
        {
            let mut repeated = FieldErrors::default();
            for error in errors
                .iter()
                .filter(|error| matches!(error.kind, ErrorKind::Duplicate))
            {
                repeated.add(&errors::name_of(error), Message::InvalidInput, &[]);
            }
            repeated.into_result()?;
        }
        Ok(value)
    }

    fn run_form<'v, T: FromForm<'v>>(
        &'v self,
        options: Options,
    ) -> Result<rocket::form::Result<'v, T>, FieldErrors> {
        let mut context = T::init(options);
        for pair in self.pairs()? {
            T::push_value(&mut context, ValueField::from(pair));
        }
        Ok(T::finalize(context))
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The value of a field that was sent once.
    pub(crate) fn single(&self, name: &str) -> Result<Option<&Value>, FieldProblem> {
        match self.entry(name) {
            None => Ok(None),
            Some(entry) if entry.repeated_key => Err(FieldProblem::Invalid),
            Some(entry) => match entry.values.as_slice() {
                [value] => Ok(Some(value)),
                _ => Err(FieldProblem::Invalid),
            },
        }
    }

    fn flatten(&self) -> Result<Pairs, FieldErrors> {
        let mut flat = Flattener {
            pairs: Vec::new(),
            // Each element of a list repeats the names above it: a small body could ask for gigabytes.
            budget: self.body_bytes.saturating_mul(4).saturating_add(64 * 1024),
        };
        let mut errors = FieldErrors::default();
        for entry in &self.entries {
            let mut outcome = if entry.repeated_key {
                Err(FieldProblem::Invalid)
            } else {
                Ok(())
            };
            for value in &entry.values {
                outcome = outcome.and_then(|()| flat.add(entry.name.clone(), value));
            }
            if let Err(problem) = outcome {
                errors.add(&entry.name, problem.message(), &[]);
            }
        }
        errors.into_result().map(|()| flat.pairs)
    }
}

impl Value {
    /// The value as it is in JSON.
    pub(crate) fn from_json(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(yes) => Value::Bool(yes),
            serde_json::Value::Number(number) => Value::Number(number),
            serde_json::Value::String(text) => Value::Text(Zeroizing::new(text)),
            serde_json::Value::Array(items) => Value::List(items.into_iter().map(Value::from_json).collect()),
            serde_json::Value::Object(members) => Value::Object(
                members
                    .into_iter()
                    .map(|(name, value)| (name, Value::from_json(value)))
                    .collect(),
            ),
        }
    }

    /// The text that it is.
    pub(crate) fn as_text(&self) -> Result<&str, FieldProblem> {
        match self {
            // Databases and C libraries end a text at NUL: what is checked would not be what is stored.
            Value::Text(text) if text.contains('\0') => Err(FieldProblem::Invalid),
            Value::Text(text) => Ok(text),
            _ => Err(FieldProblem::WrongType),
        }
    }

    fn is_yes(&self) -> bool {
        match self {
            Value::Bool(yes) => *yes,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::Text(text) => !matches!(text.as_str(), "" | "false"),
            Value::Null | Value::List(_) | Value::Object(_) => true,
        }
    }
}

struct Flattener {
    pairs: Pairs,
    budget: usize,
}

impl Flattener {
    fn add(&mut self, name: String, value: &Value) -> Result<(), FieldProblem> {
        self.budget = self.budget.checked_sub(name.len()).ok_or(FieldProblem::Invalid)?;
        let text = match value {
            Value::Null => return Ok(()),
            Value::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    // `[]` begins a new element each time; members of one object must stay together.
                    let element = match item {
                        Value::List(_) | Value::Object(_) => format!("{name}[{at}]"),
                        _ => format!("{name}[]"),
                    };
                    self.add(element, item)?;
                }
                return Ok(());
            }
            Value::Object(members) => {
                for (member, value) in members {
                    self.add(format!("{name}.{member}"), value)?;
                }
                return Ok(());
            }
            Value::Bool(yes) => Zeroizing::new(yes.to_string()),
            Value::Number(number) => Zeroizing::new(number.to_string()),
            Value::Text(_) => Zeroizing::new(value.as_text()?.to_owned()),
        };
        if name.contains('\0') {
            return Err(FieldProblem::Invalid);
        }
        self.pairs.push((name, text));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
