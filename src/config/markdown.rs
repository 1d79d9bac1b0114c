//! The reference page, made from the table.

use std::fmt::Write;

use super::declare::Setting;
use super::table::SETTINGS;

const HEAD: &str = "\
# Settings

<!-- Generated from src/config/table.rs by `UPDATE_DOCS=1 cargo test --lib settings_page`. Do not edit. -->

Settings stand under `[default.security]` in `Rocket.toml`, or under another profile of Rocket's, or in the variable
`ROCKET_SECURITY`, which comes last and wins:

```toml
[default.security]
registerable = true
session_lifetime = \"14 days\"
```

```sh
ROCKET_SECURITY='{secret_keys=[\"...\"], data_keys=[\"...\"]}'
```

A key that is unknown, a value that is wrong and a combination that cannot work stop the launch, with one report of
all of them. Times are written `\"5 days\"`, `\"30m\"`, `\"1h 30m\"` or as seconds. A list of one may be written without
brackets.

**Development** is a debug build, in Rocket's profile `debug`, on a loopback address. Everywhere else a setting that
weakens security (&#9888;) stops the launch unless `accepted_risks` names it, and both rings of keys must be written.

*Flask-Security* is the name there, without `SECURITY_`. Where its default is another one, `compat` gives it.
";

const TAIL: &str = "
## Texts of messages

`msg_<key>` replaces the text of a message, and its level if a second item says so. `{ $name }` stands for an argument.

```toml
[default.security]
msg_unauthorized = \"This page is for members.\"
msg_unauthenticated = [\"Please sign in first.\", \"info\"]
```
";

/// The reference page of all settings, as Markdown.
pub fn settings_markdown() -> String {
    let mut page = String::from(HEAD);
    let mut section = "";
    for setting in SETTINGS {
        if setting.section != section {
            section = setting.section;
            let _ = write!(
                page,
                "\n## {section}\n\n| Setting | Default | What it does | Flask-Security |\n|---|---|---|---|\n"
            );
        }
        let _ = writeln!(page, "{}", row(setting));
    }
    page.push_str(TAIL);
    page
}

fn row(setting: &Setting) -> String {
    let mut what: String = setting.doc.split_whitespace().collect::<Vec<_>>().join(" ");
    let _ = write!(what, "<br>*{}", capitalised(&setting.kind()));
    if let Some((least, most)) = setting.bounds {
        let _ = write!(what, ", from `{least}` to `{most}`");
    }
    what.push_str(".*");
    if let Some(weakens) = setting.weakens {
        let _ = write!(what, "<br>&#9888; {weakens}");
    }
    let reference = match (setting.reference, setting.compat) {
        (Some(name), Some(default)) => format!("`{name}`, there `{default}`"),
        (Some(name), None) => format!("`{name}`"),
        (None, Some(default)) => format!("there as if `{default}`"),
        (None, None) => "–".into(),
    };
    format!(
        "| `{}` | `{}` | {} | {} |",
        setting.name,
        setting.default,
        what.replace('|', "\\|"),
        reference
    )
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_page_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/settings.md");
        let page = settings_markdown();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, &page).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == page,
            "docs/settings.md is stale: run UPDATE_DOCS=1 cargo test --lib settings_page"
        );
    }

    #[test]
    fn every_setting_is_on_the_page_in_one_line() {
        let page = settings_markdown();
        for setting in SETTINGS {
            let start = format!("| `{}` |", setting.name);
            let lines: Vec<_> = page.lines().filter(|line| line.starts_with(&start)).collect();
            assert_eq!(lines.len(), 1, "{}", setting.name);
            assert_eq!(
                lines[0].replace("\\|", "").matches('|').count(),
                5,
                "{}",
                setting.name
            );
        }
    }
}
