//! One language: its Fluent files, and the check that their texts say nothing that the library does not.

use std::fs;
use std::path::Path;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentError, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::error::{Error, Result};

/// Arguments that are numbers; all others are text, so that a user called 007 keeps his zeros.
const NUMBERS: &[&str] = &["count", "length", "max", "min", "minutes", "seconds"];

pub(super) struct Language {
    pub id: LanguageIdentifier,
    bundle: FluentBundle<FluentResource>,
    /// The ids of all texts, in the order in which they were added.
    written: Vec<String>,
}

impl Language {
    pub fn new(id: LanguageIdentifier) -> Self {
        let mut bundle = FluentBundle::new_concurrent(vec![id.clone()]);
        // The marks would be visible in JSON and in titles; pages give each language its own element instead.
        bundle.set_use_isolating(false);
        if bundle.add_builtins().is_err() {
            log::warn!("the functions of Fluent are not to be had");
        }
        Language {
            id,
            bundle,
            written: Vec::new(),
        }
    }

    /// Adds texts; a later one replaces an earlier one of the same id. `origin` names them in an error.
    pub fn add(&mut self, source: String, origin: &str) -> Result<()> {
        let resource = FluentResource::try_new(source).map_err(|(resource, errors)| {
            let first = errors.first();
            let line = first.map_or(1, |error| line_of(resource.source(), error.pos.start));
            let reason = first.map_or_else(String::new, |error| error.to_string());
            Error::config(format!("{origin}, line {line}: no Fluent text: {reason}"))
        })?;
        self.written.extend(ids(resource.source()).map(str::to_owned));
        self.bundle.add_resource_overriding(resource);
        Ok(())
    }

    /// Adds every `*.ftl` file of a folder, in the order of their names.
    pub fn add_folder(&mut self, folder: &Path) -> Result<()> {
        let unreadable = |error: std::io::Error| {
            Error::config(format!("{}: cannot be read", folder.display())).with_source(error)
        };
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_some_and(|extension| extension == "ftl") {
                files.push(path);
            }
        }
        files.sort();
        for path in files {
            let source = fs::read_to_string(&path).map_err(|error| {
                Error::config(format!("{}: cannot be read: {error}", path.display())).with_source(error)
            })?;
            self.add(source, &path.display().to_string())?;
        }
        Ok(())
    }

    /// The ids of its texts.
    pub fn ids(&self) -> &[String] {
        &self.written
    }

    pub fn has(&self, id: &str) -> bool {
        self.bundle
            .get_message(id)
            .is_some_and(|message| message.value().is_some())
    }

    /// The text, and what went wrong while it was put together; nothing when the language lacks it.
    pub fn format(&self, id: &str, args: &[(&str, &str)]) -> Option<(String, Vec<FluentError>)> {
        let message = self.bundle.get_message(id)?;
        let pattern = message.value()?;
        let mut errors = Vec::new();
        let args = fluent_args(args);
        let text = self
            .bundle
            .format_pattern(pattern, Some(&args), &mut errors)
            .into_owned();
        Some((text, errors))
    }

    /// Refuses a text that names something other than `args`: a visitor would read `{$name}`.
    pub fn check(&self, id: &str, args: &[&str]) -> Result<()> {
        // Which variant of a text is taken depends on the number: one, few and many in any language.
        for number in ["0", "1", "2", "3", "5", "11", "100"] {
            let mut sample: Vec<(&str, &str)> = args.iter().map(|name| (*name, number)).collect();
            add_derived(&mut sample, Some(number));
            for number in ["0", "1", "2"] {
                for (name, value) in &mut sample {
                    if *name == "minutes" {
                        *value = number;
                    }
                }
                if let Some((_, errors)) = self.format(id, &sample)
                    && let Some(error) = errors.first()
                {
                    let known = match args {
                        [] => "this text has no arguments".to_owned(),
                        args => format!("its arguments are {}", args.join(", ")),
                    };
                    return Err(Error::config(format!(
                        "the text {id} in {}: {error}; {known}",
                        self.id
                    )));
                }
            }
        }
        Ok(())
    }
}

/// The ids of a Fluent source that was found good: a message begins in the first column, and nothing else with a letter
/// does.
fn ids(source: &str) -> impl Iterator<Item = &str> {
    source
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()))
        .filter_map(|line| Some(line.split_once('=')?.0.trim_end()))
}

/// `$minutes` beside `$seconds`, so that a text can say the larger unit.
fn add_derived<'a>(args: &mut Vec<(&'a str, &'a str)>, minutes: Option<&'a str>) {
    if let Some(minutes) = minutes
        && args.iter().any(|(name, _)| *name == "seconds")
    {
        args.push(("minutes", minutes));
    }
}

/// The wait in whole minutes, rounded up; 0 when seconds say it better.
pub(super) fn minutes(args: &[(&str, &str)]) -> Option<String> {
    let (_, seconds) = args.iter().find(|(name, _)| *name == "seconds")?;
    let seconds: u64 = seconds.parse().ok()?;
    Some(if seconds < 120 { 0 } else { seconds.div_ceil(60) }.to_string())
}

fn fluent_args<'a>(args: &[(&'a str, &'a str)]) -> FluentArgs<'a> {
    let mut fluent = FluentArgs::with_capacity(args.len());
    for (name, value) in args {
        match value.parse::<u64>() {
            Ok(number) if NUMBERS.contains(name) => fluent.set(*name, FluentValue::from(number)),
            _ => fluent.set(*name, FluentValue::from(*value)),
        }
    }
    fluent
}

fn line_of(source: &str, offset: usize) -> usize {
    source.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
