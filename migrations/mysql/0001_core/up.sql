-- Accounts, roles, sessions and failure counters. Times are milliseconds since 1970-01-01 UTC.
-- The *_key columns hold the form of an address or a name that must be unique.
-- The binary collation keeps "é" from equalling "e". IF NOT EXISTS lets a run that broke off be repeated,
-- for MySQL commits each of these statements at once.

CREATE TABLE IF NOT EXISTS security_users (
    id                BIGINT        NOT NULL AUTO_INCREMENT PRIMARY KEY,
    email             VARCHAR(255)  NOT NULL,
    email_key         VARCHAR(512)  NOT NULL,
    username          VARCHAR(255),
    username_key      VARCHAR(512),
    password          VARCHAR(1024),
    active            BOOLEAN       NOT NULL DEFAULT TRUE,
    fs_uniquifier     VARCHAR(64)   NOT NULL,
    handle            CHAR(32)      NOT NULL,
    confirmed_at      BIGINT,
    created_at        BIGINT        NOT NULL,
    updated_at        BIGINT        NOT NULL,
    phone             VARCHAR(16),
    fields            TEXT,
    last_login_at     BIGINT,
    current_login_at  BIGINT,
    last_login_ip     VARCHAR(64),
    current_login_ip  VARCHAR(64),
    login_count       BIGINT        NOT NULL DEFAULT 0,
    CONSTRAINT security_users_email_key     UNIQUE (email_key),
    CONSTRAINT security_users_username_key  UNIQUE (username_key),
    CONSTRAINT security_users_fs_uniquifier UNIQUE (fs_uniquifier),
    CONSTRAINT security_users_handle        UNIQUE (handle),
    CONSTRAINT security_users_phone         UNIQUE (phone)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What else a user may be known by, as the application names it.
CREATE TABLE IF NOT EXISTS security_identities (
    user_id       BIGINT       NOT NULL,
    attribute     VARCHAR(64)  NOT NULL,
    value         VARCHAR(255) NOT NULL,
    identity_key  VARCHAR(255) NOT NULL,
    PRIMARY KEY (user_id, attribute),
    CONSTRAINT security_identities_identity_key UNIQUE (attribute, identity_key),
    CONSTRAINT security_identities_user FOREIGN KEY (user_id) REFERENCES security_users (id) ON DELETE CASCADE
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS security_roles (
    id           BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name         VARCHAR(80)  NOT NULL,
    description  VARCHAR(255),
    permissions  TEXT,
    CONSTRAINT security_roles_name UNIQUE (name)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS security_users_roles (
    user_id  BIGINT NOT NULL,
    role_id  BIGINT NOT NULL,
    PRIMARY KEY (user_id, role_id),
    KEY security_users_roles_role_id (role_id),
    CONSTRAINT security_users_roles_user FOREIGN KEY (user_id) REFERENCES security_users (id) ON DELETE CASCADE,
    CONSTRAINT security_users_roles_role FOREIGN KEY (role_id) REFERENCES security_roles (id) ON DELETE CASCADE
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The id is the first 8 bytes of the hash: it finds the row, and the whole hash is compared there.
CREATE TABLE IF NOT EXISTS security_sessions (
    id                BIGINT       NOT NULL PRIMARY KEY,
    hash              BINARY(32)   NOT NULL,
    user_id           BIGINT       NOT NULL,
    fs_uniquifier     VARCHAR(64)  NOT NULL,
    created_at        BIGINT       NOT NULL,
    last_seen_at      BIGINT       NOT NULL,
    authenticated_at  BIGINT       NOT NULL,
    grace_until       BIGINT,
    factors           VARCHAR(255) NOT NULL,
    ip                VARCHAR(64),
    user_agent        VARCHAR(255),
    KEY security_sessions_user_id (user_id),
    KEY security_sessions_last_seen_at (last_seen_at),
    KEY security_sessions_created_at (created_at),
    CONSTRAINT security_sessions_user FOREIGN KEY (user_id) REFERENCES security_users (id) ON DELETE CASCADE
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS security_counters (
    hash           BINARY(32) NOT NULL PRIMARY KEY,
    failures       INTEGER    NOT NULL,
    blocked_until  BIGINT     NOT NULL,
    expires_at     BIGINT     NOT NULL,
    KEY security_counters_expires_at (expires_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
