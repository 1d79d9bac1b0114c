//! The tests that the repository has, found by reading it: a ledger may name one of any crate or module.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Test functions by module path: `config::risks::compat_needs_its_acknowledgement`.
pub(super) struct KnownTests(BTreeSet<String>);

impl KnownTests {
    pub(super) fn of_the_repository() -> Self {
        let mut tests = BTreeSet::new();
        for (folder, prefix) in [
            ("src", ""),
            ("tests/suite", ""),
            ("codegen/src", "codegen"),
            ("examples", "examples"),
        ] {
            let folder = super::root().join(folder);
            if folder.is_dir() {
                walk(&folder, prefix, &mut tests);
            }
        }
        // Each file of tests/ui is a test that `compile_fail` runs.
        if tests.contains("compile_fail::compile_fail") {
            let ui = super::root().join("tests/ui");
            tests.extend(
                entries(&ui)
                    .iter()
                    .filter_map(|name| Some(format!("ui::{}", name.strip_suffix(".rs")?))),
            );
        }
        KnownTests(tests)
    }

    /// Whether there is a test of that name: the end of its path, with one module at least.
    pub(super) fn contain(&self, name: &str) -> bool {
        name.contains("::")
            && self.0.iter().any(|path| {
                path.strip_suffix(name)
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with("::"))
            })
    }
}

/// Names in a folder; a folder of tests that cannot be read is a fault of this check, not of a ledger.
fn entries(folder: &Path) -> Vec<String> {
    fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn walk(folder: &Path, module: &str, tests: &mut BTreeSet<String>) {
    for name in entries(folder) {
        let path = folder.join(&name);
        let inner = match name.strip_suffix(".rs").unwrap_or(&name) {
            // The file of the module itself, and its tests in a file of their own, count as the module.
            "mod" | "lib" | "main" | "tests" => module.to_owned(),
            inner if module.is_empty() => inner.to_owned(),
            inner => format!("{module}::{inner}"),
        };
        if path.is_dir() {
            walk(&path, &inner, tests);
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).unwrap();
            tests.extend(functions(&text).map(|function| format!("{inner}::{function}")));
        }
    }
}

/// The functions below a test attribute. What is ignored proves nothing and does not count.
fn functions(text: &str) -> impl Iterator<Item = &str> {
    let (mut is_test, mut is_ignored) = (false, false);
    text.lines().map(str::trim).filter_map(move |line| {
        is_test |= ["#[test]", "#[rocket::async_test]", "#[tokio::test"]
            .iter()
            .any(|start| line.starts_with(start));
        is_ignored |= line.starts_with("#[ignore");
        let name = function(line)?;
        let counts = is_test && !is_ignored;
        (is_test, is_ignored) = (false, false);
        counts.then_some(name)
    })
}

/// The name in a line that begins a function.
fn function(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    line.strip_prefix("fn ")?.split(['(', '<']).next()
}

#[test]
fn finds_tests_and_nothing_else() {
    let text = "
        #[test]
        fn one() {
            fn helper() {}
        }
        #[tokio::test(flavor = \"multi_thread\")]
        async fn two() {}
        /// Said between.
        #[rocket::async_test]
        #[cfg(unix)]
        async fn three() {}
        #[test]
        #[ignore = \"slow\"]
        fn four() {}
        pub fn five() {}
    ";
    assert_eq!(functions(text).collect::<Vec<_>>(), ["one", "two", "three"]);

    let tests = KnownTests(["config::risks::weak".to_owned(), "story::weak".to_owned()].into());
    for name in ["config::risks::weak", "risks::weak", "story::weak"] {
        assert!(tests.contain(name), "{name}");
    }
    for name in [
        "weak",
        "isks::weak",
        "story::wea",
        "other::weak",
        "config::weak",
        "",
    ] {
        assert!(!tests.contain(name), "{name}");
    }
}

#[test]
fn this_very_test_is_known() {
    let tests = KnownTests::of_the_repository();
    assert!(tests.contain("ledgers::known_tests::this_very_test_is_known"));
    assert!(!tests.contain("ledgers::known_tests::entries"));
}
