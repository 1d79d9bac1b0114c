//! Request guards: who may come to a route.
//!
//! A guard that refuses fails with 401, 403 or 503 and leaves a note that says why; the catchers that the
//! fairing registers turn it into a redirect, a page or JSON. Each guard is a Rocket `Sentinel`: without the
//! fairing, the launch stops with a sentence that says what to do.

mod anonymous;
mod auth;
mod context;
mod csrf;
mod csrf_form;
mod fresh;
mod launch;
mod macros;
mod mechanisms;
mod mounts;
mod name;
mod permission;
mod refusal;
mod requirement;
mod role;
mod sets;
mod state;
mod visitor;

pub use crate::web::refusal::Refusal;
pub use anonymous::Anonymous;
pub use auth::{ApiKeyUser, Auth, AuthUser, BasicUser, SessionUser, TokenUser};
pub use context::SecurityContext;
pub use csrf::Csrf;
pub use csrf_form::CsrfForm;
pub use fresh::Fresh;
pub use macros::guards;
pub use mechanisms::{Basic, Mechanisms};
pub(crate) use mounts::Decision;
pub use mounts::{Protected, Public};
pub use name::{Name, PermissionName, RoleName};
pub use permission::{HasAnyPermission, HasPermission};
pub use refusal::SecurityError;
pub(crate) use refusal::{
    abort_without_fairing, declared_roles, fail, refuse, refuse_wanting, security, unavailable, visitor,
    without_fairing,
};
pub use requirement::Requirement;
pub use role::{HasAnyRole, HasRole};
pub use sets::{PermissionSet, RoleSet};
pub use visitor::Visitor;
