use crate::crypto::Password;
use crate::error::Result;
use crate::gate::{ByBasic, Client, Gate, PasswordRefusal};
use crate::model::Reason;

impl Gate {
    /// Who comes with this name and this password in the request itself. It goes the way of every sign-in, with its waits
    /// and its counters, and the account is asked the same; but there is no session.
    ///
    /// It proves a password and nothing else, so it is no way in for who owes more (ASVS 6.3.4).
    pub async fn by_basic(
        &self,
        name: &str,
        password: &str,
        client: &Client,
    ) -> Result<Result<ByBasic, Reason>> {
        let password = Password::new(password, self.config.password_normalize_form.into());
        let identity = self.identities.parse(name);
        let checked = self.check_password_to_admit(&identity, &password, client).await?;
        let mut evidence = match checked {
            Ok(evidence) => evidence,
            Err(PasswordRefusal::Wait { seconds }) => return Ok(Err(Reason::TryLater { seconds })),
            Err(PasswordRefusal::Unknown | PasswordRefusal::Wrong) => {
                return Ok(Err(Reason::AuthenticationFailed));
            }
        };
        self.uncount(evidence.take_attempt()).await?;
        if let Some(reason) = self.objection(evidence.user()).await? {
            self.failed(Some(evidence.user().clone()), evidence.factor(), reason, client);
            return Ok(Err(reason));
        }
        let proof = evidence.proof();
        Ok(Ok(ByBasic {
            user: evidence.into_user(),
            proof,
        }))
    }
}
