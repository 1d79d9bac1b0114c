use std::collections::BTreeMap;

use serde::Serialize;

/// What JSON says of a failure: `response` of the envelope.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Failure {
    /// What is wrong, in the visitor's language.
    pub errors: Vec<String>,
    /// The same as keys that do not change, in the same order.
    pub error_codes: Vec<String>,
    /// The same by field; the empty name stands for the form as a whole. Only where a form was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field_errors: Option<BTreeMap<String, Vec<String>>>,
    /// Whether he has to prove anew who he is. This and what follows stand only where he has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reauth_required: Option<bool>,
    /// Whether he may do so by a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unified_signin_enabled: Option<bool>,
    /// Whether he may do so by a passkey.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_webauthn_verify_credential: Option<bool>,
    /// Whether he may do so at another provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oauth_enabled: Option<bool>,
    /// Those providers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oauth_providers: Option<Vec<String>>,
}

impl Failure {
    /// What a client needs to know to prove anew who he is (spec 3.4).
    pub fn reauthentication() -> Self {
        Failure {
            reauth_required: Some(true),
            unified_signin_enabled: Some(false),
            has_webauthn_verify_credential: Some(false),
            oauth_enabled: Some(false),
            oauth_providers: Some(Vec::new()),
            ..Failure::default()
        }
    }
}
