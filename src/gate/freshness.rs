use std::time::Duration;

use crate::error::Result;
use crate::gate::{Caller, Gate};
use crate::model::Mechanism;

/// Whether the user proved who he is recently enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    Fresh,
    Stale,
}

impl Gate {
    /// Fresh is who authenticated less than `within` ago, or was found fresh less than `grace` ago; each time he is
    /// found fresh, the grace starts anew (spec 3.7). A moment in the future is a clock that was set back, not
    /// freshness. Grace is a matter of sessions; a token is as fresh as the proof that it was made after.
    pub async fn freshness(&self, who: &Caller, within: Duration, grace: Duration) -> Result<Freshness> {
        let now = self.clock.now();
        // However long `within` is: a browser that was remembered has proved nothing.
        if who.is_remembered_only()
            || (who.mechanism() == Mechanism::Token && !self.config.freshness_allow_auth_token)
        {
            return Ok(Freshness::Stale);
        }
        let recent = who.authenticated_at() <= now && now.since(who.authenticated_at()) < within;
        let Some(session) = who.session() else {
            return Ok(if recent {
                Freshness::Fresh
            } else {
                Freshness::Stale
            });
        };
        let in_grace = !grace.is_zero()
            && session
                .grace_until
                .is_some_and(|until| until > now && until.since(now) <= grace);
        if !in_grace && !recent {
            return Ok(Freshness::Stale);
        }
        let until = now + grace;
        // One write a minute is exact enough for a period counted in minutes.
        let extend = match session.grace_until {
            Some(before) => until.since(before) >= Duration::from_secs(60).min(grace / 2),
            None => true,
        };
        if !grace.is_zero() && extend && !self.store.set_grace(&session.hash, until).await? {
            return Ok(Freshness::Stale);
        }
        Ok(Freshness::Fresh)
    }
}
