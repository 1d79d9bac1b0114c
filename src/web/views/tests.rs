use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use minijinja::UndefinedBehavior;
use scraper::{ElementRef, Html, Selector};

use super::embedded::TEMPLATES;
use super::*;
use crate::text::{Catalog, Locale, Message};

/// What breaks out of HTML when it is not escaped, in an element and in an attribute.
const HOSTILE: &str = r#"</title></style><script>alert(1)</script>" onfocus='x' &amp; {{ 7 * 7 }}"#;

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

fn plain() -> Catalog {
    Catalog::new(&[], &BTreeMap::new()).unwrap()
}

fn ours() -> Views {
    Views::with(&PathBuf::from("/no/such/folder"), UndefinedBehavior::Strict).unwrap()
}

/// The pages of this version, as their features fill them; `said` stands for what a visitor or a store said.
struct Pages<'a> {
    catalog: &'a Catalog,
    locale: Locale,
    said: &'a str,
}

impl Pages<'_> {
    fn text(&self, id: &str, args: &[(&str, &str)]) -> String {
        self.catalog.text(&self.locale, id, args)
    }

    fn page(&self, view: &str, message: Option<Message>) -> PageContext {
        let title = self.text(title_id(view, message), &[]);
        let url = |name: &str| (name.to_owned(), format!("/{name}"));
        PageContext {
            nonce: "n0nce".into(),
            csrf_field_name: "csrf_token".into(),
            csrf_token: "t0ken".into(),
            urls: ["login", "logout", "register", "verify"].map(url).into(),
            message: message.map(|message| FlashView::new(self.catalog, &self.locale, message, &[])),
            ..PageContext::new(view, title, self.catalog, &self.locale)
        }
    }

    fn signed_in(&self, page: PageContext) -> PageContext {
        PageContext {
            user: Some(UserView {
                email: self.said.into(),
                name: self.said.into(),
                username: None,
            }),
            ..page
        }
    }

    fn form(&self, name: &str, action: &str, submit: &str, fields: Vec<FieldView>) -> Option<FormView> {
        let submit = self.text(submit, &[]);
        let (name, action) = (name.to_owned(), action.to_owned());
        Some(FormView {
            name,
            action,
            method: "post",
            fields,
            errors: Vec::new(),
            submit,
        })
    }

    fn field(&self, name: &str, kind: &'static str, label: &str, autocomplete: &'static str) -> FieldView {
        let label = self.text(label, &[]);
        FieldView {
            name: name.into(),
            label,
            kind,
            autocomplete,
            required: true,
            ..FieldView::default()
        }
    }

    fn login(&self) -> PageContext {
        let next = FieldView {
            name: "next".into(),
            kind: "hidden",
            value: Some(self.said.into()),
            ..FieldView::default()
        };
        let email = FieldView {
            value: Some(self.said.into()),
            ..self.field("email", "email", "field-email", "username")
        };
        let password = self.field("password", "password", "field-password", "current-password");
        PageContext {
            form: self.form(
                "login_user_form",
                "/login",
                "login-submit",
                vec![email, password, next],
            ),
            next: Some(self.said.into()),
            next_query: next_query(Some(self.said)),
            ..self.page("login", None)
        }
    }

    fn register(&self) -> PageContext {
        let email = FieldView {
            value: Some(self.said.into()),
            ..self.field("email", "email", "field-email", "email")
        };
        let username = FieldView {
            required: false,
            hint: Some(self.text("username-hint", &[("min", "4"), ("max", "32")])),
            minlength: Some(4),
            maxlength: Some(32),
            ..self.field("username", "text", "field-username", "username")
        };
        let password = FieldView {
            hint: Some(self.text("password-hint", &[("min", "15")])),
            minlength: Some(15),
            maxlength: Some(128),
            // Whatever a feature does, a password never goes out.
            value: Some("hunter2".into()),
            ..self.field("password", "password", "field-new-password", "new-password")
        };
        let again = self.field(
            "password_confirm",
            "password",
            "field-password-confirm",
            "new-password",
        );
        let fields = vec![email, username, password, again];
        PageContext {
            form: self.form("register_user_form", "/register", "register-submit", fields),
            ..self.page("register", None)
        }
    }

    fn verify(&self) -> PageContext {
        let password = self.field("password", "password", "field-password", "current-password");
        let form = self.form("verify_form", "/verify", "verify-submit", vec![password]);
        self.signed_in(PageContext {
            form,
            ..self.page("verify", None)
        })
    }

    fn logout(&self) -> PageContext {
        let form = self.form("logout_form", "/logout", "logout-submit", Vec::new());
        self.signed_in(PageContext {
            form,
            ..self.page("logout", None)
        })
    }

    /// With all that can be wrong, and messages of each level.
    fn troubled(&self, mut page: PageContext) -> PageContext {
        let say = |message| {
            self.catalog
                .message(&self.locale, message, &[("email", self.said)])
        };
        if let Some(form) = &mut page.form {
            form.errors.push(say(Message::GenericAuthnFailed));
            for field in form.fields.iter_mut().filter(|field| field.kind != "hidden") {
                field.errors = vec![say(Message::EmailAlreadyAssociated), say(Message::InvalidInput)];
            }
        }
        for message in [
            Message::Unauthenticated,
            Message::LoggedOut,
            Message::ConfirmationRequest,
        ] {
            let flash = FlashView::new(self.catalog, &self.locale, message, &[("email", self.said)]);
            page.flashes.push(flash);
        }
        page
    }

    /// What visitors see most often of all that can go wrong.
    fn wrong_password(&self) -> PageContext {
        let mut page = self.login();
        let form = page.form.as_mut().unwrap();
        form.errors.push(
            self.catalog
                .message(&self.locale, Message::GenericAuthnFailed, &[]),
        );
        page
    }

    fn taken(&self) -> PageContext {
        let mut page = self.register();
        let form = page.form.as_mut().unwrap();
        let say = |message, args: &[(&str, &str)]| self.catalog.message(&self.locale, message, args);
        form.fields[0]
            .errors
            .push(say(Message::EmailAlreadyAssociated, &[("email", self.said)]));
        form.fields[2]
            .errors
            .push(say(Message::PasswordInvalidLength, &[("length", "15")]));
        page
    }

    fn sent_to_login(&self) -> PageContext {
        let flash = FlashView::new(self.catalog, &self.locale, Message::Unauthenticated, &[]);
        PageContext {
            flashes: vec![flash],
            ..self.login()
        }
    }

    fn all(&self) -> Vec<(String, &'static str, PageContext)> {
        let mut pages = Vec::new();
        for (view, page) in [
            ("login", self.login()),
            ("register", self.register()),
            ("verify", self.verify()),
            ("logout", self.logout()),
        ] {
            pages.push((view.to_owned(), view, page.clone()));
            pages.push((format!("{view}-errors"), view, self.troubled(page)));
        }
        pages.push(("login-wrong".to_owned(), "login", self.wrong_password()));
        pages.push(("login-sent".to_owned(), "login", self.sent_to_login()));
        pages.push(("register-taken".to_owned(), "register", self.taken()));
        for message in [
            Message::Unauthorized,
            Message::Unauthenticated,
            Message::ApiError,
            Message::TemporarilyUnavailable,
        ] {
            let page = self.page("error", Some(message));
            let name = format!("error-{}", message.key().to_lowercase());
            pages.push((format!("{name}-signed-in"), "error", self.signed_in(page.clone())));
            pages.push((name, "error", page));
        }
        pages
    }

    fn render(&self, views: &Views, view: &str, page: &PageContext) -> String {
        views
            .render(&format!("security/{view}"), page, self.catalog, &self.locale)
            .unwrap()
    }
}

fn pages<'a>(catalog: &'a Catalog, said: &'a str) -> Pages<'a> {
    Pages {
        catalog,
        locale: catalog.negotiate(None),
        said,
    }
}

fn select<'a>(html: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    html.select(&Selector::parse(selector).unwrap()).collect()
}

/// What stands outside of all ⟦ ⟧.
fn unmarked(text: &str) -> String {
    let (mut depth, mut rest) = (0_i32, String::new());
    for c in text.chars() {
        match c {
            '⟦' => depth += 1,
            '⟧' => depth -= 1,
            c if depth == 0 => rest.push(c),
            _ => {}
        }
    }
    rest
}

/// The visible words of a page that did not come from the catalogue.
pub(crate) fn strangers(html: &Html) -> Vec<String> {
    let mut found = Vec::new();
    let mut note = |place: &str, text: &str| {
        if unmarked(text).chars().any(char::is_alphanumeric) {
            found.push(format!("{place}: {text}"));
        }
    };
    for node in html.tree.nodes() {
        if let Some(text) = node.value().as_text() {
            let parent = node
                .parent()
                .and_then(ElementRef::wrap)
                .map(|parent| parent.value().name().to_owned());
            if !matches!(parent.as_deref(), Some("style" | "script")) {
                note(parent.as_deref().unwrap_or("document"), text);
            }
        }
        if let Some(element) = node.value().as_element() {
            for name in ["aria-label", "placeholder", "title", "alt"] {
                if let Some(text) = element.attr(name) {
                    note(name, text);
                }
            }
        }
    }
    found
}

#[test]
fn every_visible_text_comes_from_the_catalogue() {
    let catalog = Catalog::pseudo().unwrap();
    let pages = pages(&catalog, "ada@example.org");
    for (name, view, page) in pages.all() {
        let html = Html::parse_document(&pages.render(&ours(), view, &page));
        assert_eq!(strangers(&html), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn the_pseudo_test_sees_a_text_of_its_own() {
    let html = Html::parse_document("<p>⟦Hello⟧, you</p><img alt='cat'><p>⟦a⟧ – ⟦b⟧</p><style>p{}</style>");
    assert_eq!(strangers(&html), ["p: ⟦Hello⟧, you", "alt: cat"]);
}

#[test]
fn nothing_that_a_visitor_says_breaks_out() {
    let catalog = plain();
    let pages = pages(&catalog, HOSTILE);
    for (name, view, page) in pages.all() {
        let page = PageContext {
            title: HOSTILE.into(),
            nonce: HOSTILE.into(),
            csrf_field_name: HOSTILE.into(),
            csrf_token: HOSTILE.into(),
            urls: page
                .urls
                .into_keys()
                .map(|name| (name, HOSTILE.to_owned()))
                .collect(),
            message: Some(FlashView {
                key: "API_ERROR",
                level: "error",
                text: HOSTILE.into(),
            }),
            ..page
        };
        let rendered = pages.render(&ours(), view, &page);
        let html = Html::parse_document(&rendered);
        assert!(select(&html, "script").is_empty(), "{name}: {rendered}");
        for element in html.tree.nodes().filter_map(|node| node.value().as_element()) {
            assert!(
                element.attrs().all(|(attribute, _)| !attribute.starts_with("on")),
                "{name}"
            );
        }
        for input in select(&html, "input[type=hidden][name^='</title>']") {
            assert_eq!(input.attr("value"), Some(HOSTILE));
        }
        assert!(
            !rendered.contains("49"),
            "{name}: a template was made of what a visitor typed"
        );
    }
}

#[test]
fn pages_keep_to_the_strictest_policy() {
    let catalog = plain();
    let pages = pages(&catalog, "ada@example.org");
    for (name, view, page) in pages.all() {
        let html = Html::parse_document(&pages.render(&ours(), view, &page));
        assert!(
            select(&html, "script, link, [style], img, iframe, object, base").is_empty(),
            "{name}"
        );
        for style in select(&html, "style") {
            assert_eq!(style.attr("nonce"), Some("n0nce"), "{name}");
            let css: String = style.text().collect();
            assert!(!css.contains("url(") && !css.contains("@import"), "{name}");
        }
        assert_eq!(select(&html, "style").len(), 1);
        // Every form that changes something carries the token, and goes to this site.
        for form in select(&html, "form") {
            assert_eq!(form.attr("method"), Some("post"), "{name}");
            assert!(
                form.attr("action").is_some_and(|action| action.starts_with('/')),
                "{name}"
            );
            let token = Selector::parse("input[type=hidden][name=csrf_token][value=t0ken]").unwrap();
            assert_eq!(form.select(&token).count(), 1, "{name}");
        }
    }
}

#[test]
fn labels_errors_and_hints_are_tied_to_their_fields() {
    let catalog = plain();
    let pages = pages(&catalog, "ada@example.org");
    for (name, view, page) in pages.all() {
        let html = Html::parse_document(&pages.render(&ours(), view, &page));
        let mut ids = BTreeSet::new();
        for element in select(&html, "[id]") {
            assert!(
                ids.insert(element.attr("id").unwrap().to_owned()),
                "{name}: an id stands twice"
            );
        }
        assert_eq!(select(&html, "h1").len(), 1, "{name}");
        assert_eq!(select(&html, "main").len(), 1, "{name}");
        for input in select(&html, "input:not([type=hidden])") {
            let id = input.attr("id").unwrap();
            assert_eq!(
                select(&html, &format!("label[for='{id}']")).len(),
                1,
                "{name}: {id}"
            );
            for described in input
                .attr("aria-describedby")
                .unwrap_or_default()
                .split_whitespace()
            {
                assert!(ids.contains(described), "{name}: {described}");
            }
        }
        for link in select(&html, "a[href^='#']") {
            assert!(ids.contains(&link.attr("href").unwrap()[1..]), "{name}");
        }
        assert!(select(&html, "[autofocus]").len() <= 1, "{name}");
        if let Some(form) = &page.form {
            assert_eq!(
                select(&html, &format!("form[name='{}']", form.name)).len(),
                1,
                "{name}"
            );
            let troubled =
                !form.errors.is_empty() || form.fields.iter().any(|field| !field.errors.is_empty());
            assert_eq!(
                select(&html, "#fs-form-errors[role=alert]").len(),
                usize::from(troubled),
                "{name}"
            );
            for field in form.fields.iter().filter(|field| field.kind != "hidden") {
                let input = select(&html, &format!("#{0}-ctr > input#{0}[name='{0}']", field.name));
                let input = input.first().unwrap_or_else(|| panic!("{name}: {}", field.name));
                let invalid = !field.errors.is_empty();
                assert_eq!(input.attr("aria-invalid"), invalid.then_some("true"), "{name}");
                let errors = select(&html, &format!("#{}-errors p", field.name));
                assert_eq!(errors.len(), field.errors.len(), "{name}");
            }
        }
        assert_eq!(
            select(&html, "[role=status] > ul.flashes > li").len(),
            page.flashes.len(),
            "{name}"
        );
    }
}

#[test]
fn a_password_field_holds_nothing_and_cuts_nothing() {
    let catalog = plain();
    let pages = pages(&catalog, "ada@example.org");
    let html = Html::parse_document(&pages.render(&ours(), "register", &pages.register()));
    let fields = select(&html, "input[type=password]");
    assert_eq!(fields.len(), 2);
    for field in fields {
        assert_eq!((field.attr("value"), field.attr("maxlength")), (None, None));
        assert_eq!(field.attr("autocomplete"), Some("new-password"));
    }
}

#[test]
fn login_and_register_lead_to_one_another_and_keep_next() {
    let catalog = plain();
    let pages = pages(&catalog, "/shop?item=1&size=ü");
    let html = pages.render(&ours(), "login", &pages.login());
    assert!(
        html.contains(r#"href="/register?next=%2Fshop%3Fitem%3D1%26size%3D%C3%BC""#),
        "{html}"
    );
    let html = pages.render(&ours(), "register", &pages.register());
    assert!(html.contains(r#"href="/login""#));
    let mut closed = pages.login();
    closed.urls.remove("register");
    assert!(!pages.render(&ours(), "login", &closed).contains("/register"));
}

#[test]
fn typing_goes_on_where_it_has_to() {
    let catalog = plain();
    let pages = pages(&catalog, "ada@example.org");
    let focus = |page: &PageContext| {
        let html = Html::parse_document(&pages.render(&ours(), "login", page));
        select(&html, "[autofocus]")
            .first()
            .and_then(|input| input.attr("name").map(str::to_owned))
    };
    let mut page = pages.login();
    assert_eq!(
        focus(&page).as_deref(),
        Some("password"),
        "the address is there already"
    );
    let form = page.form.as_mut().unwrap();
    form.errors.push("!".into());
    assert_eq!(focus(&page).as_deref(), Some("password"));
    let html = Html::parse_document(&pages.render(&ours(), "login", &page));
    let told = select(&html, "#password")
        .first()
        .and_then(|input| input.attr("aria-describedby"));
    assert_eq!(
        told,
        Some("fs-form-errors"),
        "what is wrong is said with the field"
    );
    page.form.as_mut().unwrap().fields[0].errors.push("!".into());
    assert_eq!(focus(&page), None);
    let html = Html::parse_document(&pages.render(&ours(), "login", &page));
    assert_eq!(
        select(&html, "#fs-form-errors[autofocus][tabindex='-1']").len(),
        1
    );
}

#[test]
fn texts_of_pages_exist_and_are_used() {
    let catalog = plain();
    let english = catalog.negotiate(None);
    let known: BTreeSet<String> = include_str!("../../../locales/en/ui.ftl")
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(id, _)| id.trim().to_owned())
        .filter(|id| !id.starts_with(['#', ' ', '[']))
        .collect();
    let mut used = BTreeSet::new();
    for (name, source) in TEMPLATES {
        for call in source.split(" t(\"").skip(1) {
            let (id, rest) = call.split_once('"').unwrap();
            // `"level-" ~ flash.level`: the beginning of several.
            if rest.trim_start().starts_with('~') {
                used.extend(known.iter().filter(|known| known.starts_with(id)).cloned());
            } else {
                assert!(known.contains(id), "{name}: {id} is no text");
                used.insert(id.to_owned());
            }
        }
    }
    let mut rust = String::new();
    let mut folders = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != "tests.rs") {
                rust.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    let unused: Vec<_> = known
        .iter()
        .filter(|id| !used.contains(*id) && !rust.contains(&format!("\"{id}\"")))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
    assert!(known.iter().all(|id| catalog.text(&english, id, &[]) != *id));
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

#[test]
fn engines_without_our_functions_find_all_of_it() {
    let catalog = plain();
    let pages = pages(&catalog, "ada@example.org");
    let page = serde_json::to_value(pages.troubled(pages.verify())).unwrap();
    assert_eq!(page["texts"]["login-other-link"], "Create an account");
    assert_eq!(page["form"]["fields"][0]["autocomplete"], "current-password");
    assert_eq!(page["flashes"][0]["level"], "error");
    assert_eq!(page["user"]["email"], "ada@example.org");
    assert_eq!(page["urls"]["logout"], "/logout");
}

/// Writes the pages to a folder, to be looked at: `PAGES=/tmp/pages cargo test --lib views::tests::write_pages`.
#[test]
fn write_pages() {
    let Some(folder) = std::env::var_os("PAGES").map(PathBuf::from) else {
        return;
    };
    fs::create_dir_all(&folder).unwrap();
    let catalog = plain();
    let pages = pages(&catalog, "ada@example.org");
    for (name, view, page) in pages.all() {
        fs::write(
            folder.join(format!("{name}.html")),
            pages.render(&ours(), view, &page),
        )
        .unwrap();
    }
}
