DROP INDEX sessions_by_idle;
DROP TABLE security_events;
