#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# asan
# Every role below a path of its own: what metadata, offers, requests and lists announce answers there and nowhere else, and a card
# is issued, shown, paused and shown again by these addresses.
. "$(dirname "$0")/lib.sh"

get() { curl -s --noproxy '*' -o /dev/null -w '%{http_code}' "$@"; }
answers() { for u in "$@"; do c=$(get "$u"); [ "$c" = 200 ] || fail "$c from $u"; done; }
absent() { for u in "$@"; do c=$(get "$u"); [ "$c" = 404 ] || fail "$c, not 404, from $u"; done; }
body() { curl -s --noproxy '*' "$@"; }

say "a slash at the end is refused by its name, and what no request can have"
init() { "$J" --home "$T/x" init --synthetic "$@"; }
refuse JM_CMD_BASE_SLASH init --base issuer=http://127.0.0.1:8080/kr/
refuse JM_CMD_BASE_SLASH init --base status=http://127.0.0.1:8080/
refuse JM_CMD_BASE_URL init --base provider=http://127.0.0.1:8080/a//b
refuse JM_CMD_BASE_URL init --base issuer=http://127.0.0.1:8080/a/../b
[ ! -e "$T/x/jumin.conf" ] || fail "a home was made"

# Ports that were free a moment ago: those of homes that nobody serves.
"$J" --home "$T/probe" init --synthetic --json >"$T/free"
I=$(member issuer <"$T/free"); P=$(member provider <"$T/free"); S=$(member status <"$T/free")
authority --base "issuer=$I/kr" --base "provider=$P/wallets/v1" --base "status=$S/s"
rm -rf "$T/probe"
serve "$T/a" "$T/a.log" 4 all
"$J" --home "$T/a" register generate --count 1000 --seed 1 >/dev/null

say "well-known names stand before the path; what they announce answers"
answers "$I/.well-known/openid-credential-issuer/kr" "$I/.well-known/oauth-authorization-server/kr" "$I/kr/.well-known/oauth-authorization-server"
body "$I/.well-known/openid-credential-issuer/kr" >"$T/issuer.json"
body "$I/.well-known/oauth-authorization-server/kr" >"$T/as.json"
[ "$(member credential_issuer <"$T/issuer.json")" = "$I/kr" ] || fail "another issuer: $(cat "$T/issuer.json")"
[ "$(member issuer <"$T/as.json")" = "$I/kr" ] || fail "another server: $(cat "$T/as.json")"
for u in $(cat "$T/issuer.json" "$T/as.json" | grep -o '"[a-z_]*_endpoint":"[^"]*"' | sed 's/.*:"\(http.*\)"/\1/'); do
    case $u in "$I/kr/"*) ;; *) fail "$u is not below $I/kr" ;; esac
    c=$(get -X POST -H 'Content-Type: application/json' -d '{}' "$u")
    [ "$c" != 404 ] && [ "$c" != 405 ] || fail "$c from $u"
done
answers "$I/kr/healthz" "$P/wallets/v1/healthz" "$S/s/healthz" "$S/s/l" "$S/s/l/0" "$S/s/crl" "$S/s/trust/set.cbor"
absent "$I/.well-known/openid-credential-issuer" "$I/.well-known/openid-credential-issuer/kr/" "$I/.well-known/openid-credential-issuer/other" "$I/healthz" "$I/kr" "$I/kr/" \
    "$I/krx/healthz" "$P/healthz" "$P/wallets/healthz" "$S/l/0" "$S/crl" "$S/s/s/crl"
has "\"$S/s/l/0\"" "$(body "$S/s/l")"

say "a card is issued"
"$J" --home "$T/a" register find --region 3017 --min-age 20 --plastic valid --limit 1 --json >"$T/citizen"
person=$(member person <"$T/citizen"); date=$(member issue_date <"$T/citizen"); authority=$(member authority <"$T/citizen")
echo "long enough words" >"$T/words"
"$J" --home "$T/w" init --wallet --trust "$T/a/trust/set.cbor" --pin "$pin" --passphrase-file "$T/words" >/dev/null
w() { verb=$1; shift; "$J" --home "$T/w" wallet "$verb" --passphrase-file "$T/words" "$@"; }
desk() { verb=$1; shift; "$J" --home "$T/a" desk "$verb" --as "$T/kim.key" "$@"; }
case=$(desk open --person "$person" --issue-date "$date" --authority "$authority" --qr "$T/desk.png" --json | member case)
refuse JM_WALLET_MATCH_CODE_NEEDED w receive "$T/desk.png"
desk code "$case" --json | member tx_code >"$T/code"
w receive --continue --tx-code-file "$T/code" --json >"$T/issued"
has '"copies":10' "$(cat "$T/issued")"
member loss_code <"$T/issued" >"$T/loss"

say "a relying party, below a path, too"
"$J" --home "$T/probe" init --verifier --trust "$T/a/trust/set.cbor" --pin "$pin" --json >"$T/free"
V=$(member verifier <"$T/free"); rm -rf "$T/probe"
refuse JM_CMD_BASE_SLASH "$J" --home "$T/b" init --verifier --trust "$T/a/trust/set.cbor" --pin "$pin" --base "verifier=$V/check/"
"$J" --home "$T/b" init --verifier --name "Hana Bank" --trust "$T/a/trust/set.cbor" --pin "$pin" --base "verifier=$V/check/in" >/dev/null
printf '%s' '{"id":"hana-bank","name":{"ko":"하나은행","en":"Hana Bank"},"identifier":"110-81-00000","sector":"FINANCE","public_body":false,"services":[{"id":"age",
    "purpose":{"ko":"나이 확인","en":"Age"},"legal_basis":"금융실명법 제3조","privacy_uri":"https://bank.example.kr/privacy","retention_days":0,"channels":["remote"],
    "cross_device":true,"status_max_age_s":0,"claims":[{"format":"dc+sd-jwt","type":"urn:jumin:kr:resident:1","path":["age_over_19"],"required":true}]}]}' >"$T/bank.json"
next=$("$J" --home "$T/a" rp register --request "$T/b/verifier/request.csr" --services "$T/bank.json" --cert-out "$T/bank.pem" | tail -n 1)
for h in b w; do "$J" --home "$T/$h" trust import "$T/a/trust/set.cbor" --pin "$next" >/dev/null; done
"$J" --home "$T/b" verifier enroll "$T/bank.pem" --services "$T/bank.json" >/dev/null
"$J" --home "$T/b" verifier key add --service age --key-file "$T/age.key" >/dev/null
serve "$T/b" "$T/b.log" 2 signer verifier
answers "$V/check/in/healthz"
absent "$V/healthz" "$V/check/healthz"

show() { # what the verifier says in the end, exit
    "$J" --home "$T/b" verifier request --service age --key-file "$T/age.key" --json >"$T/asked"
    uri=$(member request_uri <"$T/asked"); id=$(member id <"$T/asked")
    case $uri in "$V/check/in/request/"*) ;; *) fail "request_uri is $uri" ;; esac
    absent "$V/request/${uri##*/}"
    w respond "$(member invocation <"$T/asked")" --approve age_over_19 --json >"$T/responded" 2>&1 || [ "$2" != 0 ] || fail "$(cat "$T/responded")"
    "$J" --home "$T/b" verifier result "$id" --key-file "$T/age.key" --wait 10 --json >"$T/result" && rc=0 || rc=$?
    [ $rc = "$2" ] || fail "exit $rc: $(cat "$T/result")"
    has "$1" "$(cat "$T/result")"
}
say "shown, and its status looked up"
show '"verdict":"accepted"' 0
said=$(lists "$T/a")
"$J" --home "$T/a" lost --loss-code-file "$T/loss" phone --json | grep -q '"effect":"paused"'
published "$T/a" "$said"
show 'STATUS_REVOKED' 1
desk resume --person "$person" --issue-date "$date" --authority "$authority" --json | grep -q ACTIVE
w refresh --json | grep -q '"copies":10'
show '"verdict":"accepted"' 0
echo "all roles below paths"
