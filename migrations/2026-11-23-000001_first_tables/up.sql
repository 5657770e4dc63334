-- One text for both databases: SQLite keeps UUID and BYTEA as BLOB, TIMESTAMPTZ as INTEGER (microseconds since 1970).

CREATE TABLE users (
  id UUID NOT NULL PRIMARY KEY,
  username TEXT NOT NULL UNIQUE,            -- case folded
  display_name TEXT NOT NULL,
  password_hash TEXT NOT NULL,              -- Argon2id, PHC string
  theme TEXT NOT NULL,
  receipts BOOLEAN NOT NULL,
  presence BOOLEAN NOT NULL,
  typing BOOLEAN NOT NULL,
  created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE recovery_codes (
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  code_hash BYTEA NOT NULL,                 -- SHA-256
  PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE sessions (
  id UUID NOT NULL PRIMARY KEY,
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  device_name TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  last_used_at TIMESTAMPTZ NOT NULL,
  idle_until TIMESTAMPTZ NOT NULL,          -- moves with each refresh
  expires_at TIMESTAMPTZ NOT NULL,          -- does not
  refresh_hash BYTEA NOT NULL,              -- SHA-256 of the current refresh token's secret
  predecessor_hash BYTEA,                   -- of the one before it,
  rotated_at TIMESTAMPTZ,                   -- when that one was replaced,
  successor_sealed BYTEA                    -- and the current token, readable only with the one before
);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE consents (
  id UUID NOT NULL PRIMARY KEY,
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  purpose TEXT NOT NULL,
  policy_version TEXT NOT NULL,
  policy_sha256 TEXT NOT NULL,
  granted_at TIMESTAMPTZ NOT NULL,
  withdrawn_at TIMESTAMPTZ
);
CREATE INDEX consents_by_user ON consents (user_id, policy_version);

-- One row for two people, however they came to it: asked, or friends since `accepted_at`.
CREATE TABLE friendships (
  low_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  high_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  requested_by UUID NOT NULL,
  requested_at TIMESTAMPTZ NOT NULL,
  accepted_at TIMESTAMPTZ,
  PRIMARY KEY (low_id, high_id)
);
CREATE INDEX friendships_by_high ON friendships (high_id);

CREATE TABLE blocks (
  blocker_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  blocked_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (blocker_id, blocked_id)
);
CREATE INDEX blocks_by_blocked ON blocks (blocked_id);

CREATE TABLE conversations (
  id UUID NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,                       -- direct, group
  title TEXT,
  history TEXT NOT NULL,                    -- from_join, full
  created_at TIMESTAMPTZ NOT NULL,
  active_at TIMESTAMPTZ NOT NULL,           -- of the newest message
  last_seq BIGINT NOT NULL,
  rev BIGINT NOT NULL,                      -- the newest change of anything in it
  own_rev BIGINT NOT NULL,                  -- the newest change of this row
  direct_low_id UUID REFERENCES users (id) ON DELETE SET NULL,
  direct_high_id UUID REFERENCES users (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX conversations_direct ON conversations (direct_low_id, direct_high_id);
CREATE INDEX conversations_by_direct_high ON conversations (direct_high_id);

CREATE TABLE members (
  conversation_id UUID NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role TEXT NOT NULL,                       -- member, admin, owner
  rev BIGINT NOT NULL,
  joined_at TIMESTAMPTZ NOT NULL,
  left_at TIMESTAMPTZ,
  first_seq BIGINT NOT NULL,                -- the oldest message that this member may read
  delivered_seq BIGINT NOT NULL,
  read_seq BIGINT NOT NULL,
  PRIMARY KEY (conversation_id, user_id)
);
CREATE INDEX members_by_user ON members (user_id);
CREATE INDEX members_by_rev ON members (conversation_id, rev);

CREATE TABLE messages (
  conversation_id UUID NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  seq BIGINT NOT NULL,
  rev BIGINT NOT NULL,
  kind TEXT NOT NULL,                       -- text, notice
  author_id UUID REFERENCES users (id) ON DELETE SET NULL,
  client_id UUID NOT NULL,
  body TEXT NOT NULL,
  reply_to BIGINT,
  mentions TEXT NOT NULL,                   -- JSON: an array of user ids; empty for none
  created_at TIMESTAMPTZ NOT NULL,
  edited_at TIMESTAMPTZ,
  deleted_at TIMESTAMPTZ,
  PRIMARY KEY (conversation_id, seq)
);
CREATE UNIQUE INDEX messages_by_rev ON messages (conversation_id, rev);
-- The client's id comes first, so that a batch of retries is found by id alone.
CREATE UNIQUE INDEX messages_by_client_id ON messages (client_id, conversation_id, author_id);
CREATE INDEX messages_by_author ON messages (author_id);
