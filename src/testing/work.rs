use rocket::local::asynchronous::Client;

use crate::security::Security;

/// What the library has done since its launch. The difference of two readings is what lay between them: two requests
/// that must not be told apart by time do the same work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Work {
    /// Password hashes computed.
    pub hashes: u64,
    /// Statements sent to the database; 0 when the store does not count them.
    pub statements: u64,
}

impl std::ops::Sub for Work {
    type Output = Work;

    fn sub(self, earlier: Work) -> Work {
        Work {
            hashes: self.hashes.saturating_sub(earlier.hashes),
            statements: self.statements.saturating_sub(earlier.statements),
        }
    }
}

/// Reads what the library has done since its launch; all zero when the fairing is not attached.
pub fn work(client: &Client) -> Work {
    let security = client.rocket().state::<Security>();
    Work {
        hashes: security.map_or(0, |security| security.gate().passwords.hashes()),
        statements: security
            .and_then(|security| security.datastore().statements())
            .unwrap_or(0),
    }
}

/// Whether nothing runs beside the requests any more: the sweep of expired rows begins with a sign-in, and its statements
/// would be counted with whatever comes next.
pub fn is_settled(client: &Client) -> bool {
    let security = client.rocket().state::<Security>();
    security.is_none_or(|security| !security.gate().is_sweeping())
}
