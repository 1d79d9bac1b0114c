use crate::crypto::PasswordProof;
use crate::gate::throttle::Attempt;
use crate::model::{Factor, Proof, Timestamp, User};

/// Proof that somebody is a user, by one factor. It cannot be made, only earned: there is no public constructor,
/// and the ones below ask for what only a successful check hands out.
pub struct Evidence {
    user: User,
    factor: Factor,
    at: Timestamp,
    /// The try that was counted for it, as long as it has not been taken back.
    attempt: Option<Attempt>,
}

impl Evidence {
    /// The right password. `PasswordProof` comes from a successful verification alone, and only the account whose
    /// password it was gets evidence for it.
    pub(super) fn password(user: User, proof: PasswordProof, at: Timestamp) -> Option<Self> {
        proof.is_of(&user.handle).then_some(Evidence {
            user,
            factor: Factor::Password,
            at,
            attempt: None,
        })
    }

    /// The word of the application, which has found out by means of its own who somebody is.
    pub(crate) fn vouched(user: User, at: Timestamp) -> Self {
        Evidence {
            user,
            factor: Factor::Application,
            at,
            attempt: None,
        }
    }

    /// Having just registered; `user` is the row that this very request made.
    pub(crate) fn registered(user: User, at: Timestamp) -> Self {
        Evidence {
            user,
            factor: Factor::Register,
            at,
            attempt: None,
        }
    }

    /// Whom it speaks for.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// By what.
    pub fn factor(&self) -> Factor {
        self.factor
    }

    /// Since when.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// By what and since when, as the session keeps it.
    pub(super) fn proof(&self) -> Proof {
        Proof {
            factor: self.factor,
            at: self.at,
        }
    }

    /// The same, with the try that has to be taken back for it.
    pub(super) fn after(self, attempt: Attempt) -> Self {
        Evidence {
            attempt: Some(attempt),
            ..self
        }
    }

    /// The try that has to be taken back.
    pub(super) fn take_attempt(&mut self) -> Option<Attempt> {
        self.attempt.take()
    }

    pub(super) fn into_user(self) -> User {
        self.user
    }
}
