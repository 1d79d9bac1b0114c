-- Remembered browsers: a series for each, with the hash of the token that it holds and of the one before.

CREATE TABLE IF NOT EXISTS security_remember (
    series         BINARY(32)   NOT NULL PRIMARY KEY,
    user_id        BIGINT       NOT NULL,
    fs_uniquifier  VARCHAR(64)  NOT NULL,
    token_hash     BINARY(32)   NOT NULL,
    previous_hash  BINARY(32),
    nonce          BINARY(16),
    session_hash   BINARY(32),
    created_at     BIGINT       NOT NULL,
    rotated_at     BIGINT,
    last_used_at   BIGINT       NOT NULL,
    expires_at     BIGINT       NOT NULL,
    factors        VARCHAR(255) NOT NULL,
    ip             VARCHAR(64),
    user_agent     VARCHAR(255),
    KEY security_remember_user_id (user_id),
    KEY security_remember_session_hash (session_hash),
    KEY security_remember_expires_at (expires_at),
    CONSTRAINT security_remember_user FOREIGN KEY (user_id) REFERENCES security_users (id) ON DELETE CASCADE
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
