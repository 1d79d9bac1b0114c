//! What must be true of a registration, as far as no database is needed to say so.

use super::{Checked, PASSWORD_MAX, Wish};
use crate::config::Config;
use crate::identity::{Email, Username, UsernameProblem};
use crate::security::Security;
use crate::text::Message;
use crate::web::fields::FieldErrors;

/// The rules for the name, apart: whether it is taken is told beside whatever else is wrong.
pub(super) fn check_username(config: &Config, wish: &Wish<'_>, errors: &mut FieldErrors) -> Option<Username> {
    match wish.username.map(str::trim).filter(|name| !name.is_empty()) {
        Some(raw) => {
            let (min, max) = (config.username_min_length, config.username_max_length);
            match Username::parse(raw, config.username_normalize_form.into(), min, max) {
                Ok(name) => Some(name),
                Err(UsernameProblem::Length) => {
                    let args = [("min", min.to_string()), ("max", max.to_string())];
                    errors.add(
                        "username",
                        Message::UsernameInvalidLength,
                        &[("min", &args[0].1), ("max", &args[1].1)],
                    );
                    None
                }
                Err(UsernameProblem::Characters) => {
                    errors.add("username", Message::UsernameDisallowedCharacters, &[]);
                    None
                }
            }
        }
        None if config.username_required => errors.missing("username", Message::UsernameNotProvided),
        None => None,
    }
}

/// Every rule that needs no database.
pub(super) fn check(
    security: &Security,
    wish: &Wish<'_>,
    username: Option<Username>,
    errors: &mut FieldErrors,
) -> Option<Checked> {
    let config = security.config();
    let email = match wish.email.map(str::trim).filter(|email| !email.is_empty()) {
        Some(raw) => errors.require("email", Email::parse(raw), Message::InvalidEmailAddress),
        None => errors.missing("email", Message::EmailNotProvided),
    };
    let password = wish
        .password
        .map(|raw| security.password(raw))
        .filter(|password| !password.is_blank());
    let password = match password {
        Some(password) => {
            let length = password.code_points();
            let min = config.password_length();
            if length < min || length > PASSWORD_MAX {
                errors.add(
                    "password",
                    Message::PasswordInvalidLength,
                    &[("length", &min.to_string())],
                );
            }
            if let Some(again) = wish.password_again
                && again != wish.password
            {
                errors.add("password_confirm", Message::RetypePasswordMismatch, &[]);
            }
            Some(password)
        }
        None => errors.missing("password", Message::PasswordNotProvided),
    };
    match (errors.is_empty(), email, password) {
        (true, Some(email), Some(password)) => Some(Checked {
            email,
            username,
            password,
        }),
        _ => None,
    }
}
