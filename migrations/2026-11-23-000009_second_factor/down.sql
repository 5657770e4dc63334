ALTER TABLE security_events DROP COLUMN session_id;
DROP TABLE second_factors;
