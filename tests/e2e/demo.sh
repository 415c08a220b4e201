#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The whole story, its JSON, and --keep: servers stay up, answer, and end when they are told to.
set -eu
T=$(mktemp -d /tmp/jumin-story.XXXXXX)
pids=''
end() {
    rc=$?
    [ $rc = 0 ] || cat "$T/out" "$T/err" "$T"/jumin-demo.*/log >&2 2>/dev/null || :
    for p in $pids; do kill -TERM "$p" 2>/dev/null || :; done
    rm -rf "$T"
    exit $rc
}
trap end EXIT
fail() { echo "demo: $*" >&2; exit 1; }

if TMPDIR=$T/none "$JUMIN" demo --json >"$T/out" 2>"$T/err"; then fail "a demo without a folder"; fi
grep -q '"code":"JM_CMD_FILE_WRITE"' "$T/out" || fail "$(cat "$T/out")"

TMPDIR=$T "$JUMIN" demo --keep --json >"$T/out" 2>"$T/err" || fail "a step came to something else"
pids=$(sed -n 's/^kill //p' "$T/err")
[ -n "$pids" ] || fail "no process ids"
steps=$(grep -c '^{"step":[0-9]*,"title":".*","expected":".*","got":".*","code":"JM_[A-Z0-9_]*","ms":[0-9]*}$' "$T/out")
[ "$steps" = "$(wc -l <"$T/out")" ] || fail "a line of another form"
[ "$steps" -ge 40 ] || fail "$steps steps only"
for code in ANSWERED UNDER_17 NO_CARD REGION_NOT_OPEN TICKET_TAKEN CARD_ENDED STATUS_REVOKED CARD_LOST OVER_ASKING JWE_OPEN RESPONSE_KEY VER_EXPIRED RP_BLOCKED LEDGER_REFUSED BUNDLE_TRUSTSET BUNDLE_ROLLBACK; do
    grep -q "\"got\":\"JM_[A-Z_]*$code\"" "$T/out" || fail "nobody was refused with $code"
done
urls=$(sed -n 's/^ready [a-z]* \(http.*\)$/\1/p' "$T/err")
[ "$(echo "$urls" | wc -l)" = 8 ] || fail "not eight addresses: $urls"
for u in $urls; do [ "$(curl -s "$u/healthz")" = '{"status":"ok"}' ] || fail "$u is not up"; done
for p in $pids; do kill -TERM "$p"; done
for u in $urls; do
    tries=0
    while curl -s "$u/healthz" >/dev/null; do
        tries=$((tries + 1)); [ $tries -lt 200 ] || fail "$u does not end"
        sleep 0.05
    done
done
echo "$steps steps"
