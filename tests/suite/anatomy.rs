//! A feature has one name, in the code, in its page, in its tests and in its documentation.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn names(folder: &str, suffix: &str) -> BTreeSet<String> {
    std::fs::read_dir(root().join(folder))
        .unwrap_or_else(|error| panic!("{folder}: {error}"))
        .filter_map(|entry| {
            Some(
                entry
                    .ok()?
                    .file_name()
                    .to_string_lossy()
                    .strip_suffix(suffix)?
                    .to_owned(),
            )
        })
        .collect()
}

#[test]
fn every_feature_has_its_page_its_test_and_its_documentation() {
    let mut features = names("src/features", ".rs");
    assert!(features.remove("mod"));
    assert!(features.len() >= 4, "{features:?}");
    for feature in features {
        for file in [
            format!("templates/security/{feature}.html.j2"),
            format!("tests/suite/{feature}.rs"),
            format!("docs/features/{feature}.md"),
        ] {
            assert!(root().join(&file).is_file(), "the feature {feature} lacks {file}");
        }
        let code = std::fs::read_to_string(root().join(format!("src/features/{feature}.rs"))).unwrap();
        for part in ["//! * Settings:", "//! * Endpoints:", "//! * Events:"] {
            assert!(
                code.contains(part),
                "the head of {feature}.rs does not say {part}"
            );
        }
    }
}

#[test]
fn what_a_feature_names_in_its_head_exists() {
    let settings = std::fs::read_to_string(root().join("docs/settings.md")).unwrap();
    let events = std::fs::read_to_string(root().join("src/model/event.rs")).unwrap();
    for feature in names("src/features", ".rs")
        .into_iter()
        .filter(|name| name != "mod")
    {
        let code = std::fs::read_to_string(root().join(format!("src/features/{feature}.rs"))).unwrap();
        let head: String = code
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .collect::<Vec<_>>()
            .join("\n");
        let (mut part, mut found) = ("", 0);
        for line in head.lines() {
            if line.starts_with("//! * ") {
                part = line;
            } else if !line.starts_with("//!   ") {
                part = "";
            }
            for name in line.split('`').skip(1).step_by(2) {
                let known = match part {
                    part if part.starts_with("//! * Settings") => settings.contains(&format!("`{name}`")),
                    part if part.starts_with("//! * Events") => events.contains(&format!("    {name}")),
                    _ => continue,
                };
                assert!(known, "{feature}.rs names {name}, which does not exist");
                found += 1;
            }
        }
        assert!(found > 2, "{feature}.rs names {found} settings and events");
    }
}

#[test]
fn no_feature_knows_another() {
    let features: Vec<String> = names("src/features", ".rs")
        .into_iter()
        .filter(|name| name != "mod")
        .collect();
    for feature in &features {
        let code =
            std::fs::read_to_string(Path::new(&root()).join(format!("src/features/{feature}.rs"))).unwrap();
        for other in features.iter().filter(|other| *other != feature) {
            for path in [format!("features::{other}"), format!("super::{other}")] {
                assert!(!code.contains(&path), "{feature}.rs knows {other}");
            }
        }
    }
}

/// The rooms, from the ground up: each may use those of its own floor that stand before it, and those below.
const FLOORS: [(&str, &[&str]); 14] = [
    ("error", &[]),
    ("model", &["error", "crypto", "identity"]),
    ("policy", &["error", "model"]),
    ("clock", &["model"]),
    ("crypto", &["error", "model"]),
    ("identity", &["crypto"]),
    ("config", &["error", "crypto", "model"]),
    ("store", &["error", "clock", "crypto", "model"]),
    ("text", &["error", "model"]),
    (
        "gate",
        &[
            "error", "clock", "config", "crypto", "identity", "model", "policy", "store",
        ],
    ),
    (
        "security",
        &[
            "error", "config", "crypto", "gate", "identity", "model", "store", "text", "web",
        ],
    ),
    (
        "web",
        &[
            "error", "config", "crypto", "gate", "identity", "model", "security", "text",
        ],
    ),
    (
        "guards",
        &[
            "error", "config", "crypto", "gate", "model", "security", "store", "text", "web",
        ],
    ),
    (
        "features",
        &[
            "error", "config", "crypto", "gate", "identity", "model", "security", "store", "text", "web",
        ],
    ),
];

#[test]
fn no_room_uses_one_above_it() {
    let mut seen = 0;
    for (room, below) in FLOORS {
        for file in files_of(room) {
            let code = std::fs::read_to_string(&file).unwrap();
            // What a test of a room needs may come from anywhere.
            let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            for used in code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .flat_map(rooms_used)
            {
                let known = used == room || below.contains(&used.as_str());
                assert!(
                    known,
                    "{} uses {used}, which is no room below {room}",
                    file.display()
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 200, "only {seen} uses were found");
}

/// A session or a series is brought into the world by the gate alone; so no feature can forget to ask it.
#[test]
fn only_the_gate_issues() {
    let issuers = |room: &str| {
        let files = files_of(room).into_iter();
        let issues = |file: &PathBuf| std::fs::read_to_string(file).unwrap().contains("Issued::new(");
        files.filter(issues).count()
    };
    for (room, _) in FLOORS {
        assert_eq!(issuers(room) > 0, room == "gate", "{room}");
    }
}

fn files_of(room: &str) -> Vec<PathBuf> {
    let mut files = vec![root().join(format!("src/{room}.rs"))];
    let mut folders = vec![root().join("src").join(room)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    let test = |path: &Path| {
        path.components().any(|part| {
            ["tests", "tests.rs", "contract", "contract.rs"]
                .iter()
                .any(|name| part.as_os_str() == *name)
        })
    };
    files.retain(|file| file.is_file() && !test(file.strip_prefix(root().join("src")).unwrap_or(file)));
    assert!(!files.is_empty(), "there is no room {room}");
    files
}

/// The rooms that a line names by `crate::<room>::`.
fn rooms_used(line: &str) -> Vec<String> {
    line.split("crate::")
        .skip(1)
        .filter_map(|rest| {
            let name: String = rest
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                .collect();
            FLOORS.iter().any(|(room, _)| *room == name).then_some(name)
        })
        .collect()
}
