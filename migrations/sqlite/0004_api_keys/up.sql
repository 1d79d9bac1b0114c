-- API keys: of each the hash, by whose public id it is found. Scopes stand one to a line.

CREATE TABLE security_api_keys (
    public_id      TEXT    NOT NULL PRIMARY KEY,
    hash           BLOB    NOT NULL CHECK (length(hash) = 32),
    user_id        INTEGER NOT NULL REFERENCES security_users (id) ON DELETE CASCADE,
    fs_uniquifier  TEXT    NOT NULL,
    prefix         TEXT    NOT NULL,
    name           TEXT    NOT NULL,
    scopes         TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER,
    last_used_at   INTEGER,
    last_used_ip   TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX security_api_keys_user_id ON security_api_keys (user_id);

CREATE INDEX security_api_keys_expires_at ON security_api_keys (expires_at);
