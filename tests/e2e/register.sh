#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The register by commands: people of a seed, finding them, and life events that reach a card on a phone: with an issuer and without.
set -eu
J=$JUMIN
T=$(mktemp -d /tmp/jumin-register.XXXXXX)
pid=''
end() { rc=$?; [ -z "$pid" ] || kill -TERM "$pid" 2>/dev/null || :; [ -z "$pid" ] || wait "$pid" || :; rm -rf "$T"; exit $rc; }
trap end EXIT
LC_ALL=C
export LC_ALL
unset JUMIN_HOME XDG_DATA_HOME || :
member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" | head -n 1; }
say() { echo "· $*"; }
refuse() { # code, exit code, command…
    want=$1 exit=$2; shift 2
    rc=0
    out=$("$@" --json 2>/dev/null) || rc=$?
    echo "$out" | grep -q "\"$want\"" || { echo "want $want, got $out from $*" >&2; exit 1; }
    [ "$rc" -eq "$exit" ] || { echo "exit $rc instead of $exit: $*" >&2; exit 1; }
    say "refused as it must be: $want"
}
has() { # what, text
    echo "$2" | grep -q "$1" || { echo "no $1 in $2" >&2; exit 1; }
}
register() { "$J" --home "$T/a" register "$@"; }
start() {
    "$J" --home "$T/a" serve signer issuer provider status >"$T/ready" 2>>"$T/log" & pid=$!
    exec 3<"$T/ready"
    for i in 1 2 3 4; do read -r line <&3; done
}
stop() { kill -TERM "$pid"; wait "$pid" || :; pid=''; }

umask 077
mkfifo "$T/ready"
pin=$("$J" --home "$T/a" init --synthetic --name Saebyeol --clock-start 2025-01-15T01:00:00Z | tail -n 1)
"$J" staff keygen --out "$T/kim.key" >"$T/kim.jwk"
"$J" --home "$T/a" staff add kim --role clerk --centre 3017000000 --key "$T/kim.jwk" >/dev/null
start

say "a population: every kind of people that the story needs"
made=$(register generate --count 1000 --seed 1 --json)
for kind in under_16 age_16 no_plastic plastic_ordered plastic_ready plastic_valid plastic_lost overseas leap_day rare_hanja name_80 portrait_20k; do
    has "\"$kind\":[1-9]" "$made"
done
[ "$(register find --age 16 --json --limit 1000 | wc -l)" -ge 10 ]
register find --age 17..120 --plastic none --limit 1 >/dev/null
register find --region 11 --min-age 17 --plastic valid --limit 1 >/dev/null # not open on this day
[ "$(register find --region 3017 --min-age 17 --plastic valid --limit 1000 --json | wc -l)" -ge 5 ]
[ -z "$(register find --limit 1000 --json | member person | sort | uniq -d)" ]

[ "$(register find --kind overseas_national --limit 100 --json | wc -l)" -ge 5 ]
[ "$(register find --kind any --limit 1000 --number --json | grep -c '"number"')" -ge 950 ]
if register find --limit 1000 --json | grep -q overseas; then echo "not only residents" >&2; exit 1; fi
refuse JM_API_FIELD_FORM 3 "$J" --home "$T/a" register find --kind martian
say "finding: masked, by number, never by an argument"
has '"number":"[0-9]\{2\}[23][0-9]\{3\}-[0-9]\*\{6\}"' "$(register find --number --limit 1 --json)"
# Shell, not us: joined so that no real number stands here.
printf '%s%s\n' 900512 -1234567 >"$T/real"
refuse JM_REGISTER_RRN_REAL 1 "$J" --home "$T/a" register find --rrn-file "$T/real"
echo 902512-123456 >"$T/short"
refuse JM_REGISTER_RRN_FORM 3 "$J" --home "$T/a" register find --rrn-file "$T/short"
echo 902512-1234567 | refuse JM_REGISTER_NOT_FOUND 1 "$J" --home "$T/a" register find --rrn-file -
chmod 644 "$T/short"
refuse JM_CMD_SECRET_OPEN 1 "$J" --home "$T/a" register find --rrn-file "$T/short"
refuse JM_CMD_OPTION_VALUE 2 "$J" --home "$T/a" register find --age 30..20
refuse JM_CMD_OPTION_VALUE 2 "$J" --home "$T/a" register find --age 30 --min-age 20

say "a clerk finds masked, with a reason, and never sees what stands on the plastic"
register find --region 3017 --min-age 20 --plastic valid --limit 1 --json >"$T/citizen"
name=$(member name <"$T/citizen")
born=$(member birth_date <"$T/citizen")
out=$("$J" --home "$T/a" desk --as "$T/kim.key" find --reason 'mobile card' --name "$name" --birth-date "$born" --json)
has '"number":"[0-9]\{6\}-[0-9]\*\{6\}"' "$out"
has "$(member person <"$T/citizen")" "$out"
nfd=$(printf %s "$name" | PYTHONUTF8=1 python3 -c 'import sys, unicodedata; print(unicodedata.normalize("NFD", sys.stdin.read()), end="")')
[ "$nfd" != "$name" ] || { echo "the name has no jamo" >&2; exit 1; }
has "$(member person <"$T/citizen")" "$("$J" --home "$T/a" desk --as "$T/kim.key" find --reason 'mobile card' --name "$nfd" --birth-date "$born" --json)"
refuse JM_API_TEXT 3 "$J" --home "$T/a" desk find --as "$T/kim.key" --reason x --name "$name$(printf '\342\200\213')" --birth-date "$born"
if echo "$out" | grep -q 'issue_date\|authority'; then echo "the plastic is shown: $out" >&2; exit 1; fi
refuse JM_CMD_OPTION_REQUIRED 2 "$J" --home "$T/a" desk find --as "$T/kim.key" --name "$name" --birth-date "$born"
refuse JM_API_FIELD_MISSING 3 "$J" --home "$T/a" desk find --as "$T/kim.key" --reason x --name "$name"
refuse JM_REGISTER_RRN_REAL 1 "$J" --home "$T/a" desk find --as "$T/kim.key" --reason x --rrn-file "$T/real"
"$J" staff keygen --out "$T/lee.key" >"$T/lee.jwk"
"$J" --home "$T/a" staff add lee --role agent --centre 3017000000 --key "$T/lee.jwk" >/dev/null
refuse JM_STAFF_ROLE 1 "$J" --home "$T/a" desk find --as "$T/lee.key" --reason x --name "$name" --birth-date "$born"

say "a card on a phone"
register find --region 3017 --min-age 20 --plastic valid --limit 1 --json >"$T/citizen"
person=$(member person <"$T/citizen")
date=$(member issue_date <"$T/citizen")
authority=$(member authority <"$T/citizen")
echo 'four words are long enough' >"$T/words"
"$J" --home "$T/w" init --wallet --trust "$T/a/trust/set.cbor" --pin "$pin" --passphrase-file "$T/words" >/dev/null
w() { verb=$1; shift; "$J" --home "$T/w" wallet "$verb" --passphrase-file "$T/words" "$@"; }
opened=$("$J" --home "$T/a" desk open --as "$T/kim.key" --person "$person" --issue-date "$date" --authority "$authority" --qr "$T/qr.png" --json)
has '"fee_rule":"F-1"' "$opened"
has '"fee_won":0' "$opened"
w receive "$T/qr.png" --json >/dev/null 2>&1 || :
"$J" --home "$T/a" desk code --as "$T/kim.key" "$(echo "$opened" | member case)" --json | member tx_code >"$T/code"
w receive --continue --tx-code-file "$T/code" --json >/dev/null

say "moved: the card lives, a refresh brings the new address"
out=$(register event move --person "$person" --region 1111010100 --address '서울특별시 종로구 중앙로 1' --source office --id 17 --json)
has '"outcome":"applied"' "$out"
has '"card":"ACTIVE"' "$out"
has '"outcome":"replayed"' "$(register event move --person "$person" --region 1111010100 --address '서울특별시 종로구 중앙로 1' --source office --id 17 --json)"
refuse JM_EVENT_OTHER_CONTENT 1 "$J" --home "$T/a" register event move --person "$person" --region 1111010100 --address '서울특별시 종로구 중앙로 2' --source office --id 17
has '"outcome":"late"' "$(register event move --person "$person" --region 2611010100 --address '부산광역시' --at 2025-01-14T00:00:00+09:00 --json)"
has '"copies":10' "$(w refresh --json)"
has '종로구' "$(w show --show-values)"
has '"mdoc":5,"sdjwt":5' "$(w list --json)" # the old ones are gone

say "refused: each by its own code"
refuse JM_EVENT_KIND 3 "$J" --home "$T/a" register event marriage --person "$person"
refuse JM_EVENT_DETAIL 3 "$J" --home "$T/a" register event move --person "$person"
refuse JM_EVENT_DETAIL 3 "$J" --home "$T/a" register event death --person "$person" --surname X
refuse JM_EVENT_FUTURE 3 "$J" --home "$T/a" register event death --person "$person" --at 2030-01-01T00:00:00Z
refuse JM_EVENT_PERSON_UNKNOWN 1 "$J" --home "$T/a" register event death --person 00000000000000000000000000000000
refuse JM_API_FIELD_FORM 3 "$J" --home "$T/a" register event death --person "$person" --at yesterday
refuse JM_CMD_OPERANDS 2 "$J" --home "$T/a" register event --person "$person"
refuse JM_REGISTER_RRN_REAL 1 "$J" --home "$T/a" register event rrn --person "$person" --rrn-file "$T/real"

say "plastic lost: over for good, and withdrawn it stays so"
has '"card":"REVOKED"' "$(register event plastic-lost --person "$person" --json)"
refuse JM_WALLET_CARD_ENDED 1 "$J" --home "$T/w" wallet refresh --passphrase-file "$T/words"
has '"outcome":"applied"' "$(register event plastic-found --person "$person" --json)"
refuse JM_WALLET_CARD_ENDED 1 "$J" --home "$T/w" wallet refresh --passphrase-file "$T/words"
has '"fee_won":10000' "$(register event plastic-replaced --person "$person" --kind ic --authority '서울특별시 종로구청장' --json)"

say "without an issuer, by the store itself; a number needs the signer"
stop
has '"outcome":"applied"' "$(register event death --person "$person" --json)"
has '"outcome":"late"' "$(register event plastic-lost --person "$person" --json)"
someone=$(register find --region 3017 --min-age 20 --limit 1 --json | member person)
echo 902512-2345678 >"$T/new"
refuse JM_SIGNER_OFFLINE 4 "$J" --home "$T/a" register event rrn --person "$someone" --rrn-file "$T/new"
start
has '"outcome":"applied"' "$(register event rrn --person "$someone" --rrn-file "$T/new" --json)"
[ "$(register find --rrn-file "$T/new" --json | member person)" = "$someone" ]
[ "$(register find --rrn-file - --json <"$T/new" | member person)" = "$someone" ]
say "a clock that fell back issues nothing, and loss reports come in"
stop
signer=$(cat "$T/a/signer/seen")
for role in issuer provider; do echo 9999999999 >"$T/a/$role/seen"; done
start
grep -q 'issuer: JM_CMD_CLOCK_BACK' "$T/log"
grep -q 'provider: JM_CMD_CLOCK_BACK' "$T/log"
refuse JM_VCI_CLOCK 4 "$J" --home "$T/a" desk --as "$T/kim.key" open --person "$someone" --issue-date 2020-01-01 --authority X
echo AAAAA-AAAAA-AAAAA-AAAAA-A >"$T/loss"
refuse JM_LOSS_CODE_UNKNOWN 1 "$J" --home "$T/a" lost --loss-code-file "$T/loss" phone
stop
echo 9999999999 >"$T/a/signer/seen"
refuse JM_CMD_CLOCK_BACK 4 "$J" --home "$T/a" serve signer
refuse JM_CMD_CLOCK_BACK 4 "$J" --home "$T/a" register find --limit 1
echo "$signer" >"$T/a/signer/seen"
echo "people made, found, moved, lost, replaced and gone"
