//! `docs/compat.toml`: what Flask-Security offers, and what became of it here.

use std::collections::{BTreeMap, BTreeSet};

use rocket_security::config::SETTINGS;
use rocket_security::text::Message;
use serde::Deserialize;

use super::known_tests::KnownTests;
use super::page::{Page, code};
use super::{Issue, Standing, Status, is_fresh, is_sentence, none, read};

const FILE: &str = "docs/compat.toml";

/// What there is to account for: the key in the file, a heading, how many, and the sections of the inventory.
const KINDS: [(&str, &str, usize, &str); 15] = [
    ("setting", "Settings", 255, "1.1 to 1.17"),
    ("endpoint", "Endpoints", 40, "2.1 to 2.23"),
    ("message", "Messages", 92, "1.18"),
    ("template", "Pages", 23, "7.1"),
    ("partial", "Parts of pages", 4, "7.1"),
    ("email", "Mails", 14, "7.2"),
    ("context", "Context processors", 25, "7.3"),
    ("form", "Forms", 30, "7.4"),
    ("signal", "Signals", 25, "9"),
    ("store", "Methods of the store", 43, "6.6"),
    ("hook", "Hooks of the models", 19, "6.7"),
    ("decorator", "Decorators", 10, "3.2 and 3.3"),
    ("utility", "Utility classes and handlers", 24, "10"),
    ("command", "Commands", 10, "8"),
    ("helper", "Exported helpers", 25, "10"),
];

/// How many settings each section of the inventory has.
const SETTINGS_BY_SECTION: [(&str, usize); 17] = [
    ("1.1", 22),
    ("1.2", 17),
    ("1.3", 32),
    ("1.4", 23),
    ("1.5", 5),
    ("1.6", 23),
    ("1.7", 34),
    ("1.8", 17),
    ("1.9", 11),
    ("1.10", 2),
    ("1.11", 21),
    ("1.12", 6),
    ("1.13", 3),
    ("1.14", 21),
    ("1.15", 5),
    ("1.16", 12),
    ("1.17", 1),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    spec: String,
    status: Status,
    ours: Option<String>,
    issue: Option<Issue>,
    test: Option<String>,
    why: Option<String>,
    deviation: Option<String>,
    restored_by: Option<String>,
}

impl Row {
    fn standing(&self) -> Standing<'_> {
        Standing {
            status: self.status,
            issue: self.issue.as_ref(),
            why: self.why.as_deref(),
            test: self.test.as_deref(),
            may_lack_test: false,
        }
    }

    fn ours(&self) -> &str {
        self.ours.as_deref().unwrap_or_default()
    }
}

type Ledger = BTreeMap<String, Vec<Row>>;

fn ledger() -> Ledger {
    read(FILE)
}

/// Settings of ours that `restored_by` writes: `a = 1, b = [2]; and words` names `a` and `b`.
fn written(restored_by: &str) -> Vec<&str> {
    let settings = restored_by.split(';').next().unwrap_or_default();
    let mut parts: Vec<_> = settings.split(" = ").collect();
    parts.pop();
    parts
        .into_iter()
        .filter_map(|part| part.rsplit(' ').next())
        .collect()
}

fn is_setting(name: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.name == name)
}

#[test]
fn every_row_is_there_once() {
    let ledger = ledger();
    let kinds: Vec<_> = KINDS.iter().map(|(kind, ..)| *kind).collect();
    let mut faults: Vec<_> = ledger
        .keys()
        .filter(|kind| !kinds.contains(&kind.as_str()))
        .cloned()
        .collect();
    for (kind, _, count, spec) in KINDS {
        let rows = ledger.get(kind).map(Vec::as_slice).unwrap_or_default();
        if rows.len() != count {
            faults.push(format!(
                "{kind}: {} rows, and the reference has {count} ({spec})",
                rows.len()
            ));
        }
        let mut seen = BTreeSet::new();
        faults.extend(
            rows.iter()
                .filter(|row| !seen.insert(&row.name))
                .map(|row| format!("{kind} {}: twice", row.name)),
        );
    }
    for (section, count) in SETTINGS_BY_SECTION {
        let found = ledger["setting"].iter().filter(|row| row.spec == section).count();
        if found != count {
            faults.push(format!(
                "{section}: {found} settings, and the reference has {count}"
            ));
        }
    }
    none(faults);
}

#[test]
fn every_row_is_whole() {
    let tests = KnownTests::of_the_repository();
    let mut faults = Vec::new();
    for (kind, rows) in &ledger() {
        for row in rows {
            let mut wrong = row.standing().faults(&tests);
            if (row.status == Status::Declined) != row.ours.is_none() {
                wrong.push("`ours` belongs to what is done or planned".into());
            }
            if row.deviation.is_some() != row.restored_by.is_some() {
                wrong.push("`deviation` and `restored_by` belong together".into());
            }
            if row.deviation.as_deref().is_some_and(|text| !is_sentence(text)) {
                wrong.push("`deviation` is a sentence".into());
            }
            faults.extend(
                wrong
                    .into_iter()
                    .map(|fault| format!("{kind} {}: {fault}", row.name)),
            );
        }
    }
    none(faults);
}

/// What is declared under a name of the reference has a row that says so, and what is done is declared.
#[test]
fn settings_are_those_that_are_declared() {
    let ledger = ledger();
    let rows = &ledger["setting"];
    let mut faults = Vec::new();
    for setting in SETTINGS {
        let Some(name) = setting.reference else { continue };
        match rows.iter().find(|row| row.name == name) {
            None => faults.push(format!("{}: the reference has no {name}", setting.name)),
            Some(row) if row.status == Status::Declined => {
                faults.push(format!("{name}: declined, but declared"))
            }
            Some(row) if row.ours() != setting.name => {
                faults.push(format!("{name}: is {} here", setting.name))
            }
            // `compat` brings the reference's default back, so there is a difference to be told.
            Some(row) if setting.compat.is_some() && row.deviation.is_none() => {
                faults.push(format!(
                    "{name}: has another default under `compat`, and the row does not say so"
                ));
            }
            Some(_) => {}
        }
    }
    for row in rows.iter().filter(|row| row.status == Status::Done) {
        let is_plain = row
            .ours()
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if is_plain && !is_setting(row.ours()) {
            faults.push(format!(
                "{}: done, but there is no setting {}",
                row.name,
                row.ours()
            ));
        }
    }
    none(faults);
}

#[test]
fn messages_are_those_of_the_catalogue() {
    let faults = ledger()["message"]
        .iter()
        .filter(|row| Message::from_key(&row.name).is_none())
        .map(|row| format!("{}: is not in the catalogue", row.name))
        .collect();
    none(faults);
}

/// What is done and differs can be brought back by settings that exist, or says why nothing brings it back.
#[test]
fn deviations_can_be_undone() {
    let mut faults = Vec::new();
    for row in ledger().values().flatten() {
        let Some(restored_by) = row.restored_by.as_deref() else {
            continue;
        };
        if let Some(reason) = restored_by.strip_prefix("nothing: ") {
            if reason.len() < 10 {
                faults.push(format!("{}: says no reason", row.name));
            }
        } else if written(restored_by).is_empty() {
            faults.push(format!("{}: {restored_by:?} writes no setting", row.name));
        } else if row.status == Status::Done {
            let unknown = written(restored_by).into_iter().filter(|name| !is_setting(name));
            faults.extend(unknown.map(|name| format!("{}: there is no setting {name}", row.name)));
        }
    }
    none(faults);

    assert_eq!(written("a_b = false"), ["a_b"]);
    assert_eq!(written("a = 1, b2 = [\"x\", \"y\"]; and c stays"), ["a", "b2"]);
    assert!(written("no setting at all").is_empty());
}

#[test]
fn compat_page_is_fresh() {
    is_fresh("docs/compat.md", &page(&ledger()));
}

fn page(ledger: &Ledger) -> String {
    let rows = |kind: &str| ledger.get(kind).map(Vec::as_slice).unwrap_or_default();
    let mut page = Page::new("Compatibility with Flask-Security", FILE);
    page.paragraph(
        "What Flask-Security 5.9 offers, name by name, and what became of it here. *Done* works and is held by a test; \
         *planned* is on its way; *declined* will not come, for the reason given.",
    );
    page.table(
        ["", "In all", "Done", "Planned", "Declined"],
        KINDS.iter().map(|(kind, title, ..)| {
            let of = |status| {
                rows(kind)
                    .iter()
                    .filter(|row| row.status == status)
                    .count()
                    .to_string()
            };
            let all = rows(kind).len().to_string();
            [
                (*title).to_owned(),
                all,
                of(Status::Done),
                of(Status::Planned),
                of(Status::Declined),
            ]
        }),
    );

    page.heading("Where we differ");
    page.paragraph(
        "Defaults here are the safe choice. What differs is listed, with what to write in `[default.security]` to have \
         it as in Flask-Security. What is planned differs once it is there. Defects of Flask-Security come back by no \
         setting.",
    );
    let at_once: Vec<_> = SETTINGS
        .iter()
        .filter_map(|setting| Some(code(&format!("{} = {}", setting.name, setting.compat?))))
        .collect();
    page.paragraph(&format!(
        "`compat = \"flask-security\"` writes these at once: {}. Outside development it needs `danger_compat_ack = true`.",
        at_once.join(", ")
    ));
    page.table(
        ["Name", "Kind", "Status", "Here", "As in Flask-Security by"],
        KINDS
            .iter()
            .flat_map(|(kind, ..)| rows(kind).iter().map(move |row| (kind, row)))
            .filter_map(|(kind, row)| {
                let restored_by = row.restored_by.as_deref()?;
                let restored_by = match restored_by.split_once("; ") {
                    _ if restored_by.starts_with("nothing") => restored_by.to_owned(),
                    Some((settings, words)) => format!("{}; {words}", code(settings)),
                    None => code(restored_by),
                };
                Some([
                    code(&row.name),
                    (*kind).to_owned(),
                    row.status.to_string(),
                    row.deviation.clone()?,
                    restored_by,
                ])
            }),
    );

    for (kind, title, ..) in KINDS {
        page.heading(title);
        page.table(
            ["Flask-Security", "Status", "Here"],
            rows(kind).iter().map(|row| {
                let here = row.why.clone().unwrap_or_else(|| here(row.ours()));
                [code(&row.name), row.status.to_string(), here]
            }),
        );
    }
    page.finish()
}

/// A name as code, words as words.
fn here(ours: &str) -> String {
    let is_name = !ours.contains(' ') || ours.contains(['<', '=']) || ours.starts_with("rocket-security ");
    if is_name { code(ours) } else { ours.to_owned() }
}
