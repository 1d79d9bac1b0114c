//! Pages from templates.
//!
//! A view such as `security/login` is a file `<template_dir>/security/login.html.j2` of the application, or else our
//! own of that name, which is compiled in. A file of the application may extend or include ours, and any other
//! template of its folder:
//!
//! * `security/base.html.j2` is the application's if it has one, else ours;
//! * `embedded/security/base.html.j2` is ours in any case, so that a file can extend the very page that it replaces.
//!
//! What templates may use is [`PageContext`], and besides:
//!
//! * `t("login-title", name=value)`: a text of the catalogue in the visitor's language;
//! * `csrf_field()`: the hidden field that each form needs;
//! * the macros of `security/_forms.html.j2`.
//!
//! All that is printed is escaped for HTML, whatever the file is called.

mod context;
mod embedded;
mod engine;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use context::{ChoiceView, FieldView, FormView, PageContext, next_query, title_id};
pub use context::{FlashView, UserView};
pub(crate) use engine::Views;
