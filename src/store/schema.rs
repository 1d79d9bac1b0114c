/// Defines the library's tables for Diesel in the application's own crate, as far as an application may join them: the
/// modules `security_users`, `security_roles` and `security_users_roles`.
///
/// A macro and not a module, because Rust lets only the crate that owns a table say that others may stand beside it in a
/// query. It asks for `diesel` among the application's dependencies.
///
/// These columns are public and stay: within a major version none changes its name or its meaning. Everything else in
/// the tables — the sealed password, `fs_uniquifier`, the unique forms, sessions, counters — belongs to the library
/// alone and is not here. Read and join them; accounts are changed through [`Security`](crate::Security), which ends
/// sessions and tells [`Event`](crate::Event)s where that is due.
///
/// ```
/// use diesel::prelude::*;
///
/// rocket_security::schema!();
///
/// diesel::table! {
///     posts (id) {
///         id -> BigInt,
///         author_id -> BigInt,
///         title -> Text,
///     }
/// }
/// diesel::joinable!(posts -> security_users (author_id));
/// diesel::allow_tables_to_appear_in_same_query!(posts, security_users);
///
/// # fn main() {
/// // Titles with the addresses of their authors, in one query on any of the databases.
/// let _titles = posts::table
///     .inner_join(security_users::table)
///     .select((posts::title, security_users::email))
///     .filter(security_users::active.eq(true));
/// # }
/// ```
///
/// `docs/features/your_tables.md` says in what order migrations run.
#[macro_export]
macro_rules! schema {
    () => {
        diesel::table! {
            /// Accounts.
            security_users (id) {
                /// Made by the store; what foreign keys of the application refer to.
                id -> BigInt,
                /// As the user wrote it, the domain in lower case.
                email -> Text,
                /// The name chosen at registration, when `username_enable` is on.
                username -> Nullable<Text>,
                /// The telephone number in E.164 form.
                phone -> Nullable<Text>,
                /// Whether the user may sign in.
                active -> Bool,
                /// When the e-mail address was confirmed, in milliseconds since 1970 (UTC).
                confirmed_at -> Nullable<BigInt>,
                /// When the account was made, in milliseconds since 1970 (UTC).
                created_at -> BigInt,
                /// When the account was last changed, in milliseconds since 1970 (UTC).
                updated_at -> BigInt,
            }
        }

        diesel::table! {
            /// Roles.
            security_roles (id) {
                /// Made by the store.
                id -> BigInt,
                /// What `HasRole` asks for.
                name -> Text,
                /// For people.
                description -> Nullable<Text>,
                /// The permissions, with commas between.
                permissions -> Nullable<Text>,
            }
        }

        diesel::table! {
            /// Who has which role.
            security_users_roles (user_id, role_id) {
                /// The user.
                user_id -> BigInt,
                /// The role.
                role_id -> BigInt,
            }
        }

        diesel::joinable!(security_users_roles -> security_roles (role_id));
        diesel::joinable!(security_users_roles -> security_users (user_id));
        diesel::allow_tables_to_appear_in_same_query!(security_users, security_roles, security_users_roles);
    };
}
