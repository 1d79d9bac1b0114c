//! The macros by which an application names its roles and permissions.

/// Lets a role or a permission be written as a string, on stable Rust.
///
/// It goes on a handler, **above** `#[get]` and its like, or on a whole `mod`, `impl`, `struct` or `type`:
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket_security::{HasAnyRole, HasRole, guards};
///
/// #[guards]
/// #[get("/admin")]
/// fn admin(user: HasRole<"admin">) -> String {
///     format!("hello {}", user.email)
/// }
///
/// #[guards]
/// mod desk {
///     use rocket_security::{HasAnyPermission, HasAnyRole, HasPermission};
///
///     pub type Staff = HasAnyRole<"admin", "editor">;
///
///     #[get("/drafts")]
///     pub fn drafts(_staff: Staff, _may: HasPermission<"read-drafts">) -> &'static str {
///         "drafts"
///     }
/// }
/// # fn main() { let _ = routes![admin, desk::drafts]; }
/// ```
///
/// Every string among generic arguments becomes a type of its own; several in one list, and what
/// [`HasAnyRole`](crate::HasAnyRole) and [`HasAnyPermission`](crate::HasAnyPermission) are given, become a tuple
/// of them. A string has up to 48 characters; a longer name is declared with [`roles!`](crate::roles) or
/// [`permissions!`](crate::permissions).
///
/// * Without the attribute, rustc says "constant provided when a type was expected" (E0747).
/// * A tuple or list of strings, `HasAnyRole<("a", "b")>`, is no Rust: no macro can read it.
/// * What stands inside another macro's brackets, `stream! { … }`, is not looked into.
/// * If the library goes by another name: `#[guards(crate = my::rocket_security)]`.
pub use rocket_security_codegen::guards;

/// Declares roles as types, so that a misspelt one does not compile.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket_security::{HasRole, RoleName, roles};
///
/// roles! {
///     /// Runs the place.
///     pub Admin = "admin";
///     pub Editor = "editor";
/// }
///
/// #[get("/admin")]
/// fn admin(user: HasRole<Admin>) -> String {
///     format!("hello {}", user.email)
/// }
///
/// assert_eq!(Editor::NAME, "editor");
/// # let _ = routes![admin];
/// ```
///
/// A name is at most 80 characters long, not empty, and without control characters or spaces at its ends.
#[macro_export]
macro_rules! roles {
    ($($(#[$meta:meta])* $vis:vis $Role:ident = $name:literal);* $(;)?) => {$(
        #[doc = ::core::concat!("The role `", $name, "`.")]
        ///
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        $vis enum $Role {}

        impl $crate::RoleName for $Role {
            const NAME: &'static str = $name;
        }

        const _: () = <$crate::Name<'\0'>>::check_role($name);
    )*};
}

/// Declares permissions as types, so that a misspelt one does not compile.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket_security::{HasPermission, PermissionName, permissions};
///
/// permissions! {
///     pub EditPages = "edit-pages";
///     /// Not given lightly.
///     pub DeletePages = "delete-pages";
/// }
///
/// #[post("/pages/delete")]
/// fn delete(_may: HasPermission<DeletePages>) {}
///
/// assert_eq!(EditPages::NAME, "edit-pages");
/// # let _ = routes![delete];
/// ```
///
/// A name is not empty and has no comma, no control characters and no spaces at its ends.
#[macro_export]
macro_rules! permissions {
    ($($(#[$meta:meta])* $vis:vis $Permission:ident = $name:literal);* $(;)?) => {$(
        #[doc = ::core::concat!("The permission `", $name, "`.")]
        ///
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        $vis enum $Permission {}

        impl $crate::PermissionName for $Permission {
            const NAME: &'static str = $name;
        }

        const _: () = <$crate::Name<'\0'>>::check_permission($name);
    )*};
}
