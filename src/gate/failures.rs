use crate::gate::{Client, Gate};
use crate::model::{Event, Factor, Reason, User};
use crate::policy::FailedAuthn;

impl Gate {
    /// Tells the application of a failed attempt: by an event in line, and by its policy beside the request.
    pub(super) fn failed(&self, user: Option<User>, factor: Factor, reason: Reason, client: &Client) {
        self.events.emit(Event::UserFailedAuthn {
            user: user.as_ref().map(|user| user.id),
            factor,
            reason,
        });
        let policy = self.policy.clone();
        let failed = FailedAuthn {
            user,
            factor,
            reason,
            address: client.address,
        };
        tokio::spawn(async move { policy.on_failed_authn(&failed).await });
    }
}
