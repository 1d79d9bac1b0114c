//! What the suite found.

use std::fmt;

use super::verdict::Fault;

/// A rule that the store breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Broken {
    /// The trait that it is a rule of, such as `"Users"`.
    pub of: &'static str,
    /// The rule, as a sentence: `"an identity belongs to one"`.
    pub rule: String,
    /// What the first step that failed expected.
    pub expected: String,
    /// What it found.
    pub found: String,
    /// Where in the sources of this crate that step stands.
    pub at: String,
}

impl Broken {
    pub(super) fn new(of: &'static str, rule: String, fault: Fault) -> Self {
        Broken {
            of,
            rule,
            expected: fault.expected,
            found: fault.found,
            at: fault.at.to_string(),
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Broken {
            of,
            rule,
            expected,
            found,
            at,
        } = self;
        write!(
            f,
            "{of}: {rule}\n  expected: {expected}\n  found:    {found}\n  at:       {at}"
        )
    }
}

/// What the suite found out about a store: which rules it keeps and which it breaks.
#[must_use = "it may tell of broken rules: call `assert`"]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    kept: usize,
    broken: Vec<Broken>,
}

impl Report {
    pub(super) fn new() -> Self {
        Report {
            kept: 0,
            broken: Vec::new(),
        }
    }

    pub(super) fn note(&mut self, found: Result<(), Broken>) {
        match found {
            Ok(()) => self.kept += 1,
            Err(broken) => self.broken.push(broken),
        }
    }

    /// The rules that the store breaks, in the order in which they were tried.
    pub fn broken(&self) -> &[Broken] {
        &self.broken
    }

    /// How many rules it keeps.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// Whether it keeps all that were tried, and any was.
    pub fn is_kept(&self) -> bool {
        self.broken.is_empty() && self.kept > 0
    }

    /// Ends a test that expects a right store.
    ///
    /// # Panics
    /// With the whole report when a rule is broken, or none was tried.
    #[track_caller]
    #[allow(clippy::panic)]
    pub fn assert(&self) {
        if !self.is_kept() {
            panic!("{self}");
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tried = self.kept + self.broken.len();
        match self.broken.len() {
            _ if tried == 0 => return write!(f, "no rule of the contract was tried"),
            0 => return write!(f, "the store keeps all {tried} rules of the contract"),
            broken => write!(f, "the store breaks {broken} of {tried} rules of the contract")?,
        }
        for broken in &self.broken {
            write!(f, "\n\n{broken}")?;
        }
        Ok(())
    }
}
