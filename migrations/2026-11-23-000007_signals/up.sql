-- How often something was changed by a program beside the servers: they look at it, and where it has grown they look at
-- everything again.
CREATE TABLE signals (
  name TEXT NOT NULL PRIMARY KEY,
  count BIGINT NOT NULL
);
INSERT INTO signals (name, count) VALUES ('operator', 0);
