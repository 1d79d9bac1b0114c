//! Our pages and the application's files in their place.

mod files;
mod markup;
mod pages;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use minijinja::UndefinedBehavior;
use scraper::{ElementRef, Html, Selector};

use super::embedded::TEMPLATES;
use super::*;
use crate::text::Catalog;
use pages::pages;

/// What breaks out of HTML when it is not escaped, in an element and in an attribute.
const HOSTILE: &str = r#"</title></style><script>alert(1)</script>" onfocus='x' &amp; {{ 7 * 7 }}"#;

fn plain() -> Catalog {
    Catalog::new(&[], &BTreeMap::new()).unwrap()
}

fn ours() -> Views {
    Views::with(&PathBuf::from("/no/such/folder"), UndefinedBehavior::Strict).unwrap()
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
            if !matches!(parent.as_deref(), Some("style" | "script" | "textarea")) {
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
            } else if !path.components().any(|part| {
                ["tests", "tests.rs"]
                    .iter()
                    .any(|tests| part.as_os_str() == *tests)
            }) {
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
