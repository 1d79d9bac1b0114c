//! Refresh tokens.
//!
//! A token is exchanged once: the exchange puts the next one in its place by a single conditional write. The next one is
//! derived from it, so whoever brings the replaced token within `refresh_token_overlap` — a second tab, a client whose
//! answer got lost — is told the same next token, and nothing turns over a second time. After that the token can only
//! be a copy, and the family ends.

use crate::crypto::{RefreshSecret, random_bytes, random_hex32};
use crate::error::{Error, Result};
use crate::gate::{Client, Gate};
use crate::model::{
    Event, Issued, Proof, Reason, RefreshEnd, RefreshFamily, RefreshTurn, Timestamp, User, UserId,
};

/// How often a request looks again after another one was faster.
const TRIES: usize = 3;

/// A refresh token that was exchanged.
pub(crate) struct Refreshed {
    pub user: User,
    /// As fresh as the sign-in that the family began with, and by the same factors: nobody has proved anything now.
    pub auth_token: String,
    /// What the client holds from now on.
    pub secret: RefreshSecret,
}

/// Why a refresh token is not exchanged, in the order in which that is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefreshRefusal {
    NotFound,
    GenMismatch,
    Expired,
    Revoked,
    UserDoesNotExist,
    /// What speaks against the account.
    Account(Reason),
}

/// What a token is to its family.
enum Standing {
    Current,
    /// The one before, and its time is not over yet; this one follows on it.
    Before(RefreshSecret),
    /// Another one, which somebody had a copy of.
    Stale,
}

impl Gate {
    /// Makes a family for who has just proved who he is, and its first token. A conflict on `user_id` says that he may
    /// no longer.
    pub async fn begin_family(
        &self,
        user: &User,
        factors: &[Proof],
        authenticated_at: Timestamp,
        client: &Client,
    ) -> Result<RefreshSecret> {
        let secret = RefreshSecret::generate()?;
        let now = self.clock.now();
        let (ip, user_agent) = client.for_the_row();
        let mut family = RefreshFamily::new(
            self.keys.family_hash(&secret),
            random_hex32()?,
            user.id,
            user.fs_uniquifier.clone(),
            self.keys.refresh_hash(&secret),
            now,
            now + self.config.refresh_token_max_age,
        );
        family.authenticated_at = authenticated_at;
        family.factors = factors.to_vec();
        (family.ip, family.user_agent) = (ip, user_agent);
        let id = family.id.clone();
        self.store.create_family(&Issued::new(family)).await?;
        self.events.emit(Event::RefreshTrackerCreated {
            user: user.id,
            family: id,
        });
        self.sweep_now_and_then();
        Ok(secret)
    }

    /// Exchanges a token. What the gate asks at each sign-in it asks here too.
    ///
    /// # Errors
    /// When the store does not answer: then nothing was decided.
    pub async fn exchange(
        &self,
        secret: &RefreshSecret,
    ) -> Result<std::result::Result<Refreshed, RefreshRefusal>> {
        for _ in 0..TRIES {
            let Some((family, user)) = self.family_of(secret).await? else {
                return Ok(Err(RefreshRefusal::NotFound));
            };
            let now = self.clock.now();
            let next = match self.standing(secret, &family, now) {
                Standing::Current => None,
                Standing::Before(next) => Some(next),
                Standing::Stale => {
                    self.reused(&family, now).await?;
                    return Ok(Err(RefreshRefusal::GenMismatch));
                }
            };
            if self.is_over(&family, now) {
                return Ok(Err(RefreshRefusal::Expired));
            }
            if family.revoked_at.is_some() {
                return Ok(Err(RefreshRefusal::Revoked));
            }
            if family.fs_uniquifier != user.fs_uniquifier {
                return Ok(Err(RefreshRefusal::UserDoesNotExist));
            }
            if let Some(reason) = self.objection(&user).await? {
                return Ok(Err(RefreshRefusal::Account(reason)));
            }
            // Before anything turns over: the application has its word in it, and where that fails the refresh token must not
            // be used up, or its owner would come again with what only a thief has.
            let auth_token = self
                .make_token(&user, &family.factors, family.authenticated_at)
                .await?;
            let next = match next {
                Some(next) => Some(next),
                None => self.turn_over(secret, &family, now).await?,
            };
            if let Some(secret) = next {
                self.events.emit(Event::AuthTokenIssued { user: user.id });
                self.sweep_now_and_then();
                return Ok(Ok(Refreshed {
                    user,
                    auth_token,
                    secret,
                }));
            }
            // A parallel request was faster: it has left the token that follows, or revoked the family.
        }
        Err(Error::busy(
            "a family of refresh tokens changed with each look at it",
        ))
    }

    /// Revokes the family of a token, whichever of its tokens it is: who knows the family's id was given it. `false` when
    /// there was nothing to revoke.
    pub async fn end_family(&self, secret: &RefreshSecret, why: RefreshEnd) -> Result<bool> {
        match self.family_of(secret).await? {
            Some((family, _)) => self.revoke_family(family.user_id, &family.id, why).await,
            None => Ok(false),
        }
    }

    /// Revokes a family of the user's. `false` when he has none of that id, or it has been revoked before.
    pub async fn revoke_family(&self, user: UserId, id: &str, why: RefreshEnd) -> Result<bool> {
        let revoked = self.store.revoke_family(user, id, self.clock.now()).await?;
        if revoked {
            let family = Some(id.to_owned());
            self.events
                .emit(Event::RefreshTrackerRevoked { user, family, why });
        }
        Ok(revoked)
    }

    /// Revokes all families of the user; says how many.
    pub async fn revoke_families_of(&self, user: UserId) -> Result<usize> {
        let revoked = self.store.revoke_families_of(user, self.clock.now()).await?;
        if revoked > 0 {
            self.events.emit(Event::RefreshTrackerRevoked {
                user,
                family: None,
                why: RefreshEnd::Revoked,
            });
        }
        Ok(revoked)
    }

    /// The user's families whose tokens can be exchanged, the one used last first.
    pub async fn families_of(&self, user: UserId) -> Result<Vec<RefreshFamily>> {
        let now = self.clock.now();
        let idle = now - self.config.refresh_token_max_idle;
        let mut families = self.store.families_of(user, now, idle).await?;
        families.retain(|family| !self.is_over(family, now));
        Ok(families)
    }

    /// Whether the token is one of that family.
    pub fn is_of_family(&self, secret: &RefreshSecret, family: &RefreshFamily) -> bool {
        self.keys.family_hashes(secret).contains(&family.hash)
    }

    async fn family_of(&self, secret: &RefreshSecret) -> Result<Option<(RefreshFamily, User)>> {
        let hashes = self.keys.family_hashes(secret);
        match self.store.family(&hashes).await? {
            // While keys rotate, a parallel exchange may have moved the row from a hash that was not asked for yet to
            // one that was.
            None if hashes.len() > 1 => self.store.family(&hashes).await,
            found => Ok(found),
        }
    }

    /// Its own end was written when it began; `refresh_token_max_age` may have been shortened since.
    fn is_over(&self, family: &RefreshFamily, now: Timestamp) -> bool {
        family.is_over(now, self.config.refresh_token_max_idle)
            || now.since(family.created_at) >= self.config.refresh_token_max_age
    }

    fn standing(&self, secret: &RefreshSecret, family: &RefreshFamily, now: Timestamp) -> Standing {
        if self.keys.is_refresh(secret, &family.token) {
            return Standing::Current;
        }
        let is_previous = family
            .previous
            .is_some_and(|previous| self.keys.is_refresh(secret, &previous));
        let overlap = self.config.refresh_token_overlap;
        // Another instance's clock may be a little ahead; a moment further in the future is a clock that was set back, and
        // no time for a thief.
        let in_time = family
            .rotated_at
            .is_some_and(|rotated| now.since(rotated) < overlap && rotated.since(now) < overlap);
        let next = family
            .nonce
            .filter(|_| is_previous && in_time)
            .and_then(|nonce| self.keys.following_refresh(secret, &nonce, &family.token));
        next.map_or(Standing::Stale, Standing::Before)
    }

    /// Puts the next token in the place of this one; none when somebody else did something to the family first.
    async fn turn_over(
        &self,
        secret: &RefreshSecret,
        family: &RefreshFamily,
        now: Timestamp,
    ) -> Result<Option<RefreshSecret>> {
        let nonce = random_bytes()?;
        let next = self.keys.next_refresh(secret, &nonce);
        let turn = RefreshTurn {
            family: family.hash,
            rehashed: self.keys.family_hash(secret),
            expected: family.token,
            token: self.keys.refresh_hash(&next),
            nonce,
            now,
        };
        Ok(self.store.rotate_family(&turn).await?.then_some(next))
    }

    async fn reused(&self, family: &RefreshFamily, now: Timestamp) -> Result<()> {
        // Told once, whoever else has found it out at the same time; and of what is over anyway there is nothing to tell.
        if self.is_over(family, now) {
            return Ok(());
        }
        if self
            .revoke_family(family.user_id, &family.id, RefreshEnd::Reused)
            .await?
        {
            log::warn!(
                "a refresh token of user {} came again after it was replaced: somebody has a copy; its family {} has \
                 been revoked",
                family.user_id,
                family.id
            );
        }
        Ok(())
    }
}
