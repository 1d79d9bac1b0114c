use std::sync::Arc;

use crate::gate::{Client, Gate};
use crate::model::{Event, Factor, Reason, User};
use crate::policy::FailedAuthn;

/// How many calls of [`Policy::on_failed_authn`](crate::Policy::on_failed_authn) may be under way. Whoever floods the
/// sign-in would else fill the memory with those that hang.
pub(super) const CALLS_AT_ONCE: usize = 256;

impl Gate {
    /// Tells the application of a failed attempt: by an event in line, and by its policy beside the request.
    pub(super) fn failed(&self, user: Option<User>, factor: Factor, reason: Reason, client: &Client) {
        self.events.emit(Event::UserFailedAuthn {
            user: user.as_ref().map(|user| user.id),
            factor,
            reason,
        });
        let Ok(call) = Arc::clone(&self.calls).try_acquire_owned() else {
            log::warn!("a failed attempt was not told to the policy: {CALLS_AT_ONCE} calls are under way");
            return;
        };
        let policy = self.policy.clone();
        let failed = FailedAuthn {
            user,
            factor,
            reason,
            address: client.address,
        };
        tokio::spawn(async move {
            let _call = call;
            policy.on_failed_authn(&failed).await;
        });
    }
}
