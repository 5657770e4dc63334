DROP INDEX messages_with_mentions;
DROP INDEX reactions_by_user;
CREATE INDEX reactions_by_user ON reactions (user_id);
DROP INDEX messages_by_author;
CREATE INDEX messages_by_author ON messages (author_id);
DROP TABLE erasures;
ALTER TABLE users DROP COLUMN erasing;
