-- Forgetting people, and finding all that is theirs.

-- Set once an account is gone while its traces are still being removed: erase, anonymise.
ALTER TABLE users ADD COLUMN erasing TEXT;

-- Who was erased, so that a restored backup forgets them again: nobody can be read out of it.
CREATE TABLE erasures (
  digest BYTEA NOT NULL PRIMARY KEY,        -- HMAC-SHA256 of the user's id
  messages TEXT NOT NULL,                   -- erase, anonymise
  erased_at TIMESTAMPTZ NOT NULL
);

-- A person's messages and reactions are gone through conversation by conversation.
DROP INDEX messages_by_author;
CREATE INDEX messages_by_author ON messages (author_id, conversation_id, seq);
DROP INDEX reactions_by_user;
CREATE INDEX reactions_by_user ON reactions (user_id, conversation_id, seq);
CREATE INDEX messages_with_mentions ON messages (conversation_id, seq) WHERE mentions <> '';
