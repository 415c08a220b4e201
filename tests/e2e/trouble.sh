#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# serial
# What an operator finds when something is refused or cannot be kept: a line with time, role and the trace that the client was told.
. "$(dirname "$0")/lib.sh"

authority
mkfifo "$T/said" # a log that is no file: the limit below is on files
cat "$T/said" >"$T/a.log" & pids="$! $pids"
serve "$T/a" "$T/said" 4 all
issuer=$(sed -n 's/^base = //p' "$T/a/jumin.conf" | head -n 1)
post() { curl -s -X POST -H 'Content-Type: application/json' -d "$2" "$issuer$1"; }

say "a trace leads to a line of the log"
trace=$(post /staff/challenge '{}' | member trace)
[ ${#trace} = 16 ] || fail "no trace: $trace"
grep -qE "^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z issuer: refused [45][0-9]{2} JM_[A-Z_]+ trace $trace /[^ ]* from 127\.0\.0\.1" "$T/a.log" ||
    fail "the trace leads nowhere: $(grep "$trace" "$T/a.log")"

say "what a stranger sends by the hundred does not fill the log"
lines=$(wc -l <"$T/a.log")
n=0
while [ $n -lt 300 ]; do echo "url = \"$issuer/staff/challenge\""; echo 'data = "{}"'; n=$((n + 1)); done >"$T/many"
curl -s -H 'Content-Type: application/json' -K "$T/many" >/dev/null
added=$(($(wc -l <"$T/a.log") - lines))
seconds=$(sed -n "$((lines + 1)),\$s/Z issuer: refused.*//p" "$T/a.log" | sort -u | wc -l)
[ "$added" -le $((52 * (seconds + 1))) ] || fail "$added lines in $seconds seconds"

say "no room for another row: the client is told whose fault it is, and the log says when, who and what"
child=$(for p in $(pgrep -P "$pid"); do ls -l "/proc/$p/fd" 2>/dev/null | grep -q issuer/issuer.db && echo "$p"; done | head -n 1)
[ -n "$child" ] || fail "no issuer among the children"
prlimit --pid "$child" --fsize=4096:
told() { grep -qE "^20[0-9-]+T[0-9:]+Z issuer: refused 503 JM_API_STORE trace [0-9a-f]{16} /local/staff" "$T/a.log"; }
tries=0
until told; do # the second in which the hundreds were sent may not be over
    tries=$((tries + 1)); [ $tries -lt 100 ] || fail "no refusal: $(tail -n 3 "$T/a.log")"
    full=$("$J" --home "$T/a" staff add lee --role clerk --centre 3017000000 --key "$T/kim.jwk" --json 2>&1) && fail "a row was kept"
    has 'JM_API_STORE.*trace [0-9a-f]*' "$full"
    echo "$full" | grep -q "check the address" && fail "the client was sent to look at the address"
done
grep -qE "^20[0-9-]+T[0-9:]+Z issuer: store: " "$T/a.log" || fail "the store said nothing: $(tail -n 3 "$T/a.log")"
prlimit --pid "$child" --fsize=unlimited:
"$J" --home "$T/a" staff add lee --role clerk --centre 3017000000 --key "$T/kim.jwk" >/dev/null || fail "it did not recover"
[ "$(grep -c . "$T/a.log")" = "$(wc -l <"$T/a.log")" ] || fail "a line of the log has no end"
echo "what is refused is found"
