//! What is wrong with a submission, in the order in which it was found.

use std::collections::BTreeMap;

use rocket::form::Errors;
use rocket::form::error::ErrorKind;

use super::FieldProblem;
use crate::text::{Catalog, Locale, Message, Words};
use crate::web::failure::Failure;

/// What is wrong with a field, in a message of the catalogue or in the application's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ErrorText {
    Message(Message, Vec<(&'static str, String)>),
    Own(Words),
    /// The same, with what a client may match on.
    Coded(Words, String),
}

/// One error. The empty field name stands for the form as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldError {
    pub(crate) field: String,
    pub(crate) text: ErrorText,
}

impl FieldError {
    fn message(&self) -> Option<Message> {
        match &self.text {
            ErrorText::Message(message, _) => Some(*message),
            ErrorText::Own(_) | ErrorText::Coded(..) => None,
        }
    }

    fn text(&self, catalog: &Catalog, locale: &Locale) -> String {
        match &self.text {
            ErrorText::Message(message, args) => {
                let args: Vec<(&str, &str)> =
                    args.iter().map(|(name, value)| (*name, value.as_str())).collect();
                catalog.message(locale, *message, &args)
            }
            ErrorText::Own(words) | ErrorText::Coded(words, _) => words.say(catalog, locale),
        }
    }

    /// What a client may match on: the message's key, or that the words are the application's own.
    fn code(&self) -> &str {
        match &self.text {
            ErrorText::Message(message, _) => message.key(),
            ErrorText::Own(words) => words.as_id().unwrap_or("INVALID_INPUT"),
            ErrorText::Coded(_, code) => code,
        }
    }
}

/// Errors in the order in which they were found, which is the order of the fields on the page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// One error alone.
    pub(crate) fn one(field: &str, message: Message) -> Self {
        let mut errors = Self::default();
        errors.add(field, message, &[]);
        errors
    }

    pub(crate) fn add(&mut self, field: &str, message: Message, args: &[(&'static str, &str)]) {
        let args = args
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        self.push(field, ErrorText::Message(message, args));
    }

    pub(crate) fn push(&mut self, field: &str, text: ErrorText) {
        self.0.push(FieldError {
            field: field.to_owned(),
            text,
        });
    }

    /// Those of `other` after these.
    pub(crate) fn extend(&mut self, other: FieldErrors) {
        self.0.extend(other.0);
    }

    /// Keeps the value and notes the problem: a field with a problem counts as not sent.
    pub(crate) fn take<T: Default>(&mut self, field: &str, value: Result<T, FieldProblem>) -> T {
        value.unwrap_or_else(|problem| {
            self.add(field, problem.message(), &[]);
            T::default()
        })
    }

    /// The value, or nothing with its message noted.
    pub(crate) fn take_with<T>(&mut self, field: &str, value: Result<T, Message>) -> Option<T> {
        value.map_err(|message| self.add(field, message, &[])).ok()
    }

    /// The value, or the message when it did not parse.
    pub(crate) fn require<T>(&mut self, field: &str, value: Option<T>, message: Message) -> Option<T> {
        if value.is_none() {
            self.add(field, message, &[]);
        }
        value
    }

    /// Notes a field that was left out, unless it has a worse problem already.
    pub(crate) fn missing<T>(&mut self, field: &str, message: Message) -> Option<T> {
        if !self.has(field) {
            self.add(field, message, &[]);
        }
        None
    }

    /// What a client may match on, in order.
    pub(crate) fn codes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(FieldError::code)
    }

    /// The first message of the catalogue, for a page that has no form to show it at.
    pub(crate) fn first_message(&self) -> Option<(Message, Vec<(&'static str, String)>)> {
        self.0.iter().find_map(|error| match &error.text {
            ErrorText::Message(message, args) => Some((*message, args.clone())),
            ErrorText::Own(_) | ErrorText::Coded(..) => None,
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn has(&self, field: &str) -> bool {
        self.0.iter().any(|error| error.field == field)
    }

    pub(crate) fn contains(&self, message: Message) -> bool {
        self.0.iter().any(|error| error.message() == Some(message))
    }

    /// In the order of the form's fields; what belongs to none of them comes first.
    pub(crate) fn sorted(mut self, fields: &[&str]) -> Self {
        self.0.sort_by_key(|error| {
            fields
                .iter()
                .position(|field| *field == error.field)
                .map_or(0, |at| at + 1)
        });
        self
    }

    /// Every error of these fields becomes `message` of the form as a whole: once a field, as on the reference's wire.
    pub(crate) fn generic(mut self, fields: &[&str], message: Message) -> Self {
        for error in &mut self.0 {
            if fields.contains(&error.field.as_str()) {
                *error = FieldError {
                    field: String::new(),
                    text: ErrorText::Message(message, Vec::new()),
                };
            }
        }
        self
    }

    /// Every error with its field.
    #[cfg(test)]
    pub(crate) fn all(&self) -> Vec<(&str, &ErrorText)> {
        self.0
            .iter()
            .map(|error| (error.field.as_str(), &error.text))
            .collect()
    }

    /// `Err` when there is any.
    pub(crate) fn into_result(self) -> Result<(), FieldErrors> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }

    /// All texts, in order.
    pub(crate) fn texts(&self, catalog: &Catalog, locale: &Locale) -> Vec<String> {
        self.0.iter().map(|error| error.text(catalog, locale)).collect()
    }

    /// The texts of one field, each said once.
    pub(crate) fn texts_of(&self, field: &str, catalog: &Catalog, locale: &Locale) -> Vec<String> {
        self.once(|error| error.field == field, catalog, locale)
    }

    /// The texts of all fields but these: what a page shows at the top of its form.
    pub(crate) fn texts_beside(&self, fields: &[&str], catalog: &Catalog, locale: &Locale) -> Vec<String> {
        self.once(|error| !fields.contains(&error.field.as_str()), catalog, locale)
    }

    fn once(&self, which: impl Fn(&FieldError) -> bool, catalog: &Catalog, locale: &Locale) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        for error in self.0.iter().filter(|error| which(error)) {
            let text = error.text(catalog, locale);
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts
    }

    /// The error envelope of spec 2.0: `errors`, `error_codes` beside it, `field_errors`.
    pub(crate) fn said(&self, catalog: &Catalog, locale: &Locale) -> Failure {
        let mut by_field: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for error in &self.0 {
            by_field
                .entry(error.field.clone())
                .or_default()
                .push(error.text(catalog, locale));
        }
        Failure {
            errors: self.texts(catalog, locale),
            error_codes: self.codes().map(str::to_owned).collect(),
            field_errors: Some(by_field),
            ..Failure::default()
        }
    }

    pub(super) fn from_rocket(errors: &Errors<'_>) -> Self {
        let mut found = Self::default();
        for error in errors.iter() {
            let field = name_of(error);
            match &error.kind {
                ErrorKind::Validation(text) => found.push(&field, ErrorText::Own(text.as_ref().into())),
                ErrorKind::Custom(_, own) => found.push(&field, ErrorText::Own(own.to_string().into())),
                ErrorKind::InvalidLength { max: Some(max), .. } => {
                    found.add(
                        &field,
                        Message::InvalidInputLength,
                        &[("length", &max.to_string())],
                    );
                }
                _ => found.add(&field, Message::InvalidInput, &[]),
            }
        }
        found
    }
}

/// The field that Rocket blames; `tags[]` is the list `tags`.
pub(super) fn name_of(error: &rocket::form::Error<'_>) -> String {
    let name = error.name.as_ref().map(ToString::to_string).unwrap_or_default();
    match name.strip_suffix("[]") {
        Some(list) => list.to_owned(),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(errors: &FieldErrors) -> Vec<(&str, &str)> {
        errors
            .0
            .iter()
            .map(|error| (error.field.as_str(), error.code()))
            .collect()
    }

    #[test]
    fn errors_keep_their_order() {
        let mut errors = FieldErrors::default();
        assert!(errors.clone().into_result().is_ok());
        errors.add("b", Message::InvalidInput, &[]);
        errors.add("a", Message::InvalidInputLength, &[("length", "5")]);
        let text: Option<&str> = errors.take("c", Err(FieldProblem::WrongType));
        assert_eq!(text, None);
        assert_eq!(
            codes(&errors),
            [
                ("b", "INVALID_INPUT"),
                ("a", "INVALID_INPUT_LENGTH"),
                ("c", "API_ERROR")
            ]
        );
        assert!(errors.into_result().is_err());
    }

    #[test]
    fn a_missing_field_with_a_problem_has_one_error() {
        let mut errors = FieldErrors::one("email", Message::ApiError);
        assert_eq!(errors.missing::<()>("email", Message::EmailNotProvided), None);
        assert_eq!(
            errors.missing::<()>("password", Message::PasswordNotProvided),
            None
        );
        assert_eq!(
            codes(&errors),
            [("email", "API_ERROR"), ("password", "PASSWORD_NOT_PROVIDED")]
        );
    }

    #[test]
    fn generic_errors_name_no_field() {
        let mut errors = FieldErrors::one("email", Message::EmailNotProvided);
        errors.add("next", Message::InvalidRedirect, &[]);
        let generic = errors.generic(&["email", "password"], Message::GenericAuthnFailed);
        assert_eq!(
            codes(&generic),
            [("", "GENERIC_AUTHN_FAILED"), ("next", "INVALID_REDIRECT")]
        );
    }
}
