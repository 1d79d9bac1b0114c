use std::time::Duration;

use crate::crypto::SessionSecret;
use crate::error::Result;
use crate::gate::Gate;
use crate::model::{Event, Session, User};

/// How exact "last seen" is: at most one write a minute for a busy browser.
const SEEN_EVERY: Duration = Duration::from_secs(60);

/// A step-up that a sign-out crosses has made its session within this time.
const STEP_UP_UNDER_WAY: Duration = Duration::from_secs(60);

/// A user and the session that brought him.
#[derive(Clone)]
pub(crate) struct Authenticated {
    pub user: User,
    pub session: Session,
}

impl Gate {
    /// Who comes with this secret, if the session lives: neither idle nor too old, the user active, and his
    /// `fs_uniquifier` still the one that the session was made under.
    pub async fn identify(&self, secret: &SessionSecret) -> Result<Option<Authenticated>> {
        let hashes = self.keys.session_hashes(secret);
        let Some((session, user)) = self.store.session_with_user(&hashes).await? else {
            return Ok(None);
        };
        let now = self.clock.now();
        let live = now.since(session.last_seen_at) < self.config.session_idle_timeout
            && now.since(session.created_at) < self.config.session_lifetime;
        if !live {
            // Erased at once, so that a stolen copy of the cookie cannot profit from a clock set back.
            if let Err(error) = self.store.delete_session(&session.hash).await {
                log::warn!("an expired session could not be erased yet: {error}");
            }
            return Ok(None);
        }
        if !user.active || user.fs_uniquifier != session.fs_uniquifier {
            return Ok(None);
        }
        let mut session = session;
        let current = hashes.first().copied().unwrap_or(session.hash);
        if now.since(session.last_seen_at) >= SEEN_EVERY || session.hash != current {
            // A failed write of "last seen" is no reason to turn a user away.
            match self.store.touch_session(&session.hash, &current, now).await {
                Ok(true) => {
                    session.hash = current;
                    session.last_seen_at = now;
                }
                Ok(false) => {}
                Err(error) => log::warn!("writing when a session was last seen failed: {error}"),
            }
        }
        Ok(Some(Authenticated { user, session }))
    }

    /// Ends a session: the row goes, so the cookie is worth nothing wherever a copy of it may be.
    pub async fn sign_out(&self, current: &Authenticated, secret: &SessionSecret) -> Result<()> {
        let mut ended = false;
        // Under each key: while keys rotate, a parallel request may just have moved the row to the current one.
        // The oldest first: rows move from old keys to the current one, never back, so none slips past.
        for hash in self.keys.session_hashes(secret).into_iter().rev() {
            ended |= self.store.delete_session(&hash).await?;
        }
        if !ended {
            // Gone between the identification and now: signed out elsewhere, or replaced by a step-up of the same
            // browser, whose new session must not outlive the sign-out.
            let since = self.clock.now() - STEP_UP_UNDER_WAY;
            ended = self.store.delete_sessions_since(current.user.id, since).await? > 0;
        }
        if ended {
            self.events.emit(Event::UserLoggedOut {
                user: current.user.id,
            });
        }
        Ok(())
    }
}
