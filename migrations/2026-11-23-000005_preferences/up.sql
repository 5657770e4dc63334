-- How each member has arranged a conversation, for their own eyes.

ALTER TABLE members ADD COLUMN preferences_rev BIGINT NOT NULL DEFAULT 0;  -- counts the changes of what follows
ALTER TABLE members ADD COLUMN pinned_at TIMESTAMPTZ;
ALTER TABLE members ADD COLUMN archived_seq BIGINT;   -- the newest message when it was put away
ALTER TABLE members ADD COLUMN muted_until TIMESTAMPTZ;
