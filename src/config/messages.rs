//! `msg_<key>`: texts of the catalogue, replaced in the settings.

use std::collections::BTreeMap;

use rocket::figment::value::Value;

use super::choices::MessageLevel;
use super::raw::{Raw, nearest};
use super::value::{FromSetting, text};

/// A message's own text, and its level if that changes too.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageOverride {
    /// What visitors read instead; `{ $name }` stands for an argument.
    pub text: String,
    /// How it is meant, unless as before.
    pub level: Option<MessageLevel>,
}

/// Reads every `msg_` key; `known` are the message keys in upper case.
pub(super) fn read(raw: &mut Raw<'_>, known: &[&str]) -> BTreeMap<String, MessageOverride> {
    let written: Vec<(String, Value)> = raw
        .keys()
        .filter(|(key, _)| key.starts_with("msg_"))
        .map(|(key, value)| (key.to_owned(), value.clone()))
        .collect();
    let mut messages = BTreeMap::new();
    for (key, value) in written {
        let message = key.trim_start_matches("msg_").to_uppercase();
        if !known.contains(&message.as_str()) {
            let mend = match nearest(&message, known.iter().copied()) {
                Some(name) => format!("Did you mean `msg_{}`?", name.to_lowercase()),
                None => "Leave it out.".into(),
            };
            raw.problem(&key, "names no message.", mend);
            continue;
        }
        match read_override(&value) {
            Ok(message_override) => {
                messages.insert(message, message_override);
            }
            Err((problem, mend)) => raw.problem(&key, problem, mend),
        }
    }
    messages
}

fn read_override(value: &Value) -> Result<MessageOverride, (&'static str, &'static str)> {
    const SHAPE: &str = "Write \"text\", or [\"text\", \"error\"] with one of error, info, success.";
    let (words, level) = match value {
        Value::Array(_, items) => match items.as_slice() {
            [words, level] => (words, Some(level)),
            _ => return Err(("must be a text, or a text and a level.", SHAPE)),
        },
        words => (words, None),
    };
    let level = match level.map(MessageLevel::from_setting) {
        Some(Err(_)) => return Err(("has an unknown level.", SHAPE)),
        Some(Ok(level)) => Some(level),
        None => None,
    };
    match text(words) {
        Some(text) if text.contains("%(") => Err((
            "has a placeholder of Python's.",
            "Write `{ $email }` where Flask-Security has `%(email)s`.",
        )),
        Some(text) if !text.trim().is_empty() => Ok(MessageOverride { text, level }),
        _ => Err(("must have a text.", SHAPE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_is_a_text_or_a_text_and_a_level() {
        let read = |value: Value| read_override(&value).ok().map(|read| (read.text, read.level));
        assert_eq!(read("Hi".into()), Some(("Hi".into(), None)));
        assert_eq!(
            read(vec!["Hi", "info"].into()),
            Some(("Hi".into(), Some(MessageLevel::Info)))
        );
        let no_list = Vec::<&str>::new();
        for wrong in [
            Value::from(""),
            Value::from(" "),
            Value::from(1),
            Value::from(no_list),
            Value::from(vec!["Hi"]),
            Value::from(vec!["Hi", "loud"]),
            Value::from(vec!["Hi", "info", "x"]),
            Value::from("to %(email)s"),
        ] {
            assert_eq!(read(wrong.clone()), None, "{wrong:?}");
        }
    }
}
