use std::fmt;

use super::table::SETTINGS;
use crate::error::Error;

/// One setting that stops the launch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The setting, or the unknown key, below `[default.security]`.
    pub key: String,
    /// What was written, as TOML. Nothing for secrets, for unknown keys and for what is missing.
    pub value: Option<String>,
    /// Where it was written: a file or a variable.
    pub source: Option<String>,
    /// What is wrong with it.
    pub problem: String,
    /// What to write instead.
    pub mend: String,
}

/// Everything that is wrong with the settings, in one block.
///
/// It is shown whole, so that one launch is enough to find every mistake, and never shows the value of a secret.
#[derive(Clone, Default)]
pub struct Report {
    problems: Vec<Problem>,
}

impl Report {
    /// The problems, in the order of the settings.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    pub(super) fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// In the order of the table; keys that are no settings come last.
    pub(super) fn sorted(mut self) -> Self {
        let place = |key: &str| {
            SETTINGS
                .iter()
                .position(|setting| setting.name == key)
                .unwrap_or(usize::MAX)
        };
        self.problems.sort_by_key(|problem| place(&problem.key));
        self
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.problems.iter().any(|problem| problem.key == key)
    }

    /// Only the first problem of a key is kept: what follows from a wrong value would only confuse.
    pub(super) fn push(&mut self, problem: Problem) {
        if !self.has(&problem.key) {
            self.problems.push(problem);
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => writeln!(f, "rocket_security cannot start: a setting is wrong.")?,
            count => writeln!(f, "rocket_security cannot start: {count} settings are wrong.")?,
        }
        for problem in &self.problems {
            write!(f, "\n  {}", problem.key.escape_debug())?;
            if let Some(value) = &problem.value {
                write!(f, " = {value}")?;
            }
            if let Some(source) = &problem.source {
                write!(f, "  ({source})")?;
            }
            writeln!(f, "\n    {}", problem.problem)?;
            writeln!(f, "    -> {}", problem.mend)?;
        }
        write!(
            f,
            "\nSettings belong under [default.security] in Rocket.toml, or into ROCKET_SECURITY={{...}}."
        )
    }
}

/// The same as `Display`: the report is what a panicking launch shows.
impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Report {}

impl From<Report> for Error {
    fn from(report: Report) -> Error {
        Error::config(report.to_string())
    }
}

/// A setting that is allowed, but that whoever launches should know of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notice {
    /// The setting.
    pub key: String,
    /// What it means here.
    pub text: String,
    /// Whether it weakens security.
    pub weakens: bool,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.text)
    }
}
