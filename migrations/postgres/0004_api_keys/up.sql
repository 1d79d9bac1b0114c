-- API keys: of each the hash, by whose public id it is found. Scopes stand one to a line.

CREATE TABLE security_api_keys (
    public_id      VARCHAR(32)  COLLATE "C" NOT NULL PRIMARY KEY,
    hash           BYTEA        NOT NULL CHECK (octet_length(hash) = 32),
    user_id        BIGINT       NOT NULL REFERENCES security_users (id) ON DELETE CASCADE,
    fs_uniquifier  VARCHAR(64)  COLLATE "C" NOT NULL,
    prefix         VARCHAR(16)  NOT NULL,
    name           VARCHAR(64)  NOT NULL,
    scopes         TEXT         NOT NULL,
    created_at     BIGINT       NOT NULL,
    expires_at     BIGINT,
    last_used_at   BIGINT,
    last_used_ip   VARCHAR(64)
);

CREATE INDEX security_api_keys_user_id ON security_api_keys (user_id);

CREATE INDEX security_api_keys_expires_at ON security_api_keys (expires_at);
