use rocket::figment::value::Value;

use super::value::{FromSetting, Wrong, text};

/// By what a user may name himself when he signs in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum IdentityAttribute {
    /// The e-mail address.
    Email,
    /// The user name.
    Username,
    /// The telephone number.
    Phone,
    /// One of the application's own, by the name that it gave to
    /// [`SecurityFairing::identity`](crate::SecurityFairing::identity).
    Own(String),
}

impl IdentityAttribute {
    /// The word for it in the settings and on the wire; for the telephone number it is the reference's.
    pub fn name(&self) -> &str {
        match self {
            IdentityAttribute::Email => "email",
            IdentityAttribute::Username => "username",
            IdentityAttribute::Phone => "us_phone_number",
            IdentityAttribute::Own(name) => name,
        }
    }

    /// The attribute of that name; nothing where no attribute can be called so.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let is_name = (1..=64).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        match name {
            "email" => Some(IdentityAttribute::Email),
            "username" => Some(IdentityAttribute::Username),
            "us_phone_number" => Some(IdentityAttribute::Phone),
            _ if is_name => Some(IdentityAttribute::Own(name.to_owned())),
            _ => None,
        }
    }
}

impl FromSetting for IdentityAttribute {
    fn kind() -> String {
        "`\"email\"`, `\"username\"`, `\"us_phone_number\"` or a name of the application's".into()
    }

    fn from_setting(value: &Value) -> Result<Self, Wrong> {
        text(value)
            .and_then(|name| IdentityAttribute::named(&name.to_ascii_lowercase()))
            .ok_or_else(|| {
                Wrong::new(format!(
                    "must be {}, in lower-case letters, digits and underscores.",
                    Self::kind()
                ))
            })
    }
}
