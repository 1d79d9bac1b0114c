//! Settings that weaken security: outside development they are taken only when they are meant.

use super::checks::TOLD;
use super::raw::{Raw, setting};
use super::table::{Config, SETTINGS};
use super::{Freshness, PasswordLength};
use crate::model::Mechanism;
use std::time::Duration;

use rocket::http::{Method, SameSite};

/// Whether each setting that can weaken security does.
fn weakened(config: &Config) -> [(&'static str, bool); 16] {
    [
        ("redirect_allow_subdomains", config.redirect_allow_subdomains),
        ("logout_methods", config.logout_methods.contains(&Method::Get)),
        ("logout_csrf", !config.logout_csrf),
        ("return_generic_responses", !config.return_generic_responses),
        (
            "password_length_min",
            matches!(config.password_length_min, PasswordLength::AtLeast(..8)),
        ),
        (
            "argon2_memory_kib",
            config.argon2_memory_kib < least_memory(config.argon2_iterations),
        ),
        (
            "session_cookie_samesite",
            config.session_cookie_samesite == SameSite::None,
        ),
        ("freshness", config.freshness == Freshness::Off),
        (
            "api_key_lifetime_max",
            config.api_keys && config.api_key_lifetime_max.is_none(),
        ),
        (
            "csrf_ignore_unauth_endpoints",
            config.csrf_ignore_unauth_endpoints,
        ),
        (
            "csrf_protect_mechanisms",
            [Mechanism::Session, Mechanism::Basic]
                .iter()
                .any(|mechanism| !config.csrf_protect_mechanisms.contains(mechanism)),
        ),
        (
            "cache_control",
            !(config.cache_control.as_ref()).is_some_and(|control| control.contains("no-store")),
        ),
        ("login_wait_after", config.login_wait_after > 10),
        ("login_wait_address_after", config.login_wait_address_after > 100),
        (
            "login_wait_max",
            config.login_wait_max < Duration::from_secs(15 * 60),
        ),
        (
            "trusted_proxies",
            config
                .trusted_proxies
                .iter()
                .any(|network| network.is_everything()),
        ),
    ]
}

/// The memory that ASVS 5.0, 11.4.2 asks of argon2id, in KiB.
pub(super) fn least_memory(iterations: u32) -> u32 {
    match iterations {
        0 | 1 => 47_104,
        2 => 19_456,
        _ => 12_288,
    }
}

pub(super) fn check(config: &mut Config, raw: &mut Raw<'_>) {
    refuse_unknown_risks(config, raw);
    acknowledge_compat(config, raw);
    for (name, weak) in weakened(config) {
        let Some(why) = setting(name).and_then(|setting| setting.weakens) else {
            continue;
        };
        let is_listed = config.accepts_risk(name);
        if !weak {
            if is_listed {
                let text = format!("lists `{name}`, which weakens nothing as it is.");
                config.note("accepted_risks", text, false);
            }
            continue;
        }
        let why = match name {
            "argon2_memory_kib" => format!(
                "{why} Now it is {} with {} iteration(s).",
                config.argon2_memory_kib, config.argon2_iterations
            ),
            _ => why.to_owned(),
        };
        // What `compat` weakens is answered for by `danger_compat_ack`.
        let is_compat = raw.compat && !raw.is_written(name);
        if is_listed || is_compat || config.development.is_on() {
            config.note(name, why, true);
        } else {
            let default = setting(name).map_or("", |setting| setting.default);
            raw.problem(
                name,
                format!("weakens security. {why}"),
                format!("Leave it out for {default}, or add \"{name}\" to accepted_risks if it is meant."),
            );
        }
    }
}

fn refuse_unknown_risks(config: &Config, raw: &mut Raw<'_>) {
    let can_weaken =
        |name: &str| TOLD.contains(&name) || setting(name).is_some_and(|setting| setting.weakens.is_some());
    if let Some(unknown) = config.accepted_risks.iter().find(|name| !can_weaken(name)) {
        let known: Vec<_> = SETTINGS
            .iter()
            .filter(|setting| setting.weakens.is_some())
            .map(|setting| setting.name)
            .collect();
        raw.problem(
            "accepted_risks",
            format!(
                "lists {:?}, which is no setting that weakens security.",
                unknown.as_str()
            ),
            format!("Those are: {}.", known.join(", ")),
        );
    }
}

fn acknowledge_compat(config: &mut Config, raw: &mut Raw<'_>) {
    if !raw.compat {
        if config.danger_compat_ack {
            config.note(
                "danger_compat_ack",
                "means nothing without `compat`.".into(),
                false,
            );
        }
        return;
    }
    let weaker: Vec<_> = SETTINGS
        .iter()
        .filter(|setting| setting.compat.is_some() && !raw.is_written(setting.name))
        .filter_map(|setting| Some(format!("{} = {}", setting.name, setting.compat?)))
        .collect();
    let defaults = match weaker.as_slice() {
        [] => "every default that it would change is written".to_owned(),
        weaker => weaker.join(", "),
    };
    if config.development.is_on() || config.danger_compat_ack {
        config.note(
            "compat",
            format!("takes over the reference's defaults: {defaults}."),
            true,
        );
    } else {
        raw.problem(
            "compat",
            format!("takes over defaults of the reference that are weaker than ours: {defaults}."),
            "Write danger_compat_ack = true if they are meant, or leave `compat` out.",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::{strict, with_keys};

    #[test]
    fn the_table_and_the_checks_name_the_same_settings() {
        let config = strict(&with_keys("")).unwrap_or_else(|report| panic!("{report}"));
        let checked: Vec<_> = weakened(&config).map(|(name, _)| name).to_vec();
        let declared: Vec<_> = SETTINGS
            .iter()
            .filter(|setting| setting.weakens.is_some())
            .map(|setting| setting.name)
            .collect();
        assert_eq!(checked, declared);
        assert!(
            weakened(&config).iter().all(|(_, weak)| !weak),
            "a default weakens"
        );
    }

    #[test]
    fn every_risk_stops_a_strict_launch_unless_it_is_listed() {
        for (name, line) in [
            ("logout_methods", "logout_methods = [\"POST\", \"GET\"]"),
            ("logout_csrf", "logout_csrf = false"),
            ("return_generic_responses", "return_generic_responses = false"),
            ("password_length_min", "password_length_min = 7"),
            ("argon2_memory_kib", "argon2_memory_kib = 19455"),
            ("argon2_memory_kib", "argon2_iterations = 1"),
            ("session_cookie_samesite", "session_cookie_samesite = \"None\""),
            ("freshness", "freshness = -1"),
            (
                "csrf_ignore_unauth_endpoints",
                "csrf_ignore_unauth_endpoints = true",
            ),
            ("csrf_protect_mechanisms", "csrf_protect_mechanisms = [\"token\"]"),
            ("cache_control", "cache_control = \"private\""),
            ("cache_control", "cache_control = \"\""),
            (
                "trusted_proxies",
                "trusted_proxies = [\"10.0.0.0/8\", \"0.0.0.0/0\"]",
            ),
        ] {
            let report = strict(&with_keys(line)).err().unwrap();
            assert_eq!(report.problems().len(), 1, "{report}");
            assert_eq!(report.problems()[0].key, name);
            assert!(report.problems()[0].mend.contains("accepted_risks"), "{report}");

            let accepted = format!("{line}\naccepted_risks = [\"{name}\"]");
            let config = strict(&with_keys(&accepted)).unwrap_or_else(|report| panic!("{report}"));
            assert!(
                config
                    .notices
                    .iter()
                    .any(|notice| notice.key == name && notice.weakens)
            );
        }
    }

    #[test]
    fn the_argon2_minimum_follows_the_iterations() {
        for (line, good) in [
            ("argon2_memory_kib = 47104\nargon2_iterations = 1", true),
            ("argon2_memory_kib = 47103\nargon2_iterations = 1", false),
            ("argon2_memory_kib = 12288\nargon2_iterations = 3", true),
            ("argon2_memory_kib = 12287\nargon2_iterations = 9", false),
        ] {
            assert_eq!(strict(&with_keys(line)).is_ok(), good, "{line}");
        }
    }

    #[test]
    fn compat_needs_its_acknowledgement() {
        let compat = "compat = \"flask-security\"";
        let report = strict(&with_keys(compat)).err().unwrap();
        assert_eq!(report.problems().len(), 1, "{report}");
        assert!(report.to_string().contains("danger_compat_ack = true"));

        let acknowledged = format!("{compat}\ndanger_compat_ack = true");
        let config = strict(&with_keys(&acknowledged)).unwrap_or_else(|report| panic!("{report}"));
        assert!(!config.return_generic_responses && !config.logout_csrf);
        assert_eq!(config.password_length(), 8);

        let own = format!("{acknowledged}\nlogout_csrf = true");
        let config = strict(&with_keys(&own)).unwrap_or_else(|report| panic!("{report}"));
        assert!(config.logout_csrf && !config.return_generic_responses);

        // A weak value that is written is not what the acknowledgement is about.
        let weak = format!("{acknowledged}\nlogout_csrf = false");
        assert_eq!(
            strict(&with_keys(&weak)).err().unwrap().problems()[0].key,
            "logout_csrf"
        );
    }

    #[test]
    fn a_risk_that_is_none_is_refused_and_an_idle_one_is_said() {
        let report = strict(&with_keys("accepted_risks = [\"login_url\"]"))
            .err()
            .unwrap();
        assert_eq!(report.problems()[0].key, "accepted_risks");
        let config =
            strict(&with_keys("accepted_risks = [\"logout_csrf\"]")).unwrap_or_else(|r| panic!("{r}"));
        assert!(
            config
                .notices
                .iter()
                .any(|notice| notice.key == "accepted_risks" && !notice.weakens)
        );
    }
}
