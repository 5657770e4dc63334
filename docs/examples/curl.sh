#!/usr/bin/env bash
# Two people sign up, become friends and talk; one takes their data away. Needs bash, curl and sha256sum.
#
#   UMBRACHAT=http://localhost:8080 bash curl.sh
set -euo pipefail

server=${UMBRACHAT:-http://localhost:8080}
suffix=$(printf '%04x%04x' $RANDOM $RANDOM)

# The first value of a name in a piece of JSON. For anything more, use jq.
field() { # NAME
  local json
  json=$(cat)
  json=${json#*\"$1\":}
  json=${json#\"}
  printf '%s\n' "${json%%[\",\}]*}"
}

api() { # ACCESS_TOKEN METHOD PATH [BODY]
  curl --silent --show-error --fail-with-body --request "$2" "$server/api/v1$3" \
    --header "authorization: Bearer $1" ${4:+--header 'content-type: application/json' --data "$4"}
}

sign_up() { # USERNAME
  curl --silent --show-error --fail-with-body "$server/api/v1/auth/register" \
    --header 'content-type: application/json' \
    --data "{\"username\": \"$1\", \"password\": \"the-lamp-hums-at-3\", \"privacy_policy_version\": \"$policy\"}"
}

expect() { # WHAT ACTUAL EXPECTED
  [[ $2 == "$3" ]] || { echo "$1 is $2, not $3" >&2; exit 1; }
}

# Whoever signs up agrees to the privacy policy that holds now.
policy=$(curl --silent --show-error --fail-with-body "$server/api/v1/privacy-policy" | field version)
ana=$(sign_up "ana-$suffix" | field access_token)
ben=$(sign_up "ben-$suffix" | field access_token)

api "$ana" POST /friend-requests "{\"username\": \"ben-$suffix\"}" >/dev/null
ana_id=$(api "$ana" GET /me | field id)
ben_id=$(api "$ben" GET /me | field id)
api "$ben" POST "/friend-requests/$ana_id/accept" >/dev/null

# The conversation of two friends is made by the first call that asks for it.
conversation=$(api "$ana" PUT "/conversations/direct/$ben_id" | field id)

# The client id is chosen once for the message, so that sending it again does no harm.
message="{\"client_id\": \"$(cat /proc/sys/kernel/random/uuid)\", \"body\": \"Are you still up?\"}"
seq=$(api "$ana" POST "/conversations/$conversation/messages" "$message" | field seq)
again=$(api "$ana" POST "/conversations/$conversation/messages" "$message" | field seq)
expect "the retry's seq" "$again" "$seq"

body=$(api "$ben" GET "/conversations/$conversation/messages" | field body)
expect "what Ben reads" "$body" "Are you still up?"
api "$ben" PUT "/conversations/$conversation/receipts" "{\"read_seq\": $seq}"

receipt=$(api "$ana" GET "/conversations/$conversation")
receipt=${receipt#*\"peer_receipt\":}
expect "how far Ben has read" "$(field read_seq <<<"$receipt")" "$seq"

# The last line of an export tells the SHA-256 of all lines before it.
export_file=$(mktemp)
trap 'rm -f "$export_file"' EXIT
api "$ana" GET /me/export >"$export_file"
expect "the digest" "$(head -n -1 "$export_file" | sha256sum | cut -d ' ' -f 1)" "$(tail -n 1 "$export_file" | field sha256)"

echo "ana-$suffix and ben-$suffix have talked, and the export of $(wc -c <"$export_file") bytes is whole"
