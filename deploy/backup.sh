#!/usr/bin/env bash
# Backs the database up into a new file, also while the server runs.
#
#   deploy/backup.sh FILE
#
# Goes by the server's own settings: DATABASE_URL, DATA_DIR. What it writes is as readable as the database: encrypt it.
set -euo pipefail
umask 077

file=${1:?name the file to write}
[[ ! -e $file ]] || { echo "$file is there already" >&2; exit 1; }

case ${DATABASE_URL:-} in
  postgres*) pg_dump --format=custom --no-owner --no-privileges --file="$file" "$DATABASE_URL" ;;
  *) "${UMBRACHAT_BINARY:-umbrachat}" backup "$file" ;;
esac
