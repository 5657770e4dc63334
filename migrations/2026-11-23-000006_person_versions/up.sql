-- Counts, for each person, the transactions that had something to tell them outside of their conversations: who was told
-- less often has missed something. A table of its own, because its rows are locked last and in the order of their ids.
CREATE TABLE person_versions (
  user_id UUID NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  version BIGINT NOT NULL
);
