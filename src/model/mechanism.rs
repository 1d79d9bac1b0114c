/// How a request can show for whom it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mechanism {
    /// An auth token in a header.
    Token,
    /// The cookie of a session.
    Session,
    /// A name and a password in `Authorization: Basic` (RFC 7617).
    Basic,
}

impl Mechanism {
    /// The word for it in the settings and on the reference's wire.
    pub const fn name(self) -> &'static str {
        match self {
            Mechanism::Token => "token",
            Mechanism::Session => "session",
            Mechanism::Basic => "basic",
        }
    }
}
