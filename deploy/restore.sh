#!/usr/bin/env bash
# Puts a backup in the place of the database. The server must be stopped.
#
#   deploy/restore.sh FILE
#
# Goes by the server's own settings: DATABASE_URL, DATA_DIR, HOST, PORT. Whoever was erased after the backup was made is
# erased again at the server's next start: the ledger file is left as it is, and what PostgreSQL's own ledger knows now
# is kept too.
set -euo pipefail
umask 077

file=${1:?name the backup}
[[ -s $file ]] || { echo "$file is missing or empty" >&2; exit 1; }
if "${UMBRACHAT_BINARY:-umbrachat}" health 2>/dev/null; then
  echo "the server runs: stop it first" >&2
  exit 1
fi

case ${DATABASE_URL:-} in
  postgres*)
    sql=(psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 "$DATABASE_URL")
    ledger=$(mktemp)
    trap 'rm -f "$ledger"' EXIT
    if [[ -n $("${sql[@]}" --tuples-only --no-align --command="SELECT to_regclass('public.erasures')") ]]; then
      "${sql[@]}" --command="\\copy erasures TO '$ledger'"
    fi
    # All or nothing.
    pg_restore --clean --if-exists --no-owner --no-privileges --single-transaction --dbname="$DATABASE_URL" "$file"
    if [[ -s $ledger ]]; then
      "${sql[@]}" <<SQL
CREATE TEMPORARY TABLE known (LIKE erasures);
\\copy known FROM '$ledger'
INSERT INTO erasures SELECT * FROM known ON CONFLICT DO NOTHING;
SQL
    fi
    ;;
  *)
    database=${DATABASE_URL:-sqlite://${DATA_DIR:-./data}/umbrachat.db}
    database=${database#sqlite://}
    # Written aside first, so that a full disk leaves the old one in its place.
    cp "$file" "$database.restored"
    if [[ -e $database ]]; then
      chown --reference="$database" "$database.restored"
    fi
    rm -f "$database-wal" "$database-shm"
    mv "$database.restored" "$database"
    ;;
esac
