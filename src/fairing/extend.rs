//! What the builder takes for forms and pages.

use rocket::futures::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;

use crate::fairing::SecurityFairing;
use crate::web::extend::{Contribution, FormExtension, RegistrationFields, RegistrationType, ViewContext};

impl SecurityFairing {
    /// Asks those who sign up for fields of the application's own. See [`RegistrationFields`]; of two types the one given last
    /// holds.
    pub fn registration<T: RegistrationFields>(self) -> Self {
        self.with(|setup| setup.extensions.set_registration(RegistrationType::of::<T>()))
    }

    /// Adds fields and checks to one of the forms: `"login"`, `"logout"`, `"register"`, `"verify"`, `"api_keys"`. May be
    /// given more than once. Another name stops the launch.
    ///
    /// What comes in this way is checked and then dropped; what is to be kept with the user belongs into
    /// [`RegistrationFields`]. In-process callers have no form, and are not asked.
    ///
    /// ```
    /// use rocket_security::{FormErrors, FormExtension, SecurityFairing};
    ///
    /// let company = FormExtension::new().validate(|form| match form.text("email") {
    ///     Some(email) if email.ends_with("@example.org") => Ok(()),
    ///     _ => Err(FormErrors::one("email", "Only for people of Example.")),
    /// });
    /// let fairing = SecurityFairing::new().form("register", company);
    /// ```
    pub fn form(self, name: &str, extension: FormExtension) -> Self {
        self.with(|setup| setup.extensions.add_form(name, extension))
    }

    /// Adds values to every view. What `function` returns serialises to a map; its names stand in templates under `app`
    /// (`{{ app.brand }}`), and in the JSON answer to GET beside ours, which win. `null` adds nothing.
    ///
    /// ```
    /// use rocket::serde::json::json;
    /// use rocket_security::SecurityFairing;
    ///
    /// let fairing = SecurityFairing::new().context(|view| json!({ "brand": "Acme", "greets": view.user().is_some() }));
    /// ```
    pub fn context<S: Serialize + 'static>(
        self,
        function: impl Fn(&ViewContext<'_>) -> S + Send + Sync + 'static,
    ) -> Self {
        self.with(|setup| setup.extensions.add_context(None, Contribution::now(function)))
    }

    /// The same for one view: `"login"`, `"logout"`, `"register"`, `"verify"`, `"api_keys"`, `"refresh_tokens"` or `"error"`.
    /// Its values come before those for every view. Another name stops the launch.
    pub fn context_for<S: Serialize + 'static>(
        self,
        view: &str,
        function: impl Fn(&ViewContext<'_>) -> S + Send + Sync + 'static,
    ) -> Self {
        self.with(|setup| {
            setup
                .extensions
                .add_context(Some(view), Contribution::now(function))
        })
    }

    /// The same with a function that waits for something, such as a database; for every view, or for one. An error makes the
    /// answer 500, or 503 where an [`Error`](crate::Error) of ours says so, and is told to the log alone.
    ///
    /// ```
    /// use rocket::serde::json::json;
    /// use rocket_security::SecurityFairing;
    ///
    /// let fairing = SecurityFairing::new().context_async(Some("login"), |view| Box::pin(async move {
    ///     let staff = view.security().find_role("staff").await?;
    ///     Ok(json!({ "has_staff": staff.is_some() }))
    /// }));
    /// ```
    pub fn context_async<F>(self, view: Option<&str>, function: F) -> Self
    where
        F: for<'a> Fn(
                &'a ViewContext<'a>,
            ) -> BoxFuture<'a, Result<Value, Box<dyn std::error::Error + Send + Sync>>>
            + Send
            + Sync
            + 'static,
    {
        self.with(|setup| setup.extensions.add_context(view, Contribution::later(function)))
    }
}
