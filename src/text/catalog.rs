use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Serialize, Serializer};
use unic_langid::LanguageIdentifier;

use super::language::{Language, minutes};
use super::locale::{Locale, negotiate};
use super::message::{Level, Message};
use super::sources::{self, entries};
use crate::error::{Error, Result};

/// How many unknown ids are told of in the log; they can only come from templates, but a template may loop.
const UNKNOWN_MAX: usize = 100;

/// All texts in all languages. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Catalog(Arc<Inner>);

struct Inner {
    /// English is the first.
    languages: Vec<Language>,
    locales: Vec<Locale>,
    ids: Vec<LanguageIdentifier>,
    strangers: Vec<(String, String)>,
    /// The application's own words, which hold in every language.
    words: Option<Language>,
    levels: BTreeMap<Message, Level>,
    texts: Vec<Texts>,
    unknown: Mutex<BTreeSet<String>>,
    /// Whether each text is put between marks, so that a test sees what did not come from here.
    marked: bool,
}

/// All texts of the pages that need no arguments, in one language: what a template of any engine gets.
#[derive(Clone, Default)]
pub(crate) struct Texts(Arc<BTreeMap<&'static str, String>>);

impl Catalog {
    /// The library's texts, below those of the folders (`<folder>/<language>/*.ftl`, later ones first) and below
    /// the overrides of single messages.
    ///
    /// # Errors
    /// When a file cannot be read, or a text of ours names something that the library does not say there.
    pub fn new(dirs: &[PathBuf], overrides: &BTreeMap<String, (String, Option<Level>)>) -> Result<Self> {
        let mut english = Language::new(english()?);
        english.add(sources::MESSAGES.to_owned(), "locales/en/messages.ftl")?;
        english.add(sources::UI.to_owned(), "locales/en/ui.ftl")?;
        let mut languages = vec![english];
        for dir in dirs {
            add_folders(&mut languages, dir)?;
        }
        // A folder with the application's texts alone makes no language of ours: the page would say that it is
        // German and be English.
        let strangers = strangers(&languages);
        languages.retain(|language| known().any(|(id, _)| language.has(id)));
        let (words, levels) = words(overrides)?;
        for language in languages.iter().chain(&words) {
            for (id, args) in known() {
                language.check(id, &args)?;
            }
        }
        Ok(Self::build(languages, strangers, words, levels, false))
    }

    /// English, with each text between ⟦ and ⟧: whatever stands outside did not come from the catalogue.
    #[cfg(any(test, feature = "testing"))]
    #[cfg(test)]
    pub fn pseudo() -> Result<Self> {
        let plain = Self::new(&[], &BTreeMap::new())?;
        let inner = Arc::into_inner(plain.0).ok_or_else(|| Error::internal("the catalogue is shared"))?;
        Ok(Self::build(
            inner.languages,
            Vec::new(),
            None,
            BTreeMap::new(),
            true,
        ))
    }

    fn build(
        languages: Vec<Language>,
        strangers: Vec<(String, String)>,
        words: Option<Language>,
        levels: BTreeMap<Message, Level>,
        marked: bool,
    ) -> Self {
        let ids: Vec<_> = languages.iter().map(|language| language.id.clone()).collect();
        let locales: Vec<_> = ids
            .iter()
            .enumerate()
            .map(|(index, id)| Locale::new(index, id))
            .collect();
        let mut inner = Inner {
            languages,
            locales,
            ids,
            strangers,
            words,
            levels,
            texts: Vec::new(),
            unknown: Mutex::default(),
            marked,
        };
        let without_args: Vec<_> = entries(sources::UI)
            .into_iter()
            .filter(|entry| entry.args.is_empty())
            .collect();
        inner.texts = inner
            .locales
            .iter()
            .map(|locale| {
                let text = |id: &'static str| (id, inner.text(locale, id, &[]));
                Texts(Arc::new(
                    without_args.iter().map(|entry| text(entry.id)).collect(),
                ))
            })
            .collect();
        Catalog(Arc::new(inner))
    }

    /// The best language for an `Accept-Language` header; English when it asks for none that there is.
    pub fn negotiate(&self, accept_language: Option<&str>) -> Locale {
        let index = accept_language
            .and_then(|accept| negotiate(accept, &self.0.ids))
            .unwrap_or(0);
        self.0.locales[index].clone()
    }

    /// A text in a language, in English where the language lacks it. An unknown id is its own text, and is told of
    /// in the log once.
    pub fn text(&self, locale: &Locale, id: &str, args: &[(&str, &str)]) -> String {
        self.0.text(locale, id, args)
    }

    /// Whether there is a text of that id in any language.
    pub fn has(&self, id: &str) -> bool {
        self.0
            .words
            .iter()
            .chain(&self.0.languages)
            .any(|language| language.has(id))
    }

    /// What a message says.
    pub fn message(&self, locale: &Locale, message: Message, args: &[(&str, &str)]) -> String {
        self.text(locale, message.key(), args)
    }

    /// How a message is meant in this application.
    pub fn level(&self, message: Message) -> Level {
        self.0.levels.get(&message).copied().unwrap_or(message.level())
    }

    /// Ids in the application's files that are none of ours, each with its language. They may be texts of its own.
    pub fn strangers(&self) -> &[(String, String)] {
        &self.0.strangers
    }

    /// Every id that the library has a text for.
    pub fn ids() -> Vec<&'static str> {
        known().map(|(id, _)| id).collect()
    }

    /// All texts of the pages that need no arguments.
    pub fn texts(&self, locale: &Locale) -> Texts {
        self.0.texts.get(locale.index).cloned().unwrap_or_default()
    }
}

impl Inner {
    fn text(&self, locale: &Locale, id: &str, args: &[(&str, &str)]) -> String {
        let minutes = minutes(args);
        let mut all: Vec<(&str, &str)> = args.to_vec();
        if let Some(minutes) = &minutes {
            all.push(("minutes", minutes));
        }
        let languages = self
            .words
            .iter()
            .chain(self.languages.get(locale.index))
            .chain(self.languages.first());
        for language in languages {
            if let Some((text, errors)) = language.format(id, &all) {
                if let Some(error) = errors.first() {
                    self.note(id, &error.to_string());
                }
                return if self.marked {
                    format!("⟦{text}⟧")
                } else {
                    text
                };
            }
        }
        self.note(id, "the catalogue has no such text");
        id.to_owned()
    }

    fn note(&self, id: &str, problem: &str) {
        let mut unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        if unknown.len() < UNKNOWN_MAX && unknown.insert(id.to_owned()) {
            log::warn!("rocket_security: text {id:?}: {problem}");
        }
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Catalog").field(&self.0.locales).finish()
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Texts({})", self.0.len())
    }
}

impl Serialize for Texts {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Every id of ours, with what its text may name.
fn known() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let messages = Message::ALL
        .iter()
        .map(|message| (message.key(), message.args().to_vec()));
    messages.chain(
        entries(sources::UI)
            .into_iter()
            .map(|entry| (entry.id, entry.args)),
    )
}

fn strangers(languages: &[Language]) -> Vec<(String, String)> {
    let ours: BTreeSet<&str> = known().map(|(id, _)| id).collect();
    let mut strangers = Vec::new();
    for language in languages {
        for id in language.ids().iter().filter(|id| !ours.contains(id.as_str())) {
            strangers.push((language.id.to_string(), id.clone()));
        }
    }
    strangers
}

fn english() -> Result<LanguageIdentifier> {
    "en".parse()
        .map_err(|error| Error::internal("English is no language").with_source(error))
}

/// Adds the languages of a folder; one that does not exist adds none.
fn add_folders(languages: &mut Vec<Language>, dir: &Path) -> Result<()> {
    let unreadable = |error: std::io::Error| {
        Error::config(format!("`i18n_dirname`: {} cannot be read", dir.display())).with_source(error)
    };
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut folders = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    for folder in folders {
        let name = folder
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        // Other folders may lie beside the languages.
        let Ok(id) = name.parse::<LanguageIdentifier>() else {
            continue;
        };
        let index = match languages.iter().position(|language| language.id == id) {
            Some(index) => index,
            None => {
                languages.push(Language::new(id));
                languages.len() - 1
            }
        };
        languages[index].add_folder(&folder)?;
    }
    Ok(())
}

/// The overrides of the settings, as a language that comes before all others.
fn words(
    overrides: &BTreeMap<String, (String, Option<Level>)>,
) -> Result<(Option<Language>, BTreeMap<Message, Level>)> {
    let mut levels = BTreeMap::new();
    let mut words = Language::new(english()?);
    for (key, (text, level)) in overrides {
        let setting = format!("`msg_{}`", key.to_lowercase());
        let message = Message::from_key(key)
            .ok_or_else(|| Error::config(format!("{setting}: there is no message of this name")))?;
        if let Some(level) = level {
            levels.insert(message, *level);
        }
        words.add(format!("{key} = {}\n", pattern(text)), &setting)?;
        words
            .check(key, message.args())
            .map_err(|error| Error::config(format!("{setting}: {error}")))?;
    }
    Ok(((!overrides.is_empty()).then_some(words), levels))
}

/// The text as the value of a Fluent message: further lines indented, and what would end the value there quoted.
fn pattern(text: &str) -> String {
    let lines: Vec<String> = text
        .trim()
        .lines()
        .map(|line| match line.trim_start().chars().next() {
            Some(first @ ('[' | '*' | '.')) => {
                format!("{{\"{first}\"}}{}", &line.trim_start()[first.len_utf8()..])
            }
            _ => line.to_owned(),
        })
        .collect();
    lines.join("\n    ")
}

#[cfg(test)]
mod tests;
