DROP TABLE IF EXISTS security_counters;

DROP TABLE IF EXISTS security_sessions;

DROP TABLE IF EXISTS security_users_roles;

DROP TABLE IF EXISTS security_roles;

DROP TABLE IF EXISTS security_identities;

DROP TABLE IF EXISTS security_users;
