#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SIGHUP: every role reads its home again without a pause; what cannot be read leaves it as it was.
. "$(dirname "$0")/lib.sh"

hup() { # pid, log, lines that must have come
    before=$(grep -c "$3" "$2" || :)
    kill -HUP "$1"
    i=0
    while [ "$(grep -c "$3" "$2" || :)" -lt $((before + $4)) ]; do
        i=$((i + 1)); [ $i -lt 100 ] || fail "no $4 more of '$3' in $(cat "$2")"
        sleep 0.1
    done
}

authority
serve "$T/a" "$T/a.log" 4 all
a=$pid
"$J" --home "$T/b" init --verifier --name Bank --trust "$T/a/trust/set.cbor" --pin "$pin" >/dev/null
service() { printf '{"id":"%s","purpose":{"ko":"나이 확인","en":"Age"},"privacy_uri":"https://bank.example.kr/p","channels":["remote"],"cross_device":true,"claims":[{"format":"dc+sd-jwt","type":"urn:jumin:kr:resident:1","path":["age_over_19"]}]}' "$1"; }
register() { # services…
    printf '{"id":"bank","name":{"ko":"은행","en":"Bank"},"identifier":"1","sector":"FINANCE","services":[%s]}' "$1" >"$T/bank.json"
    pin=$("$J" --home "$T/a" rp register --request "$T/b/verifier/request.csr" --services "$T/bank.json" --cert-out "$T/bank.pem" | tail -n 1)
    "$J" --home "$T/b" trust import "$T/a/trust/set.cbor" --pin "$pin" >/dev/null
    "$J" --home "$T/b" verifier enroll "$T/bank.pem" --services "$T/bank.json" >/dev/null
}
register "$(service age)"
serve "$T/b" "$T/b.log" 2 signer verifier
b=$pid
"$J" --home "$T/b" verifier key add --service age --key-file "$T/age.key" >/dev/null
ask() { "$J" --home "$T/b" verifier request --service "$1" --key-file "$T/$1.key" --json; }
has '"request_uri"' "$(ask age)"

say "a service more: unknown until the verifier reads again"
register "$(service age),$(service loan)"
refuse JM_VER_SERVICE_UNKNOWN "$J" --home "$T/b" verifier key add --service loan --key-file "$T/loan.key"
hup "$b" "$T/b.log" 'were read again' 2
"$J" --home "$T/b" verifier key add --service loan --key-file "$T/loan.key" >/dev/null
has '"request_uri"' "$(ask loan)"
has '"request_uri"' "$(ask age)"

say "nothing is lost while it reads"
( n=0; while [ $n -lt 15 ]; do ask age >/dev/null || exit 1; n=$((n + 1)); done ) & loop=$!
for i in 1 2 3 4 5; do hup "$b" "$T/b.log" 'were read again' 2; done
wait $loop || fail "a request failed during SIGHUP"

say "what cannot be read leaves the role as it was"
cp "$T/b/jumin.conf" "$T/kept.conf"
sed 's/^pin = .*/pin = 0000000000000000000000000000000000000000000000000000000000000000/' "$T/kept.conf" >"$T/b/jumin.conf"
hup "$b" "$T/b.log" 'goes on as before: JM_TRUST_PIN' 2
cp "$T/kept.conf" "$T/b/jumin.conf"
sed 's/^listen = .*/listen = 127.0.0.1:1/' "$T/kept.conf" >"$T/b/jumin.conf"
hup "$b" "$T/b.log" 'verifier: goes on as before: JM_CMD_CONFIG' 1
cp "$T/kept.conf" "$T/b/jumin.conf"
for bad in 0 601; do
    sed "s/^\[verifier\]/[verifier]\nrequest_ttl = $bad/" "$T/kept.conf" >"$T/b/jumin.conf"
    hup "$b" "$T/b.log" 'verifier: goes on as before: JM_CMD_CONFIG' 1
done
cp "$T/kept.conf" "$T/b/jumin.conf"
cp "$T/a/jumin.conf" "$T/kept-a.conf"
for bad in 'address.grace_days = 366' 'on_replacement = SHRED'; do
    sed "s/^\[issuer\]/[issuer]\n$bad/" "$T/kept-a.conf" >"$T/a/jumin.conf"
    hup "$a" "$T/a.log" 'issuer: goes on as before: JM_CMD_CONFIG' 1
done
cp "$T/kept-a.conf" "$T/a/jumin.conf"
mv "$T/b/verifier/services.json" "$T/services.json"
hup "$b" "$T/b.log" 'verifier: goes on as before: JM_VER_NOT_ENROLLED' 1
mv "$T/services.json" "$T/b/verifier/services.json"
has '"request_uri"' "$(ask age)"

say "every role of an authority reads again and goes on"
hup "$a" "$T/a.log" 'were read again' 4
for role in signer issuer provider status; do grep -q "^$role: .*read again" "$T/a.log" || fail "no word of $role"; done
"$J" --home "$T/a" register generate --count 300 --seed 1 >/dev/null
"$J" --home "$T/a" register find --region 3017 --min-age 20 --plastic valid --limit 1 --json >"$T/citizen"
echo "long enough" >"$T/words"
"$J" --home "$T/w" init --wallet --trust "$T/a/trust/set.cbor" --pin "$pin" --passphrase-file "$T/words" >/dev/null
refuse JM_CMD_ROLE_UNKNOWN "$J" --home "$T/w" serve all # a wallet serves nothing
refuse JM_CMD_ROLE_UNKNOWN "$J" --home "$T/a" serve signer signer
case=$("$J" --home "$T/a" desk open --as "$T/kim.key" --person "$(member person <"$T/citizen")" --issue-date "$(member issue_date <"$T/citizen")" \
    --authority "$(member authority <"$T/citizen")" --qr "$T/desk.png" --json | member case)
"$J" --home "$T/w" wallet receive "$T/desk.png" --passphrase-file "$T/words" --json >/dev/null 2>&1 || :
hup "$a" "$T/a.log" 'were read again' 4 # between scan and code: nonces, cases and indices stay
"$J" --home "$T/a" desk code --as "$T/kim.key" "$case" --json | member tx_code >"$T/code"
has '"copies":10' "$("$J" --home "$T/w" wallet receive --continue --tx-code-file "$T/code" --passphrase-file "$T/words" --json)"
stop "$b"
stop "$a"
