//! The tables of `migrations` as Diesel sees them. The order of the columns is the order of the
//! fields in `rows.rs`.

diesel::table! {
    security_users (id) {
        id -> BigInt,
        email -> Text,
        email_key -> Text,
        username -> Nullable<Text>,
        username_key -> Nullable<Text>,
        password -> Nullable<Text>,
        active -> Bool,
        fs_uniquifier -> Text,
        handle -> Text,
        confirmed_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
        phone -> Nullable<Text>,
        fields -> Nullable<Text>,
        last_login_at -> Nullable<BigInt>,
        current_login_at -> Nullable<BigInt>,
        last_login_ip -> Nullable<Text>,
        current_login_ip -> Nullable<Text>,
        login_count -> BigInt,
    }
}

diesel::table! {
    security_identities (user_id, attribute) {
        user_id -> BigInt,
        attribute -> Text,
        value -> Text,
        identity_key -> Text,
    }
}

diesel::table! {
    security_roles (id) {
        id -> BigInt,
        name -> Text,
        description -> Nullable<Text>,
        permissions -> Nullable<Text>,
    }
}

diesel::table! {
    security_users_roles (user_id, role_id) {
        user_id -> BigInt,
        role_id -> BigInt,
    }
}

diesel::table! {
    security_sessions (id) {
        id -> BigInt,
        hash -> Binary,
        user_id -> BigInt,
        fs_uniquifier -> Text,
        created_at -> BigInt,
        last_seen_at -> BigInt,
        authenticated_at -> BigInt,
        grace_until -> Nullable<BigInt>,
        factors -> Text,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
    }
}

diesel::table! {
    security_counters (hash) {
        hash -> Binary,
        failures -> Integer,
        blocked_until -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    security_remember (series) {
        series -> Binary,
        user_id -> BigInt,
        fs_uniquifier -> Text,
        token_hash -> Binary,
        previous_hash -> Nullable<Binary>,
        nonce -> Nullable<Binary>,
        session_hash -> Nullable<Binary>,
        created_at -> BigInt,
        rotated_at -> Nullable<BigInt>,
        last_used_at -> BigInt,
        expires_at -> BigInt,
        factors -> Text,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
    }
}

diesel::table! {
    security_api_keys (public_id) {
        public_id -> Text,
        hash -> Binary,
        user_id -> BigInt,
        fs_uniquifier -> Text,
        prefix -> Text,
        name -> Text,
        scopes -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
        last_used_ip -> Nullable<Text>,
    }
}

diesel::table! {
    security_refresh (family) {
        family -> Binary,
        public_id -> Text,
        user_id -> BigInt,
        fs_uniquifier -> Text,
        generation -> BigInt,
        token_hash -> Binary,
        previous_hash -> Nullable<Binary>,
        nonce -> Nullable<Binary>,
        created_at -> BigInt,
        authenticated_at -> BigInt,
        rotated_at -> Nullable<BigInt>,
        last_used_at -> BigInt,
        expires_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        factors -> Text,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
    }
}

diesel::joinable!(security_users_roles -> security_roles (role_id));
diesel::joinable!(security_users_roles -> security_users (user_id));
diesel::joinable!(security_identities -> security_users (user_id));
diesel::joinable!(security_sessions -> security_users (user_id));
diesel::joinable!(security_remember -> security_users (user_id));
diesel::joinable!(security_api_keys -> security_users (user_id));
diesel::joinable!(security_refresh -> security_users (user_id));
diesel::allow_tables_to_appear_in_same_query!(
    security_users,
    security_identities,
    security_roles,
    security_users_roles,
    security_sessions,
    security_counters,
    security_remember,
    security_api_keys,
    security_refresh,
);

diesel::table! {
    security_schema_migrations (version) {
        version -> Text,
        applied_at -> BigInt,
    }
}
