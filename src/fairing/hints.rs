//! What the application wrote and nobody will read: said at launch, since nothing else would show it.

use crate::config::{Config, IdentityAttribute, nearest};
use crate::text::Catalog;
use crate::web::views::Views;

/// Adds to the launch's notices.
pub(super) fn say(config: &mut Config, catalog: &Catalog, views: &Views) {
    for (language, id) in catalog.strangers() {
        // An application may keep texts of its own there: only what looks like one of ours is a mistake.
        if let Some(meant) = meant(id) {
            let text = format!("the text {id} ({language}) is none of ours. Did you mean {meant}?");
            config.note("i18n_dirname", text, false);
        }
    }
    let mut behind = config.user_identity_attributes.iter();
    if behind.any(|it| *it == IdentityAttribute::Username)
        && let Some(hidden) = behind.find(|it| **it != IdentityAttribute::Email)
    {
        let hidden = hidden.name();
        let text = format!(
            "\"username\" stands before {hidden:?} and takes whatever has no @ or +: anybody may choose a name that reads \
             like another's {hidden}. Write \"username\" last."
        );
        config.note("user_identity_attributes", text, false);
    }
    let templates = [
        config.login_user_template.to_string(),
        config.logout_user_template.to_string(),
        config.register_user_template.to_string(),
        config.verify_template.to_string(),
        "security/refresh_token".to_owned(),
    ];
    let templates: Vec<&str> = templates.iter().map(String::as_str).collect();
    for name in views.strangers(&templates) {
        let stem = name.split('.').next().unwrap_or_default();
        let views = templates.iter().filter_map(|view| view.rsplit('/').next());
        let text = match nearest(stem, views) {
            Some(view) => format!("security/{name} is read by no page. Did you mean {view}.html.j2?"),
            None => format!("security/{name} is read by no page, and no other file there names it."),
        };
        config.note("template_dir", text, false);
    }
}

/// The text of ours that an id is meant to be, if it is nearly one.
fn meant(id: &str) -> Option<&'static str> {
    let plain = |id: &str| id.replace('_', "-").to_lowercase();
    let ids = Catalog::ids();
    let same = ids.iter().find(|ours| plain(ours) == plain(id)).copied();
    // Two letters at most: `field-email` and `field-email-2` are two texts.
    same.or_else(|| nearest(id, ids.iter().copied()).filter(|ours| ours.len().abs_diff(id.len()) < 2))
}
