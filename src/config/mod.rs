//! Every setting, declared once: from what was written to a checked [`Config`].
//!
//! [`Config::from_figment`] fails with a [`Report`] that names everything that is wrong at once. Unknown keys, values of
//! the wrong type or out of bounds, combinations that cannot work, missing keys and, outside [`Development`], settings
//! that weaken security without being listed in `accepted_risks`: all of them stop the launch. What is allowed but
//! should be known is in [`Config::notices`].
//!
//! ```
//! use rocket::figment::{Figment, providers::{Format, Toml}};
//! use rocket_security::config::{Config, Development};
//!
//! let figment = Figment::from(Toml::string("security = { login_ulr = '/sign-in' }"));
//! let report = Config::from_figment(&figment, Development::On, &[]).err().unwrap();
//! assert!(report.to_string().contains("Did you mean `login_url`?"));
//! ```
//!
//! A setting is one entry in `table.rs`, from which the type, the reference page and the messages come. What looks at
//! several settings is in `checks.rs`, what weakens in `risks.rs`.

mod attribute;
mod checks;
mod choices;
mod declare;
mod development;
mod duration;
mod foreign;
mod hosts;
mod later;
mod markdown;
mod messages;
mod network;
mod pages;
mod raw;
mod report;
mod risks;
mod secret;
mod sections;
mod table;
mod texts;
mod value;

use std::path::PathBuf;

use rocket::figment::Figment;

pub use attribute::IdentityAttribute;
pub use choices::{
    Compat, Freshness, MessageLevel, PasswordHash, PasswordLength, RedirectBehavior, SiteData, UnicodeForm,
};
pub use declare::Setting;
pub use development::Development;
pub(crate) use development::{FOLDER, dev_keys, make_folder};
pub use markdown::settings_markdown;
pub use messages::MessageOverride;
pub use network::Network;
pub(crate) use pages::{PAGES, with_query};
pub(crate) use raw::nearest;
pub use report::{Notice, Problem, Report};
pub use secret::SecretText;
pub use table::{Config, SETTINGS};
pub use texts::{
    CacheControl, CookieDomain, CookieName, FieldName, HeaderName, HostName, KeyPrefix, RiskName, Subdomain,
    TemplateName, UrlPath, View,
};

use raw::Raw;

impl Config {
    /// Reads and checks the table `security` of Rocket's configuration.
    ///
    /// `known_messages` are the keys of the catalogue in upper case, which `msg_<key>` may override. In development
    /// `secret_keys` and `data_keys` may be empty: the keys for development stand in for each.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in one [`Report`].
    pub fn from_figment(
        figment: &Figment,
        development: Development,
        known_messages: &[&str],
    ) -> Result<Config, Report> {
        let mut raw = Raw::new(figment);
        raw.refuse_unknown();
        // First, because it decides what the others' defaults are.
        raw.compat = raw.read::<Compat>("compat") == Some(Compat::FlaskSecurity);
        let Some(mut config) = Config::read(&mut raw, development) else {
            raw.problem(
                "security",
                "has a default of its own that is wrong.",
                "Report this: it is our mistake.",
            );
            return Err(raw.report.sorted());
        };
        config.messages = messages::read(&mut raw, known_messages);
        config.derive(&raw);
        checks::check(&mut config, &mut raw);
        risks::check(&mut config, &mut raw);
        sections::say(&mut config, figment);
        if raw.report.is_empty() {
            Ok(config)
        } else {
            Err(raw.report.sorted())
        }
    }

    /// What a setting is while it is not written, where that depends on another.
    fn derive(&mut self, raw: &Raw<'_>) {
        if self.username_enable && !raw.is_written("user_identity_attributes") {
            self.user_identity_attributes.push(IdentityAttribute::Username);
        }
        // The reference's word for its own catalogues; ours lie below every folder anyway.
        self.i18n_dirname.retain(|path| path.as_os_str() != "builtin");
        if let Some(folder) = raw.folder_of("i18n_dirname") {
            let absolute = |path: &PathBuf| folder.join(path);
            self.i18n_dirname = self.i18n_dirname.iter().map(absolute).collect();
        }
    }

    /// Adds to what should be known.
    pub(crate) fn note(&mut self, key: &str, text: String, weakens: bool) {
        self.notices.push(Notice {
            key: key.into(),
            text,
            weakens,
        });
    }

    /// The whole path of one of the `*_url` settings, with `url_prefix` before it.
    pub fn path(&self, url: &UrlPath) -> String {
        match self.url_prefix.as_deref() {
            None | Some("/") => url.to_string(),
            Some(prefix) if url.as_str() == "/" => prefix.to_owned(),
            Some(prefix) => format!("{prefix}{url}"),
        }
    }

    /// The least number of code points of a password.
    pub fn password_length(&self) -> usize {
        self.password_length_min.code_points()
    }

    /// Whether `accepted_risks` lists the setting.
    pub fn accepts_risk(&self, name: &str) -> bool {
        self.accepted_risks.iter().any(|risk| risk.as_str() == name)
    }
}

#[cfg(test)]
mod tests;
