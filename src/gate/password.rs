use crate::crypto::{Password, Ticket, Verdict};
use crate::error::{Error, Result};
use crate::gate::throttle::{Account, Attempt, Brake};
use crate::gate::{Client, Evidence, Gate, LoginIdentity};
use crate::model::{Event, Factor, Reason, User};

/// Why a password was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PasswordRefusal {
    /// There is no such account. Only an application that gave generic answers up may say so.
    Unknown,
    /// The account has another password, or none.
    Wrong,
    /// Too many tries; nothing was looked at.
    Wait { seconds: u64 },
}

/// Whether a browser is known for an account.
enum Known {
    Yes(Attempt, User),
    /// No; and who has been looked up, where somebody had to be.
    No(Option<Option<User>>),
}

impl Gate {
    /// Checks an identity and a password. Unknown, wrong and password-less accounts cost the same: one place in the
    /// queue, one count, one look-up, one hash. What it hands out proves the password and nothing else; whether the
    /// account may come in is for [`Gate::admit`].
    ///
    /// # Errors
    /// Busy when the hashing queue is full, before anything is looked up.
    pub async fn check_password(
        &self,
        identity: &LoginIdentity,
        password: &Password,
        client: &Client,
    ) -> Result<Result<Evidence, PasswordRefusal>> {
        let mut checked = self.check_password_to_admit(identity, password, client).await?;
        if let Ok(evidence) = &mut checked {
            self.take_back(evidence.take_attempt()).await?;
        }
        Ok(checked)
    }

    /// The same for evidence that goes to [`Gate::admit`] next, which takes the counted try back in the transaction that
    /// makes the session. Evidence that goes nowhere leaves it counted.
    ///
    /// # Errors
    /// As for `check_password`.
    pub async fn check_password_to_admit(
        &self,
        identity: &LoginIdentity,
        password: &Password,
        client: &Client,
    ) -> Result<Result<Evidence, PasswordRefusal>> {
        let ticket = self.passwords.admit(client.limit)?;
        // With a browser that somebody has signed in with before, the look-up comes first; the work is the same.
        let (attempt, user) = match self.known_attempt(identity, client).await? {
            Known::Yes(attempt, user) => (attempt, Some(user)),
            Known::No(looked_up) => {
                let account = Account::Typed(&identity.counted);
                let attempt = match self.begin_attempt(account, client).await? {
                    Brake::Go(attempt) => attempt,
                    Brake::Wait { seconds } => return Ok(Err(self.waiting(None, seconds, client))),
                };
                let user = match looked_up {
                    Some(user) => user,
                    None => self.find(identity).await?,
                };
                (attempt, user)
            }
        };
        let checked = self.verify(ticket, user, password, client).await?;
        Ok(checked.map(|evidence| evidence.after(attempt)))
    }

    /// Checks the password of who is signed in already. Failures count, apart
    /// from those at sign-in: a stolen session is no place to guess its password, and a stranger's guesses there do not
    /// keep its owner waiting.
    pub async fn check_own_password(
        &self,
        who: &User,
        password: &Password,
        client: &Client,
    ) -> Result<Result<Evidence, PasswordRefusal>> {
        let ticket = self.passwords.admit(client.limit)?;
        let attempt = match self.begin_attempt(Account::Own(who.id), client).await? {
            Brake::Go(attempt) => attempt,
            Brake::Wait { seconds } => return Ok(Err(self.waiting(Some(who.clone()), seconds, client))),
        };
        let user = self.store.user(who.id).await?;
        let evidence = self.verify(ticket, user, password, client).await?;
        if evidence.is_ok() {
            self.take_back(Some(attempt)).await?;
        }
        Ok(evidence)
    }

    /// Whether the account is one that has signed in with this browser before.
    async fn known_attempt(&self, identity: &LoginIdentity, client: &Client) -> Result<Known> {
        if client.devices.is_empty() {
            return Ok(Known::No(None));
        }
        let Some(user) = self.find(identity).await? else {
            return Ok(Known::No(Some(None)));
        };
        Ok(match self.begin_known_attempt(&client.devices, &user).await? {
            Some(attempt) => Known::Yes(attempt, user),
            None => Known::No(Some(Some(user))),
        })
    }

    /// A try during a wait: not looked at, but told.
    fn waiting(&self, user: Option<User>, seconds: u64, client: &Client) -> PasswordRefusal {
        self.failed(user, Factor::Password, Reason::TryLater { seconds }, client);
        PasswordRefusal::Wait { seconds }
    }

    async fn verify(
        &self,
        ticket: Ticket,
        user: Option<User>,
        password: &Password,
        client: &Client,
    ) -> Result<Result<Evidence, PasswordRefusal>> {
        let stored = user
            .as_ref()
            .and_then(|user| user.password.as_ref().map(|hash| (hash, user.handle.as_str())));
        let verdict = ticket.verify(&self.keys, password, stored).await?;
        let user = match (verdict, user) {
            (Verdict::Right { proof, outdated }, Some(user)) => {
                if outdated {
                    self.rehash(&user, password).await;
                }
                match Evidence::password(user, proof, self.clock.now()) {
                    Some(evidence) => return Ok(Ok(evidence)),
                    None => return Err(Error::internal("a proof of another account's password")),
                }
            }
            (_, user) => user,
        };
        let refusal = match user {
            Some(_) => PasswordRefusal::Wrong,
            None => PasswordRefusal::Unknown,
        };
        self.failed(user, Factor::Password, Reason::AuthenticationFailed, client);
        Ok(Err(refusal))
    }

    /// Renews a hash of a lower cost or under an older key. Whatever goes wrong, the password was right: the user
    /// comes in, and the next sign-in tries again.
    async fn rehash(&self, user: &User, password: &Password) {
        let Some(old) = &user.password else { return };
        let renewed = async {
            let new = self
                .passwords
                .admit(None)?
                .rehash(&self.keys, password, &user.handle, old)
                .await?;
            self.store
                .replace_password(user.id, old, &new, self.clock.now())
                .await
        };
        match renewed.await {
            Ok(true) => self.events.emit(Event::PasswordRehashed { user: user.id }),
            Ok(false) => {}
            Err(error) => log::warn!("renewing the password hash of user {} failed: {error}", user.id),
        }
    }
}
