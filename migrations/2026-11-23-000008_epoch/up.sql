-- One row: which history of this database it is, and a counter that the servers move on, so that they notice when it goes back.
CREATE TABLE epochs (
  id SMALLINT NOT NULL PRIMARY KEY,
  epoch UUID NOT NULL,
  beat BIGINT NOT NULL
);
