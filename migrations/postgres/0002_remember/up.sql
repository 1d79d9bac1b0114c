-- Remembered browsers: a series for each, with the hash of the token that it holds and of the one before.

CREATE TABLE security_remember (
    series         BYTEA        NOT NULL PRIMARY KEY CHECK (octet_length(series) = 32),
    user_id        BIGINT       NOT NULL REFERENCES security_users (id) ON DELETE CASCADE,
    fs_uniquifier  VARCHAR(64)  COLLATE "C" NOT NULL,
    token_hash     BYTEA        NOT NULL CHECK (octet_length(token_hash) = 32),
    previous_hash  BYTEA        CHECK (octet_length(previous_hash) = 32),
    nonce          BYTEA        CHECK (octet_length(nonce) = 16),
    session_hash   BYTEA        CHECK (octet_length(session_hash) = 32),
    created_at     BIGINT       NOT NULL,
    rotated_at     BIGINT,
    last_used_at   BIGINT       NOT NULL,
    expires_at     BIGINT       NOT NULL,
    factors        VARCHAR(255) NOT NULL,
    ip             VARCHAR(64),
    user_agent     VARCHAR(255)
);

CREATE INDEX security_remember_user_id ON security_remember (user_id);

CREATE INDEX security_remember_session_hash ON security_remember (session_hash);

CREATE INDEX security_remember_expires_at ON security_remember (expires_at);
