//! What screen readers, password managers and keyboards need of our pages.

use super::*;

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
        for input in select(&html, "input:not([type=hidden]), select, textarea") {
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
                let element = match field.kind {
                    "select" | "textarea" => field.kind,
                    _ => "input",
                };
                let input = select(
                    &html,
                    &format!("#{0}-ctr > {element}#{0}[name='{0}']", field.name),
                );
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
fn each_kind_of_field_shows_what_it_holds() {
    let catalog = plain();
    let pages = pages(&catalog, HOSTILE);
    let html = Html::parse_document(&pages.render(&ours(), "register", &pages.profile()));
    let attribute = |selector: &str, name: &str| {
        let found = select(&html, selector);
        found
            .first()
            .and_then(|found| found.attr(name).map(str::to_owned))
    };
    for name in ["display_name", "site", "seats", "since", "call"] {
        assert_eq!(
            attribute(&format!("#{name}"), "value").as_deref(),
            Some(HOSTILE),
            "{name}"
        );
    }
    let text = |selector: &str| select(&html, selector)[0].text().collect::<String>();
    assert_eq!(text("textarea#about"), HOSTILE);
    assert_eq!(attribute("#display_name", "maxlength").as_deref(), Some("40"));
    let options = |name: &str| {
        let options = select(&html, &format!("select#{name} > option"));
        let value = |option: &ElementRef<'_>| option.attr("value").unwrap_or_default().to_owned();
        options.iter().map(value).collect::<Vec<_>>()
    };
    assert_eq!(options("plan"), ["free", HOSTILE]);
    assert_eq!(options("team"), ["", "a"]);
    assert_eq!(attribute("#plan > [selected]", "value").as_deref(), Some("free"));
    assert_eq!(attribute("#terms", "type").as_deref(), Some("checkbox"));
    assert_eq!(attribute("#terms", "required").as_deref(), Some(""));
    assert_eq!(attribute("input[name=captcha]", "value").as_deref(), Some(""));
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
