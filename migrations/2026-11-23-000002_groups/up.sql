-- What groups and reactions need beyond the first tables.

ALTER TABLE messages ADD COLUMN notice TEXT;              -- of a notice: what its author did
ALTER TABLE messages ADD COLUMN subject_id UUID REFERENCES users (id) ON DELETE SET NULL; -- and to whom
ALTER TABLE messages ADD COLUMN has_reactions BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX messages_by_subject ON messages (subject_id);

CREATE TABLE reactions (
  conversation_id UUID NOT NULL,
  seq BIGINT NOT NULL,
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  emoji TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (conversation_id, seq, user_id, emoji),
  FOREIGN KEY (conversation_id, seq) REFERENCES messages (conversation_id, seq) ON DELETE CASCADE
);
CREATE INDEX reactions_by_user ON reactions (user_id);
