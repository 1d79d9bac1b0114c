//! Holds the two ledgers true: `docs/compat.toml`, what became of each thing that Flask-Security offers, and
//! `docs/standards.toml`, what the standards ask for. A row that is missing, that says `done` without a test of that
//! name, or that keeps the reason to itself, fails here.

mod compat;
mod known_tests;
mod page;
mod standards;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use known_tests::KnownTests;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Done,
    Planned,
    Declined,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Status::Done => "done",
            Status::Planned => "planned",
            Status::Declined => "declined",
        })
    }
}

/// Where a planned row is built: an issue, or `"later"`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Issue {
    Number(u8),
    Word(String),
}

impl Issue {
    fn is_known(&self) -> bool {
        match self {
            Issue::Number(number) => (2..=7).contains(number),
            Issue::Word(word) => word == "later",
        }
    }
}

/// The part that rows of both ledgers share.
struct Standing<'a> {
    status: Status,
    issue: Option<&'a Issue>,
    why: Option<&'a str>,
    test: Option<&'a str>,
    /// Whether `done` may stand without a test: what is the application's duty is only documented here.
    may_lack_test: bool,
}

impl Standing<'_> {
    /// What is wrong with it, in words.
    fn faults(&self, tests: &KnownTests) -> Vec<String> {
        let mut faults = Vec::new();
        let mut expect = |holds: bool, fault: &str| {
            if !holds {
                faults.push(fault.to_owned());
            }
        };
        let is = |status| self.status == status;
        expect(
            is(Status::Planned) == self.issue.is_some(),
            "`issue` belongs to what is planned, and only there",
        );
        expect(
            is(Status::Declined) == self.why.is_some(),
            "`why` belongs to what is declined, and only there",
        );
        expect(
            is(Status::Done) || self.test.is_none(),
            "`test` belongs to what is done",
        );
        expect(
            self.issue.is_none_or(Issue::is_known),
            "`issue` is 2 to 7 or \"later\"",
        );
        expect(self.why.is_none_or(is_sentence), "`why` is a sentence");
        if is(Status::Done) {
            expect(
                self.test.is_some() || self.may_lack_test,
                "`test` belongs to what is done",
            );
            if let Some(test) = self.test.filter(|test| !tests.contain(test)) {
                faults.push(format!("there is no test `{test}`"));
            }
        }
        faults
    }
}

fn is_sentence(text: &str) -> bool {
    text.len() > 15 && text.ends_with('.')
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read<T: DeserializeOwned>(path: &str) -> T {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Fails with all faults at once, so that one run shows what there is to mend.
fn none(faults: Vec<String>) {
    assert!(
        faults.is_empty(),
        "{} fault(s):\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// Fails when a generated page is not what the ledger says now; with `UPDATE_DOCS=1` writes it.
fn is_fresh(path: &str, page: &str) {
    let file: PathBuf = root().join(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, page).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == page,
        "{path} is not what the ledger says. Run: UPDATE_DOCS=1 cargo test --test suite ledgers"
    );
}

#[test]
fn a_standing_is_judged() {
    let tests = KnownTests::of_the_repository();
    let faults = |status, issue: Option<&Issue>, why, test, may_lack_test| {
        Standing {
            status,
            issue,
            why,
            test,
            may_lack_test,
        }
        .faults(&tests)
        .len()
    };
    let (five, eight) = (Issue::Number(5), Issue::Number(8));
    let why = Some("There is nothing of the kind here.");
    let test = Some("ledgers::a_standing_is_judged");

    assert_eq!(faults(Status::Planned, Some(&five), None, None, false), 0);
    assert_eq!(faults(Status::Planned, Some(&eight), None, None, false), 1);
    assert_eq!(faults(Status::Planned, None, None, None, false), 1);
    assert_eq!(faults(Status::Planned, Some(&five), None, test, false), 1);
    assert_eq!(faults(Status::Declined, None, why, None, false), 0);
    assert_eq!(faults(Status::Declined, None, None, None, false), 1);
    assert_eq!(faults(Status::Declined, None, Some("no"), None, false), 1);
    assert_eq!(faults(Status::Done, None, None, test, false), 0);
    assert_eq!(faults(Status::Done, None, None, None, false), 1);
    assert_eq!(faults(Status::Done, None, None, None, true), 0);
    assert_eq!(
        faults(Status::Done, None, None, Some("ledgers::nobody_wrote_this"), true),
        1
    );
    assert_eq!(faults(Status::Done, Some(&five), None, test, false), 1);
}
