-- Accounts, roles, sessions and failure counters. Times are milliseconds since 1970-01-01 UTC.
-- The *_key columns hold the form of an address or a name that must be unique.

CREATE TABLE security_users (
    id                INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    email             TEXT    NOT NULL,
    email_key         TEXT    NOT NULL,
    username          TEXT,
    username_key      TEXT,
    password          TEXT,
    active            INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    fs_uniquifier     TEXT    NOT NULL,
    handle            TEXT    NOT NULL,
    confirmed_at      INTEGER,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    phone             TEXT,
    fields            TEXT,
    last_login_at     INTEGER,
    current_login_at  INTEGER,
    last_login_ip     TEXT,
    current_login_ip  TEXT,
    login_count       INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT security_users_email_key     UNIQUE (email_key),
    CONSTRAINT security_users_username_key  UNIQUE (username_key),
    CONSTRAINT security_users_fs_uniquifier UNIQUE (fs_uniquifier),
    CONSTRAINT security_users_handle        UNIQUE (handle),
    CONSTRAINT security_users_phone         UNIQUE (phone)
) STRICT;

-- What else a user may be known by, as the application names it.
CREATE TABLE security_identities (
    user_id       INTEGER NOT NULL REFERENCES security_users (id) ON DELETE CASCADE,
    attribute     TEXT    NOT NULL,
    value         TEXT    NOT NULL,
    identity_key  TEXT    NOT NULL,
    PRIMARY KEY (user_id, attribute),
    CONSTRAINT security_identities_identity_key UNIQUE (attribute, identity_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE security_roles (
    id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name         TEXT    NOT NULL,
    description  TEXT,
    permissions  TEXT,
    CONSTRAINT security_roles_name UNIQUE (name)
) STRICT;

CREATE TABLE security_users_roles (
    user_id  INTEGER NOT NULL REFERENCES security_users (id) ON DELETE CASCADE,
    role_id  INTEGER NOT NULL REFERENCES security_roles (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, role_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX security_users_roles_role_id ON security_users_roles (role_id);

-- The id is the first 8 bytes of the hash: it finds the row, and the whole hash is compared there.
CREATE TABLE security_sessions (
    id                INTEGER NOT NULL PRIMARY KEY,
    hash              BLOB    NOT NULL CHECK (length(hash) = 32),
    user_id           INTEGER NOT NULL REFERENCES security_users (id) ON DELETE CASCADE,
    fs_uniquifier     TEXT    NOT NULL,
    created_at        INTEGER NOT NULL,
    last_seen_at      INTEGER NOT NULL,
    authenticated_at  INTEGER NOT NULL,
    grace_until       INTEGER,
    factors           TEXT    NOT NULL,
    ip                TEXT,
    user_agent        TEXT
) STRICT;

CREATE INDEX security_sessions_user_id ON security_sessions (user_id);

CREATE INDEX security_sessions_last_seen_at ON security_sessions (last_seen_at);

CREATE INDEX security_sessions_created_at ON security_sessions (created_at);

CREATE TABLE security_counters (
    hash           BLOB    NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    failures       INTEGER NOT NULL,
    blocked_until  INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX security_counters_expires_at ON security_counters (expires_at);
