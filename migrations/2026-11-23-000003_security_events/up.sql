-- What happened to an account, for its owner to look at; 90 days.
CREATE TABLE security_events (
  id UUID NOT NULL PRIMARY KEY,
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  happened_at TIMESTAMPTZ NOT NULL,
  kind TEXT NOT NULL,
  device_name TEXT                          -- of the session that it concerns
);
CREATE INDEX security_events_by_user ON security_events (user_id, kind, id);
CREATE INDEX security_events_by_age ON security_events (happened_at);
-- What has ended is cleared away by its end.
CREATE INDEX sessions_by_idle ON sessions (idle_until);
