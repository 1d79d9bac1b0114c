use std::sync::Arc;

use crate::gate::Authenticated;
use crate::model::{Factor, Mechanism, Proof, Session, Timestamp, Token, User};

/// For whom a request speaks, and by what.
#[derive(Clone)]
pub(crate) enum Caller {
    Session(Arc<Authenticated>),
    Token(Arc<ByToken>),
    Basic(Arc<ByBasic>),
}

/// Who came with an auth token.
pub(crate) struct ByToken {
    pub user: User,
    pub token: Token,
}

/// Who came with his name and his password.
pub(crate) struct ByBasic {
    pub user: User,
    /// The password, just now.
    pub proof: Proof,
}

impl Caller {
    pub fn user(&self) -> &User {
        match self {
            Caller::Session(who) => &who.user,
            Caller::Token(who) => &who.user,
            Caller::Basic(who) => &who.user,
        }
    }

    pub fn mechanism(&self) -> Mechanism {
        match self {
            Caller::Session(_) => Mechanism::Session,
            Caller::Token(_) => Mechanism::Token,
            Caller::Basic(_) => Mechanism::Basic,
        }
    }

    /// By what he proved who he is.
    pub fn proofs(&self) -> &[Proof] {
        match self {
            Caller::Session(who) => &who.session.factors,
            Caller::Token(who) => &who.token.factors,
            Caller::Basic(who) => std::slice::from_ref(&who.proof),
        }
    }

    /// From when freshness counts.
    pub fn authenticated_at(&self) -> Timestamp {
        match self {
            Caller::Session(who) => who.session.authenticated_at,
            Caller::Token(who) => who.token.authenticated_at,
            Caller::Basic(who) => who.proof.at,
        }
    }

    pub fn session(&self) -> Option<&Session> {
        match self {
            Caller::Session(who) => Some(&who.session),
            Caller::Token(_) | Caller::Basic(_) => None,
        }
    }

    pub fn token(&self) -> Option<&Token> {
        match self {
            Caller::Token(who) => Some(&who.token),
            Caller::Session(_) | Caller::Basic(_) => None,
        }
    }

    /// Whether he has proved nothing but that his browser was to be remembered.
    pub fn is_remembered_only(&self) -> bool {
        self.proofs().iter().all(|proof| proof.factor == Factor::Remember)
    }
}
