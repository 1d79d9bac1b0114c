//! E-mail addresses, user names and telephone numbers: parsed once, kept in the form that is unique.
//!
//! The *shown* form is what the person wrote; the *key* is what must be unique and what a look-up uses. A value of
//! these types exists only after it has been checked, so nothing behind them has to ask again.

use std::str::FromStr;

use email_address::{EmailAddress, Options};
use unicode_normalization::UnicodeNormalization;

use crate::crypto::NormalForm;

/// The longest address that SMTP can carry (RFC 5321, 4.5.3.1.3, less the brackets).
pub const EMAIL_MAX: usize = 254;

/// A syntactically valid e-mail address.
///
/// ```
/// use rocket_security::Email;
///
/// let address = Email::parse(" Ada@Exämple.ORG ").unwrap();
/// assert_eq!(address.as_str(), "Ada@xn--exmple-cua.org");
/// assert_eq!(address.key(), "ada@xn--exmple-cua.org");
/// assert!(Email::parse("Ada <ada@example.org>").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    shown: String,
    key: String,
}

impl Email {
    /// Checks and normalises: surrounding white space goes, the domain becomes lower-case ASCII (IDNA, UTS 46),
    /// the local part stays as written. The key is the whole in lower case and NFKC, since no provider of note
    /// tells `Ada` from `ada`, and two accounts that differ in case alone are a trap for their owners.
    pub fn parse(raw: &str) -> Option<Self> {
        let raw = raw.trim();
        if raw.len() > EMAIL_MAX || raw.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return None;
        }
        let (local, domain) = raw.rsplit_once('@')?;
        // A quoted local part is legal and never meant: "a@b"@example.org is a way to smuggle a second address.
        if local.is_empty() || local.len() > 64 || !is_local_part(local) {
            return None;
        }
        if domain.starts_with('[') {
            return None;
        }
        let local: String = local.nfc().collect();
        let domain = idna::domain_to_ascii_strict(domain).ok()?;
        let shown = format!("{local}@{domain}");
        if shown.len() > EMAIL_MAX {
            return None;
        }
        let options = Options::default()
            .without_display_text()
            .without_domain_literal()
            .with_required_tld();
        EmailAddress::parse_with_options(&shown, options).ok()?;
        let folded = local.nfkc().collect::<String>().to_lowercase();
        // Compatibility forms hide spaces and separators (U+FDFA, U+FF20) and grow up to eighteenfold.
        if folded.len() > 64 * 3 || !is_local_part(&folded) {
            return None;
        }
        let key = format!("{folded}@{domain}");
        Some(Email { shown, key })
    }

    /// As it is kept and shown.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// As it must be unique.
    pub fn key(&self) -> &str {
        &self.key
    }
}

fn is_local_part(local: &str) -> bool {
    !local.chars().any(|c| {
        c.is_control()
            || c.is_whitespace()
            || ['"', '\\', '@', '(', ')', '<', '>', ',', ';', ':'].contains(&c)
    })
}

/// Why a user name was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsernameProblem {
    /// Shorter than `username_min_length` or longer than `username_max_length`.
    Length,
    /// Something else than letters and digits.
    Characters,
}

/// A user name: letters and digits of any script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username {
    shown: String,
    key: String,
}

impl Username {
    /// Checks and normalises. The key is case-folded, so that `Ada` and `ada` cannot both be taken.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn parse(raw: &str, form: NormalForm, min: usize, max: usize) -> Result<Self, UsernameProblem> {
        let shown = form.apply(raw.trim());
        let length = shown.chars().count();
        if length < min || length > max {
            return Err(UsernameProblem::Length);
        }
        // A combining mark is what NFD and NFKD make of an accent: part of a letter, never alone or first.
        let mut previous = false;
        for c in shown.chars() {
            let mark = unicode_normalization::char::is_combining_mark(c);
            if !(c.is_alphanumeric() || (mark && previous)) {
                return Err(UsernameProblem::Characters);
            }
            previous = true;
        }
        let key = shown.nfkc().collect::<String>().to_lowercase();
        // Only where `username_normalize_form` is not a compatibility form can the key have become something else.
        if key.chars().count() > 512 {
            return Err(UsernameProblem::Length);
        }
        Ok(Username { shown, key })
    }

    /// The key of what somebody typed to sign in; no rule is checked, since a name made under older rules must
    /// keep working. Cut where no name can be longer.
    pub fn lookup_key(raw: &str, form: NormalForm) -> String {
        let cut: String = raw.trim().chars().take(255).collect();
        form.apply(&cut).nfkc().collect::<String>().to_lowercase()
    }

    /// As it is kept and shown.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// As it must be unique.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// A telephone number in international form.
///
/// ```
/// use rocket_security::Phone;
///
/// assert_eq!(Phone::parse("+49 (30) 1234-56").unwrap().as_str(), "+4930123456");
/// assert_eq!(Phone::parse("0049 30 123456").unwrap().as_str(), "+4930123456");
/// assert!(Phone::parse("030 123456").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone(String);

impl Phone {
    /// Checks and normalises: `+` or `00`, the country, the number (ITU-T E.164: fifteen digits at most); spaces and
    /// punctuation go. A number without its country is none, for it could be anybody's.
    pub fn parse(raw: &str) -> Option<Self> {
        // No number is longer, however it is written.
        if raw.len() > 64 {
            return None;
        }
        let raw: String = raw.trim().nfkc().collect();
        let international = match raw.strip_prefix('+') {
            Some(rest) => rest,
            None => raw.strip_prefix("00")?,
        };
        let mut digits = String::with_capacity(15);
        for c in international.chars() {
            match c {
                '0'..='9' => digits.push(c),
                ' ' | '-' | '.' | '(' | ')' | '/' => {}
                _ => return None,
            }
        }
        let fits = (7..=15).contains(&digits.len()) && !digits.starts_with('0');
        fits.then(|| Phone(format!("+{digits}")))
    }

    /// In E.164 form: `+` and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = ();

    fn from_str(raw: &str) -> Result<Self, ()> {
        Email::parse(raw).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_none_are_refused() {
        for bad in [
            "",
            " ",
            "a",
            "@",
            "a@",
            "@b.org",
            "a@b",
            "user@localhost",
            "Name <a@b.co>",
            "a b@c.org",
            "a@b c.org",
            "\"a\"@b.org",
            "a@[127.0.0.1]",
            "a@b.org\r\nBcc: x@y.org",
            "a\0@b.org",
            "a@b..org",
            "a@-b.org",
            "a@b.org,c@d.org",
            "a@b@c.org",
            "a..b@c.org",
            ".a@c.org",
        ] {
            assert!(Email::parse(bad).is_none(), "{bad:?} was taken");
        }
        assert!(Email::parse(&format!("{}@example.org", "a".repeat(65))).is_none());
        assert!(Email::parse(&format!("a@{}.org", "b.".repeat(130))).is_none());
    }

    #[test]
    fn one_person_has_one_key() {
        let key = |raw: &str| Email::parse(raw).map(|email| email.key().to_owned());
        assert_eq!(key("Ada@Example.org"), key("ada@example.ORG"));
        assert_eq!(key("ada@exämple.org"), key("ada@xn--exmple-cua.org"));
        assert_ne!(key("ada@example.org"), key("adb@example.org"));
        assert_eq!(
            Email::parse("o'brien+news@example.co.uk")
                .map(|e| e.as_str().to_owned())
                .as_deref(),
            Some("o'brien+news@example.co.uk")
        );
    }

    #[test]
    fn a_number_has_its_country() {
        let parse = |raw: &str| Phone::parse(raw).map(|phone| phone.as_str().to_owned());
        for good in [
            "+4930123456",
            " +49 30/123-456 ",
            "0049.30.123456",
            "＋４９30123456",
        ] {
            assert_eq!(parse(good).as_deref(), Some("+4930123456"), "{good:?}");
        }
        for bad in [
            "",
            "+",
            "030123456",
            "4930123456",
            "+0930123456",
            "+49301",
            "+1234567890123456",
            "+49 30 12x456",
            "++4930123456",
            "+49\t30123456",
            "+49\u{0}30123456",
            "+49\u{0663}\u{0660}123456",
        ] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
        assert_eq!(parse(&format!("+49{}", " ".repeat(100))), None);
    }

    #[test]
    fn names_are_letters_and_digits() {
        let parse = |raw: &str| Username::parse(raw, NormalForm::Nfkd, 4, 32);
        assert_eq!(parse("Ada1").map(|n| n.key().to_owned()), Ok("ada1".to_owned()));
        assert!(parse("Zoë1").is_ok());
        assert_eq!(parse("ada"), Err(UsernameProblem::Length));
        assert_eq!(parse(&"a".repeat(33)), Err(UsernameProblem::Length));
        for bad in [
            "a da",
            "ada!",
            "<b>x",
            "ada_",
            "ada@x",
            "\u{301}adam",
            "ad\u{200b}am",
        ] {
            assert_eq!(parse(bad), Err(UsernameProblem::Characters), "{bad:?}");
        }
        assert_eq!(
            parse("ａｄａｍ").map(|n| n.key().to_owned()),
            Ok("adam".to_owned())
        );
    }
}
