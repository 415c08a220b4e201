#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# asan
# A relying party and a holder with the commands that a stranger has: both formats asked, answered, judged; a replay, a
# tampered answer, one for another request, a suspended and a resumed card. Refusals each by its code.
. "$(dirname "$0")/lib.sh"

authority
serve "$T/a" "$T/a.log" 4 all
authority_pid=$pid
"$J" --home "$T/a" register generate --count 1000 --seed 1 >/dev/null

say "a relying party with three services"
"$J" --home "$T/b" init --verifier --name "Hana Bank" --trust "$T/a/trust/set.cbor" --pin "$pin" >/dev/null
refuse JM_VER_NOT_ENROLLED "$J" --home "$T/b" verifier key add --service account
claim() { printf '{"format":"%s","type":"%s","path":%s,"required":%s}' "$1" "$2" "$3" "$4"; }
S=$(claim dc+sd-jwt urn:jumin:kr:resident:1 '["full_name"]' true),$(claim dc+sd-jwt urn:jumin:kr:resident:1 '["age_over_19"]' true)
M=$(claim mso_mdoc org.iso.23220.photoid.1 '["org.iso.23220.1","age_over_19"]' true)
L=$(claim mso_mdoc org.iso.23220.photoid.1 '["org.iso.23220.1.kr","key_level"]' true)
X=',"cross_device":true'
service() { # id, claims, more members
    printf '{"id":"%s","purpose":{"ko":"계좌 개설","en":"Opening an account"},"legal_basis":"금융실명법 제3조","privacy_uri":"https://bank.example.kr/privacy","retention_days":0,"channels":["remote"],"status_max_age_s":0%s,"claims":[%s]}' "$1" "$3" "$2"
}
printf '{"id":"hana-bank","name":{"ko":"하나은행","en":"Hana Bank"},"identifier":"110-81-00000","sector":"FINANCE","public_body":false,"services":[%s,%s,%s,%s,%s]}' \
    "$(service account "$S" "$X")" "$(service age "$M" "$X")" "$(service either "$S,$M" "$X")" \
    "$(service level "$M,$L" "$X"',"levels":{"key":3}')" "$(service counter "$M" '')" >"$T/bank.json"
"$J" --home "$T/a" rp register --request "$T/b/verifier/request.csr" --services "$T/bank.json" --cert-out "$T/bank.pem" >"$T/pin2"
"$J" --home "$T/b" trust import "$T/a/trust/set.cbor" --pin "$(tail -n 1 "$T/pin2")" >/dev/null
"$J" --home "$T/b" verifier enroll "$T/bank.pem" --services "$T/bank.json" >/dev/null

v() { verb=$1; shift; "$J" --home "$T/b" verifier $verb "$@"; }
refuse JM_VER_SERVICE_UNKNOWN "$J" --home "$T/b" verifier key add --service loan
v "key add" --service account --key-file "$T/account.key" >/dev/null # no verifier runs yet: into the store itself
serve "$T/b" "$T/b.log" 2 signer verifier
for s in age either level counter; do v "key add" --service $s --key-file "$T/$s.key" >/dev/null; done
v "key add" --service age >"$T/shown.key"
chmod 600 "$T/shown.key"
echo nobody >"$T/bad.key"
refuse JM_VER_KEY "$J" --home "$T/b" verifier request --service account --key-file "$T/bad.key"
refuse JM_VER_SERVICE_FOREIGN "$J" --home "$T/b" verifier request --service account --key-file "$T/age.key"
refuse JM_VER_CROSS_DEVICE "$J" --home "$T/b" verifier request --service counter --key-file "$T/counter.key"
chmod 644 "$T/bad.key"
refuse JM_CMD_SECRET_OPEN "$J" --home "$T/b" verifier request --service account --key-file "$T/bad.key"

say "a holder with a card"
"$J" --home "$T/a" register find --region 3017 --min-age 20 --plastic valid --limit 1 --json >"$T/citizen"
person=$(member person <"$T/citizen"); date=$(member issue_date <"$T/citizen"); authority=$(member authority <"$T/citizen")
echo "long enough words" >"$T/words"
"$J" --home "$T/w" init --wallet --trust "$T/a/trust/set.cbor" --pin "$(tail -n 1 "$T/pin2")" --passphrase-file "$T/words" >/dev/null
w() { verb=$1; shift; "$J" --home "$T/w" wallet "$verb" --passphrase-file "$T/words" "$@"; }
desk() { verb=$1; shift; "$J" --home "$T/a" desk "$verb" --as "$T/kim.key" "$@"; }
case=$(desk open --person "$person" --issue-date "$date" --authority "$authority" --qr "$T/desk.png" --json | member case)
w receive "$T/desk.png" --json >/dev/null 2>&1 || :
desk code "$case" --json | member tx_code >"$T/code"
w receive --continue --tx-code-file "$T/code" --json >/dev/null

ask() { # service: id and invocation in files
    v request --service "$1" --key-file "$T/$1.key" --qr "$T/qr.png" --json >"$T/asked"
    id=$(member id <"$T/asked"); uri=$(member invocation <"$T/asked"); where=$(member request_uri <"$T/asked")
}
result() { v result "$id" --key-file "$T/$1.key" --json >"$T/result" && rc=0 || rc=$?; }
want() { # exit, pattern
    [ $rc = "$1" ] || fail "exit $rc, not $1: $(cat "$T/result")"
    grep -q "$2" "$T/result" || fail "no $2 in $(cat "$T/result")"
}

say "SD-JWT, by QR picture: accepted, values once"
ask account
result account; want 5 '"state":"REQUESTED"'
w respond "$T/qr.png" --approve full_name,age_over_19 --json >"$T/responded" || fail "respond: $(cat "$T/responded")"
v result "$id" --key-file "$T/account.key" --wait 10 --json >"$T/result" && rc=0 || rc=$?
want 0 '"claims":{.*"age_over_19":true'
grep -q "$(member name <"$T/citizen")" "$T/result" || fail "no name in $(cat "$T/result")"
grep -q '"code":"JM_SDJWT_KB_NONCE"[^}]*"result":"pass"' "$T/result" || fail "no check of the nonce"
result account; want 0 '"verdict":"accepted"'
if grep -q '"claims"' "$T/result"; then fail "values came twice"; fi
refuse JM_VER_UNKNOWN "$J" --home "$T/b" verifier result "$id" --key-file "$T/age.key"
has '"code":"JM_API_FIELD_FORM"' "$(curl -s -H "Authorization: Bearer $(cat "$T/account.key")" "${where%/request/*}/api/requests/$id?presentation=maybe")"
refuse JM_VER_UNKNOWN "$J" --home "$T/b" verifier result 00112233445566778899aabbccddeeff --key-file "$T/account.key"

say "mdoc: accepted; sent twice: heard twice, values once; altered, or for another request: refused"
ask age
w respond "$uri" --approve age_over_19 --out "$T/body" --json >/dev/null
post() { curl -s -o "$T/answer" -w '%{http_code}' -H 'Content-Type: application/x-www-form-urlencoded' --data-binary "@$2" "$1"; }
first=$(echo "$where" | sed 's,/request/,/response/,')
[ "$(post "$first" "$T/body")" = 200 ] || fail "$(cat "$T/answer")"
result age; want 0 '"claims":{"org.iso.23220.1":{"age_over_19":true}}'
[ "$(post "$first" "$T/body")" = 200 ] && [ "$(cat "$T/answer")" = '{}' ] || fail "the same answer again: $(cat "$T/answer")"
result age; want 0 '"verdict":"accepted"'
if grep -q '"claims"' "$T/result"; then fail "values came twice"; fi
{ cat "$T/body"; printf '&a=b'; } >"$T/other"
[ "$(post "$first" "$T/other")" = 409 ] || fail "second answer: $(cat "$T/answer")"
grep -q JM_VER_ANSWERED "$T/answer" || fail "$(cat "$T/answer")"
ask age
other=$(echo "$where" | sed 's,/request/,/response/,')
[ "$(post "$other" "$T/body")" = 400 ] || fail "foreign answer: $(cat "$T/answer")"
grep -q JM_VP_RESPONSE_KEY "$T/answer" || fail "$(cat "$T/answer")"
[ "$(post "${other%????}AAAA" "$T/body")" = 404 ] || fail "unknown request: $(cat "$T/answer")"
w respond "$uri" --approve age_over_19 --out "$T/body" --json >/dev/null
sed 's/....$/AAAA/' "$T/body" >"$T/tampered"
[ "$(post "$other" "$T/tampered")" = 400 ] || fail "tampered: $(cat "$T/answer")"
grep -q JM_JOSE_JWE_OPEN "$T/answer" || fail "$(cat "$T/answer")"
[ "$(post "$other" "$T/body")" = 200 ] || fail "a tampered answer closed the request: $(cat "$T/answer")"
[ "$(curl -s -o /dev/null -w '%{http_code}' "$where")" = 404 ] || fail "an answered request can still be fetched"
[ "$(post "$other" "$T/tampered")" = 409 ] || fail "tampered, after the answer: $(cat "$T/answer")"

say "either format; a level that the copy does not have"
ask either
w respond "$uri" --approve age_over_19,full_name --json >/dev/null
result either; want 0 '"verdict":"accepted"'
ask level
if w respond "$uri" --approve age_over_19,key_level --json >"$T/responded" 2>&1; then fail "a low level was accepted"; fi
result level; want 1 '"fail":\["JM_VER_LEVEL"\]'

say "nothing is sent without a yes, and a copy is shown once"
ask age
left() { w list --json | member_int mdoc; }
member_int() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" | head -n 1; }
before=$(left)
refuse JM_WALLET_NOT_APPROVED "$J" --home "$T/w" wallet respond "$uri" --passphrase-file "$T/words" </dev/null
result age; want 1 '"reason":"access_denied"' # the verifier need not wait
ask age
refuse JM_WALLET_NOT_APPROVED "$J" --home "$T/w" wallet respond "$uri" --passphrase-file "$T/words" --approve full_name
result age; want 1 '"state":"CANCELLED"'
ask age
refuse JM_WALLET_NOT_APPROVED "$J" --home "$T/w" wallet respond "$uri" --passphrase-file "$T/words" --out "$T/never" </dev/null
[ ! -e "$T/never" ] || fail "an answer was written that nobody approved"
[ "$(left)" = "$before" ] || fail "a copy was spent that nobody approved"
while [ "$(left)" -gt 0 ]; do
    ask age
    w respond "$uri" --approve age_over_19 --json >/dev/null
    result age; want 0 '"verdict":"accepted"'
done
ask age
refuse JM_WALLET_COPIES_USED "$J" --home "$T/w" wallet respond "$uri" --passphrase-file "$T/words" --approve age_over_19
w refresh --json | grep -q '"copies":10'

say "suspended: refused; lists not to be had: undecided"
"$J" --home "$T/w" wallet list --passphrase-file "$T/words" >/dev/null
ask age
w respond "$uri" --approve age_over_19 --out "$T/body" --json >/dev/null
ask account
w respond "$uri" --approve full_name,age_over_19 --out "$T/body2" --json >/dev/null
second=$(echo "$where" | sed 's,/request/,/response/,')
before=$(lists "$T/a")
desk suspend --person "$person" --json | grep -q SUSPENDED
published "$T/a" "$before"
[ "$(post "$second" "$T/body2")" = 400 ] || fail "suspended: $(cat "$T/answer")"
grep -q JM_SDJWT_STATUS_REVOKED "$T/answer" || fail "$(cat "$T/answer")"
result account; want 1 '"fail":\["JM_SDJWT_STATUS_REVOKED"\]'
v "key remove" --service age --key-file "$T/shown.key" >/dev/null
refuse JM_VER_KEY "$J" --home "$T/b" verifier request --service age --key-file "$T/shown.key"
desk resume --person "$person" --issue-date "$date" --authority "$authority" --json | grep -q ACTIVE
w refresh --json >/dev/null
ask age
w respond "$uri" --approve age_over_19 --out "$T/body" --json >/dev/null
other=$(echo "$where" | sed 's,/request/,/response/,')
stop "$authority_pid"
[ "$(post "$other" "$T/body")" = 200 ] || fail "no lists: $(cat "$T/answer")"
result age; want 5 '"undecided":\["JM_MDOC_STATUS_UNAVAILABLE"\]'
if grep -q '"claims"' "$T/result"; then fail "values of what was not accepted"; fi
v "key remove" --service account >/dev/null
refuse JM_VER_KEY "$J" --home "$T/b" verifier request --service account --key-file "$T/account.key"
echo "asked, answered, judged"
