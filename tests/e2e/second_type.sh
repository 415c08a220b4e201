#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A second card type by files alone, from desk to verdict: a profile beside the first one in a folder of data, nothing else.
# The same person and phone hold both; each is asked for by its own claims, and what holds for one holds for all of them.
. "$(dirname "$0")/lib.sh"

say "a profile more"
cp -r data "$T/data"
cat >"$T/data/profiles/student.json" <<'JSON'
{
 "type": "student", "doctype": "kr.saebyeol.student.1", "vct": "urn:saebyeol:student:1",
 "mdoc_configuration": "student-mdoc", "sdjwt_configuration": "student-sdjwt",
 "name": {"ko": "모바일 학생증", "en": "Mobile student card"},
 "card_years": 1, "copy_days": 7, "batch": 5,
 "namespaces": [{"ns": "kr.saebyeol.student.1", "digests": 16}],
 "elements": [
  {"ns": "kr.saebyeol.student.1", "id": "student_name", "source": "full_name", "exempt": true},
  {"ns": "kr.saebyeol.student.1", "id": "student_number", "source": "document_number", "protected": true},
  {"ns": "kr.saebyeol.student.1", "id": "of_age", "source": "age_over_19", "open": true},
  {"ns": "kr.saebyeol.student.1", "id": "town", "source": "municipality", "path": ["home", "town"], "open": true},
  {"ns": "kr.saebyeol.student.1", "id": "valid_to", "source": "expires"}
 ]
}
JSON
J2=$T/j; printf '#!/bin/sh\nexec "%s" --data "%s" "$@"\n' "$J" "$T/data" >"$J2"; chmod 700 "$J2"

say "what is wrong with a profile is said"
cp -r "$T/data" "$T/bad"
sed -i 's/"kr.saebyeol.student.1", "vct"/"org.iso.23220.photoid.1", "vct"/' "$T/bad/profiles/student.json"
refuse JM_DATA_PROFILE "$J" --data "$T/bad" --home "$T/no" init --synthetic --name Saebyeol
sed -i 's/"source": "full_name"/"source": "nickname"/' "$T/bad/profiles/student.json"
refuse JM_DATA_PROFILE "$J" --data "$T/bad" --home "$T/no" init --synthetic --name Saebyeol

say "a home that was made without the type does not offer it: its trust set does not name it"
first=$J
authority
J=$J2
serve "$T/a" "$T/old.log" 4 all
grep -q 'card type student is not issued' "$T/old.log" || fail "nothing said: $(cat "$T/old.log")"
issuer=$(sed -n '/^\[issuer\]/,/^\[/s/^base = //p' "$T/a/jumin.conf")
curl --noproxy '*' -s "$issuer/.well-known/openid-credential-issuer" >"$T/metadata"
grep -q photoid-mdoc "$T/metadata" || fail "no first type: $(cat "$T/metadata")"
if grep -q student "$T/metadata"; then fail "offered: $(cat "$T/metadata")"; fi
stop "$pid"
rm -rf "$T/a" "$T"/kim.*

authority
serve "$T/a" "$T/a.log" 4 all
"$J" --home "$T/a" register generate --count 1000 --seed 1 >/dev/null

say "one verifier that asks for both cards, of it a service that asks a student alone"
"$J" --home "$T/b" init --verifier --name "Hana Library" --trust "$T/a/trust/set.cbor" --pin "$pin" >/dev/null
claim() { printf '{"format":"%s","type":"%s","path":%s,"required":true}' "$1" "$2" "$3"; }
SD=$(claim dc+sd-jwt urn:saebyeol:student:1 '["student_name"]'),$(claim dc+sd-jwt urn:saebyeol:student:1 '["home","town"]')
MD=$(claim mso_mdoc kr.saebyeol.student.1 '["kr.saebyeol.student.1","of_age"]')
RE=$(claim dc+sd-jwt urn:jumin:kr:resident:1 '["age_over_19"]')
service() {
    printf '{"id":"%s","purpose":{"ko":"도서 대출","en":"Lending"},"legal_basis":"도서관법 제3조","privacy_uri":"https://library.example.kr/privacy","retention_days":0,"channels":["remote"],"cross_device":true,"status_max_age_s":0,"claims":[%s]}' "$1" "$2"
}
services() { printf '{"id":"hana-library","name":{"ko":"하나도서관","en":"Hana Library"},"identifier":"110-81-00000","sector":"FINANCE","public_body":false,"services":[%s]}' "$1"; }
services "$(service loan "$(claim dc+sd-jwt urn:saebyeol:student:1 '["nickname"]')")" >"$T/wrong.json"
refuse JM_RP_CLAIM_UNKNOWN "$J" --home "$T/a" rp register --request "$T/b/verifier/request.csr" --services "$T/wrong.json" --cert-out "$T/no.pem"
services "$(service loan "$SD"),$(service door "$MD"),$(service adult "$RE")" >"$T/library.json"
"$J" --home "$T/a" rp register --request "$T/b/verifier/request.csr" --services "$T/library.json" --cert-out "$T/library.pem" >"$T/pin2"
"$J" --home "$T/b" trust import "$T/a/trust/set.cbor" --pin "$(tail -n 1 "$T/pin2")" >/dev/null
"$J" --home "$T/b" verifier enroll "$T/library.pem" --services "$T/library.json" >/dev/null
serve "$T/b" "$T/b.log" 2 signer verifier
for s in loan door adult; do "$J" --home "$T/b" verifier key add --service $s --key-file "$T/$s.key" >/dev/null; done

say "a wallet that has never heard of the type: no file of data of its own"
J=$first
"$J" --home "$T/a" register find --region 3017 --min-age 20 --plastic valid --limit 1 --json >"$T/citizen"
person=$(member person <"$T/citizen"); date=$(member issue_date <"$T/citizen"); authority=$(member authority <"$T/citizen")
echo "long enough words" >"$T/words"
"$J" --home "$T/w" init --wallet --trust "$T/a/trust/set.cbor" --pin "$(tail -n 1 "$T/pin2")" --passphrase-file "$T/words" >/dev/null
w() { verb=$1; shift; "$J" --home "$T/w" wallet "$verb" --passphrase-file "$T/words" "$@"; }
desk() { verb=$1; shift; "$J" --home "$T/a" desk "$verb" --as "$T/kim.key" "$@"; }
open() { desk open --person "$person" --issue-date "$date" --authority "$authority" "$@"; }
refuse JM_API_FIELD_FORM open --card driver
receive() { # type
    case=$(open --card "$1" --qr "$T/$1.png" --json | member case)
    w receive "$T/$1.png" --json >/dev/null 2>&1 || :
    desk code "$case" --json | member tx_code >"$T/code"
    w receive --continue --tx-code-file "$T/code" --json >"$T/$1.said" || fail "receive: $(cat "$T/$1.said")"
}
receive student
receive resident
[ "$(w list --json | grep -c '"state":"active"')" = 2 ] || fail "not two cards: $(w list --json)"

ask() { # service, what is shown
    "$J" --home "$T/b" verifier request --service "$1" --key-file "$T/$1.key" --qr "$T/qr.png" --json >"$T/asked"
    id=$(member id <"$T/asked")
    w respond "$T/qr.png" --approve "$2" --json >"$T/responded" 2>&1 || return 1
    "$J" --home "$T/b" verifier result "$id" --key-file "$T/$1.key" --wait 10 --json >"$T/result" && rc=0 || rc=$?
}
want() { # exit, pattern
    [ $rc = "$1" ] || fail "exit $rc, not $1: $(cat "$T/result")"
    grep -q "$2" "$T/result" || fail "no $2 in $(cat "$T/result")"
}
say "each card answers for itself: SD-JWT with a nested claim, mdoc with its kinds judged, the first card beside them"
ask loan student_name,home.town || fail "respond: $(cat "$T/responded")"
want 0 '"town":"30170"'
grep -q "$(member name <"$T/citizen")" "$T/result" || fail "no name in $(cat "$T/result")"
ask door of_age || fail "respond: $(cat "$T/responded")"
want 0 '"of_age":true'
grep -q '"code":"JM_MDOC_ELEMENT_TYPE"[^}]*"result":"pass"' "$T/result" || fail "kinds were not judged: $(cat "$T/result")"
ask adult age_over_19 || fail "respond: $(cat "$T/responded")"
want 0 '"age_over_19":true'

say "the phone is lost with all that is on it, and found again"
was=$(lists "$T/a")
desk suspend --person "$person" --json >/dev/null
published "$T/a" "$was"
for s in loan door adult; do
    case $s in loan) show=student_name,home.town ;; door) show=of_age ;; adult) show=age_over_19 ;; esac
    if ask $s $show && [ $rc = 0 ]; then fail "a suspended card was accepted: $(cat "$T/result")"; fi
done
desk resume --person "$person" --issue-date "$date" --authority "$authority" --json >/dev/null

say "a phone more takes both cards along: one phone a person"
"$J" --home "$T/w2" init --wallet --trust "$T/a/trust/set.cbor" --pin "$(tail -n 1 "$T/pin2")" --passphrase-file "$T/words" >/dev/null
old=$T/w
w() { verb=$1; shift; "$J" --home "$T/w2" wallet "$verb" --passphrase-file "$T/words" "$@"; }
receive student
refuse JM_WALLET_CARD_ENDED "$J" --home "$old" wallet refresh --passphrase-file "$T/words"
