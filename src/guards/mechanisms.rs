//! By what a guard takes its user, written as a type.

use crate::model::{Mechanism, Session, Token};

/// The mechanism of a name and a password in each request (HTTP Basic), as a type: `Auth<Basic>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basic {}

/// By what [`Auth`](crate::Auth) takes its user: [`Token`], [`Session`] or [`Basic`], or a tuple of them.
///
/// ```
/// use rocket_security::{Basic, Mechanism, Mechanisms, Session, Token};
///
/// assert_eq!(<(Token, Session)>::SET, [Mechanism::Token, Mechanism::Session]);
/// assert_eq!(Basic::SET, [Mechanism::Basic]);
/// ```
///
/// They are asked in the order token, session, basic, however they are written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a way to authenticate",
    label = "neither a mechanism nor a tuple of them",
    note = "write one of `Token`, `Session` and `Basic`, or a tuple such as `Auth<(Token, Session, Basic)>`"
)]
pub trait Mechanisms: sealed::Sealed + 'static {
    /// They.
    const SET: &'static [Mechanism];
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! mechanisms {
    ($($type:ty => $mechanism:ident),+ $(,)?) => {$(
        impl sealed::Sealed for $type {}

        impl Mechanisms for $type {
            const SET: &'static [Mechanism] = &[Mechanism::$mechanism];
        }
    )+};
}

mechanisms! { Token => Token, Session => Session, Basic => Basic }

macro_rules! tuples {
    ($($($name:ident)+;)+) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($name: Mechanisms),+> sealed::Sealed for ($($name,)+) {}

        #[diagnostic::do_not_recommend]
        impl<$($name: Mechanisms),+> Mechanisms for ($($name,)+) {
            const SET: &'static [Mechanism] = &[$($name::SET[0]),+];
        }
    )+};
}

tuples! { A; A B; A B C; A B C D; }

/// What the guard is called in a sentence about the application's code.
pub(super) fn guard_name<M: Mechanisms>() -> &'static str {
    match M::SET {
        [Mechanism::Token, Mechanism::Session] => "AuthUser",
        [Mechanism::Session] => "SessionUser",
        [Mechanism::Token] => "TokenUser",
        [Mechanism::Basic] => "BasicUser",
        _ => "Auth",
    }
}
