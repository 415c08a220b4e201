#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# D-225: cards at readers of the PC/SC service: pcscd and its virtual reader, in a network, a mount and a process namespace of their
# own, since that reader listens on all addresses; in it our software chip. Skipped where namespaces are forbidden.
here=$(dirname "$0")
if [ -z "${INSIDE:-}" ]; then
    inside="unshare -Urnmp --fork --kill-child --mount-proc"
    for tool in pcscd ip python3; do command -v $tool >/dev/null || { echo "skip: no $tool"; exit 77; }; done
    [ -e /etc/reader.conf.d/vpcd ] || { echo "skip: no vsmartcard-vpcd"; exit 77; }
    # shellcheck disable=SC2086  # words
    $inside sh -c 'ip link set lo up && mount -t tmpfs t /run' 2>/dev/null || { echo "skip: no namespaces here"; exit 77; }
    # shellcheck disable=SC2086
    INSIDE=1 exec $inside sh "$0"
fi
ip link set lo up
mount -t tmpfs t /run # pcscd's socket has a name that is compiled in
. "$here/lib.sh"

say "an authority, and a card with a chip"
authority
serve "$T/a" "$T/a.log" 4 all
chip
serial=$(member serial <"$T/made")
info() { "$J" card info --reader "$@" --can-file "$T/can" --json; }

say "no service, no reader, no card"
refuse JM_CARD_NO_READER info pcsc
doctor() { "$J" --home "$T/a" doctor --json || :; }
has '"id":"reader-off","problem":false' "$(doctor)"
mkdir /run/pcscd
mkfifo "$T/service"
stdbuf -oL pcscd -f -i >"$T/service" 2>&1 & pids="$! $pids"
exec 5<"$T/service"
while read -r line <&5; do case $line in *"daemon ready"*) break ;; esac; done
cat <&5 >"$T/pcscd.out" &
has '"id":"reader","problem":false,.*Virtual PCD 00 00' "$(doctor)"
refuse JM_CARD_NO_READER info "pcsc:no reader of this name"
refuse JM_CARD_TIMEOUT info pcsc --wait 0

say "a card: the first reader with one, or by a piece of its name"
"$J" card run "$T/card.chip" --vpcd 127.0.0.1:35963 & card=$!
info pcsc | grep -q "\"serial\":\"$serial\".*\"pin_tries\":3"
info "pcsc:PCD 00 00" | grep -q "\"serial\":\"$serial\""
refuse JM_CARD_TIMEOUT info "pcsc:PCD 00 01" --wait 0
echo 000000 >"$T/bad"; echo 111111 >"$T/new"
pin() { "$J" card pin --reader pcsc "$@"; }
refuse JM_CARD_PIN_WRONG pin --pin-file "$T/bad" --new-pin-file "$T/new"
pin --pin-file "$T/pin" --new-pin-file "$T/new" --json | grep -q changed
refuse JM_CARD_PIN_WRONG pin --pin-file "$T/pin" --new-pin-file "$T/new"
pin --pin-file "$T/new" --new-pin-file "$T/pin" --json | grep -q changed

say "a tap: a mobile card without a visit"
echo "long enough words" >"$T/words"
phone() { "$J" --home "$T/$1" init --wallet --trust "$T/a/trust/set.cbor" --pin "$pin" --passphrase-file "$T/words" >/dev/null; }
wallet() { home=$1; shift; "$J" --home "$T/$home" wallet "$@" --passphrase-file "$T/words"; }
offer=$("$J" --home "$T/a" offer --json | member offer)
tap() { wallet "$1" tap "$offer" --reader pcsc --pin-file "$T/pin" --json; }
phone w; phone w2
tap w | grep -q '"copies":10'
wallet w refresh >/dev/null

say "another phone: the first one's card ends"
tap w2 | grep -q '"copies":10'
refuse JM_WALLET_CARD_ENDED wallet w refresh
wallet w2 refresh >/dev/null

say "the plastic is lost: everything is refused"
"$J" --home "$T/a" desk plastic-lost --as "$T/kim.key" --person "$person" >/dev/null
refuse JM_WALLET_CARD_ENDED wallet w2 refresh
refuse JM_CARD_LOST tap w
refuse JM_CARD_LOST tap w2

say "a card that goes comes back"
kill -TERM "$card"; wait "$card" 2>/dev/null || :
"$J" card run "$T/card.chip" --vpcd 127.0.0.1:35963 & card=$!
info pcsc | grep -q "$serial"
kill -TERM "$card"; wait "$card" 2>/dev/null || :

say "held by somebody else; taken away before it has answered"
mkfifo "$T/stuck" "$T/go"
python3 "$here/_stuck_card.py" 35963 >"$T/stuck" <"$T/go" & stuck=$!
exec 7<"$T/stuck" 6>"$T/go" # in the order of the other side
info pcsc >"$T/held" 2>/dev/null & held=$!
read -r asked <&7
[ "$asked" = asked ]
refuse JM_CARD_BUSY info pcsc
echo >&6
if wait "$held"; then fail "an answer of nobody"; fi
has '"JM_CARD_REMOVED"' "$(cat "$T/held")"
wait "$stuck"
echo "found, changed, tapped, busy, removed"
