//! What every feature shares of HTTP: the visit (cookies, CSRF, flashes), forms, negotiation, safe redirects, pages.

pub(crate) mod api_key;
pub(crate) mod client;
pub(crate) mod cookies;
pub(crate) mod csrf;
pub(crate) mod elsewhere;
pub(crate) mod extend;
pub(crate) mod fields;
pub(crate) mod flash;
pub(crate) mod form;
pub(crate) mod handlers;
pub(crate) mod headers;
pub(crate) mod negotiate;
pub(crate) mod next;
pub(crate) mod origin;
pub(crate) mod page;
pub(crate) mod receive;
pub(crate) mod redirect;
pub(crate) mod refusal;
pub(crate) mod remember;
pub(crate) mod render;
pub(crate) mod reply;
pub(crate) mod spa;
pub(crate) mod submission;
pub(crate) mod views;
pub(crate) mod visit;
