-- API keys: of each the hash, by whose public id it is found. Scopes stand one to a line.

CREATE TABLE IF NOT EXISTS security_api_keys (
    public_id      VARCHAR(32)  NOT NULL PRIMARY KEY,
    hash           BINARY(32)   NOT NULL,
    user_id        BIGINT       NOT NULL,
    fs_uniquifier  VARCHAR(64)  NOT NULL,
    prefix         VARCHAR(16)  NOT NULL,
    name           VARCHAR(64)  NOT NULL,
    scopes         TEXT         NOT NULL,
    created_at     BIGINT       NOT NULL,
    expires_at     BIGINT,
    last_used_at   BIGINT,
    last_used_ip   VARCHAR(64),
    KEY security_api_keys_user_id (user_id),
    KEY security_api_keys_expires_at (expires_at),
    CONSTRAINT security_api_keys_user FOREIGN KEY (user_id) REFERENCES security_users (id) ON DELETE CASCADE
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
