//! Several roles or permissions, of which one is enough.

use super::{PermissionName, RoleName};

/// One role, or a tuple of up to sixteen: what [`HasAnyRole`](crate::HasAnyRole) asks for.
///
/// ```
/// use rocket_security::{RoleSet, roles};
///
/// roles! {
///     pub Admin = "admin";
///     pub Editor = "editor";
/// }
///
/// assert_eq!(<(Admin, Editor)>::NAMES, ["admin", "editor"]);
/// assert_eq!(Admin::NAMES, ["admin"]);
/// ```
///
/// There is no empty set: nobody has any of no roles, so a guard that asks for one would be a mistake.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of roles",
    label = "neither a role nor a tuple of one to sixteen roles",
    note = "write a tuple, `HasAnyRole<(Admin, Editor)>`, of roles declared with `rocket_security::roles!`",
    note = "or names, `HasAnyRole<\"admin\", \"editor\">`, with `#[rocket_security::guards]` above the handler or its `mod`"
)]
pub trait RoleSet: 'static {
    /// Their names.
    const NAMES: &'static [&'static str];
}

/// One permission, or a tuple of up to sixteen: what [`HasAnyPermission`](crate::HasAnyPermission) asks for.
///
/// ```
/// use rocket_security::{PermissionSet, permissions};
///
/// permissions! {
///     pub EditPages = "edit-pages";
///     pub DeletePages = "delete-pages";
/// }
///
/// assert_eq!(<(EditPages, DeletePages)>::NAMES, ["edit-pages", "delete-pages"]);
/// ```
///
/// There is no empty set: nobody has any of no permissions, so a guard that asks for one would be a mistake.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of permissions",
    label = "neither a permission nor a tuple of one to sixteen permissions",
    note = "write a tuple, `HasAnyPermission<(EditPages, DeletePages)>`, of permissions declared with `rocket_security::permissions!`",
    note = "or names, `HasAnyPermission<\"edit-pages\", \"delete-pages\">`, with `#[rocket_security::guards]` above the handler or its `mod`"
)]
pub trait PermissionSet: 'static {
    /// Their names.
    const NAMES: &'static [&'static str];
}

// Nobody misses these implementations who reads what the traits say; listed, they would bury it.
#[diagnostic::do_not_recommend]
impl<R: RoleName> RoleSet for R {
    const NAMES: &'static [&'static str] = &[R::NAME];
}

#[diagnostic::do_not_recommend]
impl<P: PermissionName> PermissionSet for P {
    const NAMES: &'static [&'static str] = &[P::NAME];
}

macro_rules! tuples {
    ($first:ident $($more:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<$first: RoleName, $($more: RoleName),*> RoleSet for ($first, $($more,)*) {
            const NAMES: &'static [&'static str] = &[$first::NAME, $($more::NAME),*];
        }

        #[diagnostic::do_not_recommend]
        impl<$first: PermissionName, $($more: PermissionName),*> PermissionSet for ($first, $($more,)*) {
            const NAMES: &'static [&'static str] = &[$first::NAME, $($more::NAME),*];
        }

        tuples! { $($more)* }
    };
    () => {};
}

tuples! { A B C D E F G H I J K L M N O P }

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Name;

    crate::roles! {
        One = "one";
        Two = "two";
    }

    fn roles<S: RoleSet>() -> &'static [&'static str] {
        S::NAMES
    }

    fn permissions<S: PermissionSet>() -> &'static [&'static str] {
        S::NAMES
    }

    #[test]
    fn one_name_or_a_tuple_of_them() {
        assert_eq!(roles::<One>(), ["one"]);
        assert_eq!(roles::<(One,)>(), ["one"]);
        assert_eq!(roles::<(One, Name<'x'>, Two)>(), ["one", "x", "two"]);
        assert_eq!(permissions::<(Name<'r'>, Name<'w'>)>(), ["r", "w"]);
        type A = Name<'a'>;
        assert_eq!(
            roles::<(A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A)>().len(),
            16
        );
    }
}
