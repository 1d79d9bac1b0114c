mod redirects;

use std::net::IpAddr;
use std::time::Duration;

use rocket::figment::Figment;
use rocket::figment::providers::{Format, Serialized, Toml};
use rocket::http::{Method, SameSite};

use super::development::DEVELOPMENT_MARK;
use super::*;

const KNOWN: &[&str] = &["UNAUTHORIZED", "UNAUTHENTICATED", "CONFIRM_REGISTRATION"];
const SECRET: &str = "kJ2vXw9Qm4ZtR7sLb1Ny8GcHd5FpAa3U";
const DATA: &str = "Tz6YqEoW0iKxVnMjR4uBhC2gSfDl9P7e";

fn figment(security: &str) -> Figment {
    Figment::from(Toml::string(&format!("[security]\n{security}")))
}

pub(super) fn strict(security: &str) -> Result<Config, Report> {
    Config::from_figment(&figment(security), Development::PublicAddress, KNOWN)
}

pub(super) fn relaxed(security: &str) -> Result<Config, Report> {
    Config::from_figment(&figment(security), Development::On, KNOWN)
}

pub(super) fn with_keys(security: &str) -> String {
    format!("secret_keys = [\"{SECRET}\"]\ndata_keys = [\"{DATA}\"]\n{security}")
}

fn good(result: Result<Config, Report>) -> Config {
    result.unwrap_or_else(|report| panic!("{report}"))
}

/// The keys of what is wrong, in the report's order.
fn wrong(result: Result<Config, Report>) -> Vec<String> {
    let report = result.err().unwrap();
    report
        .problems()
        .iter()
        .map(|problem| problem.key.clone())
        .collect()
}

#[test]
fn nothing_written_is_development_with_safe_defaults() {
    let config = good(Config::from_figment(&Figment::new(), Development::On, KNOWN));
    assert_eq!(config.path(&config.login_url), "/login");
    assert_eq!(config.password_length(), 15);
    assert!(config.return_generic_responses && config.logout_csrf && config.migrate);
    assert!(!config.registerable && !config.confirmable);
    assert_eq!(config.logout_methods, [Method::Post]);
    assert_eq!(config.session_cookie_samesite, SameSite::Lax);
    assert_eq!(config.session_idle_timeout, Duration::from_secs(86_400));
    assert_eq!(config.form_limit.as_u64(), 65_536);
    assert_eq!(config.i18n_dirname, [PathBuf::from("locales")]);
    assert_eq!(config.user_identity_attributes, [IdentityAttribute::Email]);
    assert!(config.secret_keys.is_empty());
    assert_eq!(config.notices, []);
}

#[test]
fn every_default_bound_and_compat_value_reads_back_within_its_own_bounds() {
    for setting in SETTINGS {
        let bounds = setting.bounds.into_iter().flat_map(|(least, most)| [least, most]);
        for toml in [setting.default].into_iter().chain(setting.compat).chain(bounds) {
            let line = format!("{} = {toml}", setting.name);
            if let Err(report) = relaxed(&line) {
                let own = report
                    .problems()
                    .iter()
                    .find(|problem| problem.key == setting.name);
                // A bound may be impossible beside the other defaults, but must be of the right type.
                let is_type = own.is_some_and(|problem| {
                    problem.problem.starts_with("must") || problem.problem.starts_with("is no")
                });
                assert!(!is_type, "{line}: {report}");
            }
        }
        assert!(
            !setting.doc.trim().is_empty() && !setting.kind().is_empty(),
            "{}",
            setting.name
        );
        assert_eq!(
            setting.secret,
            ["secret_keys", "data_keys"].contains(&setting.name) || setting.name.ends_with("_salt"),
            "{}",
            setting.name
        );
    }
}

#[test]
fn names_in_the_table_are_unique_and_follow_the_reference() {
    let names: std::collections::BTreeSet<_> = SETTINGS.iter().map(|setting| setting.name).collect();
    assert_eq!(names.len(), SETTINGS.len());
    for setting in SETTINGS {
        if let Some(reference) = setting.reference {
            assert_eq!(reference.to_lowercase(), setting.name);
        }
    }
}

#[test]
fn strict_launch_needs_both_rings() {
    let report = strict("").err().unwrap();
    assert_eq!(report.problems().len(), 2, "{report}");
    let text = report.to_string();
    for part in [
        "secret_keys",
        "data_keys",
        "openssl rand -base64 48",
        "not a loopback address",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    good(strict(&with_keys("")));
}

#[test]
fn weak_keys_are_refused_everywhere() {
    for key in [
        "short",
        "changemechangemechangemechangemechangeme",
        &"a".repeat(64),
    ] {
        assert_eq!(
            wrong(relaxed(&format!("secret_keys = [\"{key}\"]"))),
            ["secret_keys"],
            "{key}"
        );
    }
    let twice = format!("secret_keys = [\"{SECRET}\", \"{SECRET}\"]");
    assert_eq!(wrong(relaxed(&twice)), ["secret_keys"]);
    let shared = format!("secret_keys = [\"{SECRET}\"]\ndata_keys = \"{SECRET}\"");
    assert_eq!(wrong(relaxed(&shared)), ["data_keys"]);
}

#[test]
fn a_development_key_is_refused_outside_development() {
    let marked = format!("secret_keys = [\"{DEVELOPMENT_MARK}{SECRET}\"]\ndata_keys = [\"{DATA}\"]");
    assert_eq!(wrong(strict(&marked)), ["secret_keys"]);
    good(relaxed(&marked));
    let older =
        format!("secret_keys = [\"{SECRET}\", \"{DEVELOPMENT_MARK}{SECRET}\"]\ndata_keys = \"{DATA}\"");
    assert_eq!(wrong(strict(&older)), ["secret_keys"]);
}

#[test]
fn no_report_shows_a_secret() {
    for written in [
        format!("secret_key = \"{SECRET}\""),
        format!("password_salt = [\"{SECRET}\"]"),
        format!("SECRET_KEYS = [\"{SECRET}\"]"),
        format!("password_salt = \"{SECRET}\""),
        format!("secret_keys = [\"{SECRET}\", 1]"),
        format!("secret_keys = {{ a = \"{SECRET}\" }}"),
        format!("secret_keys = [\"{SECRET}\", \"{SECRET}\"]"),
        format!("secret_keys = [\"{SECRET}\"]\ndata_keys = [\"{SECRET}\"]"),
        format!("secret_keys = [\"{DEVELOPMENT_MARK}{SECRET}\"]"),
    ] {
        let report = strict(&written).err().unwrap();
        for text in [
            report.to_string(),
            format!("{report:?}"),
            format!("{:?}", report.problems()),
        ] {
            assert!(!text.contains(&SECRET[..12]), "{text}");
        }
    }
    let broken = Figment::from(Toml::string(&format!("[security]\nsecret_keys = [\"{SECRET}\"")));
    let report = Config::from_figment(&broken, Development::On, KNOWN)
        .err()
        .unwrap();
    assert!(!report.to_string().contains(SECRET), "{report}");
}

#[test]
fn one_report_names_everything_with_value_and_mend() {
    let report = strict(
        "login_url = 'login'\nhash_queue = -1\nregister_ulr = '/join'\nsession_lifetime = '1 month'\n\
         recoverable = true\nmsg_unauthorised = 'No'",
    )
    .err()
    .unwrap();
    let text = report.to_string();
    assert_eq!(
        report
            .problems()
            .iter()
            .map(|problem| problem.key.as_str())
            .collect::<Vec<_>>(),
        [
            "login_url",
            "hash_queue",
            "session_lifetime",
            "secret_keys",
            "data_keys",
            "recoverable",
            "register_ulr",
            "msg_unauthorised"
        ]
    );
    for part in [
        "login_url = \"login\"",
        "Write \"/login\".",
        "hash_queue = -1",
        "Did you mean `register_url`?",
        "count in days",
        "this version does not have",
        "Did you mean `msg_unauthorized`?",
        "TOML",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn impossible_combinations_name_their_first_key() {
    for (written, key) in [
        ("confirmable = true", "confirmable"),
        ("username_required = true", "username_required"),
        (
            "username_enable = true\nusername_min_length = 40",
            "username_min_length",
        ),
        (
            "user_identity_attributes = ['email', 'username']",
            "user_identity_attributes",
        ),
        ("user_identity_attributes = []", "user_identity_attributes"),
        (
            "user_identity_attributes = ['email', 'email']",
            "user_identity_attributes",
        ),
        ("session_lifetime = '1 hour'", "session_lifetime"),
        ("login_wait_max = '10 s'", "login_wait_max"),
        ("remember_cookie_name = 'session'", "remember_cookie_name"),
        (
            "argon2_memory_kib = 8\nargon2_parallelism = 2",
            "argon2_memory_kib",
        ),
        ("hash_queue = 1", "hash_queue_per_address"),
        ("logout_url = '/login'", "logout_url"),
        ("register_url = '/logout'", "register_url"),
        (
            "url_prefix = '/auth'\npost_login_view = '/auth/login?x=1'",
            "post_login_view",
        ),
        ("post_logout_view = '/logout'", "post_logout_view"),
        ("post_register_view = '/register'", "post_register_view"),
        (
            "session_cookie_domain = 'example.com'\ntrusted_hosts = ['badexample.com']",
            "session_cookie_domain",
        ),
        ("freshness = 0", "freshness"),
        ("password_hash = 'bcrypt'", "password_hash"),
        ("username_max_length = 256", "username_max_length"),
        ("session_idle_timeout = 1", "session_idle_timeout"),
        ("remember_duration = '401 days'", "remember_duration"),
    ] {
        assert_eq!(wrong(relaxed(written)), [key], "{written}");
    }
    good(relaxed(
        "session_cookie_domain = 'example.com'\ntrusted_hosts = ['example.com', 'a.example.com:8443']",
    ));
    good(relaxed("url_prefix = '/auth'\npost_login_view = '/login'"));
}

#[test]
fn what_follows_from_a_wrong_value_is_not_reported() {
    assert_eq!(
        wrong(relaxed("username_max_length = 'x'\nusername_min_length = 40")),
        ["username_max_length"]
    );
    assert_eq!(
        wrong(relaxed("username_enable = 1\nusername_required = true")),
        ["username_enable"]
    );
}

#[test]
fn the_prefix_stands_before_every_path() {
    let config = good(relaxed(
        "url_prefix = '/auth'\nlogin_url = '/in'\nregister_url = '/'",
    ));
    assert_eq!(config.path(&config.login_url), "/auth/in");
    assert_eq!(config.path(&config.register_url), "/auth");
    let config = good(relaxed("url_prefix = '/'"));
    assert_eq!(config.path(&config.login_url), "/login");
}

#[test]
fn user_names_become_an_identity_unless_written_otherwise() {
    let both = [IdentityAttribute::Email, IdentityAttribute::Username];
    assert_eq!(
        good(relaxed("username_enable = true")).user_identity_attributes,
        both
    );
    let only = good(relaxed(
        "username_enable = true\nuser_identity_attributes = 'email'",
    ));
    assert_eq!(only.user_identity_attributes, [IdentityAttribute::Email]);
}

#[test]
fn messages_are_overridden_by_key() {
    let config = good(relaxed(
        "msg_unauthorized = 'No'\nmsg_unauthenticated = ['Sign in', 'info']",
    ));
    assert_eq!(config.messages["UNAUTHORIZED"].text, "No");
    assert_eq!(config.messages["UNAUTHENTICATED"].level, Some(MessageLevel::Info));
    assert_eq!(
        wrong(relaxed("msg_unauthorized = 1\nmsg_nothing = 'x'")),
        ["msg_nothing", "msg_unauthorized"]
    );
}

#[test]
fn notices_say_what_should_be_known() {
    let config = good(relaxed(
        "registerable = true\npassword_length_min = 8\nsession_lifetime = '31 days'\nlogout_csrf = false\n\
         username_enable = true\nsession_cookie_domain = 'example.com'",
    ));
    let keys: Vec<_> = config.notices.iter().map(|notice| notice.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "registerable",
            "password_length_min",
            "session_cookie_domain",
            "session_lifetime",
            "logout_csrf"
        ]
    );
}

#[test]
fn the_environment_wins_and_is_read_as_it_is_written() {
    let variable: rocket::figment::value::Value =
        "{registerable=true, hash_queue=9, trusted_proxies=[\"10.0.0.0/8\"], \
         session_lifetime=\"14 days\", csrf_field_name=token, i18n_dirname=[a, b]}"
            .parse()
            .unwrap();
    let figment =
        figment("hash_queue = 8\nlogin_wait_after = 7").merge(Serialized::default("security", variable));
    let config = good(Config::from_figment(&figment, Development::On, KNOWN));
    assert!(config.registerable);
    assert_eq!((config.hash_queue, config.login_wait_after), (9, 7));
    assert!(config.trusted_proxies[0].contains(IpAddr::from([10, 1, 1, 1])));
    assert_eq!(&*config.csrf_field_name, "token");
    assert_eq!(config.i18n_dirname.len(), 2);
}

#[test]
fn what_is_no_table_is_said() {
    for toml in ["security = 1", "security = [1]", "security = 'x'"] {
        let figment = Figment::from(Toml::string(toml));
        assert_eq!(
            wrong(Config::from_figment(&figment, Development::On, KNOWN)),
            ["security"],
            "{toml}"
        );
    }
}

#[test]
fn no_value_of_any_type_panics() {
    for setting in SETTINGS {
        for value in [
            "''",
            "' '",
            "'\\u0000'",
            "0",
            "-1",
            "1.5",
            "nan",
            "9223372036854775807",
            "true",
            "[]",
            "[[]]",
            "[1]",
            "{}",
            "{ a = 1 }",
            "['']",
            "['a', 1]",
            "1979-05-27",
            "'💥'",
            "'\u{202e}'",
            "'-'",
            "'/'",
            "':'",
        ] {
            let _ = relaxed(&format!("{} = {value}", setting.name)).map_err(|report| report.to_string());
        }
    }
}

#[test]
fn profiles_lie_over_one_another_key_by_key() {
    let toml = "[default.security]\nhash_queue = 8\ni18n_dirname = ['a', 'b']\npost_register_view = '/x'\n\
                [debug.security]\nhash_queue = 9\ni18n_dirname = ['c']\npost_register_view = ''\n\
                [release.security]\nhash_queue = 10\nbanana = 1";
    let figment = Figment::from(Toml::string(toml).nested());
    let read = |profile: &str| Config::from_figment(&figment.clone().select(profile), Development::On, KNOWN);
    let debug = good(read("debug"));
    assert_eq!((debug.hash_queue, debug.i18n_dirname.len()), (9, 1));
    assert_eq!(debug.post_register_view, None);
    assert_eq!(good(read("default")).hash_queue, 8);
    assert_eq!(wrong(read("release")), ["banana"]);
}

#[test]
fn a_folder_is_relative_to_the_file_that_names_it_and_the_file_is_named() {
    let folder = std::env::temp_dir().join(format!("rocket_security-settings-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("Rocket.toml");
    std::fs::write(
        &file,
        "[default.security]\ni18n_dirname = ['builtin', 'texts', '/srv/texts']\nlogin_url = 1",
    )
    .unwrap();
    let figment = Figment::from(Toml::file(&file).nested());
    let report = Config::from_figment(&figment, Development::On, KNOWN)
        .err()
        .unwrap();
    assert!(report.to_string().contains(&*file.to_string_lossy()), "{report}");
    let figment = figment.merge(("security.login_url", "/in"));
    let config = good(Config::from_figment(&figment, Development::On, KNOWN));
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(
        config.i18n_dirname,
        [folder.join("texts"), PathBuf::from("/srv/texts")]
    );
}

#[test]
fn a_hostile_key_cannot_forge_lines_of_the_report() {
    let text = relaxed("\"a\\nb\\u001b[31m\" = 1").err().unwrap().to_string();
    assert!(!text.contains("\nb") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn what_is_accepted_is_not_told_again() {
    for (key, settings) in [
        ("registerable", "registerable = true"),
        ("session_cookie_domain", "session_cookie_domain = 'a.example'"),
        ("remember_duration", "remember_duration = '60 days'"),
        ("session_lifetime", "session_lifetime = '60 days'"),
    ] {
        let told = |settings: &str| good(strict(&with_keys(settings))).notices;
        let keys: Vec<_> = told(settings).into_iter().map(|notice| notice.key).collect();
        assert_eq!(keys, [key]);
        let accepted = format!("{settings}\naccepted_risks = ['{key}']");
        assert_eq!(told(&accepted), []);
    }
}

#[test]
fn the_description_needs_its_feature_and_an_address_of_its_own() {
    let told = |settings: &str| relaxed(settings).err().map(|report| report.to_string());
    let own = told("openapi_url = '/openapi.json'");
    let has_feature = cfg!(feature = "openapi");
    assert_eq!(own.is_none(), has_feature, "{own:?}");
    assert!(own.is_none_or(|own| own.contains("feature `openapi`")));
    for taken in [
        "openapi_url = '/login'",
        "openapi_url = '/logout'",
        "openapi_url = '/x'\nrefresh_token = true\nrefresh_token_url = '/x'",
    ] {
        let told = told(taken).unwrap_or_default();
        assert!(told.contains("openapi_url"), "{taken}: {told}");
    }
    // A page that is off has no address.
    assert_eq!(told("openapi_url = '/register'").is_none(), has_feature);
}
