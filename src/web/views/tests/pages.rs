//! Our pages as their features fill them in.

use super::*;
use crate::text::{Locale, Message};

/// The pages of this version, as their features fill them; `said` stands for what a visitor or a store said.
pub struct Pages<'a> {
    catalog: &'a Catalog,
    pub locale: Locale,
    said: &'a str,
}

impl Pages<'_> {
    fn text(&self, id: &str, args: &[(&str, &str)]) -> String {
        self.catalog.text(&self.locale, id, args)
    }

    pub fn page(&self, view: &str, message: Option<Message>) -> PageContext {
        let title = self.text(title_id(view, message), &[]);
        let url = |name: &str| (name.to_owned(), format!("/{name}"));
        PageContext {
            nonce: "n0nce".into(),
            csrf_field_name: "csrf_token".into(),
            csrf_token: "t0ken".into(),
            urls: ["login", "logout", "register", "verify", "refresh_tokens"]
                .map(url)
                .into(),
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

    pub fn login(&self) -> PageContext {
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

    pub fn register(&self) -> PageContext {
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

    /// With a field of each kind that an application can add.
    pub fn profile(&self) -> PageContext {
        let mut page = self.register();
        let own = |name: &str, kind| FieldView {
            name: name.into(),
            // An application's own words; here they stand for the catalogue's.
            label: self.text("field-username", &[]),
            kind,
            required: true,
            value: Some(self.said.into()),
            ..FieldView::default()
        };
        let choice = |value: &str, selected| ChoiceView {
            value: value.into(),
            label: self.text("field-email", &[]),
            selected,
        };
        let fields = [
            FieldView {
                hint: Some(self.text("username-hint", &[("min", "1"), ("max", "40")])),
                maxlength: Some(40),
                ..own("display_name", "text")
            },
            FieldView {
                choices: vec![choice("free", true), choice(self.said, false)],
                ..own("plan", "select")
            },
            FieldView {
                required: false,
                value: None,
                choices: vec![choice("a", false)],
                ..own("team", "select")
            },
            FieldView {
                required: false,
                ..own("about", "textarea")
            },
            own("site", "url"),
            own("seats", "number"),
            own("since", "date"),
            own("call", "tel"),
            FieldView {
                value: None,
                ..own("terms", "checkbox")
            },
            FieldView {
                label: String::new(),
                value: None,
                ..own("captcha", "hidden")
            },
        ];
        if let Some(form) = &mut page.form {
            form.fields.extend(fields);
        }
        page
    }

    pub fn verify(&self) -> PageContext {
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

    /// With a key just made, and keys that ended, were used and never were. What the user called them is marked, for it
    /// is none of the catalogue's.
    fn api_keys(&self, may_create: bool) -> PageContext {
        let name = self.field("name", "text", "field-key-name", "off");
        let form = self.form("api_keys_form", "/api-keys", "api-keys-submit", vec![name]);
        let said = format!("\u{27e6}{}\u{27e7}", self.said);
        let key = |scopes: &[&str], expired: bool, used: Option<&str>| {
            serde_json::json!({
                "id": self.said, "name": said, "shown": said, "scopes": scopes, "expired": expired,
                "created_at": "2026-01-01T12:00:00Z", "expires_at": expired.then_some("2026-01-08T12:00:00Z"),
                "last_used_at": used, "last_used_ip": used,
            })
        };
        let keys = [
            key(&[said.as_str(), said.as_str()], false, Some("2001:db8::1")),
            key(&[], true, None),
        ];
        self.signed_in(PageContext {
            form: may_create.then_some(form).flatten(),
            details: serde_json::json!({
                "keys": keys,
                "action": "/api-keys",
                "scopes": [{ "name": "\u{27e6}read\u{27e7}", "checked": true }],
                "verify": "/verify?next=%2Fapi-keys",
                "made": may_create.then_some(said.as_str()),
            }),
            ..self.page("api_keys", None)
        })
    }

    fn refresh_tokens(&self, families: serde_json::Value) -> PageContext {
        let all = FieldView {
            name: "delete_all".into(),
            kind: "hidden",
            value: Some("y".into()),
            ..FieldView::default()
        };
        let form = self.form(
            "refresh_tokens_form",
            "/refresh-tokens",
            "refresh-tokens-submit",
            vec![all],
        );
        self.signed_in(PageContext {
            form,
            details: serde_json::json!({ "refresh_tokens": families }),
            ..self.page("refresh_tokens", None)
        })
    }

    fn families(&self) -> PageContext {
        let family = |id: &str, current: bool, said: Option<&str>| {
            serde_json::json!({
                "id": id, "current": current, "user_agent": said, "ip": said,
                "created_at": "2026-01-01T12:00:00Z", "last_used_at": "2026-01-02T12:00:00Z",
            })
        };
        let families = [family("0f", true, Some(self.said)), family("1e", false, None)];
        self.refresh_tokens(families.to_vec().into())
    }

    /// With all that can be wrong, and messages of each level.
    pub fn troubled(&self, mut page: PageContext) -> PageContext {
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

    pub fn all(&self) -> Vec<(String, &'static str, PageContext)> {
        let mut pages = Vec::new();
        for (view, page) in [
            ("login", self.login()),
            ("register", self.register()),
            ("register", self.profile()),
            ("verify", self.verify()),
            ("logout", self.logout()),
            ("refresh_token", self.families()),
        ] {
            let name = match page.form.as_ref().is_some_and(|form| form.fields.len() > 10) {
                true => format!("{view}-profile"),
                false => view.to_owned(),
            };
            pages.push((name.clone(), view, page.clone()));
            pages.push((format!("{name}-errors"), view, self.troubled(page)));
        }
        for (name, may_create) in [("api_keys", true), ("api_keys-stale", false)] {
            let page = self.api_keys(may_create);
            pages.push((name.to_owned(), "api_keys", page.clone()));
            pages.push((format!("{name}-errors"), "api_keys", self.troubled(page)));
        }
        let mut none = self.refresh_tokens(serde_json::json!([]));
        none.form = None;
        pages.push(("refresh_token-none".to_owned(), "refresh_token", none));
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

    pub fn render(&self, views: &Views, view: &str, page: &PageContext) -> String {
        views
            .render(&format!("security/{view}"), page, self.catalog, &self.locale)
            .unwrap()
    }
}

pub fn pages<'a>(catalog: &'a Catalog, said: &'a str) -> Pages<'a> {
    Pages {
        catalog,
        locale: catalog.negotiate(None),
        said,
    }
}
