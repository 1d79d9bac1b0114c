//! Settings that choose among a few words.

use std::time::Duration;

use rocket::figment::value::Value;
use rocket::http::{Method, SameSite};

use super::value::{FromSetting, Wrong, text};
use crate::crypto::NormalForm;
use crate::model::Mechanism;

fn choose<T: Copy>(value: &Value, choices: &[(&str, T)]) -> Result<T, Wrong> {
    let written = text(value);
    let chosen = choices.iter().find(|(name, _)| {
        written
            .as_deref()
            .is_some_and(|written| written.eq_ignore_ascii_case(name))
    });
    match chosen {
        Some((_, choice)) => Ok(*choice),
        None => Err(Wrong::new(format!("must be {}.", names(choices)))),
    }
}

fn names<T>(choices: &[(&str, T)]) -> String {
    let quoted: Vec<_> = choices.iter().map(|(name, _)| format!("`\"{name}\"`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

macro_rules! choices {
    ($(
        $(#[$attribute:meta])+
        $name:ident { $( $(#[$doc:meta])+ $variant:ident = $text:literal, )+ }
    )+) => {$(
        $(#[$attribute])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $( $(#[$doc])+ $variant, )+ }

        impl $name {
            const CHOICES: &[(&str, Self)] = &[$( ($text, $name::$variant) ),+];

            /// The word for it in the settings.
            pub const fn name(self) -> &'static str {
                match self { $( $name::$variant => $text, )+ }
            }
        }

        impl FromSetting for $name {
            fn kind() -> String {
                names(Self::CHOICES)
            }

            fn from_setting(value: &Value) -> Result<Self, Wrong> {
                choose(value, Self::CHOICES)
            }
        }
    )+};
}

choices! {
    /// The Unicode form into which text is brought before it is hashed or compared.
    UnicodeForm {
        /// As it came.
        None = "none",
        /// Composed, canonical.
        Nfc = "NFC",
        /// Decomposed, canonical.
        Nfd = "NFD",
        /// Composed, compatibility.
        Nfkc = "NFKC",
        /// Decomposed, compatibility: the reference's choice.
        Nfkd = "NFKD",
    }

    /// How new password hashes are made.
    PasswordHash {
        /// argon2id.
        Argon2 = "argon2",
    }

    /// Whose wire the library keeps to where safety and compatibility disagree.
    Compat {
        /// Our own safe defaults.
        None = "none",
        /// The defaults of Flask-Security, for those who move a running front end over.
        FlaskSecurity = "flask-security",
    }

    /// Who shows the pages that visitors end on.
    RedirectBehavior {
        /// A single-page application: what a page would say goes along as query parameters.
        Spa = "spa",
    }

    /// What a browser can be told to drop.
    SiteData {
        /// Its cache of this host.
        Cache = "cache",
        /// What scripts have stored, and service workers.
        Storage = "storage",
    }

    /// How a message is meant, in an override of its text.
    MessageLevel {
        /// Something went wrong.
        Error = "error",
        /// Something to know.
        Info = "info",
        /// Something went well.
        Success = "success",
    }
}

const MECHANISMS: &[(&str, Mechanism)] = &[
    ("session", Mechanism::Session),
    ("token", Mechanism::Token),
    ("basic", Mechanism::Basic),
];

impl FromSetting for Mechanism {
    fn kind() -> String {
        names(MECHANISMS)
    }

    fn from_setting(value: &Value) -> Result<Self, Wrong> {
        choose(value, MECHANISMS)
    }
}

const SAME_SITE: &[(&str, SameSite)] = &[
    ("Strict", SameSite::Strict),
    ("Lax", SameSite::Lax),
    ("None", SameSite::None),
];

impl FromSetting for SameSite {
    fn kind() -> String {
        names(SAME_SITE)
    }

    fn from_setting(value: &Value) -> Result<Self, Wrong> {
        choose(value, SAME_SITE)
    }
}

/// `HEAD` comes with `GET`; other methods are no way to leave a page.
const METHODS: &[(&str, Method)] = &[("POST", Method::Post), ("GET", Method::Get)];

impl FromSetting for Method {
    fn kind() -> String {
        names(METHODS)
    }

    fn from_setting(value: &Value) -> Result<Self, Wrong> {
        choose(value, METHODS)
    }
}

impl From<UnicodeForm> for NormalForm {
    fn from(form: UnicodeForm) -> Self {
        match form {
            UnicodeForm::None => NormalForm::None,
            UnicodeForm::Nfc => NormalForm::Nfc,
            UnicodeForm::Nfd => NormalForm::Nfd,
            UnicodeForm::Nfkc => NormalForm::Nfkc,
            UnicodeForm::Nfkd => NormalForm::Nfkd,
        }
    }
}

/// How long a password must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordLength {
    /// 15 code points where the password may be the only factor (NIST SP 800-63B-4, 3.1.1.2).
    Auto,
    /// So many code points.
    AtLeast(u32),
}

impl PasswordLength {
    /// The number of code points. No second factor exists in this version, so `auto` is 15.
    pub const fn code_points(self) -> usize {
        match self {
            PasswordLength::Auto => 15,
            PasswordLength::AtLeast(length) => length as usize,
        }
    }
}

impl FromSetting for PasswordLength {
    fn kind() -> String {
        "`\"auto\"` or a number from 1 to 64".into()
    }

    fn from_setting(value: &Value) -> Result<Self, Wrong> {
        if text(value).is_some_and(|text| text.eq_ignore_ascii_case("auto")) {
            return Ok(PasswordLength::Auto);
        }
        // More than 64 would refuse passwords that NIST says must be taken.
        match u32::from_setting(value) {
            Ok(length @ 1..=64) => Ok(PasswordLength::AtLeast(length)),
            _ => Err(Wrong::new("must be `\"auto\"` or a number from 1 to 64.")),
        }
    }
}

/// How long ago a user may have proved who he is, for what needs freshness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// At most so long ago.
    Within(Duration),
    /// Never asked for.
    Off,
}

impl Freshness {
    /// The longest time since the proof, unless freshness is off.
    pub const fn within(self) -> Option<Duration> {
        match self {
            Freshness::Within(duration) => Some(duration),
            Freshness::Off => None,
        }
    }
}

impl FromSetting for Freshness {
    fn kind() -> String {
        format!("{}; negative or `\"off\"`: never asked", Duration::kind())
    }

    fn from_setting(value: &Value) -> Result<Self, Wrong> {
        let off = match text(value) {
            Some(text) if text.eq_ignore_ascii_case("off") => true,
            Some(text) => match text.trim_start().strip_prefix('-') {
                Some(positive) => {
                    Duration::from_setting(&Value::from(positive)).map(|time| !time.is_zero())?
                }
                None => false,
            },
            None => value.to_i128().is_some_and(|seconds| seconds < 0),
        };
        if off {
            return Ok(Freshness::Off);
        }
        match Duration::from_setting(value)? {
            Duration::ZERO => Err(
                Wrong::new("of zero would ask for the password again at every step.")
                    .mend("Write a time such as \"5 minutes\"."),
            ),
            time => Ok(Freshness::Within(time)),
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
    fn words_are_read_in_any_case() {
        assert_eq!(read::<UnicodeForm>("nfkd"), Some(UnicodeForm::Nfkd));
        assert_eq!(read::<UnicodeForm>("NFX"), None);
        assert_eq!(read::<Compat>("flask-security"), Some(Compat::FlaskSecurity));
        assert_eq!(read::<SameSite>("lax"), Some(SameSite::Lax));
        assert_eq!(read::<Method>("get"), Some(Method::Get));
        assert_eq!(read::<Method>("DELETE"), None);
        assert_eq!(read::<Method>(1), None);
        assert_eq!(
            UnicodeForm::kind(),
            "`\"none\"`, `\"NFC\"`, `\"NFD\"`, `\"NFKC\"` or `\"NFKD\"`"
        );
    }

    #[test]
    fn freshness_knows_off_from_zero() {
        let day = Duration::from_secs(86_400);
        assert_eq!(read::<Freshness>("1 day"), Some(Freshness::Within(day)));
        assert_eq!(read::<Freshness>(86_400), Some(Freshness::Within(day)));
        for off in ["-1", "-1 day", "OFF"] {
            assert_eq!(read::<Freshness>(off), Some(Freshness::Off), "{off}");
        }
        assert_eq!(read::<Freshness>(-1), Some(Freshness::Off));
        for wrong in ["0", "-0", "- ", "--1", "0 days", "soon", ""] {
            assert_eq!(read::<Freshness>(wrong), None, "{wrong}");
        }
        assert_eq!(read::<Freshness>(0), None);
        assert_eq!(read::<Freshness>(false), None);
    }

    #[test]
    fn password_length_is_auto_or_bounded() {
        assert_eq!(
            read::<PasswordLength>("auto").map(PasswordLength::code_points),
            Some(15)
        );
        assert_eq!(
            read::<PasswordLength>(8).map(PasswordLength::code_points),
            Some(8)
        );
        assert_eq!(read::<PasswordLength>(0), None);
        assert_eq!(read::<PasswordLength>(65), None);
        assert_eq!(read::<PasswordLength>("8"), None);
    }
}
