//! `docs/standards.toml`: what the standards ask of a library for accounts.

use std::collections::BTreeSet;

use rocket_security::config::SETTINGS;
use serde::Deserialize;

use super::known_tests::KnownTests;
use super::page::{Page, code};
use super::{Issue, Standing, Status, is_fresh, none, read, root};

const FILE: &str = "docs/standards.toml";

/// The requirements of ASVS 5.0 that concern a library for accounts: a section, and their numbers in it.
const ASVS: [(&str, &[u8]); 44] = [
    ("1.3", &[11]),
    ("2.3", &[1, 3]),
    ("2.4", &[1]),
    ("3.2", &[1]),
    ("3.3", &[1, 2, 3, 4, 5]),
    ("3.4", &[1, 2, 3, 4, 5, 6, 7, 8]),
    ("3.5", &[1, 2, 3, 8]),
    ("3.7", &[2]),
    ("4.1", &[3]),
    ("6.1", &[1, 2, 3]),
    ("6.2", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
    ("6.3", &[1, 2, 3, 4, 5, 6, 7, 8]),
    ("6.4", &[1, 2, 3, 4, 5, 6]),
    ("6.5", &[1, 2, 3, 4, 5, 6, 7, 8]),
    ("6.6", &[1, 2, 3, 4]),
    ("6.7", &[1, 2]),
    ("6.8", &[1, 2, 3, 4]),
    ("7.1", &[1, 2, 3]),
    ("7.2", &[1, 2, 3, 4]),
    ("7.3", &[1, 2]),
    ("7.4", &[1, 2, 3, 4, 5]),
    ("7.5", &[1, 2, 3]),
    ("7.6", &[1, 2]),
    ("8.1", &[1, 2, 3, 4]),
    ("8.2", &[1, 2, 3, 4]),
    ("8.3", &[1, 2, 3]),
    ("8.4", &[1, 2]),
    ("9.1", &[1, 2, 3]),
    ("9.2", &[1, 2, 3, 4]),
    ("10.2", &[1, 2, 3]),
    ("10.4", &[5, 8, 9]),
    ("10.5", &[1, 2, 3, 4]),
    ("11.2", &[2, 3, 4]),
    ("11.4", &[2]),
    ("11.5", &[1]),
    ("13.3", &[1, 4]),
    ("14.2", &[1]),
    ("14.3", &[1, 2]),
    ("15.3", &[1, 2, 3, 4]),
    ("15.4", &[2]),
    ("16.2", &[1, 2, 3, 4, 5]),
    ("16.3", &[1, 2, 3]),
    ("16.4", &[1, 2, 3]),
    ("16.5", &[1, 2, 3]),
];

/// The sections of NIST SP 800-63B-4, and into how many requirements each was split.
const NIST: [(&str, usize); 32] = [
    ("2.1.3", 1),
    ("2.2.2", 2),
    ("2.2.3", 2),
    ("2.3.3", 2),
    ("3.1.1.2", 21),
    ("3.1.2", 1),
    ("3.1.3.1", 1),
    ("3.1.3.2", 3),
    ("3.1.3.3", 1),
    ("3.1.4.2", 2),
    ("3.1.6.2", 1),
    ("3.1.7.2", 1),
    ("3.2.1", 1),
    ("3.2.2", 3),
    ("4.1", 1),
    ("4.1.2.1", 2),
    ("4.1.2.2", 1),
    ("4.2.1.1", 1),
    ("4.2.1.2", 1),
    ("4.2.1.3", 1),
    ("4.2.2.2", 1),
    ("4.2.3", 1),
    ("4.3", 1),
    ("4.4", 1),
    ("4.5", 1),
    ("4.6", 2),
    ("5.1", 6),
    ("5.1.1", 1),
    ("5.1.2", 1),
    ("5.2", 1),
    ("5.3", 1),
    ("B", 3),
];

/// The cheat sheets, and how many requirements each adds to the above.
const OWASP: [(&str, usize); 8] = [
    ("csrf", 2),
    ("forgot", 8),
    ("email", 2),
    ("mfa", 1),
    ("session", 2),
    ("stuffing", 3),
    ("log", 12),
    ("password", 2),
];

/// RFCs and documents of the W3C.
const RFCS: [(&str, usize); 9] = [
    ("RFC6238", 3),
    ("RFC4226", 2),
    ("RFC9106", 1),
    ("RFC6265bis", 3),
    ("RFC9700", 5),
    ("WebAuthn", 9),
    ("passkey-endpoints", 1),
    ("change-password-url", 1),
    ("DBSC", 1),
];

/// Where the requirements come from, in the order of the page.
const SOURCES: [&str; 3] = ["ASVS 5.0", "NIST SP 800-63B-4", "OWASP cheat sheets"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ledger {
    requirement: Vec<Row>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Duty {
    Library,
    App,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    source: String,
    level: Option<String>,
    duty: Duty,
    text: String,
    status: Status,
    issue: Option<Issue>,
    r#where: Option<String>,
    test: Option<String>,
    why: Option<String>,
}

impl Row {
    fn standing(&self) -> Standing<'_> {
        Standing {
            status: self.status,
            issue: self.issue.as_ref(),
            why: self.why.as_deref(),
            test: self.test.as_deref(),
            may_lack_test: self.duty == Duty::App,
        }
    }

    /// `3.1.1.2` of `NIST-3.1.1.2/paste`, and `RFC6238` of `RFC6238/step`.
    fn section(&self) -> &str {
        let id = self.id.split('/').next().unwrap_or_default();
        ["ASVS-", "NIST-", "OWASP-"]
            .iter()
            .find_map(|prefix| id.strip_prefix(prefix))
            .unwrap_or(id)
    }

    fn is_of_asvs(&self) -> bool {
        self.id.starts_with("ASVS-")
    }
}

fn rows() -> Vec<Row> {
    read::<Ledger>(FILE).requirement
}

#[test]
fn every_requirement_is_there_once() {
    let rows = rows();
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    faults.extend(
        rows.iter()
            .filter(|row| !seen.insert(&row.id))
            .map(|row| format!("{}: twice", row.id)),
    );

    let wanted: BTreeSet<String> = ASVS
        .iter()
        .flat_map(|(section, numbers)| {
            numbers
                .iter()
                .map(move |number| format!("ASVS-{section}.{number}"))
        })
        .collect();
    let found: BTreeSet<String> = rows
        .iter()
        .filter(|row| row.is_of_asvs())
        .map(|row| row.id.clone())
        .collect();
    faults.extend(wanted.difference(&found).map(|id| format!("{id}: missing")));
    faults.extend(found.difference(&wanted).map(|id| format!("{id}: unknown")));

    let mut counted = found.len();
    for (prefix, sections) in [("NIST-", NIST.as_slice()), ("OWASP-", &OWASP), ("", &RFCS)] {
        for (section, count) in sections {
            let is_of =
                |row: &&Row| row.section() == *section && row.id.starts_with(prefix) && !row.is_of_asvs();
            let found = rows.iter().filter(is_of).count();
            counted += found;
            if found != *count {
                faults.push(format!(
                    "{prefix}{section}: {found} requirements instead of {count}"
                ));
            }
        }
    }
    if counted != rows.len() {
        faults.push(format!(
            "{} row(s) of sections that nobody knows",
            rows.len().abs_diff(counted)
        ));
    }
    none(faults);
}

#[test]
fn every_requirement_is_whole() {
    let tests = KnownTests::of_the_repository();
    let mut faults = Vec::new();
    for row in rows() {
        let mut wrong = row.standing().faults(&tests);
        if !row.text.ends_with('.') {
            wrong.push("`text` is a sentence".into());
        }
        let has_levels = row.is_of_asvs() || row.id.starts_with("NIST-");
        let is_level = |level: &String| {
            let known: &[&str] = match row.is_of_asvs() {
                true => &["L1", "L2", "L3"],
                false => &["SHALL", "SHALL NOT", "SHOULD", "SHOULD NOT", "MAY"],
            };
            known.contains(&level.as_str())
        };
        if row.level.as_ref().is_some_and(is_level) != has_levels {
            wrong.push("`level` does not fit the source".into());
        }
        match row.r#where.as_deref() {
            Some(_) if row.status == Status::Declined => {
                wrong.push("`where` belongs to what is done or planned".into())
            }
            Some(path) if row.status == Status::Done && !root().join(path).exists() => {
                wrong.push(format!("there is no {path}"));
            }
            None if row.status == Status::Done => wrong.push("`where` belongs to what is done".into()),
            _ => {}
        }
        faults.extend(wrong.into_iter().map(|fault| format!("{}: {fault}", row.id)));
    }
    none(faults);
}

/// What a standard forbids is absent, which only a look at all that can be set will show: no password hints or
/// knowledge questions, no change by the calendar, no rules on kinds of character (ASVS 6.2.5, 6.2.10, 6.4.2).
#[test]
fn what_is_forbidden_cannot_be_set() {
    let forbidden = [
        "password_hint",
        "question",
        "expire",
        "password_age",
        "password_max",
        "uppercase",
        "digits",
        "symbols",
    ];
    for setting in SETTINGS {
        let found = forbidden.iter().find(|word| setting.name.contains(*word));
        assert!(found.is_none(), "{}: {found:?}", setting.name);
    }
}

#[test]
fn standards_page_is_fresh() {
    is_fresh("docs/standards.md", &page(&rows()));
}

fn page(rows: &[Row]) -> String {
    let mut page = Page::new("Standards", FILE);
    page.paragraph(
        "What ASVS 5.0, NIST SP 800-63B-4, the OWASP cheat sheets and the RFCs ask of a library for accounts, in short \
         words of our own; the sources have the full ones. *Done* is held by the test that is named; *planned* is on its \
         way; *declined* does not apply, for the reason given. What is the application's duty is marked, and documented \
         where the last column says.",
    );
    let is_of = |row: &Row, source: Option<&str>| match source {
        Some(source) => row.source == source,
        None => !SOURCES.contains(&row.source.as_str()),
    };
    let sources = SOURCES.map(Some).into_iter().chain([None]);
    let title = |source: Option<&'static str>| source.unwrap_or("RFCs and W3C");
    page.table(
        ["", "In all", "Done", "Planned", "Declined"],
        sources.clone().map(|source| {
            let of = |status| {
                rows.iter()
                    .filter(|row| is_of(row, source) && row.status == status)
                    .count()
            };
            let (done, planned, declined) = (of(Status::Done), of(Status::Planned), of(Status::Declined));
            let all = done + planned + declined;
            [
                title(source).to_owned(),
                all.to_string(),
                done.to_string(),
                planned.to_string(),
                declined.to_string(),
            ]
        }),
    );
    for source in sources {
        page.heading(title(source));
        page.table(
            [
                "Requirement",
                "Level",
                "What it asks",
                "Status",
                "Where, and the test",
            ],
            rows.iter().filter(|row| is_of(row, source)).map(|row| {
                let duty = if row.duty == Duty::App {
                    " *(the application's duty)*"
                } else {
                    ""
                };
                let place = match (&row.why, row.status) {
                    (Some(why), _) => why.clone(),
                    (None, Status::Done) => {
                        let place = [row.r#where.as_deref(), row.test.as_deref()];
                        place
                            .into_iter()
                            .flatten()
                            .map(code)
                            .collect::<Vec<_>>()
                            .join(", ")
                    }
                    _ => String::new(),
                };
                let level = row.level.clone().unwrap_or_default();
                [
                    row.id.clone(),
                    level,
                    format!("{}{duty}", row.text),
                    row.status.to_string(),
                    place,
                ]
            }),
        );
    }
    page.finish()
}
