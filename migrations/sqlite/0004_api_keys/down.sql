DROP TABLE IF EXISTS security_api_keys;
