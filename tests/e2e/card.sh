#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# asan
# D-221: a chip card at a reader, by hand: who it is, another PIN by the old one, the CAN before the last try, the desk's PUK; and
# the same chip in another process, at a virtual reader.
. "$(dirname "$0")/lib.sh"

say "an authority, and a card with a chip"
authority
serve "$T/a" "$T/a.log" 1 signer
chip
serial=$(member serial <"$T/made")
python3 - "$T/card.chip" "$T/puk" <<'END'
import sys
image = open(sys.argv[1], "rb").read()
at = image.rindex(b"\x06\x48") # key 6, eight octets
open(sys.argv[2], "wb").write(image[at + 2:at + 10])
END
for word in 111111:new 000000:bad 12345:short 12345x:word; do echo "${word%:*}" >"$T/${word#*:}"; done

card() { verb=$1; shift; "$J" card "$verb" --reader "memory:$T/card.chip" "$@"; }
tries() { card info --can-file "$T/can" --json 2>/dev/null | grep -q "\"pin_tries\":$1," || fail "not $1 tries"; }

say "who it is"
card info --can-file "$T/can" --json | grep -q "\"serial\":\"$serial\",\"authority\":\"[0-9]\{10\}\",\"issued\":\"[0-9-]\{10\}\",\"opened_by\":\"can\",\"pin_tries\":3,\"chip_authenticated\":false"
card info --can-file "$T/can" | grep -q "$serial"
refuse JM_CARD_CAN_WRONG card info --can-file "$T/bad"
refuse JM_CMD_OPTION_VALUE card info --can-file "$T/short"
refuse JM_CMD_OPTION_VALUE card info --can-file "$T/word"
refuse JM_CMD_OPTION_REQUIRED card info </dev/null
refuse JM_CMD_OPTION_VALUE card info --can-file "$T/can" --wait 3601
chmod 644 "$T/can"; refuse JM_CMD_SECRET_OPEN card info --can-file "$T/can"; chmod 600 "$T/can"
refuse JM_CARD_NO_READER "$J" card info --reader "memory:$T/none" --can-file "$T/can"
refuse JM_CMD_OPTION_VALUE "$J" card info --reader radio --can-file "$T/can"

say "another PIN, by the one so far"
card pin --pin-file "$T/pin" --new-pin-file "$T/new" --json | grep -q '"pin":"changed"'
refuse JM_CMD_OPTION_VALUE card pin --pin-file "$T/new" --new-pin-file "$T/short"
refuse JM_CMD_OPTION_VALUE card pin --pin-file "$T/new" --puk-file "$T/puk" --new-pin-file "$T/pin"
refuse JM_CMD_OPTION_REQUIRED card pin --pin-file "$T/new" </dev/null
card pin --pin-file "$T/pin" --new-pin-file "$T/new" 2>&1 | grep -q 'JM_CARD_PIN_WRONG.* left: 2'
tries 2
refuse JM_CARD_PIN_WRONG card pin --pin-file "$T/pin" --new-pin-file "$T/new"
say "one try is left: the digits on the card first"
refuse JM_CARD_PIN_NEEDS_CAN card pin --pin-file "$T/new" --new-pin-file "$T/pin" </dev/null
refuse JM_CARD_CAN_WRONG card pin --pin-file "$T/new" --can-file "$T/bad" --new-pin-file "$T/pin"
tries 1
# At a terminal the digits are asked for, and none of them is shown.
printf '%s\n' 111111 482915 482915 "$(cat "$T/can")" >"$T/lines"
type() { python3 "$(dirname "$0")/_type.py" "$T/lines" "$J" card pin --reader "memory:$T/card.chip" --lang en >"$T/typed"; }
type || fail "the PIN was not set: $(cat "$T/typed")"
grep -q 'new PIN' "$T/typed"
for shown in 111111 482915 "$(cat "$T/can")"; do ! grep -q "$shown" "$T/typed" || fail "typed digits are shown"; done
tries 3
printf '%s\n' 482915 111111 111112 >"$T/lines"
! type || fail "a new PIN typed in two ways"
grep -q JM_CMD_OPTION_VALUE "$T/typed"

say "blocked: a desk, with the PUK"
for i in 1 2; do refuse JM_CARD_PIN_WRONG card pin --pin-file "$T/bad" --new-pin-file "$T/new"; done
refuse JM_CARD_PIN_BLOCKED card pin --pin-file "$T/bad" --can-file "$T/can" --new-pin-file "$T/new"
refuse JM_CARD_PIN_BLOCKED card pin --pin-file "$T/pin" --can-file "$T/can" --new-pin-file "$T/new"
echo 00000000 >"$T/badpuk"
card pin --puk-file "$T/badpuk" --new-pin-file "$T/pin" 2>&1 | grep -q 'PUK left: 9'
refuse JM_CMD_OPTION_VALUE card pin --puk-file "$T/pin" --new-pin-file "$T/pin"
tries 0
card pin --puk-file "$T/puk" --new-pin-file "$T/pin" --json | grep -q '"pin":"reset"'
tries 3

say "the chip in another process, at a virtual reader"
port=$(python3 -c 'import random, socket; port = random.randrange(10000, 30000); socket.socket().bind(("127.0.0.1", port)); print(port)')
"$J" card run "$T/card.chip" --vpcd "127.0.0.1:$port" & run=$!
"$J" card info --reader "vpcd:$port" --can-file "$T/can" --json | grep -q "\"serial\":\"$serial\""
wait "$run" || fail "card run ended with $?"
"$J" card run "$T/card.chip" --vpcd "127.0.0.1:$port" & run=$!
"$J" card pin --reader "vpcd:$port" --pin-file "$T/pin" --new-pin-file "$T/new" --json | grep -q changed
wait "$run" || fail "card run ended with $?"
card pin --pin-file "$T/new" --new-pin-file "$T/pin" --json | grep -q changed # what it learnt there, it keeps
refuse JM_CARD_TIMEOUT "$J" card info --reader "vpcd:$port" --can-file "$T/can" --wait 0
refuse JM_CARD_NO_READER "$J" card run "$T/card.chip" --vpcd "127.0.0.1:$port" --wait 0
refuse JM_CARD_NO_READER "$J" card run "$T/none" --vpcd "127.0.0.1:$port"
refuse JM_CMD_OPTION_VALUE "$J" card run "$T/card.chip" --vpcd "192.0.2.1:$port"

say "who holds a PIN leaves no core behind"
mkfifo "$T/held"
"$J" card info --reader "memory:$T/card.chip" --can-file "$T/held" >/dev/null 2>&1 & held=$!
exec 4>"$T/held" # opens once it reads
grep -q '^Max core file size  *0  ' "/proc/$held/limits" || fail "a core dump is possible"
cat "$T/can" >&4; exec 4>&-
wait "$held" || fail "a FIFO is no file of digits"
echo "read, changed, blocked, reset, at a virtual reader"
