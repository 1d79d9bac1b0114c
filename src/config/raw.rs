//! What was written, before it means anything.

use std::cmp::Ordering;

use rocket::figment::Figment;
use rocket::figment::error::Kind;
use rocket::figment::value::{Dict, Value};

use super::declare::Setting;
use super::later::LATER;
use super::report::{Problem, Report};
use super::table::SETTINGS;
use super::value::{FromSetting, Wrong, show};

/// The table that Rocket's configuration holds for us.
pub(super) const TABLE: &str = "security";

pub(super) struct Raw<'f> {
    figment: &'f Figment,
    written: Dict,
    /// Whether defaults are those of the reference.
    pub compat: bool,
    pub report: Report,
}

impl<'f> Raw<'f> {
    pub fn new(figment: &'f Figment) -> Self {
        let mut raw = Raw {
            figment,
            written: Dict::new(),
            compat: false,
            report: Report::default(),
        };
        let problem = match figment.find_value(TABLE) {
            Ok(Value::Dict(_, written)) => {
                raw.written = written;
                return raw;
            }
            Ok(_) => "must be a table.",
            Err(error)
                if error
                    .clone()
                    .into_iter()
                    .all(|error| matches!(error.kind, Kind::MissingField(_))) =>
            {
                return raw;
            }
            // Figment's own words could quote the line, and with it a key.
            Err(_) => "cannot be read: a file of Rocket's configuration is broken.",
        };
        raw.report.push(Problem {
            key: TABLE.into(),
            value: None,
            source: raw.source_of(TABLE),
            problem: problem.into(),
            mend: "Write the settings under [default.security] in Rocket.toml.".into(),
        });
        raw
    }

    pub fn is_written(&self, name: &str) -> bool {
        self.written.contains_key(name)
    }

    pub fn keys(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.written.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The folder of the file in which the setting was written.
    pub fn folder_of(&self, name: &str) -> Option<std::path::PathBuf> {
        let metadata = self.figment.find_metadata(&format!("{TABLE}.{name}"))?;
        let file = metadata.source.as_ref()?.file_path()?;
        Some(file.parent()?.to_path_buf())
    }

    /// The value of a setting, or its default when it is not written or wrong. `None` only if the table is wrong.
    pub fn read<T: FromSetting>(&mut self, name: &'static str) -> Option<T> {
        let setting = setting(name)?;
        let default = match setting.compat {
            Some(compat) if self.compat => compat,
            _ => setting.default,
        };
        if let Some(value) = self.written.get(name) {
            match T::from_setting(value).and_then(|read| within(read, setting)) {
                Ok(read) => return Some(read),
                Err(wrong) => self.wrong(setting, wrong),
            }
        }
        parsed(default)
    }

    fn wrong(&mut self, setting: &Setting, wrong: Wrong) {
        let mend = wrong.mend.unwrap_or_else(|| match setting.secret {
            true if setting.name.ends_with("_salt") => "Write it in quotes, exactly as it was.".into(),
            true => "Make keys with `openssl rand -base64 48` and write them as a list of texts.".into(),
            false => format!(
                "Write {}, or leave it out for {}.",
                setting.kind(),
                setting.default
            ),
        });
        self.problem(setting.name, wrong.problem, mend);
    }

    /// Notes a problem of a known setting, with what was written and where.
    pub fn problem(&mut self, name: &str, problem: impl Into<String>, mend: impl Into<String>) {
        let may_show = setting(name).map_or(name.starts_with("msg_"), |setting| !setting.secret);
        self.report.push(Problem {
            key: name.into(),
            value: self.written.get(name).filter(|_| may_show).map(show),
            source: self.source_of(&format!("{TABLE}.{name}")),
            problem: problem.into(),
            mend: mend.into(),
        });
    }

    fn source_of(&self, path: &str) -> Option<String> {
        let metadata = self.figment.find_metadata(path)?;
        match metadata.source.as_ref().and_then(|source| source.file_path()) {
            Some(file) => {
                let here = std::env::current_dir().unwrap_or_default();
                Some(file.strip_prefix(here).unwrap_or(file).display().to_string())
            }
            None => Some(metadata.name.to_string()),
        }
    }

    /// Notes every key that no setting has.
    pub fn refuse_unknown(&mut self) {
        let unknown: Vec<String> = (self.written.keys())
            .filter(|key| setting(key).is_none() && !key.starts_with("msg_"))
            .cloned()
            .collect();
        for key in unknown {
            let (problem, mend) = unknown_key(&key);
            // Its value is not shown: it may be a key under a misspelt name.
            self.report.push(Problem {
                source: self.source_of(&format!("{TABLE}.{key}")),
                key,
                value: None,
                problem,
                mend,
            });
        }
    }
}

pub(super) fn setting(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

/// A default or a bound as a value.
pub(super) fn parsed<T: FromSetting>(toml: &str) -> Option<T> {
    // Figment's reader of environment variables reads these as TOML would, and never fails.
    let value: Value = toml.parse().ok()?;
    T::from_setting(&value).ok()
}

fn within<T: FromSetting>(read: T, setting: &Setting) -> Result<T, Wrong> {
    let Some((least, most)) = setting.bounds else {
        return Ok(read);
    };
    let is = |bound: &str, wrong: Ordering| {
        parsed::<T>(bound)
            .and_then(|bound| read.order(&bound))
            .is_none_or(|order| order == wrong)
    };
    if is(least, Ordering::Less) || is(most, Ordering::Greater) {
        return Err(
            Wrong::new(format!("must lie between {least} and {most}.")).mend(format!(
                "Write a value between them, or leave it out for {}.",
                setting.default
            )),
        );
    }
    Ok(read)
}

fn unknown_key(key: &str) -> (String, String) {
    let lower = key.to_ascii_lowercase();
    let bare = lower.strip_prefix("security_").unwrap_or(&lower);
    let upper = bare.to_ascii_uppercase();
    if setting(bare).is_none() && LATER.contains(&upper.as_str()) {
        return (
            "is a setting of Flask-Security that this version does not have.".into(),
            "Leave it out.".into(),
        );
    }
    let mend = match nearest(bare, SETTINGS.iter().map(|setting| setting.name)) {
        Some(name) => format!("Did you mean `{name}`?"),
        None => "Leave it out; docs/settings.md lists every setting.".into(),
    };
    ("is no setting.".into(), mend)
}

/// The name that differs least, if few enough letters differ.
pub(crate) fn nearest<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let most = (word.chars().count() / 3).clamp(1, 4);
    names
        .map(|name| (distance(word, name), name))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many letters must be added, dropped or replaced to come from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, own) in from.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(&to) {
            let above = *cell;
            let best = (diagonal + usize::from(own != *other))
                .min(above + 1)
                .min(left + 1);
            diagonal = above;
            left = best;
            *cell = best;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_letters() {
        for (from, to, letters) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "abc", 3),
            ("login", "login", 0),
            ("login_ulr", "login_url", 2),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(from, to), letters, "{from} {to}");
        }
    }

    #[test]
    fn unknown_keys_are_told_the_nearest() {
        assert_eq!(unknown_key("login_ulr").1, "Did you mean `login_url`?");
        assert_eq!(unknown_key("SECURITY_LOGIN_URL").1, "Did you mean `login_url`?");
        assert_eq!(unknown_key("secret_key").1, "Did you mean `secret_keys`?");
        assert!(unknown_key("banana").1.starts_with("Leave it out"));
        assert!(unknown_key("recoverable").0.contains("Flask-Security"));
    }
}
