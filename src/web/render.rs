//! From what a feature says of its page to HTML in the visitor's language.
//!
//! Looked for in this order: a file of that name in the application's template folder, rendered by our own engine
//! (it may extend our layout); a template of that name in the application's `rocket_dyn_templates`, in any engine;
//! the page built in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use rocket::http::ContentType;
use rocket::request::FromRequest;
use rocket::response::{Responder, Response};
use rocket::{Request, futures::FutureExt};
use rocket_dyn_templates::{Metadata, Template};

use crate::config::{Config, PAGES};
use crate::error::{Error, Result};
use crate::security::Security;
use crate::text::Locale;
use crate::web::elsewhere::Elsewhere;
use crate::web::page::{Field, Form, Page};
use crate::web::views::{
    ChoiceView, FieldView, FlashView, FormView, PageContext, UserView, next_query, title_id,
};
use crate::web::{next, visit};

/// Renders a page with the headers that go with it.
pub(crate) fn page(
    req: &Request<'_>,
    security: &Security,
    locale: &Locale,
    page: Page,
) -> Result<Response<'static>> {
    let template = page.template.clone();
    let context = context(req, security, locale, page)?;
    let views = security.views();
    if !views.on_disk(&template) && has_application_template(req, security, &template) {
        // Its look and its policy are the application's own.
        return Template::render(template.clone(), &context)
            .respond_to(req)
            .map_err(|status| {
                Error::internal(format!(
                    "the application's template {template:?} failed: {status}"
                ))
            });
    }
    let own_markup = views.on_disk(&template) || views.on_disk("security/base");
    let html = views.render(&template, &context, security.catalog(), locale)?;
    let mut response = Response::build()
        .header(ContentType::HTML)
        .sized_body(html.len(), std::io::Cursor::new(html))
        .finalize();
    response.set_raw_header(
        "Content-Security-Policy",
        policy(&context.nonce, own_markup, security.config()),
    );
    Ok(response)
}

/// Our own pages load nothing at all. A page of the application's own may use its own files, and inline what carries
/// the nonce.
fn policy(nonce: &str, own_markup: bool, config: &Config) -> String {
    let sources = match own_markup {
        true => {
            format!(
                "default-src 'self'; style-src 'self' 'nonce-{nonce}'; script-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
                 object-src 'none'"
            )
        }
        false => format!("default-src 'none'; style-src 'nonce-{nonce}'; img-src 'self' data:"),
    };
    let form_targets = form_targets(config);
    // A mark that ends a directive or a policy would let the address say more than where reports go.
    let report = config.csp_report_uri.as_ref().map(|view| {
        let address = config.view(view, &[]).replace(';', "%3B").replace(',', "%2C");
        format!("; report-uri {address}")
    });
    let report = report.unwrap_or_default();
    format!("{sources}; form-action 'self'{form_targets}; base-uri 'none'; frame-ancestors 'none'{report}")
}

/// The other hosts that a form of ours may end on. Browsers hold a redirect after a form to `form-action` too.
fn form_targets(config: &Config) -> String {
    let views = [
        next::after_login(config),
        next::after_logout(config),
        next::after_register(config),
        next::after_verify(config),
    ];
    let sources = views.iter().filter_map(|view| source(view));
    let sources: BTreeSet<String> = sources.chain(Elsewhere::of(config).sources()).collect();
    sources.iter().map(|source| format!(" {source}")).collect()
}

/// The source that stands for a view: nothing for a path.
fn source(view: &str) -> Option<String> {
    match view.strip_prefix("//") {
        Some(rest) => rest.split(['/', '?', '#']).next().map(str::to_owned),
        None => Some(url::Url::parse(view).ok()?.origin().ascii_serialization()),
    }
}

/// Whether the application's `rocket_dyn_templates` knows the template.
fn has_application_template(req: &Request<'_>, security: &Security, template: &str) -> bool {
    let attached = security.app_templates().get_or_init(|| {
        // Asking where templating is not attached logs an error, each time: so it is asked once, and in silence. The
        // level belongs to the process: two rockets must not take each other's silence for the level to go back to.
        static SILENCE: Mutex<()> = Mutex::new(());
        let _alone = SILENCE.lock().unwrap_or_else(PoisonError::into_inner);
        let level = log::max_level();
        log::set_max_level(log::LevelFilter::Off);
        let attached = metadata(req).is_some();
        log::set_max_level(level);
        attached
    });
    *attached && metadata(req).is_some_and(|templates| templates.contains_template(template))
}

fn metadata<'r>(req: &'r Request<'_>) -> Option<Metadata<'r>> {
    Metadata::from_request(req).now_or_never()?.succeeded()
}

fn context(req: &Request<'_>, security: &Security, locale: &Locale, page: Page) -> Result<PageContext> {
    let catalog = security.catalog();
    let title = title_id(page.view, page.message.as_ref().map(|(message, _)| *message));
    let mut context = PageContext::new(page.view, catalog.text(locale, title, &[]), catalog, locale);
    context.nonce = visit::Visit::of(req).nonce()?;
    context.csrf_field_name = security.config().csrf_field_name.to_string();
    context.csrf_token = visit::csrf_token(req, security)?;
    context.user = user(req, security);
    context.urls = urls(security);
    context.flashes = flashes(req, security, locale);
    context.form = page
        .form
        .as_ref()
        .map(|form| form_view(security, locale, form, &page.errors));
    context.message = page.message.as_ref().map(|(message, args)| {
        let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
        FlashView::new(catalog, locale, *message, &args)
    });
    context.next_query = next_query(page.next.as_deref());
    context.next = page.next;
    context.details = page.details.0;
    context.app = page.app;
    Ok(context)
}

fn form_view(
    security: &Security,
    locale: &Locale,
    form: &Form,
    errors: &crate::web::fields::FieldErrors,
) -> FormView {
    let catalog = security.catalog();
    let shown: Vec<&str> = form
        .fields
        .iter()
        .filter(|field| field.kind != crate::web::page::Kind::Hidden)
        .map(|field| field.name.as_ref())
        .collect();
    FormView {
        name: form.name.to_owned(),
        action: form.action.clone(),
        method: "post",
        fields: form
            .fields
            .iter()
            .map(|field| field_view(security, locale, field, errors))
            .collect(),
        // What belongs to no field that is seen stands at the top, lest nobody sees it.
        errors: errors.texts_beside(&shown, catalog, locale),
        submit: catalog.text(locale, form.submit, &[]),
    }
}

fn field_view(
    security: &Security,
    locale: &Locale,
    field: &Field,
    errors: &crate::web::fields::FieldErrors,
) -> FieldView {
    let catalog = security.catalog();
    FieldView {
        name: field.name.to_string(),
        label: field
            .label
            .as_ref()
            .map_or_else(String::new, |label| label.say(catalog, locale)),
        kind: field.kind.html(),
        checked: field.checked,
        value: field.value.clone(),
        choices: field
            .choices
            .iter()
            .map(|(value, label)| ChoiceView {
                selected: field.value.as_ref() == Some(value),
                value: value.clone(),
                label: label.say(catalog, locale),
            })
            .collect(),
        autocomplete: field.autocomplete,
        required: field.required,
        errors: errors.texts_of(&field.name, catalog, locale),
        hint: field.hint.as_ref().map(|hint| hint.say(catalog, locale)),
        minlength: field.minlength,
        maxlength: field.maxlength,
    }
}

/// The signed-in user as templates see him.
pub(crate) fn user(req: &Request<'_>, security: &Security) -> Option<UserView> {
    visit::identified(req).map(|who| UserView {
        name: security.gate().policy.display_name(&who.user),
        email: who.user.email.clone(),
        username: who.user.username.clone(),
    })
}

/// The addresses of our pages.
pub(crate) fn urls(security: &Security) -> BTreeMap<String, String> {
    let mut urls: BTreeMap<String, String> = PAGES
        .into_iter()
        .filter_map(|view| Some((view.to_owned(), security.config().page(view)?)))
        .collect();
    urls.insert("home".to_owned(), next::after_logout(security.config()));
    urls
}

/// The messages that wait, in the visitor's language; they are gone afterwards.
pub(crate) fn flashes(req: &Request<'_>, security: &Security, locale: &Locale) -> Vec<FlashView> {
    visit::take_flashes(req, security)
        .iter()
        .filter_map(|flash| {
            let message = flash.message()?;
            Some(FlashView::new(security.catalog(), locale, message, &flash.args()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use rocket::http::{ContentType, Status};
    use rocket::local::asynchronous::Client;
    use scraper::Html;

    use crate::testing::{App, sign_in};
    use crate::web::views::tests::strangers;

    /// Every page that a visitor can bring about, as it is served: no visible text but the catalogue's and his own.
    #[rocket::async_test]
    async fn pages_say_nothing_outside_the_catalogue() {
        let app = App::new()
            .set("security.registerable", true)
            .set("security.username_enable", true)
            .set("security.api_keys", true);
        let client = Client::tracked(app.rocket(crate::SecurityFairing::pseudo_texts))
            .await
            .unwrap();
        let mut seen = 0;
        let mut check = |page: &str, html: &str| {
            let strangers = strangers(&Html::parse_document(html));
            let own: Vec<_> = strangers
                .iter()
                .filter(|text| !text.contains("ada@example.org"))
                .collect();
            assert!(own.is_empty(), "{page}: {own:?}");
            assert!(html.contains('\u{27e6}'), "{page} has no text at all");
            seen += 1;
        };
        let bad = [
            "",
            "email=x&password=y&password_confirm=z&username=_",
            "email=%00",
            "_method=x",
        ];
        for url in ["/login", "/register"] {
            let page = client.get(url).dispatch().await.into_string().await.unwrap();
            check(url, &page);
            for body in bad {
                let token = Html::parse_document(&page);
                let token = token
                    .select(&scraper::Selector::parse("[name=csrf_token]").unwrap())
                    .find_map(|input| input.value().attr("value").map(str::to_owned))
                    .unwrap();
                let request = client
                    .post(url)
                    .header(ContentType::Form)
                    .body(format!("csrf_token={token}&{body}"));
                check(url, &request.dispatch().await.into_string().await.unwrap());
                let request = client.post(url).header(ContentType::Form).body(body);
                check(url, &request.dispatch().await.into_string().await.unwrap());
            }
        }
        sign_in(&client, "ada@example.org").await.unwrap();
        for url in ["/verify", "/verify?next=/x", "/api-keys"] {
            check(
                url,
                &client.get(url).dispatch().await.into_string().await.unwrap(),
            );
        }
        let logout = client.post("/logout").dispatch().await;
        assert_eq!(logout.status(), Status::Ok);
        check("/logout", &logout.into_string().await.unwrap());
        let unreadable = client
            .post("/verify")
            .header(ContentType::Form)
            .body("a=%ff")
            .dispatch()
            .await;
        assert_eq!(unreadable.status(), Status::BadRequest);
        check("error", &unreadable.into_string().await.unwrap());
        assert_eq!(seen, 23);
    }
}
