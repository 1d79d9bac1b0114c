use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use minijinja::value::Kwargs;
use minijinja::{AutoEscape, Environment, ErrorKind, Output, State, UndefinedBehavior, Value, context};

use super::context::PageContext;
use super::embedded;
use crate::error::{Error, Result};
use crate::text::{Catalog, Locale};

/// What all our templates end with; the setting and the application say `security/login`.
const SUFFIX: &str = ".html.j2";
/// Names under which our own templates can be had even where the application replaces them.
const EMBEDDED: &str = "embedded/";

/// The engine that renders our pages.
pub(crate) struct Views {
    environment: Environment<'static>,
    dir: PathBuf,
}

impl Views {
    /// An engine that looks into `template_dir` first. The folder need not exist.
    ///
    /// # Errors
    /// When a template of ours that the application replaces is no template.
    pub fn new(template_dir: &Path) -> Result<Self> {
        // A page that misses a variable in a template of the application shows a gap, not an error.
        Self::with(template_dir, UndefinedBehavior::Lenient)
    }

    pub(super) fn with(template_dir: &Path, undefined: UndefinedBehavior) -> Result<Self> {
        let mut environment = Environment::new();
        let dir = template_dir.to_owned();
        environment.set_loader(move |name| load(&dir, name));
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_formatter(write_escaped);
        environment.set_undefined_behavior(undefined);
        // An error must not carry what the page holds: a token, what was typed.
        environment.set_debug(false);
        let views = Views {
            environment,
            dir: template_dir.to_owned(),
        };
        // A mistake shows at launch, not to the first visitor.
        for (name, _) in embedded::TEMPLATES {
            views.environment.get_template(name).map_err(|error| {
                Error::config(format!("the template {name} is broken: {}", whole(&error))).with_source(error)
            })?;
        }
        Ok(views)
    }

    /// Whether the application has a file for this view, in our engine's syntax.
    pub fn on_disk(&self, view: &str) -> bool {
        path(&self.dir, &format!("{view}{SUFFIX}")).is_some_and(|path| path.is_file())
    }

    /// Whether there is a template for this view at all, the application's or ours.
    pub fn has(&self, view: &str) -> bool {
        self.on_disk(view) || embedded::source(&format!("{view}{SUFFIX}")).is_some()
    }

    /// Files in the application's `templates/security` that no page reads: neither of the name of one (`others` are
    /// the names that the settings give) nor named in another file of that folder.
    pub fn strangers(&self, others: &[&str]) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.dir.join("security")) else {
            return Vec::new();
        };
        let files: BTreeMap<String, String> = entries
            .flatten()
            .filter(|entry| entry.path().is_file())
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                Some((name, fs::read_to_string(entry.path()).unwrap_or_default()))
            })
            .filter(|(name, _)| !name.starts_with('.'))
            .collect();
        let is_used = |name: &str| {
            let view = format!("security/{}", name.split('.').next().unwrap_or_default());
            let is_view = others.contains(&view.as_str())
                || embedded::TEMPLATES
                    .iter()
                    .any(|(ours, _)| ours.split('.').next() == Some(&view));
            // Of the application's own engine, if it has one.
            let is_template = [".j2", ".tera", ".hbs"]
                .iter()
                .any(|suffix| name.ends_with(suffix));
            let is_named = |(other, source): (&String, &String)| other != name && source.contains(name);
            (is_view && is_template) || files.iter().any(is_named)
        };
        files.keys().filter(|name| !is_used(name)).cloned().collect()
    }

    /// The page as HTML: the application's file, else ours.
    ///
    /// # Errors
    /// When there is neither, or the template fails.
    pub fn render(
        &self,
        view: &str,
        page: &PageContext,
        catalog: &Catalog,
        locale: &Locale,
    ) -> Result<String> {
        let environment = self.environment();
        let render = || {
            let page = context! { ..functions(page, catalog, locale), ..Value::from_serialize(page) };
            environment.get_template(&format!("{view}{SUFFIX}"))?.render(page)
        };
        render().map_err(|error: minijinja::Error| {
            Error::internal(format!("the page {view} could not be made: {}", whole(&error)))
                .with_source(error)
        })
    }

    /// While an application is written, its files are read anew for each page.
    fn environment(&self) -> Cow<'_, Environment<'static>> {
        if cfg!(debug_assertions) && self.dir.is_dir() {
            let mut environment = self.environment.clone();
            environment.clear_templates();
            return Cow::Owned(environment);
        }
        Cow::Borrowed(&self.environment)
    }
}

/// What templates can call.
fn functions(page: &PageContext, catalog: &Catalog, locale: &Locale) -> Value {
    let (catalog, locale) = (catalog.clone(), locale.clone());
    let text = move |id: &str, args: Kwargs| -> std::result::Result<String, minijinja::Error> {
        let mut owned = Vec::new();
        for name in args.args() {
            owned.push((name, args.get::<Value>(name)?.to_string()));
        }
        let pairs: Vec<(&str, &str)> = owned
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        Ok(catalog.text(&locale, id, &pairs))
    };
    let mut field = String::from(r#"<input type="hidden" name=""#);
    escape(&mut field, &page.csrf_field_name);
    field.push_str(r#"" value=""#);
    escape(&mut field, &page.csrf_token);
    field.push_str(r#"">"#);
    context! {
        t => Value::from_function(text),
        csrf_field => Value::from_function(move || Value::from_safe_string(field.clone())),
    }
}

/// The application's file of that name, else our own.
fn load(dir: &Path, name: &str) -> std::result::Result<Option<String>, minijinja::Error> {
    if let Some(name) = name.strip_prefix(EMBEDDED) {
        return Ok(embedded::source(name).map(str::to_owned));
    }
    let Some(path) = path(dir, name) else {
        return Ok(None);
    };
    match fs::read_to_string(&path) {
        Ok(source) => Ok(Some(source)),
        Err(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(embedded::source(name).map(str::to_owned))
        }
        Err(error) => {
            let reason = format!("{} cannot be read: {error}", path.display());
            Err(minijinja::Error::new(ErrorKind::InvalidOperation, reason).with_source(error))
        }
    }
}

/// Where a template lies; nothing for a name that leads out of the folder.
fn path(dir: &Path, name: &str) -> Option<PathBuf> {
    let mut path = dir.to_owned();
    for segment in name.split('/') {
        if segment.is_empty() || segment.starts_with('.') || segment.contains(['\\', ':', '\0']) {
            return None;
        }
        path.push(segment);
    }
    Some(path)
}

/// Escapes text for HTML, in elements as in quoted attributes. The engine's own way writes `&#x2f;` for each slash
/// of an address.
fn write_escaped(
    out: &mut Output<'_>,
    state: &State<'_, '_>,
    value: &Value,
) -> std::result::Result<(), minijinja::Error> {
    if value.is_none() {
        // A gap, where the engine would write the word.
        return Ok(());
    }
    match value.as_str() {
        Some(text) if matches!(state.auto_escape(), AutoEscape::Html) && !value.is_safe() => {
            let mut escaped = String::with_capacity(text.len() + text.len() / 8);
            escape(&mut escaped, text);
            out.write_str(&escaped).map_err(minijinja::Error::from)
        }
        _ => minijinja::escape_formatter(out, state, value),
    }
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

/// An error of the engine with all its causes, as one line.
fn whole(error: &minijinja::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
