//! Files of the application in the place of ours.

use super::*;
use crate::text::Message;

/// A folder of templates that vanishes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let root = std::env::temp_dir().join(format!("rs-views-{}", crate::crypto::random_hex32().unwrap()));
        fs::create_dir_all(&root).unwrap();
        let folder = Folder(root);
        for (name, source) in files {
            folder.write(name, source);
        }
        folder
    }

    fn write(&self, name: &str, source: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, source).unwrap();
    }

    fn views(&self) -> Views {
        Views::new(&self.0).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_file_of_the_application_comes_first() {
    let folder = Folder::new(&[(
        "security/login.html.j2",
        "<b>{{ t('login-submit') }} {{ user.username }}|{{ nothing }}</b>",
    )]);
    let (catalog, views) = (plain(), folder.views());
    let pages = pages(&catalog, "a");
    assert!(views.on_disk("security/login") && !views.on_disk("security/register"));
    assert!(views.has("security/register") && !views.has("security/other"));
    assert_eq!(pages.render(&views, "login", &pages.login()), "<b>Sign in |</b>");
    assert!(
        pages
            .render(&views, "register", &pages.register())
            .contains("<!doctype html>")
    );
    // Debug builds read it anew.
    folder.write("security/login.html.j2", "changed");
    assert_eq!(pages.render(&views, "login", &pages.login()), "changed");
}

#[test]
fn a_file_extends_the_embedded_base_or_the_page_it_replaces() {
    let folder = Folder::new(&[
        (
            "security/login.html.j2",
            "{% extends \"security/base.html.j2\" %}{% block content %}<i>mine</i>{{ forms.form(form) }}{% endblock %}",
        ),
        (
            "security/register.html.j2",
            "{% extends \"embedded/security/register.html.j2\" %}{% block heading %}Join us{% endblock %}",
        ),
        ("security/_style.css.j2", "body { color: red }"),
        ("layout.html.j2", "<main>{% block content %}{% endblock %}</main>"),
        (
            "security/error.html.j2",
            "{% extends 'layout.html.j2' %}{% block content %}{{ message.text }}{% endblock %}",
        ),
    ]);
    let (catalog, views) = (plain(), folder.views());
    let pages = pages(&catalog, "a");
    let login = pages.render(&views, "login", &pages.login());
    assert!(
        login.contains("<i>mine</i>") && login.contains("login_user_form") && login.contains("color: red")
    );
    let register = pages.render(&views, "register", &pages.register());
    assert!(register.contains("Join us") && register.contains("register_user_form"));
    let error = pages.render(&views, "error", &pages.page("error", Some(Message::Unauthorized)));
    assert!(error.starts_with("<main>") && error.contains("not allowed"));
}

#[test]
fn a_broken_file_is_told_at_launch() {
    let folder = Folder::new(&[("security/login.html.j2", "{% if %}")]);
    let error = Views::new(&folder.0).err().unwrap().to_string();
    assert!(error.contains("security/login.html.j2"), "{error}");
}

#[test]
fn names_do_not_lead_out_of_the_folder() {
    let folder = Folder::new(&[("inner/security/a.html.j2", "a"), ("secret.html.j2", "secret")]);
    let views = Views::new(&folder.0.join("inner")).unwrap();
    let catalog = plain();
    let pages = pages(&catalog, "a");
    for view in [
        "../secret",
        "security/../../secret",
        "/etc/passwd",
        "security\\..\\..\\secret",
        "",
        "a//b",
    ] {
        assert!(!views.on_disk(view), "{view}");
        assert!(
            views
                .render(view, &pages.login(), &catalog, &pages.locale)
                .is_err(),
            "{view}"
        );
    }
}
