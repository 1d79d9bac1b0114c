-- Remembered browsers: a series for each, with the hash of the token that it holds and of the one before.

CREATE TABLE security_remember (
    series         BLOB    NOT NULL PRIMARY KEY CHECK (length(series) = 32),
    user_id        INTEGER NOT NULL REFERENCES security_users (id) ON DELETE CASCADE,
    fs_uniquifier  TEXT    NOT NULL,
    token_hash     BLOB    NOT NULL CHECK (length(token_hash) = 32),
    previous_hash  BLOB    CHECK (length(previous_hash) = 32),
    nonce          BLOB    CHECK (length(nonce) = 16),
    session_hash   BLOB    CHECK (length(session_hash) = 32),
    created_at     INTEGER NOT NULL,
    rotated_at     INTEGER,
    last_used_at   INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    factors        TEXT    NOT NULL,
    ip             TEXT,
    user_agent     TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX security_remember_user_id ON security_remember (user_id);

CREATE INDEX security_remember_session_hash ON security_remember (session_hash);

CREATE INDEX security_remember_expires_at ON security_remember (expires_at);
