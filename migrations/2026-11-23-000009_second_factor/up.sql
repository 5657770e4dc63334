-- A code from a second device at sign-in (TOTP, RFC 6238).
CREATE TABLE second_factors (
  user_id UUID NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  secret_sealed BYTEA NOT NULL,             -- readable only with the server's own secret
  confirmed_at TIMESTAMPTZ,                 -- since when it is asked for; null while it is being set up
  used_step BIGINT NOT NULL                 -- of the newest code that was taken: none is taken twice
);

-- Which session was ended, so that ending it again is known to be done already.
ALTER TABLE security_events ADD COLUMN session_id UUID;
