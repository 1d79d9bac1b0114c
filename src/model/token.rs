use serde_json::{Map, Value};

use crate::model::{Proof, Timestamp};

/// What an auth token says: a signed note that a client keeps and sends with each request, good for some minutes.
///
/// As a type parameter it names the mechanism: `Auth<Token>`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Token {
    /// When it was made.
    pub issued_at: Timestamp,
    /// When it ends, whatever else happens.
    pub expires_at: Timestamp,
    /// When the user last proved who he is before it was made; freshness counts from here.
    pub authenticated_at: Timestamp,
    /// By what he proved it.
    pub factors: Vec<Proof>,
    /// What [`Policy::augment_token`](crate::Policy::augment_token) put in.
    pub data: Map<String, Value>,
}
