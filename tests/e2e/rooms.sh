#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# serial
# spec/cli.md 4: a role opens its own folder and the public ones, nothing else. Each role and the operator get a view of the
# home in which every other folder is missing; a card is issued, lost and verified all the same.
. "$(dirname "$0")/lib.sh"
view() { # home, name, folders… of its own
    mkdir -m 700 "$T/$1-$2"
    for shared in jumin.conf trust public run; do [ ! -e "$T/$1/$shared" ] || ln -s "../$1/$shared" "$T/$1-$2/$shared"; done
    home=$1; name=$2; shift 2
    for own; do ln -s "../$home/$own" "$T/$home-$name/$own"; done
}
serve_view() { # view, role
    serve "$T/$1" "$T/$1.log" 1 "$2"
    case $line in "ready $2 "*) ;; *) fail "$line" ;; esac
}

pin=$("$J" --home "$T/a" init --synthetic --name Saebyeol | tail -n 1)
for role in signer issuer provider; do view a $role $role; done
view a status
view a operator operator
serve_view a-signer signer
for role in issuer provider status; do serve_view a-$role $role; done
op() { "$J" --home "$T/a-operator" "$@"; }
op register generate --count 200 --seed 1 >/dev/null
"$J" staff keygen --out "$T/kim.key" >"$T/kim.jwk"
op staff add kim --role clerk --centre 3017000000 --key "$T/kim.jwk" >/dev/null

"$J" --home "$T/b" init --verifier --name "Hanbit Bank" --trust "$T/a/trust/set.cbor" --pin "$pin" >/dev/null
cat >"$T/bank.json" <<'JSON'
{"id":"hanbit-bank","name":{"ko":"한빛은행","en":"Hanbit Bank"},"identifier":"110-81-00001","sector":"FINANCE","services":[
 {"id":"age","purpose":{"ko":"나이 확인","en":"Age"},"privacy_uri":"https://bank.example/p","channels":["remote"],"cross_device":true,
  "status_max_age_s":0,"claims":[{"format":"mso_mdoc","type":"org.iso.23220.photoid.1","path":["org.iso.23220.1","age_over_19"]}]}]}
JSON
op rp register --request "$T/b/verifier/request.csr" --services "$T/bank.json" --cert-out "$T/bank.pem" >"$T/pin"
pin=$(tail -n 1 "$T/pin")
"$J" --home "$T/b" trust import "$T/a/trust/set.cbor" --pin "$pin" >/dev/null
"$J" --home "$T/b" verifier enroll "$T/bank.pem" --services "$T/bank.json" >/dev/null
view b signer signer
view b verifier verifier
view b operator operator verifier
serve_view b-signer signer
serve_view b-verifier verifier
"$J" --home "$T/b-operator" verifier key add --service age --key-file "$T/age.key" >/dev/null

op register find --min-age 20 --plastic valid --limit 1 --json >"$T/citizen"
person=$(member person <"$T/citizen"); date=$(member issue_date <"$T/citizen"); authority=$(member authority <"$T/citizen")
mkdir "$T/desk"; ln -s ../a/jumin.conf "$T/desk/jumin.conf" # a clerk has an address, and no folder at all
desk() { verb=$1; shift; "$J" --home "$T/desk" desk "$verb" --as "$T/kim.key" "$@"; }
echo "long enough words" >"$T/words"
"$J" --home "$T/w" init --wallet --trust "$T/a/trust/set.cbor" --pin "$pin" --passphrase-file "$T/words" >/dev/null
w() { verb=$1; shift; "$J" --home "$T/w" wallet "$verb" --passphrase-file "$T/words" "$@"; }
case=$(desk open --person "$person" --issue-date "$date" --authority "$authority" --qr "$T/desk.png" --json | member case)
w receive "$T/desk.png" --json >/dev/null 2>&1 || :
desk code "$case" --json | member tx_code >"$T/code"
w receive --continue --tx-code-file "$T/code" --json | grep -q '"copies":10'
"$J" --home "$T/b-operator" verifier request --service age --key-file "$T/age.key" --qr "$T/qr.png" --json >"$T/asked"
w respond "$T/qr.png" --approve age_over_19 --json >/dev/null
"$J" --home "$T/b-operator" verifier result "$(member id <"$T/asked")" --key-file "$T/age.key" --wait 10 --json | grep -q '"verdict":"accepted"'
desk suspend --person "$person" --json | grep -q SUSPENDED
op audit verify --json | grep -q '"intact":true'

# The other way round: what a role needs of its own is missed where it is missing.
for role in issuer provider; do
    view a no-$role
    if "$J" --home "$T/a-no-$role" serve $role >/dev/null 2>"$T/no.log"; then fail "$role serves without its folder"; fi
    grep -q 'JM_[A-Z_]*' "$T/no.log" || fail "no code: $(cat "$T/no.log")"
done
echo "each role in a room of its own"
