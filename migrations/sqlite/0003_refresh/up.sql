-- Refresh tokens: a family for each sign-in, with the hash of the token that is good and of the one before.

CREATE TABLE security_refresh (
    family            BLOB    NOT NULL PRIMARY KEY CHECK (length(family) = 32),
    public_id         TEXT    NOT NULL,
    user_id           INTEGER NOT NULL REFERENCES security_users (id) ON DELETE CASCADE,
    fs_uniquifier     TEXT    NOT NULL,
    generation        INTEGER NOT NULL,
    token_hash        BLOB    NOT NULL CHECK (length(token_hash) = 32),
    previous_hash     BLOB    CHECK (length(previous_hash) = 32),
    nonce             BLOB    CHECK (length(nonce) = 16),
    created_at        INTEGER NOT NULL,
    authenticated_at  INTEGER NOT NULL,
    rotated_at        INTEGER,
    last_used_at      INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL,
    revoked_at        INTEGER,
    factors           TEXT    NOT NULL,
    ip                TEXT,
    user_agent        TEXT,
    CONSTRAINT security_refresh_public_id UNIQUE (public_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX security_refresh_user_id ON security_refresh (user_id);

CREATE INDEX security_refresh_last_used_at ON security_refresh (last_used_at);

CREATE INDEX security_refresh_expires_at ON security_refresh (expires_at);
