//! What a declared setting is, and the macro that turns the table into data and a type at once.

/// A setting as it was declared: the source of the reference page.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Setting {
    /// The heading below which the reference page lists it.
    pub section: &'static str,
    /// Its key below `[default.security]`.
    pub name: &'static str,
    /// What it holds while nobody writes it, as TOML.
    pub default: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// What it is called in Flask-Security, without `SECURITY_`; settings that only we have carry none.
    pub reference: Option<&'static str>,
    /// The least and the most that it may be, as TOML.
    pub bounds: Option<(&'static str, &'static str)>,
    /// What it holds under `compat = "flask-security"` while nobody writes it, as TOML.
    pub compat: Option<&'static str>,
    /// When and how it weakens security, if it can. Outside development it must then be listed in `accepted_risks`.
    pub weakens: Option<&'static str>,
    /// Whether its value is never shown.
    pub secret: bool,
    pub(super) kind: fn() -> String,
}

impl Setting {
    /// What may be written: `a whole number`.
    pub fn kind(&self) -> String {
        (self.kind)()
    }
}

macro_rules! settings {
    ($(
        section $section:literal {
            $(
                $(#[doc = $doc:literal])+
                $name:ident: $type:ty = $default:literal
                $(reference $reference:literal)?
                $(between $least:literal and $most:literal)?
                $(compat $compat:literal)?
                $(weakens $weakens:literal)?;
            )+
        }
    )+) => {
        /// The settings, checked.
        ///
        /// [`Config::from_figment`] makes it from Rocket's configuration. It has no `Debug`, because it holds keys.
        #[non_exhaustive]
        pub struct Config {
            $($(
                $(#[doc = $doc])+
                pub $name: $type,
            )+)+
            /// Texts and levels of messages, by the message's key in upper case (`msg_unauthorized = "…"` is under
            /// `UNAUTHORIZED`).
            pub messages: std::collections::BTreeMap<String, super::MessageOverride>,
            /// What is allowed but should be said at launch.
            pub notices: Vec<super::Notice>,
            /// Whether this launch counts as development.
            pub development: super::Development,
        }

        /// Every setting, in the order of the reference page.
        pub static SETTINGS: &[Setting] = &[$($(
            Setting {
                section: $section,
                name: stringify!($name),
                default: $default,
                doc: concat!($($doc, "\n"),+),
                reference: optional!($($reference)?),
                bounds: optional!($(($least, $most))?),
                compat: optional!($($compat)?),
                weakens: optional!($($weakens)?),
                secret: <$type as FromSetting>::SECRET,
                kind: <$type as FromSetting>::kind,
            },
        )+)+];

        impl Config {
            /// Reads every setting. What is wrong is noted in `raw` and replaced by its default, so that one launch
            /// finds all mistakes.
            pub(super) fn read(raw: &mut super::raw::Raw<'_>, development: super::Development) -> Option<Config> {
                $($( let $name = raw.read::<$type>(stringify!($name)); )+)+
                Some(Config {
                    $($( $name: $name?, )+)+
                    messages: Default::default(),
                    notices: Vec::new(),
                    development,
                })
            }
        }
    };
}

macro_rules! optional {
    () => {
        None
    };
    ($value:expr) => {
        Some($value)
    };
}

pub(super) use {optional, settings};
