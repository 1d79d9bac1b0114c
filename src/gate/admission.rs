use std::sync::Arc;

use crate::crypto::SessionSecret;
use crate::error::Result;
use crate::gate::sessions::Authenticated;
use crate::gate::{ByToken, Caller, Client, Evidence, Gate};
use crate::model::{Event, Factor, Issued, Proof, Reason, Session, SessionHash, Token, User};

/// What the gate answers.
pub(crate) enum Admission {
    /// A session was made; the secret goes into the cookie and nowhere else.
    SignedIn {
        authenticated: Arc<Authenticated>,
        secret: SessionSecret,
    },
    /// The evidence was good, but the account may not come in.
    Refused(Reason),
}

impl Gate {
    /// Turns evidence into a session, or refuses. A session is made here and nowhere else, but for those that
    /// [`Gate::restore`] brings back.
    ///
    /// `replaces` is the session that the browser had before: it ends in the same transaction, so a sign-in always
    /// changes the id (ASVS 7.2.4) and a planted one is worth nothing.
    pub async fn admit(
        &self,
        mut evidence: Evidence,
        replaces: Option<&SessionHash>,
        client: &Client,
    ) -> Result<Admission> {
        let objection = self.objection(evidence.user()).await;
        if !matches!(objection, Ok(None)) {
            // Whatever speaks against the account: the password was right.
            self.take_back(evidence.take_attempt()).await?;
        }
        if let Some(reason) = objection? {
            return Ok(self.refuse(evidence, reason, client));
        }
        let proofs = vec![evidence.proof()];
        let admission = self
            .start_session(evidence, proofs.clone(), Place::New { replaces }, client)
            .await?;
        if let Admission::SignedIn { authenticated, .. } = &admission {
            self.events.emit(Event::UserAuthenticated {
                user: authenticated.user.id,
                authn_via: proofs.iter().map(|proof| proof.factor).collect(),
            });
            self.sweep_now_and_then();
        }
        Ok(admission)
    }

    /// Takes fresh evidence for who is signed in already: the session gets a new id (ASVS 7.2.4), and both its clocks
    /// start anew (NIST SP 800-63B-4, 5.2).
    pub async fn step_up(
        &self,
        current: &Authenticated,
        evidence: Evidence,
        client: &Client,
    ) -> Result<Admission> {
        // Evidence for somebody else must never refresh this session.
        if evidence.user().id != current.user.id {
            return Ok(Admission::Refused(Reason::AuthenticationFailed));
        }
        if let Some(reason) = self.objection(evidence.user()).await? {
            return Ok(self.refuse(evidence, reason, client));
        }
        let proofs = proved_again(&current.session.factors, &evidence);
        let admission = self
            .start_session(
                evidence,
                proofs,
                Place::Of {
                    current: &current.session.hash,
                },
                client,
            )
            .await?;
        if let Admission::SignedIn { authenticated, .. } = &admission {
            self.events.emit(Event::UserReauthenticated {
                user: authenticated.user.id,
            });
        }
        Ok(admission)
    }

    /// Takes fresh evidence for who came without a session: what he has proved by now, for a token.
    pub async fn prove_again(
        &self,
        who: &Caller,
        evidence: Evidence,
        client: &Client,
    ) -> Result<Result<Caller, Reason>> {
        if evidence.user().id != who.user().id {
            return Ok(Err(Reason::AuthenticationFailed));
        }
        if let Some(reason) = self.objection(evidence.user()).await? {
            let factor = evidence.factor();
            self.failed(Some(evidence.into_user()), factor, reason, client);
            return Ok(Err(reason));
        }
        let token = Token {
            issued_at: evidence.at(),
            expires_at: evidence.at(),
            authenticated_at: evidence.at(),
            factors: proved_again(who.proofs(), &evidence),
            data: Default::default(),
        };
        let user = evidence.into_user();
        self.events.emit(Event::UserReauthenticated { user: user.id });
        Ok(Ok(Caller::Token(Arc::new(ByToken { user, token }))))
    }

    fn refuse(&self, evidence: Evidence, reason: Reason, client: &Client) -> Admission {
        let factor = evidence.factor();
        self.failed(Some(evidence.into_user()), factor, reason, client);
        Admission::Refused(reason)
    }

    /// What speaks against this account, told only to who has proved to own it.
    pub(super) async fn objection(&self, user: &User) -> Result<Option<Reason>> {
        Ok(if !user.active {
            Some(Reason::DisabledAccount)
        } else if self.policy.is_locked(user).await? {
            Some(Reason::Locked)
        } else if self.config.confirmable && user.confirmed_at.is_none() {
            Some(Reason::ConfirmationRequired)
        } else {
            None
        })
    }

    /// A session of this moment, not stored yet.
    pub(super) fn session_row(
        &self,
        hash: SessionHash,
        user: &User,
        factors: Vec<Proof>,
        client: &Client,
    ) -> Session {
        let now = self.clock.now();
        let (ip, user_agent) = client.for_the_row();
        Session {
            hash,
            user_id: user.id,
            fs_uniquifier: user.fs_uniquifier.clone(),
            created_at: now,
            last_seen_at: now,
            authenticated_at: now,
            grace_until: None,
            factors,
            ip,
            user_agent,
        }
    }

    async fn start_session(
        &self,
        mut evidence: Evidence,
        proofs: Vec<Proof>,
        place: Place<'_>,
        client: &Client,
    ) -> Result<Admission> {
        let attempt = evidence.take_attempt();
        let authenticated_at = evidence.at();
        let user = evidence.into_user();
        let secret = SessionSecret::generate()?;
        let mut row = self.session_row(self.keys.session_hash(&secret), &user, proofs, client);
        row.authenticated_at = authenticated_at;
        let session = Issued::new(row);
        let stored = match place {
            Place::New { replaces } => self
                .store_session(&session, replaces, attempt)
                .await
                .map(|()| true),
            Place::Of { current } => self.store.renew_session(current, &session).await,
        };
        match stored {
            Ok(true) => Ok(Admission::SignedIn {
                authenticated: Arc::new(Authenticated {
                    user,
                    session: session.into_inner(),
                }),
                secret,
            }),
            // Somebody signed out while the password was being looked at.
            Ok(false) => Ok(Admission::Refused(Reason::Unauthenticated)),
            // Between the proof and now the account was deactivated, signed out everywhere or erased.
            Err(error) if error.conflict() == Some("user_id") => {
                self.take_back(attempt).await?;
                Ok(Admission::Refused(Reason::AuthenticationFailed))
            }
            Err(error) => Err(error),
        }
    }
}

/// By what somebody has proved who he is once he has done so again: what proved nothing has served, and what is proved
/// again counts from now.
fn proved_again(before: &[Proof], evidence: &Evidence) -> Vec<Proof> {
    let mut proofs = before.to_vec();
    proofs.retain(|proof| {
        !matches!(proof.factor, Factor::Register | Factor::Remember) && proof.factor != evidence.factor()
    });
    proofs.push(evidence.proof());
    proofs
}

/// Where a session goes.
enum Place<'a> {
    /// Beside all others; the one that the browser had before ends.
    New { replaces: Option<&'a SessionHash> },
    /// In the place of one that must still be there.
    Of { current: &'a SessionHash },
}
