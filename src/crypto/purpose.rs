/// What a key is used for. Each purpose has keys of its own, so a value made for one never passes for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// The keyed hash of a session's secret.
    Session,
    /// The cookie with the secret of a browser that is not signed in.
    Browser,
    /// The token that ties a form to a session or a browser.
    Csrf,
    /// Messages carried over a redirect.
    Flash,
    /// The keyed hash of an account or an address whose failures are counted.
    Counter,
    /// The cookie that says who has signed in with this browser before.
    Device,
    /// The token that a client sends with each request.
    AuthToken,
    /// The sealing of password hashes.
    Password,
    /// The keyed hash of a remembered browser's series.
    RememberSeries,
    /// The keyed hash of the token that a remembered browser holds.
    RememberToken,
    /// The token that follows on another one.
    RememberNext,
    /// The secret of the session that a token restores.
    RememberSession,
}

impl Purpose {
    /// The name that enters the derivation of its keys. Changing one makes everything unreadable that was made with it.
    pub const fn label(self) -> &'static str {
        match self {
            Purpose::Session => "session",
            Purpose::Browser => "browser",
            Purpose::Csrf => "csrf",
            Purpose::Flash => "flash",
            Purpose::Counter => "counter",
            Purpose::Device => "device",
            Purpose::AuthToken => "auth-token",
            Purpose::Password => "password",
            Purpose::RememberSeries => "remember-series",
            Purpose::RememberToken => "remember-token",
            Purpose::RememberNext => "remember-next",
            Purpose::RememberSession => "remember-session",
        }
    }

    #[cfg(test)]
    pub(crate) const ALL: &[Purpose] = &[
        Purpose::Session,
        Purpose::Browser,
        Purpose::Csrf,
        Purpose::Flash,
        Purpose::Counter,
        Purpose::Device,
        Purpose::AuthToken,
        Purpose::Password,
        Purpose::RememberSeries,
        Purpose::RememberToken,
        Purpose::RememberNext,
        Purpose::RememberSession,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_purposes_share_a_label() {
        let labels: std::collections::HashSet<_> =
            Purpose::ALL.iter().map(|purpose| purpose.label()).collect();
        assert_eq!(labels.len(), Purpose::ALL.len());
        // A slash separates usage and purpose in the derivation; one inside a label could make two equal.
        assert!(labels.iter().all(|label| !label.contains('/')));
    }
}
