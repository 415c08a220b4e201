#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# asan
# Homes from nothing: an authority, its signer, a relying party that registers and enrols; and what each refuses.
set -eu

J=${JUMIN:-build/release/jumin}
T=$(mktemp -d)
PIDS=
LC_ALL=C
export LC_ALL
unset JUMIN_HOME XDG_DATA_HOME || :

end() {
    for p in $PIDS; do
        kill "$p" 2>/dev/null || :
    done
    rm -rf "$T"
}
trap end EXIT

fail() {
    echo "homes: $*" >&2
    exit 1
}

# refused EXIT CODE command…: ends so and says so
refused() {
    want=$1
    code=$2
    shift 2
    got=0
    "$@" >"$T/out" 2>"$T/err" || got=$?
    [ "$got" = "$want" ] || fail "$* ended with $got, not $want: $(cat "$T/err")"
    grep -q "$code" "$T/err" || fail "$* did not say $code: $(cat "$T/err")"
}

wait_ready() { # file role
    for _ in $(seq 200); do
        grep -q "^ready $2 " "$1" && return
        sleep 0.05
    done
    fail "$2 did not get ready: $(cat "$1")"
}

# -- an authority -------------------------------------------------------------------------------------------------
PIN=$($J --home "$T/a" init --synthetic --name Saebyeol --clock-start 2026-11-24T00:00:00Z)
[ ${#PIN} = 64 ] || fail "init printed no hash"
[ "$PIN" = "$(sha256sum <"$T/a/trust/set.cbor" | cut -c1-64)" ] || fail "the hash is not the file's"
refused 1 JM_CMD_HOME_EXISTS "$J" --home "$T/a" init --synthetic
refused 2 JM_CMD_BASE_URL "$J" --home "$T/x" init --base issuer=http://id.example.kr --passphrase-file /dev/null
refused 2 JM_CMD_BASE_SLASH "$J" --home "$T/x" init --synthetic --base issuer=http://127.0.0.1:8080/kr/
grep -q slash "$T/err" || fail "the slash was not named"
zero=$(printf 'Sae\342\200\213byeol') # U+200B inside
refused 2 JM_API_TEXT "$J" --home "$T/x" init --synthetic --name "$zero"
refused 2 JM_API_TEXT "$J" --home "$T/x" init --synthetic --name "$(printf 'Saebyeol\npin = 0')"
refused 2 JM_API_TEXT "$J" --home "$T/x" init --verifier --name " Hana" --trust "$T/a/trust/set.cbor" --pin "$PIN"
refused 2 JM_API_TEXT "$J" --home "$T/x" init --wallet --name "$zero" --trust "$T/a/trust/set.cbor" --pin "$PIN"

# -- passphrases: eight octets where one is given to something new, whatever it is; line ends at the end are none of them
(umask 077 && printf '7 short\r\n' >"$T/short" && printf 'long enough\r\n' >"$T/crlf" && printf 'long enough' >"$T/plain" && : >"$T/empty")
refused 2 JM_CMD_OPTION_VALUE "$J" --home "$T/x" init --synthetic --passphrase-file "$T/short"
refused 2 JM_CMD_OPTION_VALUE "$J" --home "$T/x1" init --wallet --trust "$T/a/trust/set.cbor" --pin "$PIN" --passphrase-file "$T/short"
refused 2 JM_CMD_OPTION_VALUE "$J" --home "$T/x2" init --wallet --trust "$T/a/trust/set.cbor" --pin "$PIN" --passphrase-file "$T/empty"
"$J" --home "$T/holder" init --wallet --trust "$T/a/trust/set.cbor" --pin "$PIN" --passphrase-file "$T/crlf" >/dev/null
refused 2 JM_CMD_OPTION_VALUE "$J" --home "$T/holder" wallet list --passphrase-file "$T/empty"
refused 1 JM_WALLET_NO_CARD "$J" --home "$T/holder" wallet list --passphrase-file "$T/plain"
refused 2 JM_CMD_OPTION_ARGUMENT "$J" --home "$T/x" init --synthetic --name ''
[ ! -e "$T/x/jumin.conf" ] || fail "a home was made"
$J --home "$T/jamo" init --synthetic --name "$(printf '\341\204\200\341\205\241')" >/dev/null
grep -q '^name = 가$' "$T/jamo/jumin.conf" || fail "jamo stayed as they were typed"
refused 2 JM_CMD_OPTION_UNKNOWN "$J" --home "$T/x" init --syntetic
grep -q -- '--synthetic?' "$T/err" || fail "the nearest option was not named"
refused 1 JM_CMD_HOME_MISSING "$J" --home "$T/x" serve signer
[ "$(find "$T/a" -type d ! -perm 0700 | wc -l)" = 0 ] || fail "a folder of the home is open"
[ "$(find "$T/a/signer" "$T/a/operator" "$T/a/issuer" -type f ! -perm 0600 | wc -l)" = 0 ] || fail "a secret file is open"

# -- its signer and status role -----------------------------------------------------------------------------------
rm -f "$T/serve" # what an earlier one said is not this one
$J --home "$T/a" serve signer status >"$T/serve" 2>"$T/serve.err" &
SERVE=$!
PIDS="$PIDS $SERVE"
wait_ready "$T/serve" signer
wait_ready "$T/serve" status
STATUS=$(sed -n 's/^ready status //p' "$T/serve")

# -- a relying party ----------------------------------------------------------------------------------------------
curl -sf "$STATUS/trust/set.cbor" -o "$T/set.cbor"
BAD=0000000000000000000000000000000000000000000000000000000000000000
refused 1 JM_TRUST_PIN "$J" --home "$T/b" init --verifier --name "Hana Bank" --trust "$T/set.cbor" --pin $BAD
$J --home "$T/b" init --verifier --name "Hana Bank" --trust "$T/set.cbor" --pin "$PIN" --json >"$T/b.json"
grep -q '^{"home":".*","request":".*request.csr","verifier":"http.*"}$' "$T/b.json" || fail "no JSON object: $(cat "$T/b.json")"
grep -q '^{"kty":"EC","crv":"P-256"' "$T/a/public/certs/audit.jwk" || fail "no JWK: $(cat "$T/a/public/certs/audit.jwk")"

cat >"$T/bank.json" <<'JSON'
{"id":"hana-bank","name":{"ko":"하나은행","en":"Hana Bank"},"identifier":"110-81-00000","sector":"FINANCE","public_body":false,
 "services":[{"id":"account","purpose":{"ko":"계좌 개설","en":"Opening an account"},"legal_basis":"금융실명법 제3조",
  "privacy_uri":"https://bank.example.kr/privacy","retention_days":0,"channels":["remote","proximity"],
  "claims":[{"format":"dc+sd-jwt","type":"urn:jumin:kr:resident:1","path":["full_name"]},
            {"format":"dc+sd-jwt","type":"urn:jumin:kr:resident:1","path":["age_over_19"]},
            {"format":"mso_mdoc","type":"org.iso.23220.photoid.1","path":["org.iso.23220.1","age_over_19"]}]}]}
JSON
sed 's/full_name/resident_registration_number/' "$T/bank.json" >"$T/rrn.json"
sed 's/"retention_days":0/"retention_days":30/' "$T/bank.json" >"$T/keep.json"
sed 's/Hana Bank/Saebyeo1/; s/하나은행/새벽은행/' "$T/bank.json" >"$T/name.json"
sed 's/"sector":"FINANCE"/"sector":"MONEY"/' "$T/bank.json" >"$T/sector.json"
register() {
    services=$1
    shift
    "$J" --home "$T/a" rp register --request "$T/b/verifier/request.csr" --services "$services" --cert-out "$T/bank.pem" "$@"
}
kill -TERM $SERVE
wait $SERVE || fail "serve ended with $?"
refused 4 JM_SIGNER_OFFLINE register "$T/bank.json"
rm -f "$T/serve" # what an earlier one said is not this one
$J --home "$T/a" serve signer status >"$T/serve" 2>"$T/serve.err" &
SERVE=$!
PIDS="$PIDS $SERVE"
wait_ready "$T/serve" signer
wait_ready "$T/serve" status

refused 1 JM_RP_RRN_NOT_ALLOWED register "$T/rrn.json"
refused 1 JM_RP_NAME_TAKEN register "$T/name.json"
sed 's/full_name/shoe_size/' "$T/bank.json" >"$T/shoe.json"
refused 1 JM_RP_CLAIM_UNKNOWN register "$T/shoe.json"
refused 3 JM_RP_SECTOR register "$T/sector.json"
refused 3 JM_RP_REQUEST "$J" --home "$T/a" rp register --request "$T/bank.json" --services "$T/bank.json" --cert-out "$T/c"

# what one operator may not do alone (D-304, D-306): two, each with a key of their own, no clerk, and not under a name only
sed 's/"legal_basis"/"rrn_allowed":true,"legal_basis"/; s/full_name/resident_registration_number/' "$T/bank.json" >"$T/law.json"
for who in park:operator yoon:operator jung:clerk; do
    "$J" staff keygen --out "$T/${who%:*}.key" >"$T/${who%:*}.jwk"
    "$J" --home "$T/a" staff add "${who%:*}" --role "${who#*:}" --centre 3017000000 --key "$T/${who%:*}.jwk" >/dev/null
done
two() { # services, first, second, more options
    file=$1 first=$2 second=$3
    shift 3
    "$J" --home "$T/a" rp --as "$T/$first.key" --second-as "$T/$second.key" register --request "$T/b/verifier/request.csr" --services "$file" --cert-out "$T/bank.pem" "$@"
}
refused 1 JM_RP_SECOND_APPROVER register "$T/law.json"
refused 1 JM_RP_SECOND_APPROVER "$J" --home "$T/a" rp register --as "$T/park.key" --approved-by yoon --request "$T/b/verifier/request.csr" --services "$T/law.json" --cert-out "$T/bank.pem"
refused 1 JM_RP_NAME_TAKEN "$J" --home "$T/a" rp register --approved-by yoon --request "$T/b/verifier/request.csr" --services "$T/name.json" --cert-out "$T/bank.pem"
refused 1 JM_RP_SECOND_APPROVER two "$T/law.json" park park
refused 1 JM_STAFF_ROLE two "$T/law.json" park jung
refused 1 JM_STAFF_SIGNATURE two "$T/law.json" park jung --approved-by yoon
[ ! -e "$T/bank.pem" ] || fail "a refused registration wrote a certificate"
two "$T/law.json" park yoon >/dev/null
rm "$T/bank.pem"

# what a new set takes away is shown before anything is signed, and somebody says yes
refused 1 JM_TRUST_TAKES register "$T/bank.json"
grep -q '^- use/hana-bank/account: may ask for less' "$T/err" || fail "what is taken away was not shown: $(cat "$T/err")"
[ ! -e "$T/bank.pem" ] || fail "a certificate was written before anybody agreed"
NEXT=$(register "$T/bank.json" --yes)
for act in RP_REGISTER RP_REPLACE RP_APPROVE STAFF_ADD; do
    grep -aq "local$act" "$T/a/issuer/issuer.db" || fail "no audit row $act"
done

# nobody takes over another's id alone: not with another key, number, sector, nor name; and nobody makes a third operator alone
"$J" --home "$T/e" init --verifier --name "Evil" --trust "$T/a/trust/set.cbor" --pin "$NEXT" >/dev/null
refused 1 'JM_RP_SECOND_APPROVER.*key' "$J" --home "$T/a" rp register --request "$T/e/verifier/request.csr" --services "$T/bank.json" --cert-out "$T/evil.pem" --yes
sed 's/110-81-00000/220-81-00000/' "$T/bank.json" >"$T/number.json"
sed 's/"sector":"FINANCE"/"sector":"RETAIL"/' "$T/bank.json" >"$T/retail.json"
refused 1 'JM_RP_SECOND_APPROVER.*identifier' register "$T/number.json" --yes
refused 1 'JM_RP_SECOND_APPROVER.*sector' register "$T/retail.json" --yes
"$J" staff keygen --out "$T/yang.key" >"$T/yang.jwk"
third() { "$J" --home "$T/a" staff "$@"; }
refused 1 JM_RP_SECOND_APPROVER third add yang --role operator --centre 3017000000 --key "$T/yang.jwk"
refused 1 JM_RP_SECOND_APPROVER third remove park
third add yang --role operator --centre 3017000000 --key "$T/yang.jwk" --as "$T/park.key" --second-as "$T/yoon.key" >/dev/null
refused 1 JM_STAFF_SIGNATURE third remove yang --as "$T/park.key" --second-as "$T/yoon.key" --approved-by jung
third remove yang --as "$T/yoon.key" --second-as "$T/park.key" >/dev/null
third remove jung >/dev/null
[ "$NEXT" != "$PIN" ] || fail "the trust set did not change"
"$J" --home "$T/a" trust show | grep -q 'active *rp/hana-bank' || fail "the relying party is not in the trust set"

# enrolling needs the newer trust set, takes no older one, and never more than the use
refused 1 JM_RP_NOT_REGISTERED "$J" --home "$T/b" verifier enroll "$T/bank.pem" --services "$T/bank.json"
curl -sf "$STATUS/trust/set.cbor" -o "$T/next.cbor"
refused 1 JM_TRUST_PIN "$J" --home "$T/b" trust import "$T/next.cbor" --pin "$PIN"
[ "$("$J" --home "$T/b" trust import "$T/next.cbor" --pin "$NEXT")" = 3 ] || fail "not version 3"
refused 1 JM_TRUST_ROLLBACK "$J" --home "$T/b" trust import "$T/set.cbor" --pin "$PIN"
refused 1 JM_RP_BEYOND_USE "$J" --home "$T/b" verifier enroll "$T/bank.pem" --services "$T/rrn.json"
refused 1 JM_RP_BEYOND_USE "$J" --home "$T/b" verifier enroll "$T/bank.pem" --services "$T/keep.json"
[ "$("$J" --home "$T/b" verifier enroll "$T/bank.pem" --services "$T/bank.json")" = account ] || fail "enroll"
$J --home "$T/c" init --verifier --name "Other Bank" --trust "$T/next.cbor" --pin "$NEXT" >/dev/null
refused 1 JM_RP_CERT_FOREIGN "$J" --home "$T/c" verifier enroll "$T/bank.pem" --services "$T/bank.json"

# -- foreign secrets ----------------------------------------------------------------------------------------------
cp "$T/a/operator/signer.secret" "$T/keep"
cp "$T/a/issuer/signer.secret" "$T/a/operator/signer.secret"
refused 1 JM_SIGNER_CALLER_UNKNOWN register "$T/bank.json"
cp "$T/keep" "$T/a/operator/signer.secret"
chmod 644 "$T/a/operator/signer.secret"
refused 1 JM_CMD_SECRET_OPEN register "$T/bank.json"
chmod 600 "$T/a/operator/signer.secret"

# -- renewed: list and set before their time is over -----------------------------------------------------------------
before=$(sha256sum <"$T/a/public/crl")
"$J" --home "$T/a" trust renew --if-due 30 >/dev/null
[ "$(sha256sum <"$T/a/public/crl")" = "$before" ] || fail "renewed before it was due"
refused 2 JM_CMD_OPTION_VALUE "$J" --home "$T/a" trust renew --if-due 91
cp "$T/a/public/crl" "$T/crl.keep"
printf x >>"$T/a/public/crl"
refused 1 JM_TRUST_CRL "$J" --home "$T/a" trust renew
cp "$T/crl.keep" "$T/a/public/crl"
RENEWED=$("$J" --home "$T/a" trust renew --if-due 90 | tail -n 1)
[ "$(sha256sum <"$T/a/public/crl")" != "$before" ] || fail "the list was not renewed"
[ "$RENEWED" = "$(sha256sum <"$T/a/trust/set.cbor" | cut -c1-64)" ] || fail "the hash is not the file's"
grep -aq localTRUST_RENEW "$T/a/issuer/issuer.db" || fail "no audit row TRUST_RENEW"
"$J" --home "$T/a" trust renew >/dev/null || fail "not once more"

# -- suspended ----------------------------------------------------------------------------------------------------
refused 1 JM_RP_NOT_REGISTERED "$J" --home "$T/a" rp suspend nobody --yes
refused 1 JM_TRUST_TAKES "$J" --home "$T/a" rp suspend hana-bank
grep -q '^- rp/hana-bank: is suspended' "$T/err" || fail "what is taken away was not shown: $(cat "$T/err")"
SUSPENDED=$("$J" --home "$T/a" rp suspend hana-bank --yes)
SUSPENDED=$(echo "$SUSPENDED" | tail -n 1)
[ "$SUSPENDED" = "$(sha256sum <"$T/a/trust/set.cbor" | cut -c1-64)" ] || fail "the hash is not the file's"
"$J" --home "$T/a" trust show | grep -q 'suspended *rp/hana-bank' || fail "not suspended"
refused 1 JM_RP_NOT_REGISTERED "$J" --home "$T/a" rp suspend hana-bank --yes
refused 1 'JM_RP_SECOND_APPROVER.*suspended' register "$T/bank.json" --yes
grep -aq localRP_SUSPEND "$T/a/issuer/issuer.db" || fail "no audit row RP_SUSPEND"
"$J" --home "$T/b" trust import "$T/a/trust/set.cbor" --pin "$SUSPENDED" >/dev/null 2>"$T/err"
grep -q '^- rp/hana-bank: is suspended' "$T/err" || fail "the bank was not told: $(cat "$T/err")"

# -- a changed home -----------------------------------------------------------------------------------------------
sed -i 's/^listen = .*/listen = nowhere/' "$T/c/jumin.conf"
refused 2 'jumin.conf:[0-9]*: listen' "$J" --home "$T/c" serve verifier --check-config
printf x >>"$T/b/trust/set.cbor"
refused 1 JM_TRUST_PIN "$J" --home "$T/b" trust show

"$J" --home "$T/c" init --force --verifier --name "Other Bank" --trust "$T/next.cbor" --pin "$NEXT" >/dev/null
"$J" --home "$T/c" serve signer >"$T/serve-c" 2>&1 &
OTHER=$!
PIDS="$PIDS $OTHER"
wait_ready "$T/serve-c" signer
kill -INT $OTHER
wait $OTHER || fail "the signer ended with $?"

# -- a person's key -----------------------------------------------------------------------------------------------
"$J" staff keygen --out "$T/kim.key" | grep -q '"crv":"P-256"' || fail "no public key"
[ "$(stat -c %a "$T/kim.key")" = 600 ] || fail "the key file is open"
refused 1 JM_CMD_FILE_WRITE "$J" staff keygen --out "$T/kim.key"

# -- the end ------------------------------------------------------------------------------------------------------
[ "$(sed -n '$p' "$T/a/signer/count/9" | cut -d' ' -f2-)" = "operator 1 2" ] || fail "the count of RPCERT is wrong"
kill -TERM $SERVE
wait $SERVE || fail "serve ended with $?"
[ ! -e "$T/a/run/signer/signer.sock" ] || fail "the socket is left"
echo ok
