//! What an application may do with refresh tokens in-process.

use super::Security;
use crate::error::Result;
use crate::model::{RefreshEnd, RefreshFamily, UserId};

impl Security {
    /// The user's families of refresh tokens that can be exchanged, the one used last first: which of his apps and
    /// browsers stay signed in.
    ///
    /// ```
    /// use rocket::{get, http::Status};
    /// use rocket_security::{AuthUser, Security};
    ///
    /// #[get("/apps")]
    /// async fn apps(user: AuthUser, security: &Security) -> Result<String, Status> {
    ///     let families = security.refresh_families(user.id).await.map_err(|_| Status::ServiceUnavailable)?;
    ///     let agents = families.iter().map(|family| family.user_agent.clone().unwrap_or_default());
    ///     Ok(agents.collect::<Vec<_>>().join("\n"))
    /// }
    /// ```
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn refresh_families(&self, user: UserId) -> Result<Vec<RefreshFamily>> {
        self.gate().families_of(user).await
    }

    /// Revokes a family by its `id`: its tokens are worth nothing from now on (ASVS 10.4.9). `false` when the user has none
    /// of that id, or it was revoked before. Auth tokens that were made with it live on for their few minutes.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn revoke_refresh_family(&self, user: UserId, id: &str) -> Result<bool> {
        self.gate().revoke_family(user, id, RefreshEnd::Revoked).await
    }

    /// Revokes all families of a user; says how many. [`sign_out_everywhere`](Security::sign_out_everywhere) does so too,
    /// and ends sessions and auth tokens with them.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn revoke_refresh_families(&self, user: UserId) -> Result<usize> {
        self.gate().revoke_families_of(user).await
    }
}
