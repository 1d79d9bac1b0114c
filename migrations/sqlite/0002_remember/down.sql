DROP TABLE IF EXISTS security_remember;
