DROP TABLE IF EXISTS security_refresh;
