use std::collections::BTreeMap;

use rocket::figment::Figment;
use rocket::figment::providers::{Format, Toml};

use super::*;
use crate::config::Development;

/// What the launch would say.
fn said(setup: impl FnOnce(&mut Extensions)) -> String {
    let mut extensions = Extensions::default();
    setup(&mut extensions);
    let figment = Figment::from(Toml::string("[security]"));
    let config =
        Config::from_figment(&figment, Development::On, &[]).unwrap_or_else(|report| panic!("{report}"));
    let catalog = Catalog::new(&[], &BTreeMap::new()).unwrap();
    let checked = extensions.check(&config, &catalog);
    checked.err().map_or_else(String::new, |error| error.to_string())
}

#[test]
fn a_mistake_is_told_with_what_to_write() {
    let form = |name: &str, field: ExtraField| {
        let name = name.to_owned();
        said(move |extensions| extensions.add_form(&name, FormExtension::new().field(field)))
    };
    let text = |name: &str| ExtraField::text(name, "A label");
    assert_eq!(form("login", text("team")), "");
    assert_eq!(
        form("logn", text("team")),
        "`.form(\"logn\", …)`: there is no form of this name; there are \"login\", \"logout\", \"register\", \"verify\""
    );
    assert_eq!(
        form("login", text("password")),
        "the field \"password\" that the application adds to the form \"login\" has a name that the library uses: choose another"
    );
    assert!(form("login", text("1st")).contains("write a letter, then"));
    assert!(form("login", ExtraField::text("a", Words::id("no-text"))).contains("locales/en/app.ftl"));
    assert!(form("login", text("a").max_length(0)).contains("has room for no character"));
    let view = said(|extensions| extensions.add_context(Some("logn"), Contribution::now(|_| ())));
    assert!(
        view.contains("there is no view of this name") && view.contains("\"error\""),
        "{view}"
    );
}

#[test]
fn every_field_of_ours_is_taken() {
    // Those that a page or a form of this version reads, wherever it says so.
    for name in [
        "email",
        "username",
        "password",
        "password_confirm",
        "next",
        "remember",
        "csrf_token",
        "submit",
    ] {
        assert!(TAKEN.contains(&name), "{name}");
    }
    assert!(TAKEN.is_sorted());
}
