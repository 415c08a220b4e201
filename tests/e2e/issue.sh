#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# asan
# One card by hand, with the commands that a stranger has: authority, register, clerk, QR picture, two wallets, loss, resume,
# plastic lost. Refusals on the way, each by its code.
. "$(dirname "$0")/lib.sh"

say "a synthetic authority: keys, certificates, trust set"
authority
"$J" staff keygen --out "$T/lee.key" >"$T/lee.jwk"
"$J" --home "$T/a" staff add lee --role agent --centre 3017000000 --key "$T/lee.jwk" >/dev/null

serve "$T/a" "$T/a.log" 4 all
"$J" --home "$T/a" register generate --count 1000 --seed 1
refuse JM_REGISTER_EXISTS "$J" --home "$T/a" register generate --count 1000 --seed 1

one() { "$J" --home "$T/a" register find "$@" --limit 1 --json; }
one --region 3017 --min-age 20 --plastic valid >"$T/citizen"
person=$(member person <"$T/citizen")
date=$(member issue_date <"$T/citizen")
authority=$(member authority <"$T/citizen")
desk() { verb=$1; shift; "$J" --home "$T/a" desk --as "$T/kim.key" "$verb" "$@"; } # the order of cli.md 2

# Refused: too young, no plastic, a wrong issue date, an agent, somebody else's key.
young=$(one --max-age 16 | member person)
refuse JM_ELIG_UNDER_17 "$J" --home "$T/a" desk open --as "$T/kim.key" --person "$young" --issue-date 2024-01-01 --authority X
# Every reason at once, by name and as a list.
out=$("$J" --home "$T/a" desk --as "$T/kim.key" open --person "$young" --issue-date 2024-01-01 --authority X --json 2>"$T/said") || :
echo "$out" | grep -q '"code":"JM_ELIG_UNDER_17".*"codes":\["JM_ELIG_UNDER_17","JM_ELIG_NO_CARD"\]' || { echo "not every reason in $out" >&2; exit 1; }
grep -q 'JM_ELIG_UNDER_17, JM_ELIG_NO_CARD' "$T/said"
none=$(one --min-age 20 --plastic none | member person)
refuse JM_ELIG_NO_CARD "$J" --home "$T/a" desk open --as "$T/kim.key" --person "$none" --issue-date 2024-01-01 --authority X
refuse JM_DESK_PLASTIC_MISMATCH "$J" --home "$T/a" desk open --as "$T/kim.key" --person "$person" --issue-date 1999-01-01 --authority "$authority"
refuse JM_STAFF_ROLE "$J" --home "$T/a" desk open --as "$T/lee.key" --person "$person" --issue-date "$date" --authority "$authority"
refuse JM_STAFF_SIGNATURE "$J" --home "$T/a" desk open --as "$T/lee.key" --user kim --person "$person" --issue-date "$date" --authority "$authority"

wallet() { echo "long enough $1" >"$T/words-$1"; "$J" --home "$T/$1" init --wallet --trust "$T/a/trust/set.cbor" --pin "$pin" --passphrase-file "$T/words-$1" >/dev/null; }
wallet w1; wallet w2; wallet w3
w() { h=$1; verb=$2; shift 2; "$J" --home "$T/$h" wallet "$verb" --passphrase-file "$T/words-$h" "$@"; }

# What the page can, by commands: the photo to compare, one that does not agree, refusals, fees and the till.
desk photo --person "$person" --reason "mobile card" --out "$T/photo.jpg" --json | grep -q '"taken_on"'
head -c 2 "$T/photo.jpg" | od -An -tx1 | grep -q 'ff d8'
refuse JM_DESK_PERSON_UNKNOWN "$J" --home "$T/a" desk photo --as "$T/kim.key" --person 00112233445566778899aabbccddeeff --reason x --out "$T/none.jpg"
desk photo-ask --person "$person" --reason "twelve years old" --json | grep -q '"ask"'
desk photo-asks --json | grep -q '"reason":"twelve years old"'
desk refuse --person "$person" --reason PHOTO_MISMATCH --json | grep -q REFUSED
refuse JM_API_FIELD_FORM "$J" --home "$T/a" desk refuse --as "$T/kim.key" --person "$person" --reason WHIM
refuse JM_API_FIELD_MISSING "$J" --home "$T/a" desk refuse --as "$T/kim.key" --person "$person" --reason OTHER
case=$(desk open --person "$person" --issue-date "$date" --authority "$authority" --json | member case)
desk refuse "$case" --reason OTHER --note "came without the plastic" --json | grep -q REFUSED
refuse JM_DESK_CASE_ENDED "$J" --home "$T/a" desk refuse --as "$T/kim.key" "$case" --reason PLASTIC_DOUBT
refuse JM_CMD_OPTION_REQUIRED "$J" --home "$T/a" desk refuse --as "$T/kim.key" --reason PLASTIC_DOUBT
desk cases --json | grep -q '"state":"REFUSED"'
desk fee --person "$person" --action replace --kind ic --json | grep -q '"won":10000'
refuse JM_FEE_AMOUNT "$J" --home "$T/a" desk fee --as "$T/kim.key" --person "$person" --action replace --kind ic --won 5000 --method cash
receipt=$(desk fee --person "$person" --action replace --kind ic --won 10000 --method card --json | member receipt)
desk fee --person "$person" --action replace --kind plain --reason natural_wear --won 0 --json | grep -q '"won":0'
desk till --json | grep -q '"card_won":10000'
refuse JM_STAFF_ROLE "$J" --home "$T/a" desk void --as "$T/kim.key" "$receipt" --reason mistake
"$J" staff keygen --out "$T/boss.key" >"$T/boss.jwk"
"$J" --home "$T/a" staff add boss --role supervisor --centre 3017000000 --key "$T/boss.jwk" >/dev/null
"$J" --home "$T/a" desk void --as "$T/boss.key" "$receipt" --reason mistake --json | grep -q '"won":-10000'
refuse JM_FEE_VOIDED "$J" --home "$T/a" desk void --as "$T/boss.key" "$receipt" --reason mistake
desk till --json | grep -q '"won":0'

# D-422: nobody serves themselves.
"$J" staff keygen --out "$T/own.key" >"$T/own.jwk"
"$J" --home "$T/a" staff add own --role clerk --centre 3017000000 --key "$T/own.jwk" --person "$person" >/dev/null
refuse JM_DESK_OWN_CASE "$J" --home "$T/a" desk open --as "$T/own.key" --person "$person" --issue-date "$date" --authority "$authority"
refuse JM_API_FIELD_FORM "$J" --home "$T/a" staff add own2 --role clerk --centre 3017000000 --key "$T/own.jwk" --person 12

case=$(desk open --person "$person" --issue-date "$date" --authority "$authority" --qr "$T/desk.png" --json | member case)
refuse JM_DESK_NOT_BOUND "$J" --home "$T/a" desk code --as "$T/kim.key" "$case"
refuse JM_WALLET_MATCH_CODE_NEEDED "$J" --home "$T/w1" wallet receive "$T/desk.png" --passphrase-file "$T/words-w1"
# A photographed QR on another wallet is refused, and the clerk is told.
refuse JM_WALLET_TICKET_TAKEN "$J" --home "$T/w2" wallet receive "$T/desk.png" --passphrase-file "$T/words-w2"
desk show "$case" --json | grep -q '"second_phone":true'
echo 000000 >"$T/wrong"
code=$(desk code "$case" --json | member tx_code)
[ "$code" != 000000 ] || code=$(desk code "$case" --json | member tx_code)
refuse JM_WALLET_MATCH_CODE_WRONG "$J" --home "$T/w1" wallet receive --continue --tx-code-file "$T/wrong" --passphrase-file "$T/words-w1"

say "the issuer is killed and started again; the same wallet finishes"
# State is rows: the issuer dies here, and the same wallet finishes with the next one.
kill -KILL "$pid"; wait "$pid" 2>/dev/null || :
for p in /proc/[0-9]*/cmdline; do tr "\\0" " " <"$p" 2>/dev/null | grep -q -- "--home $T/a serve" && kill -KILL "$(basename "$(dirname "$p")")" 2>/dev/null || :; done
serve "$T/a" "$T/a.log" 4 signer issuer provider status
echo "$code" >"$T/code"
w w1 receive --continue --tx-code-file "$T/code" --json >"$T/issued"
grep -q '"copies":10' "$T/issued"
desk show "$case" --json | grep -q '"state":"ISSUED"'
w w1 list --json | grep -q '"mdoc":5,"sdjwt":5'
say "ten copies on the phone: five mdoc, five SD-JWT"
member loss_code <"$T/issued" >"$T/loss"
name=$(member name <"$T/citizen")
[ -n "$name" ]
if grep -q "$name" "$T/w1/wallet/container"; then echo "the name stands readable in the wallet's home" >&2; exit 1; fi

say "phone lost, by loss code: paused"
# Lost by code: paused. Refresh is refused, copies are wiped. Resume in person, fresh copies.
"$J" --home "$T/a" lost --loss-code-file "$T/loss" phone >/dev/null
refuse JM_WALLET_CARD_ENDED "$J" --home "$T/w1" wallet refresh --passphrase-file "$T/words-w1"
echo AAAAA-AAAAA-AAAAA-AAAAA-A >"$T/badloss"
refuse JM_LOSS_CODE_UNKNOWN "$J" --home "$T/a" lost --loss-code-file "$T/badloss" phone
refuse JM_STAFF_ROLE "$J" --home "$T/a" desk resume --as "$T/lee.key" --person "$person" --issue-date "$date" --authority "$authority"
desk resume --person "$person" --issue-date "$date" --authority "$authority" --json | grep -q ACTIVE
w w1 refresh --json | grep -q '"copies":10'
say "released in person, fresh copies"

# A second phone takes over; the first is refused. Plastic lost: for good.
desk open --person "$person" --issue-date "$date" --authority "$authority" --qr "$T/desk2.png" --json >"$T/case2"
case=$(member case <"$T/case2")
w w2 receive "$T/desk2.png" --json >/dev/null 2>&1 || :
desk code "$case" --json | member tx_code >"$T/code2"
w w2 receive --continue --tx-code-file "$T/code2" --json >/dev/null
refuse JM_WALLET_CARD_ENDED "$J" --home "$T/w1" wallet refresh --passphrase-file "$T/words-w1"
# The paper of the first phone stops the second phone's card: it is the live one.
"$J" --home "$T/a" lost --loss-code-file "$T/loss" phone --json | grep -q '"effect":"paused"'
refuse JM_WALLET_CARD_ENDED "$J" --home "$T/w2" wallet refresh --passphrase-file "$T/words-w2"
desk resume --person "$person" --issue-date "$date" --authority "$authority" --json | grep -q ACTIVE
w w2 refresh --json | grep -q '"copies":10'
refuse JM_WALLET_NO_CARD "$J" --home "$T/w3" wallet report-lost --passphrase-file "$T/words-w3"
refuse JM_LOSS_WHAT "$J" --home "$T/w2" wallet report-lost wallet --passphrase-file "$T/words-w2"
# D-459: a clock that fell back shows and takes nothing; a loss is reported all the same (D-270).
seen=$(cat "$T/w2/wallet/seen")
echo 9999999999 >"$T/w2/wallet/seen"
for verb in 'refresh' 'delete --yes' 'receive x' 'respond x'; do
    refuse JM_CMD_CLOCK_BACK "$J" --home "$T/w2" wallet $verb --passphrase-file "$T/words-w2"
done
w w2 list --json | grep -q '"mdoc":5,"sdjwt":5'
w w2 report-lost --json | grep -q '"effect":"paused"'
[ "$(cat "$T/w2/wallet/seen")" = 9999999999 ] || fail "the time seen was forgotten"
echo "$seen" >"$T/w2/wallet/seen"
w w2 list --json | grep -q '"mdoc":0,"sdjwt":0'
refuse JM_WALLET_CARD_ENDED "$J" --home "$T/w2" wallet refresh --passphrase-file "$T/words-w2"
desk resume --person "$person" --issue-date "$date" --authority "$authority" --json | grep -q ACTIVE
w w2 refresh --json | grep -q '"copies":10'
refuse JM_WALLET_NOT_APPROVED "$J" --home "$T/w2" wallet delete --passphrase-file "$T/words-w2"
w w2 list --json | grep -q '"mdoc":5,"sdjwt":5'
w w2 delete --yes --json | grep -q '"state":"deleted"'
"$J" --home "$T/a" lost --loss-code-file "$T/loss" phone --json | grep -q '"effect":"none"'
refuse JM_WALLET_NO_CARD "$J" --home "$T/w2" wallet delete --yes --passphrase-file "$T/words-w2"
say "reported by the wallet itself; deleted by its holder"
desk open --person "$person" --issue-date "$date" --authority "$authority" --qr "$T/desk3.png" --json >"$T/case3"
case=$(member case <"$T/case3")
w w2 receive "$T/desk3.png" --json >/dev/null 2>&1 || :
desk code "$case" --json | member tx_code >"$T/code3"
w w2 receive --continue --tx-code-file "$T/code3" --json >/dev/null
desk plastic-lost --person "$person" --json | grep -q REVOKED
say "a second phone took over; the plastic is lost: the card has ended for good"
refuse JM_WALLET_CARD_ENDED "$J" --home "$T/w2" wallet refresh --passphrase-file "$T/words-w2"
refuse JM_ELIG_CARD_LOST "$J" --home "$T/a" desk open --as "$T/kim.key" --person "$person" --issue-date "$date" --authority "$authority"
say "the audit chain holds, and says who looked"
"$J" --home "$T/a" audit verify --json | grep -q '"intact":true'
"$J" --home "$T/a" audit who-saw "$person" --json | grep -q '"act":"CASE_OPEN"'
refuse JM_API_FIELD_FORM "$J" --home "$T/a" audit who-saw 12
echo "issued, lost, resumed, taken over, ended"
