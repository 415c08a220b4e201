# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What the journeys have in common; sourced, never run. A folder of their own ($T), servers that end with them, refusals by code.
set -eu
J=$JUMIN
T=$(mktemp -d /tmp/jumin-e2e.XXXXXX)
pids=''
LC_ALL=C.UTF-8
export LC_ALL
unset JUMIN_HOME XDG_DATA_HOME || :
umask 077

end() {
    rc=$?
    [ $rc = 0 ] || tail -n 5 "$T"/*.log >&2 2>/dev/null || :
    for p in $pids; do kill -TERM "$p" 2>/dev/null || :; done
    for p in $pids; do wait "$p" 2>/dev/null || :; done
    rm -rf "$T"
    exit $rc
}
trap end EXIT

member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" | head -n 1; } # the first of that name
say() { echo "· $*"; }
fail() { echo "$(basename "$0"): $*" >&2; exit 1; }
has() { echo "$2" | grep -q "$1" || fail "no $1 in $2"; } # what, text

refuse() { # code, command…
    want=$1; shift
    if out=$("$@" --json 2>/dev/null); then fail "not refused: $*"; fi
    echo "$out" | grep -q "\"$want\"" || fail "want $want, got $out from $*"
    say "refused as it must be: $want"
}

serve() { # home, log, number of roles, roles… ; $pid
    h=$1; log=$2; n=$3; shift 3
    rm -f "$T/ready"; mkfifo "$T/ready"
    "$J" --home "$h" serve "$@" >"$T/ready" 2>>"$log" & pid=$!
    pids="$pid $pids"
    exec 3<"$T/ready"
    while [ "$n" -gt 0 ]; do read -r line <&3 || fail "did not start: $(cat "$log")"; n=$((n - 1)); done
}

stop() { # pid
    kill -TERM "$1"
    wait "$1" || fail "serve ended with $?"
}

# Lists come one after another: changed, and then the same twice, is all of them (D-185).
lists() { find "$1/public/l" -type f -exec cksum {} + | sort; }
published() { # home, what lists() said before
    tries=0; seen=$2
    until now=$(lists "$1"); [ "$now" != "$2" ] && [ "$now" = "$seen" ]; do
        seen=$now
        tries=$((tries + 1)); [ $tries -lt 100 ] || fail "no list was published"
        sleep 0.1
    done
}

authority() { # options of init… ; $pin, clerk kim
    pin=$("$J" --home "$T/a" init --synthetic --name Saebyeol "$@" | tail -n 1)
    "$J" staff keygen --out "$T/kim.key" >"$T/kim.jwk"
    "$J" --home "$T/a" staff add kim --role clerk --centre 3017000000 --key "$T/kim.jwk" >/dev/null
}

# An IC card for a resident, as a chip in software: $T/card.chip, its CAN and PIN in $T/can, $T/pin. The signer runs.
chip() {
    "$J" --home "$T/a" register generate --count 200 --seed 1 >/dev/null
    "$J" --home "$T/a" register find --region 3017 --min-age 20 --plastic valid --limit 1 --json >"$T/citizen"
    person=$(member person <"$T/citizen")
    "$J" --home "$T/a" register event plastic-replaced --person "$person" --kind ic \
        --authority "$(member authority <"$T/citizen")" --reason natural_wear >/dev/null
    echo 482915 >"$T/pin"
    "$J" --home "$T/a" card make --person "$person" --pin-file "$T/pin" --out "$T/card.chip" --json >"$T/made"
    member can <"$T/made" >"$T/can"
}
