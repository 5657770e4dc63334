DROP TABLE reactions;
DROP INDEX messages_by_subject;
ALTER TABLE messages DROP COLUMN has_reactions;
ALTER TABLE messages DROP COLUMN subject_id;
ALTER TABLE messages DROP COLUMN notice;
