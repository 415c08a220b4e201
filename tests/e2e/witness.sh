#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# asan
# Two witnesses of an authority's ledger: one of them suffices, none does not; what does not continue is kept, and who is killed
# forgets nothing.
# shellcheck disable=SC1091
. tests/e2e/lib.sh

size() { "$J" --home "$T/$1" witness show --json | sed -n 's/.*"logs":\[{[^}]*"size":\([0-9]*\).*/\1/p'; } # witness
until_said() { # log, what
    tries=0
    until grep -q "$2" "$1"; do
        tries=$((tries + 1)); [ $tries -lt 300 ] || fail "nobody said: $2"
        sleep 0.1
    done
}
ask() { # url, body or nothing; status, media type and body
    python3 - "$@" <<'EOF'
import sys, urllib.request, urllib.error
body = sys.argv[2].encode() if len(sys.argv) > 2 else None
try:
    r = urllib.request.urlopen(urllib.request.Request(sys.argv[1], body, {'Content-Type': 'text/plain'} if body else {}))
except urllib.error.HTTPError as e:
    r = e
print(r.status, r.headers.get('Content-Type'), r.read().decode())
EOF
}

# -- a log's key, its witnesses, its ledger -------------------------------------------------------------------------
vkey=$("$J" ledger keygen --origin log.example/saebyeol --out "$T/log.key")
refuse JM_CMD_FILE_WRITE "$J" ledger keygen --origin log.example/saebyeol --out "$T/log.key"
refuse JM_CMD_OPTION_VALUE "$J" ledger keygen --origin 'two words' --out "$T/other.key"
[ "$(stat -c %a "$T/log.key")" = 600 ] || fail "others can read the log's key"
refuse JM_CMD_OPTION_REQUIRED "$J" --home "$T/w1" witness init --synthetic --name w1
refuse JM_CMD_OPTION_VALUE "$J" --home "$T/w1" witness init --synthetic --name 'w 1' --log "$vkey"
echo "no key" >"$T/nothing"
refuse JM_LEDGER_POLICY_FORM "$J" --home "$T/w1" witness init --synthetic --name w1 --log "$T/nothing"
w1=$("$J" --home "$T/w1" witness init --synthetic --name w1 --log "$vkey")
printf 'log %s http://127.0.0.1\nquorum none\n' "$vkey" >"$T/policy"
w2=$("$J" --home "$T/w2" witness init --synthetic --name w2 --log "$T/policy")
refuse JM_CMD_HOME_EXISTS "$J" --home "$T/w1" witness init --synthetic --name w1 --log "$vkey"
refuse JM_CMD_OPTION_VALUE "$J" --home "$T/w3" witness init --synthetic --name w3 --log "$(cat "$T/w1/witness/vkey")"
refuse JM_CMD_ROLE_UNKNOWN "$J" --home "$T/w1" serve ledger
refuse JM_CMD_HOME_KIND "$J" --home "$T/w1" trust show
url1=${w1##* }

refuse JM_CMD_OPTION_REQUIRED "$J" --home "$T/x" init --synthetic --witness "$w1"
refuse JM_CMD_OPTION_REQUIRED "$J" --home "$T/x" init --synthetic --ledger --witness "$w1"
refuse JM_CMD_OPTION_VALUE "$J" --home "$T/x" init --synthetic --ledger --log-key "$T/log.key" --witness "w1 ${vkey}"
[ ! -e "$T/x" ] || fail "a home was begun"
refuse JM_CMD_OPTION_VALUE "$J" --home "$T/x" init --synthetic --ledger --log-key "$T/log.key" --witness "$w1" --clock-start 2026-01-01T00:00:00Z
refuse JM_LEDGER_BUNDLE_QUORUM "$J" --home "$T/x" init --synthetic --ledger --log-key "$T/log.key" --witness "$w1" --witness "$w2"
[ ! -e "$T/x/jumin.conf" ] || fail "a home that nobody may trust"
refuse JM_CMD_HOME_EXISTS "$J" --home "$T/x" init --synthetic --ledger --log-key "$T/log.key" --witness "$w1" --witness "$w2"

serve "$T/w1" "$T/signer1.log" 1 signer
serve "$T/w1" "$T/w1.log" 1 witness
wit1=$pid
serve "$T/w2" "$T/w2.log" 2 signer witness
wit2=$pid
mv "$T/x" "$T/a" # what was begun without them
pin=$("$J" --home "$T/a" init --force --synthetic --name Saebyeol --ledger --log-key "$T/log.key" --witness "$w1" --witness "$w2" | tail -n 1)
[ "$(size w1)" -gt 2 ] || fail "w1 has signed nothing"
[ "$(size w1)" = "$(size w2)" ] || fail "they have signed different things"
"$J" --home "$T/v" init --verifier --name Bank --trust "$T/a/trust/set.cbor" --pin "$pin" >/dev/null
say "a set that node and witnesses sign is taken"

# -- what a witness refuses -----------------------------------------------------------------------------------------
id=$(printf log.example/saebyeol | sha256sum | cut -c1-64)
ask "$url1/$id/checkpoint" | sed '1s/^200 [^ ]* [^ ]* //' >"$T/note"
note=$(cat "$T/note")
now=$(size w1)
has '^— w1 ' "$note"
has "^409 text/x.tlog.size $now\$" "$(ask "$url1/add-checkpoint" "old 1

$note
")"
has '^200 [^—]*— w1 [A-Za-z0-9+/=]*$' "$(ask "$url1/add-checkpoint" "old $now

$note
")"
has '^400 .*JM_LEDGER_WITNESS_OLD' "$(ask "$url1/add-checkpoint" "old 999999

$note
")"
has '^400 .*JM_LEDGER_WITNESS_FORM' "$(ask "$url1/add-checkpoint" "$note
")"
has '^404 .*JM_LEDGER_UNKNOWN' "$(ask "$url1/add-checkpoint" "old 0

$(sed '1s/.*/log.example\/another/' "$T/note")
")"
has '^403 .*JM_LEDGER_WITNESS_KEY' "$(ask "$url1/add-checkpoint" "old $now

$(sed "2s/.*/$((now + 1))/" "$T/note")
")"
has '^422 .*JM_LEDGER_WITNESS_FORK' "$(ask "$url1/add-checkpoint" "old $now
$(sed -n 3p "$T/note")

$note
")"
has '^404 .*JM_LEDGER_UNKNOWN' "$(ask "$url1/$(printf other | sha256sum | cut -c1-64)/checkpoint")"
has '"kind":"unproven"' "$("$J" --home "$T/w1" witness show --json)"
say "refused as the protocol says: 400, 403, 404, 409, 422"

# -- one of the two suffices ----------------------------------------------------------------------------------------
cp -a "$T/w1/witness/last" "$T/before-last"
serve "$T/a" "$T/a.log" 2 signer ledger
roles=$pid
stop "$wit2"
"$J" --home "$T/a" trust renew >/dev/null
[ "$(size w1)" -gt "$now" ] || fail "w1 did not follow"
"$J" --home "$T/v" trust import "$T/a/trust/set.cbor" --pin "$pin" >/dev/null
say "with one of them away the set is taken"

kill -KILL "$wit1"
wait "$wit1" 2>/dev/null || :
was=$(size w1)
refuse JM_LEDGER_BUNDLE_QUORUM "$J" --home "$T/a" trust renew
refuse JM_LEDGER_BUNDLE_QUORUM "$J" --home "$T/v" trust refresh
serve "$T/w1" "$T/w1.log" 1 witness
wit1=$pid
[ "$(size w1)" -ge "$was" ] || fail "who was killed has forgotten"
tries=0
until "$J" --home "$T/a" trust refresh >/dev/null 2>&1; do # what was written is proven once somebody has signed it
    tries=$((tries + 1)); [ $tries -lt 300 ] || fail "w1 was not asked again"
    sleep 0.1
done
for part in ledger signer trust jumin.conf public; do cp -a "$T/a/$part" "$T/before-$part"; done
"$J" --home "$T/a" trust renew >/dev/null
"$J" --home "$T/v" trust import "$T/a/trust/set.cbor" --pin "$pin" >/dev/null
[ "$(size w1)" -gt "$was" ] || fail "w1 did not go on"
say "with both away it is not; who comes back goes on where it was"

serve "$T/w2" "$T/w2.log" 2 signer witness
wit2=$pid
tries=0
until [ "$(size w2)" = "$(size w1)" ]; do
    tries=$((tries + 1)); [ $tries -lt 300 ] || fail "w2 was not asked again"
    sleep 0.1
done
say "who was away is asked again"

# -- a witness's folder brought back --------------------------------------------------------------------------------
stop "$wit1"
cp -a "$T/w1/witness/last" "$T/after-last"
rm -r "$T/w1/witness/last"
cp -a "$T/before-last" "$T/w1/witness/last"
refuse JM_LEDGER_FILE "$J" --home "$T/w1" serve witness
rm -r "$T/w1/witness/last"
cp -a "$T/after-last" "$T/w1/witness/last"
serve "$T/w1" "$T/w1.log" 1 witness
say "a witness does not go on from an older copy"

# -- a log with two faces: ledger and signer as they were, and another transaction ----------------------------------
stop "$roles"
for part in ledger signer trust jumin.conf public; do rm -r "$T/a/$part"; mv "$T/before-$part" "$T/a/$part"; done
serve "$T/a" "$T/fork.log" 2 signer ledger
until_said "$T/fork.log" 'witness w1 is ahead of this log'
refuse JM_LEDGER_BUNDLE_QUORUM "$J" --home "$T/a" trust renew
until_said "$T/fork.log" 'witness w1 REFUSES'
until_said "$T/w1.log" 'EQUIVOCATION: kept evidence/'
has '"kind":"equivocation"' "$("$J" --home "$T/w1" witness show --json)"
has '^! equivocation ' "$("$J" --home "$T/w1" witness show)"
has '"kind":"equivocation"' "$("$J" --home "$T/w2" witness show --json)"
say "two faces of a log are told apart, and both are kept"
echo "witness: nobody signs for a log alone"
