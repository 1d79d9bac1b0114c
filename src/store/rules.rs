//! What may be stored, the same in every datastore: SQLite would take more, PostgreSQL refuses a NUL, and MySQL may cut
//! without a word. A store asks here before it writes anything.
//!
//! ```
//! use rocket_security::store::rules;
//!
//! assert!(rules::check_phone("+4930123456").is_ok());
//! assert!(rules::check_phone("030 123456").unwrap_err().is_invalid());
//! ```

use crate::crypto::SealedPassword;
use crate::error::{Error, Result};
use crate::model::{ApiKey, FIELDS_MAX, NewUser, OwnIdentity};

/// Whether a text can be stored at all: one with a NUL character cannot, and so need not be looked for.
pub fn can_be_stored(text: &str) -> bool {
    !text.contains('\0')
}

fn fits(what: &str, text: &str, characters: usize) -> Result<()> {
    if !can_be_stored(text) {
        return Err(Error::invalid(format!("{what} contains a NUL character")));
    }
    if text.chars().count() > characters {
        return Err(Error::invalid(format!(
            "{what} has more than {characters} characters"
        )));
    }
    Ok(())
}

fn hexadecimal(what: &str, text: &str, digits: &[usize]) -> Result<()> {
    let right = digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if right {
        Ok(())
    } else {
        Err(Error::invalid(format!(
            "{what} is not {} hexadecimal digits",
            digits[0]
        )))
    }
}
/// Everything about a new user.
///
/// # Errors
/// An invalid value, and which it is.
pub fn check_user(new: &NewUser) -> Result<()> {
    fits("the e-mail address", &new.email, 255)?;
    fits("the unique form of the e-mail address", &new.email_key, 512)?;
    if let Some(username) = &new.username {
        fits("the user name", username, 255)?;
    }
    if let Some(key) = &new.username_key {
        fits("the unique form of the user name", key, 512)?;
    }
    if let Some(password) = &new.password {
        check_password(password)?;
    }
    if let Some(phone) = &new.phone {
        check_phone(phone)?;
    }
    if let Some(fields) = &new.fields {
        check_fields(fields)?;
    }
    for identity in &new.identities {
        check_identity(identity)?;
    }
    check_uniquifier(&new.fs_uniquifier)?;
    hexadecimal("the handle", &new.handle, &[32])
}

/// `+` and at most fifteen digits (ITU-T E.164).
///
/// # Errors
/// An invalid value.
pub fn check_phone(phone: &str) -> Result<()> {
    let digits = phone.strip_prefix('+').unwrap_or_default();
    if (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(())
    } else {
        Err(Error::invalid(
            "the telephone number is not in E.164 form".to_owned(),
        ))
    }
}
/// An identity of the application's: neither part empty, the attribute at most 64 characters, the rest 255.
///
/// # Errors
/// An invalid value, and which it is.
pub fn check_identity(identity: &OwnIdentity) -> Result<()> {
    if identity.attribute.is_empty() || identity.key.is_empty() {
        return Err(Error::invalid(
            "an identity has no attribute or no key".to_owned(),
        ));
    }
    fits("the identity's attribute", &identity.attribute, 64)?;
    fits("the identity's value", &identity.value, 255)?;
    fits("the identity's unique form", &identity.key, 255)
}

fn check_fields(fields: &str) -> Result<()> {
    if fields.len() > FIELDS_MAX {
        return Err(Error::invalid(format!(
            "the registration fields have more than {FIELDS_MAX} bytes"
        )));
    }
    fits("the registration fields", fields, FIELDS_MAX)
}
/// A sealed password hash: at most 1024 characters.
///
/// # Errors
/// An invalid value.
pub fn check_password(password: &SealedPassword) -> Result<()> {
    fits("the sealed password hash", password.as_stored(), 1024)
}
/// A `fs_uniquifier`: 32 hexadecimal digits, or 64.
///
/// # Errors
/// An invalid value.
pub fn check_uniquifier(fs_uniquifier: &str) -> Result<()> {
    // 64 for what an import brings along.
    hexadecimal("fs_uniquifier", fs_uniquifier, &[32, 64])
}
/// How many scopes a key may have, and of how many characters.
pub(crate) const SCOPES_MAX: usize = 100;
const SCOPE_CHARACTERS: usize = 100;

/// How many characters the name of an API key may have.
pub(crate) const API_KEY_NAME_MAX: usize = 64;

/// An API key: its id 32 hexadecimal digits, its prefix up to 16 letters, digits and underscores, its name 1 to 64
/// characters without white space around them, and up to 100 scopes.
///
/// # Errors
/// An invalid value, and which it is.
pub fn check_api_key(key: &ApiKey) -> Result<()> {
    if !is_api_key_id(&key.id) {
        return Err(Error::invalid(
            "the id of an API key is not 32 hexadecimal digits",
        ));
    }
    if !crate::crypto::is_prefix(&key.prefix) {
        return Err(Error::invalid(
            "the prefix of an API key is not 1 to 16 letters, digits and underscores",
        ));
    }
    check_api_key_name(&key.name)?;
    check_uniquifier(&key.fs_uniquifier)?;
    if key.scopes.len() > SCOPES_MAX {
        return Err(Error::invalid(format!(
            "an API key has more than {SCOPES_MAX} scopes"
        )));
    }
    key.scopes.iter().try_for_each(|scope| check_scope(scope))
}

/// The name of an API key: 1 to 64 characters, none of them a control character, without white space around them.
///
/// # Errors
/// An invalid value.
pub fn check_api_key_name(name: &str) -> Result<()> {
    if name.is_empty() || name.trim() != name || name.contains(char::is_control) {
        return Err(Error::invalid(
            "the name of an API key is empty, has white space around it, or a control character",
        ));
    }
    fits("the name of an API key", name, API_KEY_NAME_MAX)
}

/// A scope of an API key: 1 to 100 characters, none of them a control character, without white space around them.
///
/// # Errors
/// An invalid value.
pub fn check_scope(scope: &str) -> Result<()> {
    let role = crate::model::role_of(scope);
    if scope.is_empty() || scope.trim() != scope || scope.contains(char::is_control) || role == Some("") {
        return Err(Error::invalid(format!(
            "the scope `{}` is empty, has white space around it, or a control character",
            scope.escape_debug()
        )));
    }
    fits("the scope", scope, SCOPE_CHARACTERS)
}

/// Whether an API key can have this id: 32 hexadecimal digits in lower case. No other need be looked for.
pub fn is_api_key_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A role's name, at most 80 characters, and its description, at most 255.
///
/// # Errors
/// An invalid value, and which it is.
pub fn check_role(name: &str, description: Option<&str>) -> Result<()> {
    if name.trim() != name || name.is_empty() {
        return Err(Error::invalid(format!(
            "the role name `{name}` is empty, or begins or ends with a space"
        )));
    }
    fits("the role name", name, 80)?;
    description.map_or(Ok(()), |text| fits("the role's description", text, 255))
}

/// The permissions of a role: none empty or with a comma, for the reference keeps them as one text.
///
/// # Errors
/// An invalid value, and which it is.
pub fn check_permissions(permissions: &[&str]) -> Result<()> {
    join_permissions(permissions).map(drop)
}

/// Permissions as the reference keeps them: one text, with commas between.
pub(crate) fn join_permissions(permissions: &[&str]) -> Result<String> {
    for permission in permissions {
        if permission.trim() != *permission || permission.is_empty() || permission.contains([',', '\0']) {
            return Err(Error::invalid(format!(
                "the permission `{}` is empty, has a comma, or begins or ends with a space",
                permission.escape_debug()
            )));
        }
    }
    let mut sorted = permissions.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let joined = sorted.join(",");
    // A TEXT of MySQL holds 65,535 bytes.
    if joined.len() > 60_000 {
        return Err(Error::invalid(
            "the role has too many permissions to store".to_owned(),
        ));
    }
    Ok(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_cannot_smuggle_in_another() {
        assert_eq!(
            join_permissions(&["write", "read", "write"]).ok().as_deref(),
            Some("read,write")
        );
        assert_eq!(join_permissions(&[]).ok().as_deref(), Some(""));
        for bad in ["", "read,admin", " read", "read ", "re\0ad"] {
            assert!(join_permissions(&[bad]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn lengths_count_characters() {
        assert!(check_role(&"ü".repeat(80), None).is_ok());
        assert!(check_role(&"ü".repeat(81), None).is_err());
        assert!(check_role("editor", Some(&"x".repeat(256))).is_err());
        assert!(check_role(" editor", None).is_err());
    }

    #[test]
    fn a_uniquifier_is_hexadecimal() {
        assert!(check_uniquifier(&"0f".repeat(16)).is_ok());
        assert!(check_uniquifier(&"0f".repeat(32)).is_ok());
        assert!(check_uniquifier("").is_err());
        assert!(check_uniquifier(&"xy".repeat(16)).is_err());
        assert!(check_uniquifier(&"é".repeat(16)).is_err());
    }
}
