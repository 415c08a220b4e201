#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spec/iccard.md 9.4: what a phone writes, to whomever, while a card is tapped has neither PIN nor CAN in it. Every call that writes is
# looked at, and every one that reads, which shows to root that the looking finds them. Skipped where programs may not be traced.
command -v strace >/dev/null || { echo "skip: no strace"; exit 77; }
strace -qq -o /dev/null true 2>/dev/null || { echo "skip: programs may not be traced here"; exit 77; }
. "$(dirname "$0")/lib.sh"

say "an authority, a card with a chip, one try of its PIN left"
authority
serve "$T/a" "$T/a.log" 4 all
chip
echo 000000 >"$T/bad"; echo 111111 >"$T/new"
for i in 1 2; do refuse JM_CARD_PIN_WRONG "$J" card pin --reader "memory:$T/card.chip" --pin-file "$T/bad" --new-pin-file "$T/new"; done
echo "long enough words" >"$T/words"
"$J" --home "$T/w" init --wallet --trust "$T/a/trust/set.cbor" --pin "$pin" --passphrase-file "$T/words" >/dev/null
base=$(sed -n '/^\[issuer\]/,/^\[/s/^base *= *//p' "$T/a/jumin.conf")
offer=$("$J" --home "$T/a" offer --json | member offer)
[ -n "$base" ] && [ -n "$offer" ]

# The reads and the writes of a command, octets as \xHH; the chip is another process, at a virtual reader.
traced() {
    port=$(python3 -c 'import random, socket; port = random.randrange(10000, 30000); socket.socket().bind(("127.0.0.1", port)); print(port)')
    "$J" card run "$T/card.chip" --vpcd "127.0.0.1:$port" & run=$!
    strace -f -qq -xx -s 1000000 -e trace=read,pread64,readv,recvfrom,recvmsg,write,pwrite64,writev,sendto,sendmsg,sendmmsg,sendfile \
        -o "$T/calls" "$J" "$@" --reader "vpcd:$port" >"$T/out" 2>"$T/err" || fail "$*: $(cat "$T/err")"
    wait "$run" || fail "card run ended with $?"
    grep -E '^[0-9]+ +(<\.\.\. )?(read|pread64|readv|recvfrom|recvmsg)(\(| resumed)' "$T/calls" >"$T/reads"
    grep -E '^[0-9]+ +(write|pwrite64|writev|sendto|sendmsg|sendmmsg|sendfile)\(' "$T/calls" >"$T/writes"
    [ "$(grep -c . "$T/writes")" -gt 5 ] || fail "nothing was written?"
}
hex() { od -An -v -tx1 | tr -d '\n' | sed 's/ /\\\\x/g'; }
unseen() { # what, file of digits
    digits=$(tr -d '\n' <"$2" | hex)
    if [ "$(id -u)" = 0 ]; then
        grep -q "$digits" "$T/reads" || fail "the $1 was not read: what would be seen?"
    else # a process that has a PIN lets nobody but root look into it, the user whose it is neither
        ! grep -q "$digits" "$T/reads" || fail "the $1 can be seen by another process"
    fi
    ! grep "$digits" "$T/writes" | head -c 300 | grep . || fail "the $1 is written"
    ! grep -q "$(tr -d '\n' <"$2")" "$T/out" "$T/err" || fail "the $1 is told"
}

say "a tap: both are read, neither is written"
traced --home "$T/w" wallet tap "$offer" --pin-file "$T/pin" --can-file "$T/can" --passphrase-file "$T/words" --json
grep -q '"copies":10' "$T/out"
unseen PIN "$T/pin"; unseen CAN "$T/can"

say "another PIN: neither the old nor the new one"
traced card pin --pin-file "$T/pin" --new-pin-file "$T/new"
unseen "old PIN" "$T/pin"; unseen "new PIN" "$T/new"
echo "read, and written nowhere"
