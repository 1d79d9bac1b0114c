//! Every text that a visitor sees.
//!
//! Texts live in Fluent files, by language: `locales/en/messages.ftl` holds the [`Message`]s, which JSON clients and
//! flash messages get too, and `locales/en/ui.ftl` the labels and headings of the pages. English is compiled in. An
//! application adds languages, and replaces single texts, with `<language>/*.ftl` files in the folders that
//! `i18n_dirname` names, or one message at a time with the setting `msg_<key>`.
//!
//! Mistakes in these files stop the launch: a text that cannot be read, or that names something which the library
//! does not say there. What a language lacks is said in English.

mod catalog;
mod language;
mod locale;
mod message;
mod reason;
mod sources;
mod words;

pub(crate) use catalog::{Catalog, Texts};
pub(crate) use locale::Locale;
pub use message::{Level, Message};
pub use words::Words;
