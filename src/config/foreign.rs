//! How hashes of other systems are read.

use rocket::figment::value::Value;
use zeroize::Zeroizing;

use super::table::Config;
use super::value::{FromSetting, Wrong, text};
use crate::crypto::{ForeignHashes, PasswordScheme, SingleHash};

/// Schemes that the reference knows and this library does not take; in `password_single_hash` they mean nothing.
const DECLINED: &[&str] = &["plaintext", "django_des_crypt", "django_disabled"];

impl Config {
    /// What the password service needs to know of hashes that other systems made.
    pub fn foreign_hashes(&self) -> ForeignHashes {
        let salt = self.password_salt.as_ref();
        ForeignHashes {
            salt: salt.map(|salt| Zeroizing::new(salt.expose_secret().to_owned())),
            single: self.password_single_hash.clone(),
            schemes: self.password_schemes.clone(),
        }
    }
}

fn names() -> String {
    let names: Vec<_> = PasswordScheme::ALL
        .iter()
        .map(|scheme| format!("`{}`", scheme.name()))
        .collect();
    names.join(", ")
}

impl FromSetting for PasswordScheme {
    fn kind() -> String {
        format!("one of {}", names())
    }

    fn from_setting(value: &Value) -> Result<Self, Wrong> {
        let name = text(value).ok_or_else(|| Wrong::new("must be names of schemes, in quotes."))?;
        if name == "plaintext" {
            return Err(Wrong::new("names plaintext, which is never stored.")
                .mend("Leave it out: plain passwords are hashed when they are imported."));
        }
        PasswordScheme::from_name(&name).ok_or_else(|| {
            Wrong::new("names a scheme that cannot be read.")
                .mend(format!("Leave it out; those that can are {}.", names()))
        })
    }
}

impl FromSetting for SingleHash {
    fn kind() -> String {
        "a list of schemes, or `true` for all of them".into()
    }

    fn from_setting(value: &Value) -> Result<Self, Wrong> {
        if let Ok(all) = bool::from_setting(value) {
            return Ok(if all {
                SingleHash::All
            } else {
                SingleHash::Only(Vec::new())
            });
        }
        let is_declined = |value: &&Value| text(value).is_some_and(|name| DECLINED.contains(&name.as_str()));
        let schemes = match value {
            Value::Array(_, items) => items
                .iter()
                .filter(|item| !is_declined(item))
                .map(PasswordScheme::from_setting)
                .collect::<Result<_, _>>()?,
            value if is_declined(&value) => Vec::new(),
            value => vec![PasswordScheme::from_setting(value)?],
        };
        Ok(SingleHash::Only(schemes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SETTINGS;
    use crate::config::tests::{strict, with_keys};

    fn read(lines: &str) -> ForeignHashes {
        strict(&with_keys(lines))
            .unwrap_or_else(|report| panic!("{report}"))
            .foreign_hashes()
    }

    #[test]
    fn the_defaults_are_those_of_the_service() {
        let (written, own) = (read(""), ForeignHashes::default());
        assert!(written.salt.is_none());
        assert_eq!(written.single, own.single);
        assert_eq!(written.schemes, own.schemes);
    }

    #[test]
    fn single_hash_is_read_as_the_reference_reads_it() {
        let only = |schemes: &[PasswordScheme]| SingleHash::Only(schemes.to_vec());
        for (line, single) in [
            ("true", SingleHash::All),
            ("false", only(&[])),
            ("[]", only(&[])),
            ("[\"plaintext\"]", only(&[])),
            ("\"plaintext\"", only(&[])),
            ("\"bcrypt\"", only(&[PasswordScheme::Bcrypt])),
            (
                "[\"django_bcrypt\", \"django_des_crypt\", \"plaintext\", \"hex_md5\"]",
                only(&[PasswordScheme::DjangoBcrypt, PasswordScheme::HexMd5]),
            ),
        ] {
            assert_eq!(
                read(&format!("password_single_hash = {line}")).single,
                single,
                "{line}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_stops_the_launch() {
        for (line, mend) in [
            (
                "password_schemes = [\"bcrypt\", \"plaintext\"]",
                "hashed when they are imported",
            ),
            ("password_schemes = [\"md4\"]", "`bcrypt`"),
            ("password_schemes = [1]", "or leave it out"),
            ("password_single_hash = [\"md4\"]", "`bcrypt`"),
            ("password_salt = 1", "in quotes"),
        ] {
            let report = strict(&with_keys(line)).err().unwrap();
            assert_eq!(report.problems().len(), 1, "{report}");
            assert!(report.to_string().contains(mend), "{report}");
        }
    }

    #[test]
    fn the_salt_is_a_secret() {
        let salt = read("password_salt = \"salty\"").salt.unwrap();
        assert_eq!(&salt[..], "salty");
        assert!(
            SETTINGS
                .iter()
                .any(|setting| setting.name == "password_salt" && setting.secret)
        );
        assert!(read("password_salt = \"\"").salt.is_none());
    }
}
