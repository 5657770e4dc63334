ALTER TABLE members DROP COLUMN muted_until;
ALTER TABLE members DROP COLUMN archived_seq;
ALTER TABLE members DROP COLUMN pinned_at;
ALTER TABLE members DROP COLUMN preferences_rev;
