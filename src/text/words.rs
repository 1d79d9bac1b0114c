use std::borrow::Cow;

use super::{Catalog, Locale, Message};

/// Words for visitors: the application's own, or a text of the catalogue in the visitor's language.
///
/// Plain text is said as it is, in every language. An id is looked up in the catalogue, to which the application adds
/// texts by files such as `locales/en/app.ftl` (`docs/features/pages.md`).
///
/// ```
/// use rocket_security::Words;
///
/// let own: Words = "Display name".into();
/// let looked_up = Words::id("profile-name-hint").with("max", 40);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Own(String),
    Id {
        id: Cow<'static, str>,
        args: Vec<(Cow<'static, str>, String)>,
    },
}

impl Words {
    /// The application's own words.
    pub fn own(text: impl Into<String>) -> Self {
        Words(Kind::Own(text.into()))
    }

    /// The text of that id in the catalogue.
    pub fn id(id: impl Into<Cow<'static, str>>) -> Self {
        Words(Kind::Id {
            id: id.into(),
            args: Vec::new(),
        })
    }

    /// What the text of the catalogue names as `{ $name }`. Own words name nothing.
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl ToString) -> Self {
        if let Kind::Id { args, .. } = &mut self.0 {
            args.push((name.into(), value.to_string()));
        }
        self
    }

    /// The id, where it is a text of the catalogue.
    pub(crate) fn as_id(&self) -> Option<&str> {
        match &self.0 {
            Kind::Own(_) => None,
            Kind::Id { id, .. } => Some(id),
        }
    }

    /// What is read.
    pub(crate) fn say(&self, catalog: &Catalog, locale: &Locale) -> String {
        match &self.0 {
            Kind::Own(text) => text.clone(),
            Kind::Id { id, args } => {
                let args: Vec<(&str, &str)> = args
                    .iter()
                    .map(|(name, value)| (name.as_ref(), value.as_str()))
                    .collect();
                catalog.text(locale, id, &args)
            }
        }
    }
}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Words::own(text)
    }
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Words::own(text)
    }
}

impl From<Message> for Words {
    fn from(message: Message) -> Self {
        Words::id(message.key())
    }
}
