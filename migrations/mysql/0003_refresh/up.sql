-- Refresh tokens: a family for each sign-in, with the hash of the token that is good and of the one before.

CREATE TABLE IF NOT EXISTS security_refresh (
    family            BINARY(32)   NOT NULL PRIMARY KEY,
    public_id         VARCHAR(32)  NOT NULL,
    user_id           BIGINT       NOT NULL,
    fs_uniquifier     VARCHAR(64)  NOT NULL,
    generation        BIGINT       NOT NULL,
    token_hash        BINARY(32)   NOT NULL,
    previous_hash     BINARY(32),
    nonce             BINARY(16),
    created_at        BIGINT       NOT NULL,
    authenticated_at  BIGINT       NOT NULL,
    rotated_at        BIGINT,
    last_used_at      BIGINT       NOT NULL,
    expires_at        BIGINT       NOT NULL,
    revoked_at        BIGINT,
    factors           VARCHAR(255) NOT NULL,
    ip                VARCHAR(64),
    user_agent        VARCHAR(255),
    KEY security_refresh_user_id (user_id),
    KEY security_refresh_last_used_at (last_used_at),
    KEY security_refresh_expires_at (expires_at),
    CONSTRAINT security_refresh_public_id UNIQUE (public_id),
    CONSTRAINT security_refresh_user FOREIGN KEY (user_id) REFERENCES security_users (id) ON DELETE CASCADE
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
