use std::collections::BTreeMap;

use rocket::figment::Figment;
use rocket::figment::providers::{Format, Toml};

use serde::{Deserialize, Serialize};
use validator::Validate;

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
        "`.form(\"logn\", …)`: there is no form of this name; there are \"login\", \"logout\", \"register\", \"verify\", \"api_keys\""
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

#[derive(Serialize, Deserialize, Validate, Clone)]
#[serde(try_from = "Raw", into = "Raw")]
struct Even {
    number: u32,
}

#[derive(Serialize, Deserialize)]
struct Raw {
    number: u32,
}

impl TryFrom<Raw> for Even {
    type Error = String;

    fn try_from(raw: Raw) -> std::result::Result<Self, String> {
        match raw.number % 2 {
            0 => Ok(Even { number: raw.number }),
            _ => Err(format!("{} is odd", raw.number)),
        }
    }
}

impl From<Even> for Raw {
    fn from(even: Even) -> Self {
        Raw { number: even.number }
    }
}

impl RegistrationFields for Even {
    fn fields() -> Vec<ExtraField> {
        vec![ExtraField::number("number", "Number")]
    }
}

#[derive(Serialize, Deserialize, Validate)]
struct Forgotten {
    shown: Option<String>,
    not_described: u32,
}

impl RegistrationFields for Forgotten {
    fn fields() -> Vec<ExtraField> {
        vec![ExtraField::text("shown", "Shown")]
    }
}

#[test]
fn what_serde_refuses_is_a_mistake_of_the_visitor_unless_he_could_not_know() {
    let catalog = Catalog::new(&[], &BTreeMap::new()).unwrap();
    let make = |registration: RegistrationType, values: Value| {
        let mut errors = FieldErrors::default();
        let values = values.as_object().cloned().unwrap_or_default();
        let made = registration.make(values, &catalog, &mut errors);
        made.map(|made| (made, errors.codes().map(str::to_owned).collect::<Vec<_>>()))
    };
    let even = RegistrationType::of::<Even>;
    let made = make(even(), serde_json::json!({ "number": 4 })).unwrap();
    assert_eq!(made, (Some(r#"{"number":4}"#.to_owned()), Vec::new()));
    for odd in [
        serde_json::json!({ "number": 3 }),
        serde_json::json!({ "number": -4 }),
    ] {
        let (made, codes) = make(even(), odd).unwrap();
        assert_eq!((made, codes), (None, vec!["INVALID_INPUT".to_owned()]));
    }
    let (made, codes) = make(even(), serde_json::json!({})).unwrap();
    assert_eq!((made, codes), (None, vec!["VALUE_NOT_PROVIDED".to_owned()]));
    let error = make(
        RegistrationType::of::<Forgotten>(),
        serde_json::json!({ "shown": "x" }),
    )
    .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`not_described` is missing: describe it"),
        "{error}"
    );
}
