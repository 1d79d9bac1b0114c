use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::gate::KeyRefusal;
use crate::model::{ApiKey, NewApiKey, User, UserId};
use crate::security::Security;

impl Security {
    /// Makes an API key for a user, by the rules of the page: its scopes are declared by
    /// [`SecurityFairing::api_key_scopes`](crate::SecurityFairing::api_key_scopes), and a scope `role:<name>` asks that
    /// the user has the role. The text is the key itself: it is told now and never again, the table keeps a hash.
    ///
    /// Who calls this answers for it that the user is who he says: the page asks for freshness, this does not.
    ///
    /// ```
    /// use rocket_security::{NewApiKey, Result, Security, User};
    ///
    /// async fn key_for_backups(security: &Security, user: &User) -> Result<String> {
    ///     let (_, text) = security.create_api_key(user, NewApiKey::new("backups").scope("read")).await?;
    ///     Ok(text.to_string())
    /// }
    /// ```
    ///
    /// # Errors
    /// A configuration error when `api_keys` is off; an invalid value when the name, a scope or the lifetime cannot be; a
    /// conflict on `api_keys` when the user has as many as he may, and on `user_id` when he is gone, deactivated or signed
    /// out everywhere meanwhile; or when the store does not answer.
    pub async fn create_api_key(&self, user: &User, new: NewApiKey) -> Result<(ApiKey, Zeroizing<String>)> {
        if !self.config().api_keys {
            return Err(Error::config("API keys are off: write `api_keys = true`"));
        }
        match self.gate().create_api_key(user, new).await? {
            Ok(made) => Ok(made),
            Err(KeyRefusal::Name) => Err(Error::invalid(
                "the API key's name is empty, too long or unprintable",
            )),
            Err(KeyRefusal::Scope) => Err(Error::invalid(
                "a scope of the API key was not declared, or stands for a role that the user lacks",
            )),
            Err(KeyRefusal::Lifetime) => Err(Error::invalid(
                "the API key would live too short, or longer than `api_key_lifetime_max`",
            )),
            Err(KeyRefusal::TooMany) => Err(Error::conflict_on("api_keys")),
            Err(KeyRefusal::NoUser) => Err(Error::conflict_on("user_id")),
        }
    }

    /// The API keys of a user, the youngest first, those among them that expired within the last 30 days.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn api_keys(&self, user: UserId) -> Result<Vec<ApiKey>> {
        self.datastore().api_keys_of(user).await
    }

    /// Revokes an API key of a user by its public id. `false` when he has none of that id, whoever else has it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn revoke_api_key(&self, user: UserId, id: &str) -> Result<bool> {
        self.gate().revoke_api_key(user, id).await
    }
}
