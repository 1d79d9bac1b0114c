-- Refresh tokens: a family for each sign-in, with the hash of the token that is good and of the one before.

CREATE TABLE security_refresh (
    family            BYTEA        NOT NULL PRIMARY KEY CHECK (octet_length(family) = 32),
    public_id         VARCHAR(32)  COLLATE "C" NOT NULL,
    user_id           BIGINT       NOT NULL REFERENCES security_users (id) ON DELETE CASCADE,
    fs_uniquifier     VARCHAR(64)  COLLATE "C" NOT NULL,
    generation        BIGINT       NOT NULL,
    token_hash        BYTEA        NOT NULL CHECK (octet_length(token_hash) = 32),
    previous_hash     BYTEA        CHECK (octet_length(previous_hash) = 32),
    nonce             BYTEA        CHECK (octet_length(nonce) = 16),
    created_at        BIGINT       NOT NULL,
    authenticated_at  BIGINT       NOT NULL,
    rotated_at        BIGINT,
    last_used_at      BIGINT       NOT NULL,
    expires_at        BIGINT       NOT NULL,
    revoked_at        BIGINT,
    factors           VARCHAR(255) NOT NULL,
    ip                VARCHAR(64),
    user_agent        VARCHAR(255),
    CONSTRAINT security_refresh_public_id UNIQUE (public_id)
);

CREATE INDEX security_refresh_user_id ON security_refresh (user_id);

CREATE INDEX security_refresh_last_used_at ON security_refresh (last_used_at);

CREATE INDEX security_refresh_expires_at ON security_refresh (expires_at);
