//! Browsers that are to be remembered.
//!
//! The cookie holds the id of a series and a token. A token restores one session and is replaced in the same
//! transaction; the session's secret is derived from it, so all requests that a browser sends at once with one token
//! find the same session and the same CSRF tokens. Whoever brings the replaced token within [`OVERLAP`] is one of
//! them, and is told the new token too, lest it got lost with the answer that carried it. After that the token can
//! only be a copy.

use std::sync::Arc;
use std::time::Duration;

use crate::crypto::{RememberSecret, SessionSecret, random_bytes};
use crate::error::Result;
use crate::gate::{Authenticated, Client, Gate};
use crate::model::{Event, Factor, Issued, Proof, RememberSeries, Rotation, Timestamp, User};

/// How long a replaced token finds the session that its successor came with.
const OVERLAP: Duration = Duration::from_secs(60);

/// How often a request looks again after another one was faster.
const TRIES: usize = 3;

/// What the remember cookie becomes.
pub(crate) struct Keepsake {
    pub secret: RememberSecret,
    /// How long the browser keeps it.
    pub lives: Duration,
}

/// What came of a remember cookie.
pub(crate) enum Restored {
    /// The user is back, in a session that is new or that a parallel request has just made.
    Session {
        who: Arc<Authenticated>,
        secret: SessionSecret,
        /// The token that the browser should hold from now on.
        keepsake: Option<Keepsake>,
    },
    /// Nobody, now. The cookie may still be good for something.
    Nobody,
    /// The cookie is worth nothing any more.
    Void,
}

impl Gate {
    /// Makes a series for who has just signed in. A conflict on `user_id` says that he may no longer.
    pub async fn remember(&self, who: &Authenticated, client: &Client) -> Result<Keepsake> {
        let secret = RememberSecret::generate()?;
        let now = self.clock.now();
        let lives = self.config.remember_duration;
        let (ip, user_agent) = client.for_the_row();
        let series = RememberSeries {
            hash: self.keys.series_hash(&secret),
            user_id: who.user.id,
            fs_uniquifier: who.session.fs_uniquifier.clone(),
            token: self.keys.token_hash(&secret),
            previous: None,
            nonce: None,
            session: None,
            created_at: now,
            rotated_at: None,
            last_used_at: now,
            expires_at: now + lives,
            factors: who.session.factors.clone(),
            ip,
            user_agent,
        };
        self.store.create_series(&Issued::new(series)).await?;
        Ok(Keepsake { secret, lives })
    }

    /// Who comes with a remember cookie. What the gate asks each time it asks here too.
    ///
    /// # Errors
    /// When the store does not answer: then nothing was decided.
    pub async fn restore(&self, secret: &RememberSecret, client: &Client) -> Result<Restored> {
        for _ in 0..TRIES {
            let hashes = self.keys.series_hashes(secret);
            let Some((series, user)) = self.store.series(&hashes).await? else {
                return Ok(Restored::Void);
            };
            let now = self.clock.now();
            if now >= series.expires_at || user.fs_uniquifier != series.fs_uniquifier {
                self.store.end_series(&series.hash).await?;
                return Ok(Restored::Void);
            }
            if self.keys.is_token(secret, &series.token) {
                if self.objection(&user).await?.is_some() {
                    return Ok(Restored::Nobody);
                }
                if let Some(restored) = self.rotate(secret, &series, user, client, now).await? {
                    return Ok(restored);
                }
                // A parallel request was faster: it has left the session and the token that follows.
                continue;
            }
            let is_previous = series
                .previous
                .is_some_and(|previous| self.keys.is_token(secret, &previous));
            // Another instance's clock may be a little ahead; further in the future is a clock that was set back.
            let is_parallel = series
                .rotated_at
                .is_some_and(|rotated| now.since(rotated) <= OVERLAP && rotated.since(now) <= OVERLAP);
            if is_previous && is_parallel {
                return self.join(secret, &series, now).await;
            }
            self.stolen(&series).await?;
            return Ok(Restored::Void);
        }
        Ok(Restored::Nobody)
    }

    /// Ends the series of a cookie, whichever of its tokens the cookie holds: who knows its id was given it.
    pub async fn forget(&self, secret: &RememberSecret) -> Result<()> {
        // The oldest key first: a parallel request may just be moving the row to the current one.
        for hash in self.keys.series_hashes(secret).iter().rev() {
            self.store.end_series(hash).await?;
        }
        Ok(())
    }

    /// Puts the next token in the place of this one, and makes the session that belongs to it; none when another
    /// request has done so first.
    async fn rotate(
        &self,
        secret: &RememberSecret,
        series: &RememberSeries,
        user: User,
        client: &Client,
        now: Timestamp,
    ) -> Result<Option<Restored>> {
        let nonce = random_bytes()?;
        let next = self.keys.next_token(secret, &nonce);
        let (session_secret, hash) = self.keys.restored_secret(secret);
        let proof = Proof {
            factor: Factor::Remember,
            at: now,
        };
        let mut session = self.session_row(hash, &user, vec![proof], client);
        // Never fresh: nobody has proved anything.
        session.authenticated_at = Timestamp::from_millis(0);
        // It ends with the series at the latest, for that is when the user has to prove again who he is.
        session.created_at = now.min(series.expires_at - self.config.session_lifetime);
        let rotation = Rotation {
            series: series.hash,
            rehashed: self.keys.series_hash(secret),
            expected: series.token,
            token: self.keys.token_hash(&next),
            nonce,
            now,
        };
        let session = Issued::new(session);
        match self.store.rotate_series(&rotation, &session).await {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            // Deactivated or signed out everywhere just now; the series has gone with that.
            Err(error) if error.conflict() == Some("user_id") => return Ok(Some(Restored::Void)),
            Err(error) => return Err(error),
        }
        self.events.emit(Event::UserRemembered { user: user.id });
        self.sweep_now_and_then();
        Ok(Some(Restored::Session {
            who: Arc::new(Authenticated {
                user,
                session: session.into_inner(),
            }),
            secret: session_secret,
            keepsake: Some(Keepsake {
                secret: next,
                lives: series.expires_at.since(now),
            }),
        }))
    }

    /// Finds the session that a parallel request has made with the same token, if it still lives.
    async fn join(
        &self,
        secret: &RememberSecret,
        series: &RememberSeries,
        now: Timestamp,
    ) -> Result<Restored> {
        for session_secret in self.keys.restored_secrets(secret) {
            let Some(who) = self.identify(&session_secret).await? else {
                continue;
            };
            let next = series
                .nonce
                .and_then(|nonce| self.keys.following_token(secret, &nonce, &series.token));
            return Ok(Restored::Session {
                who: Arc::new(who),
                secret: session_secret,
                keepsake: next.map(|secret| Keepsake {
                    secret,
                    lives: series.expires_at.since(now),
                }),
            });
        }
        Ok(Restored::Nobody)
    }

    async fn stolen(&self, series: &RememberSeries) -> Result<()> {
        // Told once, whoever else has found it out at the same time.
        if self.store.end_series(&series.hash).await? {
            log::warn!(
                "a remember cookie of user {} came again after it was replaced: somebody has a copy; the series has \
                 ended",
                series.user_id
            );
            self.events.emit(Event::RememberTheft { user: series.user_id });
        }
        Ok(())
    }
}
