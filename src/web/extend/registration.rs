use std::any::TypeId;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor};
use serde::{Serialize, forward_to_deserialize_any};
use serde_json::{Map, Value};
use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

use super::ExtraField;
use crate::error::{Error, Result};
use crate::model::FIELDS_MAX;
use crate::text::{Catalog, Message, Words};
use crate::web::fields::{ErrorText, FieldErrors};

/// What an application asks of those who sign up, beside address and password: a type of its own, filled in on the page or
/// by JSON, checked by the crate `validator`, stored with the user in one insert, and read back by
/// [`User::fields`](crate::User::fields).
///
/// Only what [`fields`](RegistrationFields::fields) describes is taken from a request: a member of the type that is not
/// described there needs `#[serde(default)]`, and no visitor can set it. Optional fields that are left out are missing to
/// serde: use `Option` or `#[serde(default)]`. Errors of `validator` become errors of the field of that name; the words are
/// the text of the catalogue whose id is the error's `code`, else its `message`, else "does not fit".
///
/// ```
/// use rocket_security::{ExtraField, RegistrationFields, SecurityFairing};
/// use serde::{Deserialize, Serialize};
/// use validator::Validate;
///
/// #[derive(Serialize, Deserialize, Validate)]
/// struct Profile {
///     #[validate(length(min = 2, message = "Two characters at least."))]
///     display_name: String,
///     terms: bool,
/// }
///
/// impl RegistrationFields for Profile {
///     fn fields() -> Vec<ExtraField> {
///         vec![
///             ExtraField::text("display_name", "Display name").required().autocomplete("nickname"),
///             ExtraField::checkbox("terms", "I accept the terms").required(),
///         ]
///     }
/// }
///
/// let fairing = SecurityFairing::new().registration::<Profile>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which fields it has on the registration form",
    note = "derive `Serialize`, `Deserialize` and `validator::Validate`, and write `impl RegistrationFields for {Self}`"
)]
pub trait RegistrationFields: DeserializeOwned + Serialize + Validate + Send + Sync + 'static {
    /// The fields in the order of the form; each name is one of the type's, as serde knows it.
    fn fields() -> Vec<ExtraField>;
}

/// The application's type, its name forgotten.
#[derive(Clone)]
pub(crate) struct RegistrationType {
    id: TypeId,
    pub(super) name: &'static str,
    pub(super) fields: Vec<ExtraField>,
    /// The names that serde knows, where the type says them.
    pub(super) members: Option<&'static [&'static str]>,
    make: fn(Map<String, Value>) -> Result<String, Wrong>,
}

/// Why values do not make the application's type.
enum Wrong {
    /// A value is missing.
    Missing(&'static str),
    /// A value cannot be read as what the type has there; or all of them together, where no name is given. What serde says of it
    /// may quote what was typed, and goes nowhere.
    Unfit(Option<String>),
    Invalid(ValidationErrors),
    TooLarge,
    Broken(String),
}

impl RegistrationType {
    pub fn of<T: RegistrationFields>() -> Self {
        RegistrationType {
            id: TypeId::of::<T>(),
            name: std::any::type_name::<T>(),
            fields: T::fields(),
            members: members::<T>(),
            make: |values| {
                let fields: T = T::deserialize(Values(values))?;
                store(&fields)
            },
        }
    }

    /// The text to be stored, or what is wrong, noted.
    ///
    /// # Errors
    /// When the type wants what no field brings, which is the application's mistake and not the visitor's.
    pub fn make(
        &self,
        values: Map<String, Value>,
        catalog: &Catalog,
        errors: &mut FieldErrors,
    ) -> Result<Option<String>> {
        (self.make)(values)
            .map(Some)
            .or_else(|wrong| self.note(wrong, catalog, errors).map(|()| None))
    }

    /// The same for a value of an in-process caller: by the rules of the form too, as far as they go.
    pub fn keep<T: RegistrationFields>(
        &self,
        fields: &T,
        catalog: &Catalog,
        errors: &mut FieldErrors,
    ) -> Result<Option<String>> {
        if self.id != TypeId::of::<T>() {
            return Err(Error::config(format!(
                "the fields are {}, but SecurityFairing was told `.registration::<{}>()`",
                std::any::type_name::<T>(),
                self.name
            )));
        }
        let value = serde_json::to_value(fields).map_err(|error| self.broken(&error.to_string()))?;
        let sent = super::sent(value.as_object().cloned().unwrap_or_default());
        for field in &self.fields {
            field.read(&sent, errors);
        }
        store(fields)
            .map(Some)
            .or_else(|wrong| self.note(wrong, catalog, errors).map(|()| None))
    }

    fn note(&self, wrong: Wrong, catalog: &Catalog, errors: &mut FieldErrors) -> Result<()> {
        let described = |name: &str| self.fields.iter().any(|field| field.name() == name);
        match wrong {
            Wrong::Missing(name) if described(name) => {
                errors.missing::<()>(name, Message::ValueNotProvided);
            }
            Wrong::Missing(name) => {
                return Err(self.broken(&format!(
                    "`{name}` is missing: describe it in `fields()`, or give it `#[serde(default)]`"
                )));
            }
            Wrong::Unfit(name) => {
                let name = name.filter(|name| described(name)).unwrap_or_default();
                errors.missing::<()>(&name, Message::InvalidInput);
            }
            Wrong::Broken(why) => return Err(self.broken(&why)),
            Wrong::Invalid(invalid) => self.invalid(&invalid, None, catalog, errors),
            Wrong::TooLarge => errors.add(
                "",
                Message::InvalidInputLength,
                &[("length", &FIELDS_MAX.to_string())],
            ),
        }
        Ok(())
    }

    fn broken(&self, why: &str) -> Error {
        Error::internal(format!(
            "{} cannot be made of the registration form: {why}",
            self.name
        ))
    }

    /// What `validator` says; what lies deeper is said at the field of ours that it lies in.
    fn invalid(
        &self,
        invalid: &ValidationErrors,
        inside: Option<&str>,
        catalog: &Catalog,
        errors: &mut FieldErrors,
    ) {
        let described = |name: &str| self.fields.iter().any(|field| field.name() == name);
        let mut found: Vec<_> = invalid.errors().iter().collect();
        // A map has no order; the page has.
        found.sort_by_key(|(name, _)| {
            let at = self.fields.iter().position(|field| field.name() == name.as_ref());
            (at.unwrap_or(usize::MAX), name.to_string())
        });
        for (name, kind) in found {
            let field = inside.unwrap_or(match described(name) {
                true => name.as_ref(),
                false => "",
            });
            match kind {
                ValidationErrorsKind::Field(all) => {
                    for error in all {
                        errors.push(field, text(error, catalog));
                    }
                }
                ValidationErrorsKind::Struct(inner) => self.invalid(inner, Some(field), catalog, errors),
                ValidationErrorsKind::List(items) => {
                    for inner in items.values() {
                        self.invalid(inner, Some(field), catalog, errors);
                    }
                }
            }
        }
    }
}

/// The codes of `validator` itself; any other is the application's own, and goes out as it is.
const KNOWN: [&str; 14] = [
    "length",
    "range",
    "email",
    "url",
    "required",
    "required_nested",
    "must_match",
    "contains",
    "does_not_contain",
    "regex",
    "ip",
    "credit_card",
    "non_control_character",
    "nested",
];

fn text(error: &ValidationError, catalog: &Catalog) -> ErrorText {
    let code = match KNOWN.contains(&error.code.as_ref()) {
        true => Message::InvalidInput.key().to_owned(),
        false => error.code.to_string(),
    };
    if catalog.has(&error.code) {
        let words = Words::id(error.code.to_string());
        // What was typed stands in the field already.
        let params = error.params.iter().filter(|(name, _)| *name != "value");
        let words = params.fold(words, |words, (name, value)| match value {
            Value::String(text) => words.with(name.to_string(), text),
            other => words.with(name.to_string(), other),
        });
        return ErrorText::Coded(words, code);
    }
    let words = match &error.message {
        Some(message) => Words::own(message.as_ref()),
        None => Message::InvalidInput.into(),
    };
    ErrorText::Coded(words, code)
}

fn store<T: RegistrationFields>(fields: &T) -> Result<String, Wrong> {
    fields.validate().map_err(Wrong::Invalid)?;
    let text = serde_json::to_string(fields).map_err(|error| Wrong::Broken(error.to_string()))?;
    match text.len() > FIELDS_MAX {
        true => Err(Wrong::TooLarge),
        false => Ok(text),
    }
}

/// The values as serde reads a struct from them; its errors say which field was missing or did not fit.
struct Values(Map<String, Value>);

impl<'de> Deserializer<'de> for Values {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_map(Members {
            rest: self.0.into_iter(),
            value: None,
        })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Members {
    rest: serde_json::map::IntoIter,
    value: Option<(String, Value)>,
}

impl<'de> MapAccess<'de> for Members {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        let Some((name, value)) = self.rest.next() else {
            return Ok(None);
        };
        let key: StrDeserializer<'_, Wrong> = name.as_str().into_deserializer();
        let key = seed.deserialize(key)?;
        self.value = Some((name, value));
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let Some((name, value)) = self.value.take() else {
            return Err(Wrong::Broken("a value was asked for before its name".into()));
        };
        seed.deserialize(value).map_err(|_| Wrong::Unfit(Some(name)))
    }
}

impl serde::de::Error for Wrong {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Wrong::Unfit(None)
    }

    fn missing_field(field: &'static str) -> Self {
        Wrong::Missing(field)
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Wrong::Missing(_) => "a field is missing",
            Wrong::Unfit(..) => "a field does not fit",
            Wrong::Invalid(_) => "a field breaks a rule",
            Wrong::TooLarge => "the fields are too large",
            Wrong::Broken(_) => "the type cannot be read or written",
        })
    }
}

impl fmt::Debug for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Wrong {}

/// The names that a struct's derived `Deserialize` asks for; nothing where it does not say.
fn members<T: DeserializeOwned>() -> Option<&'static [&'static str]> {
    struct Probe<'a>(&'a mut Option<&'static [&'static str]>);

    impl<'de> Deserializer<'de> for Probe<'_> {
        type Error = Wrong;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Wrong> {
            Err(Wrong::TooLarge)
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Wrong> {
            *self.0 = Some(fields);
            Err(Wrong::TooLarge)
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    let mut members = None;
    let _ = T::deserialize(Probe(&mut members));
    members
}
