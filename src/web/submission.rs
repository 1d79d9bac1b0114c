//! Reading the body of a request: a form or a JSON object, into the same [`Fields`].
//!
//! Rocket's own `Form` turns bytes that are no UTF-8 into replacement characters without a word, and its `Json` keeps
//! the last of two equal keys. Where a password is read, both would be two opinions about one request, so the body
//! is read here, strictly: what cannot be read in exactly one way is refused.

use std::cell::Cell;
use std::fmt;

use rocket::Request;
use rocket::data::{Data, FromData, Limits, ToByteUnit};
use rocket::form::error::ErrorKind;
use rocket::form::{DataField, Form, FromForm, Options, ValueField};
use rocket::http::{ContentType, RawStr, Status};
use rocket::outcome::Outcome;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use zeroize::Zeroizing;

use crate::web::fields::{Fields, Value};
use crate::web::negotiate::is_json;

/// No form of ours nests at all; an application's may.
const MAX_DEPTH: usize = 16;

/// Looking a field up is linear: many small ones would be slow long before the body is too large.
const MAX_VALUES: usize = 1000;

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyProblem {
    /// More bytes, or more fields, than are read.
    TooLarge,
    /// Not what its content type says, or readable in more than one way.
    Malformed,
    /// Neither a form nor JSON, in UTF-8.
    UnsupportedType,
}

impl BodyProblem {
    pub(crate) const fn status(self) -> Status {
        match self {
            BodyProblem::TooLarge => Status::PayloadTooLarge,
            BodyProblem::Malformed => Status::BadRequest,
            BodyProblem::UnsupportedType => Status::UnsupportedMediaType,
        }
    }
}

/// The body of a request, about to be read.
pub(crate) struct Submission;

impl Submission {
    /// Reads at most `limit` bytes. No body is a form without fields, whatever it was declared as.
    pub(crate) async fn read<'r>(
        req: &'r Request<'_>,
        mut data: Data<'r>,
        limit: u64,
    ) -> Result<Fields, BodyProblem> {
        let content_type = req.content_type();
        let json = content_type.is_some_and(|content_type| is_json(content_type));
        if data.peek(1).await.is_empty() {
            return Ok(Fields::new(0));
        }
        // Said at once, rather than after reading that much.
        let declared = req
            .headers()
            .get_one("Content-Length")
            .and_then(|length| length.parse::<u64>().ok());
        if declared.is_some_and(|length| length > limit) {
            return Err(BodyProblem::TooLarge);
        }

        let content_type = content_type
            .filter(|content_type| is_utf8(content_type))
            .ok_or(BodyProblem::UnsupportedType)?;
        if content_type.is_form_data() {
            return read_multipart(req, data, limit).await;
        }
        if !json && !content_type.is_form() {
            return Err(BodyProblem::UnsupportedType);
        }
        let body = data
            .open(limit.bytes())
            .into_bytes()
            .await
            .map_err(|_| BodyProblem::Malformed)?;
        let complete = body.is_complete();
        let body = Zeroizing::new(body.into_inner());
        if !complete {
            return Err(BodyProblem::TooLarge);
        }
        if json {
            parse_json(&body)
        } else {
            parse_form(&body)
        }
    }
}

fn is_utf8(content_type: &ContentType) -> bool {
    content_type.param("charset").is_none_or(|charset| {
        ["utf-8", "utf8", "us-ascii"]
            .iter()
            .any(|known| charset.eq_ignore_ascii_case(known))
    })
}

fn parse_form(body: &[u8]) -> Result<Fields, BodyProblem> {
    let text = std::str::from_utf8(body).map_err(|_| BodyProblem::Malformed)?;
    let mut fields = Fields::new(body.len());
    let decode = |part: &RawStr| match part.url_decode() {
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(_) => Err(BodyProblem::Malformed),
    };
    for (count, pair) in text.split('&').filter(|pair| !pair.is_empty()).enumerate() {
        if count >= MAX_VALUES {
            return Err(BodyProblem::TooLarge);
        }
        let (name, value) = RawStr::new(pair).split_at_byte(b'=');
        fields.push_form(decode(name)?, Zeroizing::new(decode(value)?));
    }
    Ok(fields)
}

fn parse_json(body: &[u8]) -> Result<Fields, BodyProblem> {
    let values = Cell::new(0);
    let mut reader = serde_json::Deserializer::from_slice(body);
    let seed = ObjectSeed {
        values: &values,
        body_bytes: body.len(),
    };
    let fields = seed
        .deserialize(&mut reader)
        .and_then(|fields| reader.end().map(|()| fields));
    fields.map_err(|_| {
        if values.get() > MAX_VALUES {
            BodyProblem::TooLarge
        } else {
            BodyProblem::Malformed
        }
    })
}

/// The body itself, which must be an object.
struct ObjectSeed<'a> {
    values: &'a Cell<usize>,
    body_bytes: usize,
}

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_> {
    type Value = Fields;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Fields, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_> {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::new(self.body_bytes);
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(ValueSeed {
                depth: 1,
                values: self.values,
            })?;
            fields.push_json(name, value);
        }
        Ok(fields)
    }
}

/// Any value, `depth` objects and lists deep.
#[derive(Clone, Copy)]
struct ValueSeed<'a> {
    depth: usize,
    values: &'a Cell<usize>,
}

impl ValueSeed<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth + 1;
        if depth > MAX_DEPTH {
            return Err(E::custom("nested too deeply"));
        }
        Ok(ValueSeed { depth, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.values.set(self.values.get() + 1);
        if self.values.get() > MAX_VALUES {
            return Err(D::Error::custom("too many values"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(Zeroizing::new(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members: Vec<(String, Value)> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            // At the top a repeated key spoils its field; here there is no field to blame.
            if members.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom("a key is repeated"));
            }
            members.push((name, map.next_value_seed(inner)?));
        }
        Ok(Value::Object(members))
    }
}

/// A script that sends `new FormData(form)` sends this. Rocket reads it, without files: no form of ours has any.
async fn read_multipart<'r>(req: &'r Request<'_>, data: Data<'r>, limit: u64) -> Result<Fields, BodyProblem> {
    let parts = match Form::<Parts>::from_data(req, data).await {
        Outcome::Success(form) => form.into_inner(),
        Outcome::Error(_) | Outcome::Forward(_) => return Err(BodyProblem::Malformed),
    };
    if let Some(problem) = parts.problem {
        return Err(problem);
    }
    let bytes: usize = parts
        .texts
        .iter()
        .map(|(name, text)| name.len() + text.len())
        .sum();
    if bytes as u64 > limit || parts.texts.len() > MAX_VALUES {
        return Err(BodyProblem::TooLarge);
    }
    let mut fields = Fields::new(bytes);
    for (name, text) in parts.texts {
        fields.push_form(name, text);
    }
    Ok(fields)
}

/// Whatever Rocket's multipart parser finds, in order.
#[derive(Default)]
struct Parts {
    texts: Vec<(String, Zeroizing<String>)>,
    problem: Option<BodyProblem>,
}

impl Parts {
    /// A part's name. Where it was no UTF-8 the multipart parser leaves none at all: such a part is not passed over, since
    /// somebody who reads the body otherwise might see a name there.
    fn name(&mut self, name: &rocket::form::name::NameView<'_>) -> Option<String> {
        let name = name.source().as_str();
        if name.is_empty() || name.contains(char::REPLACEMENT_CHARACTER) {
            self.refuse(BodyProblem::Malformed);
            return None;
        }
        Some(name.to_owned())
    }

    fn refuse(&mut self, problem: BodyProblem) {
        self.problem.get_or_insert(problem);
    }
}

#[rocket::async_trait]
impl<'r> FromForm<'r> for Parts {
    type Context = Parts;

    fn init(_: Options) -> Parts {
        <Parts as Default>::default()
    }

    fn push_value(parts: &mut Parts, field: ValueField<'r>) {
        let Some(name) = parts.name(&field.name) else {
            return;
        };
        parts.texts.push((name, Zeroizing::new(field.value.to_owned())));
    }

    async fn push_data(parts: &mut Parts, field: DataField<'r, '_>) {
        if field.file_name.is_some() || !(field.content_type.is_plain() || field.content_type.is_binary()) {
            return parts.refuse(BodyProblem::UnsupportedType);
        }
        // Text that says so, or bytes that Rocket could not read as text.
        let Some(name) = parts.name(&field.name) else {
            return;
        };
        match field.data.open(Limits::DATA_FORM).into_string().await {
            Ok(text) if text.is_complete() => parts.texts.push((name, Zeroizing::new(text.into_inner()))),
            Ok(_) => parts.refuse(BodyProblem::TooLarge),
            Err(_) => parts.refuse(BodyProblem::Malformed),
        }
    }

    fn push_error(parts: &mut Parts, error: rocket::form::Error<'r>) {
        // An unfinished part is an invalid length to Rocket too, one without a maximum.
        parts.refuse(match error.kind {
            ErrorKind::InvalidLength { max: Some(_), .. } => BodyProblem::TooLarge,
            _ => BodyProblem::Malformed,
        });
    }

    fn finalize(parts: Parts) -> rocket::form::Result<'r, Parts> {
        Ok(parts)
    }
}

#[cfg(test)]
mod tests;
