#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# asan
# The one process that holds keys: what it is linked with, what it gave away, what it does without its program or its passphrase.
# shellcheck disable=SC1091
. tests/e2e/lib.sh

beside() { echo "$(dirname "$J")/$1"; }

# -- linked with libcrypto alone; a picture's library is in no program that stays ----------------------------------
libs() { ldd "$1" | sed -n 's/^[[:space:]]*\(lib[^ ]*\)\.so.*/\1/p' | sort | tr '\n' ' '; }
if ! nm -D "$(beside jumin-signer)" 2>/dev/null | grep -q __asan_; then
    [ "$(libs "$(beside jumin-signer)")" = "libc libcrypto " ] || fail "the signer is linked with $(libs "$(beside jumin-signer)")"
    say "linked with libcrypto alone"
fi
ldd "$J" | grep -q zbar && fail "jumin itself decodes pictures"

# -- what it gave away, told by the system of the process that answers ---------------------------------------------
"$J" --home "$T/a" init --synthetic --name Saebyeol >/dev/null
has '"id":"signer-off","problem":false' "$("$J" --home "$T/a" doctor --json || :)"
serve "$T/a" "$T/signer.log" 1 signer
signer=$pid
told=$("$J" --home "$T/a" doctor --json || :)
has 'pid '"$signer"', no_new_privs yes, seccomp yes, core 0, locked [0-9]* of [0-9]* kB' "$told"
[ "$(readlink "/proc/$signer/exe" | sed 's|.*/||')" = jumin-signer ] || [ ! -r "/proc/$signer/exe" ] || fail "another program signs"
has 'NoNewPrivs:.1' "$(cat "/proc/$signer/status")"
has 'Seccomp:.2' "$(cat "/proc/$signer/status")"
kill -HUP "$signer" # its policy is read from inside
tries=0
until grep -q 'read again' "$T/signer.log"; do
    tries=$((tries + 1)); [ $tries -lt 200 ] || fail "SIGHUP was not heard"
    sleep 0.05
done
"$J" --home "$T/a" trust renew >/dev/null
stop "$signer"
say "gave away what it does not need, reads its policy again, and ends"

# -- as one of several: `serve` waits for it, and ends when it cannot start -----------------------------------------
serve "$T/a" "$T/both.log" 2 signer status
"$J" --home "$T/a" trust renew >/dev/null # what it signed before is counted on, from inside
has ' operator 1 2$' "$(tail -n 1 "$T/a/signer/count/10")"
stop "$pid"
echo "wrong words" >"$T/words"
chmod 600 "$T/words"
refuse JM_SIGNER_PASSPHRASE "$J" --home "$T/a" serve signer --passphrase-file "$T/words"
refuse JM_SIGNER_PASSPHRASE "$J" --home "$T/a" serve signer status --passphrase-file "$T/words"
refuse JM_CMD_COMMAND_UNKNOWN "$(beside jumin-signer)" --home "$T/a" init
mkdir "$T/alone"
cp "$J" "$T/alone/jumin"
refuse JM_CMD_FILE_READ "$T/alone/jumin" --home "$T/a" serve signer
"$J" --home "$T/w" init --wallet --trust "$T/a/trust/set.cbor" --pin "$(sha256sum <"$T/a/trust/set.cbor" | cut -c1-64)" --passphrase-file "$T/words" >/dev/null
refuse JM_CMD_ROLE_UNKNOWN "$(beside jumin-signer)" --home "$T/w" serve signer

# -- as a unit of systemd: told that it is ready, from inside the sandbox -------------------------------------------
mkfifo "$T/heard"
python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(60)
print("listening", flush=True)
for _ in range(2): print(s.recv(64).decode(), flush=True)' "$T/notify" >"$T/heard" &
pids="$! $pids"
exec 4<"$T/heard"
read -r line <&4
for roles in signer "signer status"; do
    # shellcheck disable=SC2086
    NOTIFY_SOCKET="$T/notify" serve "$T/a" "$T/notify.log" "$(echo "$roles" | wc -w)" $roles
    read -r line <&4
    [ "$line" = READY=1 ] || fail "told systemd: $line"
    stop "$pid"
done

# -- pictures ------------------------------------------------------------------------------------------------------
echo 'no picture' >"$T/p.png"
refuse JM_WALLET_NO_QR "$J" --home "$T/w" wallet receive "$T/p.png" --passphrase-file "$T/words"
refuse JM_CMD_FILE_READ "$T/alone/jumin" --home "$T/w" wallet receive "$T/p.png" --passphrase-file "$T/words"
echo "signer: the keys stand alone"
