//! Tables and profiles whose misspelt name would make all of their settings be passed over in silence.

use rocket::figment::value::{Dict, Value};
use rocket::figment::{Figment, Provider};

use super::raw::{TABLE, nearest, setting};
use super::table::Config;

/// The profiles that every launch reads beside its own.
const SHARED: [&str; 2] = ["default", "global"];
/// What a profile may be meant to be.
const PROFILES: [&str; 4] = ["default", "global", "debug", "release"];

/// Notes what looks like a table of ours under another name.
pub(super) fn say(config: &mut Config, figment: &Figment) {
    let Ok(profiles) = figment.data() else { return };
    let own = figment.profile();
    for (profile, tables) in &profiles {
        let shown = profile.as_str().as_str().to_lowercase();
        let is_read = profile == own || SHARED.iter().any(|shared| *profile == **shared);
        if is_read {
            for (name, table) in tables {
                if name != TABLE && looks_like_table(name) && holds_settings(table) {
                    let text = format!("is no table that anybody reads. Did you mean [{shown}.{TABLE}]?");
                    config.note(&format!("{shown}.{name}"), text, false);
                }
            }
        } else if tables.get(TABLE).is_some_and(holds_settings)
            && !PROFILES.contains(&shown.as_str())
            && let Some(meant) = nearest(&shown, PROFILES.into_iter())
        {
            let text = format!("is of no profile that this launch reads. Did you mean [{meant}.{TABLE}]?");
            config.note(&format!("{shown}.{TABLE}"), text, false);
        }
    }
    if let Ok(Value::Dict(_, databases)) = figment.find_value("databases")
        && !databases.contains_key(TABLE)
    {
        for name in databases.keys().filter(|name| looks_like_table(name)) {
            let text =
                format!("is not the database that is read for accounts. Did you mean databases.{TABLE}?");
            config.note(&format!("databases.{name}"), text, false);
        }
    }
}

fn looks_like_table(name: &str) -> bool {
    nearest(&name.to_lowercase(), [TABLE].into_iter()).is_some()
}

/// Whether one of its keys is a setting: an application may have a table `securities` of its own.
fn holds_settings(table: &Value) -> bool {
    let keys = |table: &Dict| table.keys().any(|key| setting(key).is_some());
    matches!(table, Value::Dict(_, table) if keys(table))
}

#[cfg(test)]
mod tests {
    use rocket::figment::Figment;
    use rocket::figment::providers::{Format, Toml};

    use crate::config::{Config, Development};

    fn notes(toml: &str) -> Vec<String> {
        let figment = Figment::from(Toml::string(toml).nested()).select("debug");
        let config =
            Config::from_figment(&figment, Development::On, &[]).unwrap_or_else(|report| panic!("{report}"));
        config.notices.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_table_that_nobody_reads_is_told_of() {
        for (toml, key, meant) in [
            (
                "[default.securty]\nregisterable = true",
                "default.securty",
                "[default.security]",
            ),
            (
                "[debug.Security]\nlogin_url = '/x'",
                "debug.Security",
                "[debug.security]",
            ),
            (
                "[global.secrity]\nlogin_url = '/x'",
                "global.secrity",
                "[global.security]",
            ),
            // Also beside one that is read.
            (
                "[default.security]\nlogin_url = '/x'\n[debug.securtiy]\nlogin_url = '/y'",
                "debug.securtiy",
                "[debug.security]",
            ),
            (
                "[defualt.security]\nlogin_url = '/x'",
                "defualt.security",
                "[default.security]",
            ),
            (
                "[default.databases.secrity]\nurl = 'x'",
                "databases.secrity",
                "databases.security",
            ),
        ] {
            let notes = notes(toml);
            assert_eq!(notes.len(), 1, "{toml}: {notes:?}");
            assert!(notes[0].starts_with(&format!("{key}: ")), "{notes:?}");
            assert!(notes[0].contains(meant), "{notes:?}");
        }
    }

    #[test]
    fn what_is_not_meant_for_us_is_left_alone() {
        for toml in [
            "[default.security]\nlogin_url = '/x'",
            "[default.securities]\nbonds = 3",
            "[default]\nsecurty = 1",
            "[default.databases.security]\nurl = 'x'\n[default.databases.security2]\nurl = 'y'",
            "[default.databases.app]\nurl = 'x'",
            "[release.security]\nlogin_url = '/x'",
            "[staging.security]\nlogin_url = '/x'",
        ] {
            assert_eq!(notes(toml), Vec::<String>::new(), "{toml}");
        }
    }
}
