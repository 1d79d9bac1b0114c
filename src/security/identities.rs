use super::Security;
use crate::error::{Error, ErrorKind, Result};
use crate::identity::Phone;
use crate::model::{User, UserId};
use crate::text::Message;

/// By what users are known.
impl Security {
    /// The user whom that text names: an e-mail address, a user name, a telephone number or an identity of the
    /// application's own, as `user_identity_attributes` has it. The first attribute that takes the text decides, as in the
    /// sign-in form (spec 2.14).
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn lookup_identity(&self, text: &str) -> Result<Option<User>> {
        let gate = self.gate();
        let identity = gate.identities.parse(text);
        gate.find(&identity).await
    }

    /// Gives a user a telephone number, or takes it away. `false` when there is no such user. Nobody has proved that it
    /// is his: check it first.
    ///
    /// # Errors
    /// [`Error::is_invalid`] for what is no number with its country, a conflict on `phone` when somebody has it.
    pub async fn set_phone(&self, user: UserId, phone: Option<&str>) -> Result<bool> {
        let number = phone.map(|raw| {
            Phone::parse(raw)
                .ok_or_else(|| Error::new(ErrorKind::Invalid, self.message(Message::PhoneInvalid, &[])))
        });
        let number = number.transpose()?;
        let now = self.gate().clock.now();
        let set = self
            .datastore()
            .set_phone(user, number.as_ref().map(Phone::as_str), now)
            .await;
        set.map_err(|error| self.taken(error, "phone", phone.unwrap_or_default()))
    }

    /// Gives a user a value of an identity attribute of the application's own
    /// ([`SecurityFairing::identity`](crate::SecurityFairing::identity)), in the place of the one that he had.
    ///
    /// # Errors
    /// [`Error::is_invalid`] when the attribute's mapper does not take the value, a conflict on `identity` when another user
    /// has it, one on `user_id` when there is no such user.
    pub async fn set_identity(&self, user: UserId, attribute: &str, value: &str) -> Result<()> {
        let identity = self.gate().identities.own_identity(attribute, value)?;
        let set = self.datastore().set_identity(user, &identity).await;
        set.map_err(|error| self.taken(error, attribute, value))
    }

    /// Takes the user's value of that attribute away. `false` when he had none.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn remove_identity(&self, user: UserId, attribute: &str) -> Result<bool> {
        self.datastore().remove_identity(user, attribute).await
    }

    /// A conflict in the words of the catalogue.
    fn taken(&self, error: Error, attribute: &str, value: &str) -> Error {
        match error.conflict() {
            Some(column @ ("phone" | "identity")) => Error::new(
                ErrorKind::Conflict(column),
                self.message(
                    Message::IdentityAlreadyAssociated,
                    &[("attr", attribute), ("value", value)],
                ),
            ),
            _ => error,
        }
    }
}
