//! What must not compile, and what the compiler says then: each file of `tests/ui` is named for the mistake in it.

use std::process::Command;

/// The compiler whose words are recorded. Every release phrases some of them anew, so another one would fail
/// without anything being wrong. Record again: `TRYBUILD=overwrite cargo test --test suite compile_fail`.
const RECORDED_WITH: &str = "rustc 1.95.";

#[test]
fn compile_fail() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    match version {
        Ok(version) if version.starts_with(RECORDED_WITH) => {
            trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
        }
        other => eprintln!(
            "compile_fail: NOT RUN, the messages are recorded with {RECORDED_WITH}x and this is {other:?}"
        ),
    }
}
