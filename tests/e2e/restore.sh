#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# asan
# D-458, the drill: a card is issued, the home copied, the card revoked, the copy brought back. By `backup` and `restore`, by hand into
# the place of the store alone, and by hand as a whole: the revoked card gets no copy, its bits stay, and the audit says what is lost.
. "$(dirname "$0")/lib.sh"

authority
for who in park yoon; do
    "$J" staff keygen --out "$T/$who.key" >"$T/$who.jwk"
    "$J" --home "$T/a" staff add "$who" --role operator --centre 3017000000 --key "$T/$who.jwk" >/dev/null
done
serve "$T/a" "$T/a.log" 4 all
all=$pid
"$J" --home "$T/a" register generate --count 1000 --seed 1
"$J" --home "$T/a" register find --region 3017 --min-age 20 --plastic valid --limit 1 --json >"$T/citizen"
person=$(member person <"$T/citizen")
date=$(member issue_date <"$T/citizen")
centre=$(member authority <"$T/citizen")
desk() { verb=$1; shift; "$J" --home "$T/a" desk --as "$T/kim.key" "$verb" "$@"; }
w() { verb=$1; shift; "$J" --home "$T/w" wallet "$verb" --passphrase-file "$T/words" "$@"; }
echo "long enough" >"$T/words"
"$J" --home "$T/w" init --wallet --trust "$T/a/trust/set.cbor" --pin "$pin" --passphrase-file "$T/words" >/dev/null

receive() {
    case=$(desk open --person "$person" --issue-date "$date" --authority "$centre" --qr "$T/desk.png" --json | member case)
    w receive "$T/desk.png" >/dev/null 2>&1 || :
    desk code "$case" --json | member tx_code >"$T/code"
    w receive --continue --tx-code-file "$T/code" --json >/dev/null
}
bits() { # INVALID entries of all published lists of a home
    for f in "$1"/public/l/*.jwt; do
        node -e 'const t=require("fs").readFileSync(process.argv[1],"utf8").split(".")[1];
            const l=JSON.parse(Buffer.from(t,"base64url")).status_list.lst;let n=0;
            for(const b of require("zlib").inflateSync(Buffer.from(l,"base64url")))for(let i=b;i;i&=i-1)n++;console.log(n)' "$f"
    done | awk '{n+=$1} END {print n+0}'
}
verified() { # after the publisher's next tick
    tries=0
    until out=$("$J" --home "$T/a" audit verify --json 2>/dev/null); do
        tries=$((tries + 1)); [ $tries -lt 150 ] || fail "audit: $("$J" --home "$T/a" audit verify 2>&1)"
        sleep 0.1
    done
    has "$1" "$out"
}

say "a card is issued, and the home is copied while it runs: by backup, and by hand"
receive
verified '"gaps":0'
before=$(lists "$T/a")
"$J" --home "$T/a" backup "$T/monday" >/dev/null
refuse JM_CMD_FILE_WRITE "$J" --home "$T/a" backup "$T/monday"
refuse JM_CMD_HOME_KIND "$J" --home "$T/w" backup "$T/holder"
[ "$(find "$T/monday" -type d ! -perm 0700 | wc -l)" = 0 ] || fail "a folder of the backup is open"
[ ! -e "$T/monday/issuer/issuer.db-wal" ] && [ ! -e "$T/monday/issuer/place" ] || fail "the backup has what belongs to this machine"
stop "$all"
cp -a "$T/a" "$T/tuesday"

say "the card is revoked"
serve "$T/a" "$T/a.log" 4 all
all=$pid
newer=$("$J" --home "$T/a" trust renew | tail -n 1)
cp "$T/a/trust/set.cbor" "$T/newer.cbor"
desk plastic-lost --person "$person" --json | grep -q REVOKED
published "$T/a" "$before"
refuse JM_WALLET_CARD_ENDED "$J" --home "$T/w" wallet refresh --passphrase-file "$T/words"
cp -a "$T/w" "$T/w-kept" # the thief's phone says what it likes
ended=$(bits "$T/a")
[ "$ended" -ge 10 ] || fail "$ended INVALID entries only"
verified '"gaps":0'
stop "$all"
cp -a "$T/a" "$T/wednesday"

drill() { # name, audit rows lost?
    say "$1: nothing serves before what is unknown has ended"
    serve "$T/a" "$T/a.log" 1 signer
    signer=$pid
    if "$J" --home "$T/a" serve issuer >"$T/out" 2>"$T/err"; then fail "the issuer serves from a copy"; fi
    grep -qE "JM_STORE_COPIED|JM_AUDIT_RESTORED|JM_STATUS_AHEAD" "$T/err" || fail "no code: $(cat "$T/err")"
    out=$("$J" --home "$T/a" restore --here --published "$T/wednesday/public/l" --json)
    has "\"bits\":[1-9][0-9]*,\"held\":1," "$out"
    has "$2" "$out"
    stop "$signer"
    serve "$T/a" "$T/a.log" 4 all
    all=$pid
    [ "$(bits "$T/a")" -ge "$ended" ] || fail "$(bits "$T/a") of $ended bits are left"
    rm -rf "$T/w"
    cp -a "$T/w-kept" "$T/w"
    if w refresh --json >"$T/out" 2>/dev/null; then fail "the revoked card was refreshed: $(cat "$T/out")"; fi
    verified "$3"
    stop "$all"
}

# By restore: the issuer's folder alone; signer and lists went on.
mkdir "$T/away"
mv "$T/a/issuer" "$T/away/issuer"
refuse JM_CMD_HOME_EXISTS "$J" --home "$T/a" restore "$T/monday"
refuse JM_STORE_BACKUP "$J" --home "$T/a" restore "$T/monday" --role nothing
cp -a "$T/monday" "$T/broken"
printf x >>"$T/broken/issuer/operator.sha256"
refuse JM_STORE_BACKUP "$J" --home "$T/a" restore "$T/broken" --role issuer
[ ! -e "$T/a/issuer" ] || fail "something was written from a broken backup"
"$J" --home "$T/a" restore "$T/monday" --role issuer >/dev/null
drill "restored from a backup" '"lost":[1-9]' '"gaps":1'

# By hand: the store alone, copied over the new one in its place.
rm -rf "$T/a"
mv "$T/wednesday" "$T/a"
cp -a "$T/a" "$T/wednesday"
rm -f "$T/a/issuer/place" "$T/a/issuer/issuer.db-wal" "$T/a/issuer/issuer.db-shm"
cat "$T/tuesday/issuer/issuer.db" >"$T/a/issuer/issuer.db"
drill "copied by hand" '"lost":[1-9]' '"gaps":1'

# By hand: all of it, signer and lists too. Only that it is another file tells, and what stands published elsewhere.
rm -rf "$T/a"
cp -a "$T/tuesday" "$T/a"
drill "copied by hand as a whole" '"lost":0' '"gaps":0'

# All of it from the backup, onto an empty place.
rm -rf "$T/a"
"$J" --home "$T/a" restore "$T/monday" >/dev/null
drill "restored as a whole" '"lost":0' '"gaps":0'

say "the trust set of the time in between comes back too: two operators take it in, and it is written down"
serve "$T/a" "$T/a.log" 4 all
import() { "$J" --home "$T/a" trust import "$T/newer.cbor" --pin "$newer" "$@"; }
refuse JM_RP_SECOND_APPROVER import --yes
refuse JM_RP_SECOND_APPROVER import --yes --as "$T/park.key"
refuse JM_STAFF_ROLE import --yes --as "$T/park.key" --second-as "$T/kim.key"
[ "$(import --yes --as "$T/park.key" --second-as "$T/yoon.key")" = 2 ] || fail "not version 2"
stop "$pid"
grep -aq localTRUST_IMPORT "$T/a/issuer/issuer.db" || fail "no audit row TRUST_IMPORT"

refuse JM_CMD_OPERANDS "$J" --home "$T/a" restore
refuse JM_CMD_OPERANDS "$J" --home "$T/a" restore "$T/monday" --here
echo "restored four times, and nothing came back to life"
