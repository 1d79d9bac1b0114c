//! From a raw value to a typed one.

use std::cmp::Ordering;
use std::path::PathBuf;
use std::time::Duration;

use rocket::data::ByteUnit;
use rocket::figment::value::Value;

use super::duration;
use super::network::Network;
use super::secret::SecretText;

/// What is wrong with a value; the mend is filled in from the setting when it has none of its own.
pub(super) struct Wrong {
    pub problem: String,
    pub mend: Option<String>,
}

impl Wrong {
    pub fn new(problem: impl Into<String>) -> Self {
        Wrong {
            problem: problem.into(),
            mend: None,
        }
    }

    pub fn mend(mut self, mend: impl Into<String>) -> Self {
        self.mend = Some(mend.into());
        self
    }
}

/// A type that a setting can have.
pub(super) trait FromSetting: Sized {
    /// Whether its value must never be shown.
    const SECRET: bool = false;

    /// What to write, for the reference page and for mends: `a whole number`.
    fn kind() -> String;

    fn from_setting(value: &Value) -> Result<Self, Wrong>;

    /// How it compares, for types that a setting may bound.
    fn order(&self, _other: &Self) -> Option<Ordering> {
        None
    }
}

pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Char(_, char) => Some(char.to_string()),
        _ => None,
    }
}

/// The value as TOML, on one line and not too long.
pub(super) fn show(value: &Value) -> String {
    let full = match value {
        Value::String(_, text) => format!("{text:?}"),
        Value::Char(_, char) => format!("{:?}", char.to_string()),
        Value::Bool(_, bool) => bool.to_string(),
        Value::Num(..) => match (value.to_i128(), value.to_u128(), value.to_f64()) {
            (Some(number), ..) => number.to_string(),
            (_, Some(number), _) => number.to_string(),
            (.., Some(number)) => number.to_string(),
            _ => "a number".into(),
        },
        Value::Empty(..) => "nothing".into(),
        Value::Dict(..) => "{ … }".into(),
        Value::Array(_, items) => {
            let items: Vec<_> = items.iter().take(9).map(show).collect();
            format!("[{}]", items.join(", "))
        }
    };
    if full.chars().count() > 100 {
        full.chars().take(99).chain(['…']).collect()
    } else {
        full
    }
}

impl FromSetting for bool {
    fn kind() -> String {
        "`true` or `false`".into()
    }

    fn from_setting(value: &Value) -> Result<Self, Wrong> {
        match value {
            Value::Bool(_, bool) => Ok(*bool),
            Value::String(_, text) if text == "true" => Ok(true),
            Value::String(_, text) if text == "false" => Ok(false),
            _ => Err(Wrong::new("must be `true` or `false`.")),
        }
    }
}

macro_rules! whole_numbers {
    ($($type:ty)+) => {$(
        impl FromSetting for $type {
            fn kind() -> String {
                "a whole number".into()
            }

            fn from_setting(value: &Value) -> Result<Self, Wrong> {
                if matches!(value, Value::Num(..)) {
                    let number = value.to_u128().or_else(|| value.to_i128()?.try_into().ok());
                    if let Some(number) = number.and_then(|number| Self::try_from(number).ok()) {
                        return Ok(number);
                    }
                }
                Err(Wrong::new("must be a whole number, not negative and without quotes."))
            }

            fn order(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
    )+};
}

whole_numbers!(u32 usize);

impl FromSetting for Duration {
    fn kind() -> String {
        "a time: `\"5 days\"`, `\"30m\"` or seconds".into()
    }

    fn from_setting(value: &Value) -> Result<Self, Wrong> {
        let read = match (text(value), value.to_u128(), value.to_i128()) {
            (Some(text), ..) => duration::parse(&text),
            (_, Some(seconds), _) => duration::from_seconds(seconds),
            (.., Some(seconds)) if seconds >= 0 => duration::from_seconds(seconds.unsigned_abs()),
            _ => Err("is not a time".into()),
        };
        read.map_err(|problem| Wrong::new(format!("{problem}.")))
    }

    fn order(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromSetting for ByteUnit {
    fn kind() -> String {
        "bytes: a whole number or `\"64KiB\"`".into()
    }

    fn from_setting(value: &Value) -> Result<Self, Wrong> {
        let wrong = || Wrong::new("must be a number of bytes.");
        match text(value) {
            Some(text) => text.parse().map_err(|_| wrong()),
            None => u32::from_setting(value).map(ByteUnit::from).map_err(|_| wrong()),
        }
    }

    fn order(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromSetting for PathBuf {
    fn kind() -> String {
        "a folder".into()
    }

    fn from_setting(value: &Value) -> Result<Self, Wrong> {
        match text(value) {
            Some(text) if !text.trim().is_empty() && !text.contains('\0') => Ok(PathBuf::from(text)),
            _ => Err(Wrong::new("must be the path of a folder, in quotes.")),
        }
    }
}

impl FromSetting for Network {
    fn kind() -> String {
        "an address or network such as `\"10.0.0.0/8\"`".into()
    }

    fn from_setting(value: &Value) -> Result<Self, Wrong> {
        let text = text(value).ok_or_else(|| Wrong::new("must be an address or a network, in quotes."))?;
        text.parse().map_err(|problem| Wrong::new(format!("{problem}.")))
    }
}

impl FromSetting for SecretText {
    const SECRET: bool = true;

    fn kind() -> String {
        "a key".into()
    }

    fn from_setting(value: &Value) -> Result<Self, Wrong> {
        text(value)
            .map(SecretText::new)
            .ok_or_else(|| Wrong::new("must be text in quotes."))
    }
}

/// TOML has no `null`: an empty text unsets what a profile below has set.
impl<T: FromSetting> FromSetting for Option<T> {
    const SECRET: bool = T::SECRET;

    fn kind() -> String {
        format!("{}, or `\"\"` for none", T::kind())
    }

    fn from_setting(value: &Value) -> Result<Self, Wrong> {
        match value {
            Value::String(_, text) if text.is_empty() => Ok(None),
            Value::Empty(..) => Ok(None),
            value => T::from_setting(value).map(Some),
        }
    }
}

/// A lone text is a list of one, which spares brackets in an environment variable.
impl<T: FromSetting> FromSetting for Vec<T> {
    const SECRET: bool = T::SECRET;

    fn kind() -> String {
        format!("a list, each {}", T::kind())
    }

    fn from_setting(value: &Value) -> Result<Self, Wrong> {
        match value {
            Value::Array(_, items) => items.iter().map(T::from_setting).collect(),
            Value::String(..) | Value::Char(..) => Ok(vec![T::from_setting(value)?]),
            _ => Err(Wrong::new("must be a list in square brackets.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: FromSetting>(value: impl Into<Value>) -> Option<T> {
        T::from_setting(&value.into()).ok()
    }

    #[test]
    fn numbers_are_whole_and_fit() {
        assert_eq!(read::<u32>(5u8), Some(5));
        assert_eq!(read::<u32>(5i64), Some(5));
        assert_eq!(read::<u32>(-5), None);
        assert_eq!(read::<u32>(1.5), None);
        assert_eq!(read::<u32>(u64::MAX), None);
        assert_eq!(read::<u32>("5"), None);
    }

    #[test]
    fn flags_are_true_or_false() {
        assert_eq!(read::<bool>(true), Some(true));
        assert_eq!(read::<bool>("false"), Some(false));
        assert_eq!(read::<bool>(1), None);
        assert_eq!(read::<bool>("no"), None);
    }

    #[test]
    fn times_may_be_numbers() {
        assert_eq!(read::<Duration>(90), Some(Duration::from_secs(90)));
        assert_eq!(read::<Duration>(-90), None);
        assert_eq!(read::<Duration>(u64::MAX), None);
        assert_eq!(read::<Duration>(true), None);
    }

    #[test]
    fn sizes_may_carry_a_unit() {
        assert_eq!(read::<ByteUnit>(65_536), Some(ByteUnit::from(65_536)));
        assert_eq!(read::<ByteUnit>("64KiB"), Some(ByteUnit::from(65_536)));
        assert_eq!(read::<ByteUnit>("lots"), None);
    }

    #[test]
    fn an_empty_text_is_none_and_a_lone_text_a_list() {
        assert_eq!(read::<Option<u32>>(""), Some(None));
        assert_eq!(read::<Option<u32>>(1), Some(Some(1)));
        assert_eq!(read::<Vec<PathBuf>>("a"), Some(vec![PathBuf::from("a")]));
        assert_eq!(read::<Vec<PathBuf>>(Vec::<String>::new()), Some(vec![]));
        assert_eq!(read::<Vec<PathBuf>>(vec!["a", ""]), None);
    }

    #[test]
    fn long_values_are_cut_in_messages() {
        assert_eq!(show(&Value::from("x".repeat(200))).chars().count(), 100);
        assert_eq!(show(&Value::from("a\"b\n")), r#""a\"b\n""#);
        assert_eq!(show(&Value::from(vec![1, 2])), "[1, 2]");
    }
}
