//! Registration without a request.

use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use super::{Wish, register};
use crate::error::{Error, ErrorKind, Result};
use crate::gate::Client;
use crate::model::User;
use crate::security::Security;
use crate::store::{Along, BoxError, WithUser};
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
        self.make(registration, None).await
    }

    /// Makes a user and, in the same transaction, rows of the application: either all of it happens or nothing. By the
    /// same rules as [`Security::register`].
    ///
    /// `along` gets the connection on which the transaction is open, of the type that the application's pool has
    /// (`SqliteConn`, `PostgresConn` or `MySqlConn` of `rocket_security::db`), and the user that was just made. When the
    /// database gives the transaction up for another one, it is run again, on a clone of what it captured: so it must do
    /// nothing that a rollback does not undo, such as sending a mail. Keep it short: an SQLite file has one writer.
    ///
    /// ```no_run
    /// # #[cfg(feature = "sqlite")] mod example {
    /// use diesel_async::RunQueryDsl;
    /// use rocket_security::db::SqliteConn;
    /// use rocket_security::{Registration, Result, Security, User};
    ///
    /// diesel::table! {
    ///     posts (id) {
    ///         id -> BigInt,
    ///         author_id -> BigInt,
    ///         title -> Text,
    ///     }
    /// }
    ///
    /// async fn join(security: &Security, who: Registration, title: String) -> Result<User> {
    ///     let first_post = async move |db: &mut SqliteConn, user: &User| {
    ///         use diesel::ExpressionMethods;
    ///         let post = (posts::author_id.eq(user.id), posts::title.eq(title));
    ///         diesel::insert_into(posts::table).values(post).execute(db).await
    ///     };
    ///     let (user, _rows) = security.create_user_with(who, first_post).await?;
    ///     Ok(user)
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Security::register`]. [`Error::is_application`] when `along` failed: its error is in
    /// [`Error::application`]. [`Error::is_unavailable`] when the database cannot serve, [`Error::is_busy`] when it gave the
    /// transaction up for others again and again. A configuration error when the accounts are kept on another type of connection, or in a datastore that
    /// has no transactions.
    pub async fn create_user_with<C, T, E, F>(
        &self,
        registration: Registration,
        along: F,
    ) -> Result<(User, T)>
    where
        C: std::any::Any + Send,
        T: Send + 'static,
        E: Into<BoxError>,
        F: for<'a> WithUser<'a, C, T, E, Done: Send> + Clone + Send + Sync + 'static,
    {
        let made = Arc::new(Mutex::new(None));
        let slot = made.clone();
        let along = Along::new(move |connection: &mut C, user| {
            let (along, slot) = (along.clone(), slot.clone());
            Box::pin(async move {
                let value = along(connection, user).await.map_err(Into::into)?;
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
                Ok(())
            })
        });
        let user = self.make(registration, Some(along)).await?;
        let made = made.lock().unwrap_or_else(PoisonError::into_inner).take();
        match made {
            Some(value) => Ok((user, value)),
            None => Err(Error::internal(
                "the datastore made a user without the application's part",
            )),
        }
    }

    async fn make(&self, registration: Registration, along: Option<Along>) -> Result<User> {
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
        match register(self, wish, errors, &Client::default(), along).await? {
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
