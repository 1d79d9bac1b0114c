//! Registration without a request.

use zeroize::Zeroizing;

use super::{Wish, register};
use crate::error::{Error, ErrorKind, Result};
use crate::gate::Client;
use crate::model::User;
use crate::security::Security;
use crate::text::{Catalog, Message};
use crate::web::extend::{self, RegistrationFields, RegistrationType};
use crate::web::fields::{FieldErrors, Fields};
use crate::web::form::Refused;

type Keep = Box<dyn FnOnce(&RegistrationType, &Catalog, &mut FieldErrors) -> Result<Option<String>> + Send>;

/// An account to be made by [`Security::register`].
///
/// ```
/// # async fn example(security: &rocket_security::Security) -> rocket_security::Result<()> {
/// use rocket_security::Registration;
///
/// let ada = Registration::new("ada@example.org", "correct horse battery staple").username("ada");
/// let ada = security.register(ada).await?;
/// # Ok(()) }
/// ```
#[must_use = "give it to `Security::register`"]
pub struct Registration {
    email: String,
    password: Zeroizing<String>,
    username: Option<String>,
    keep: Option<Keep>,
    /// For the message when no type was declared.
    type_name: &'static str,
}

impl Registration {
    /// With what every account has.
    pub fn new(email: impl Into<String>, password: impl Into<String>) -> Self {
        Registration {
            email: email.into(),
            password: Zeroizing::new(password.into()),
            username: None,
            keep: None,
            type_name: "",
        }
    }

    /// With a user name.
    pub fn username(mut self, name: impl Into<String>) -> Self {
        self.username = Some(name.into());
        self
    }

    /// With the application's own fields, of the type that [`SecurityFairing::registration`](crate::SecurityFairing::registration)
    /// was told.
    pub fn fields<T: RegistrationFields>(mut self, fields: T) -> Self {
        self.type_name = std::any::type_name::<T>();
        self.keep = Some(Box::new(move |registration, catalog, errors| {
            registration.keep(&fields, catalog, errors)
        }));
        self
    }
}

impl Security {
    /// Makes a user, by the same rules as the registration page but without signing anybody in.
    ///
    /// # Errors
    /// A conflict on `email` when the address is taken; [`Error::is_invalid`] with the texts of the page when address or
    /// password break a rule, when `username_required` asks for a name, or when the application's own fields
    /// ([`RegistrationFields`]) ask for more.
    pub async fn create_user(&self, email: &str, password: &str) -> Result<User> {
        self.register(Registration::new(email, password)).await
    }

    /// Makes a user with a name and with the application's own fields, by the same rules as the registration page but without
    /// signing anybody in. Checks that were added to the form ([`FormExtension`](crate::FormExtension)) are not asked: there is
    /// no form.
    ///
    /// # Errors
    /// As [`create_user`](Security::create_user); a conflict on `username` when the name is taken; a configuration error for
    /// fields of another type than the fairing was told.
    pub async fn register(&self, registration: Registration) -> Result<User> {
        let mut errors = FieldErrors::default();
        let fields = match (registration.keep, self.extensions().registration()) {
            (Some(keep), Some(declared)) => keep(declared, self.catalog(), &mut errors)?,
            (Some(_), None) => {
                return Err(Error::config(format!(
                    "SecurityFairing was not told `.registration::<{}>()`",
                    registration.type_name
                )));
            }
            (None, _) => extend::registration(self, &Fields::default(), &mut errors)?,
        };
        let wish = Wish {
            email: Some(&registration.email),
            username: registration.username.as_deref(),
            password: Some(&registration.password),
            password_again: None,
            fields,
        };
        match register(self, wish, errors, &Client::default()).await? {
            Ok(user) => Ok(user),
            Err(Refused::Wait { .. }) => Err(Error::new(ErrorKind::Busy, "too many tries")),
            Err(Refused::Fields(errors)) => {
                let kind = if errors.contains(Message::EmailAlreadyAssociated) {
                    ErrorKind::Conflict("email")
                } else if errors.contains(Message::UsernameAlreadyAssociated) {
                    ErrorKind::Conflict("username")
                } else {
                    ErrorKind::Invalid
                };
                let locale = self.catalog().negotiate(None);
                Err(Error::new(kind, errors.texts(self.catalog(), &locale).join(" ")))
            }
        }
    }
}
