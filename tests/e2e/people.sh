#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# People with whom systems stumble go the whole way, from the register to a card on a phone: a name of eighty code points, hanja beyond the
# BMP, born on 29 February, a portrait of nearly 20 kB.
. "$(dirname "$0")/lib.sh"

# Any centre may serve anybody on this day.
authority --clock-start 2025-06-02T01:00:00Z
serve "$T/a" "$T/a.log" 4 all
"$J" --home "$T/a" register generate --count 400 --seed 3 >/dev/null
"$J" --home "$T/a" register find --min-age 17 --plastic valid --limit 1000 --json >"$T/people"
echo 'four words are long enough' >"$T/words"

issue() { # what, line of the register
    wallet=$T/w-$1
    person=$(echo "$2" | member person)
    "$J" --home "$wallet" init --wallet --trust "$T/a/trust/set.cbor" --pin "$pin" --passphrase-file "$T/words" >/dev/null
    case=$("$J" --home "$T/a" desk --as "$T/kim.key" open --person "$person" --issue-date "$(echo "$2" | member issue_date)" \
        --authority "$(echo "$2" | member authority)" --qr "$T/$1.png" --json | member case)
    "$J" --home "$wallet" wallet receive "$T/$1.png" --passphrase-file "$T/words" --json >/dev/null 2>&1 || :
    "$J" --home "$T/a" desk --as "$T/kim.key" code "$case" --json | member tx_code >"$T/code"
    "$J" --home "$wallet" wallet receive --continue --tx-code-file "$T/code" --passphrase-file "$T/words" --json | grep -q '"copies":10'
    "$J" --home "$wallet" wallet show --show-values --passphrase-file "$T/words" >"$T/shown"
}
shown() { grep -q -- "$1" "$T/shown" || { echo "no $1 on the card:" >&2; cat "$T/shown" >&2; exit 1; }; }

long=$(grep -E '"name":"[^"]{80}"' "$T/people" | head -n 1)
issue long "$long"
shown "$(echo "$long" | member name)"
say "a name of eighty code points"

leap=$(grep '"birth_date":"....-02-29"' "$T/people" | head -n 1)
issue leap "$leap"
shown "$(echo "$leap" | member birth_date)"
say "born on 29 February"

# Names of data/names.json whose hanja lie beyond the BMP.
rare=$(grep -E '"name":"[^"]{1,2}(도현|서율|은호|지안)"' "$T/people" | head -n 1)
issue rare "$rare"
LC_ALL=C grep -q "$(printf '\360')" "$T/shown" || { echo "no hanja beyond the BMP:" >&2; cat "$T/shown" >&2; exit 1; }
say "hanja beyond the BMP"

# Portraits are not shown; the largest of the register is picked from its rows.
large=$(python3 - "$T/a/issuer/issuer.db" "$T/people" <<'END'
import json, sqlite3, sys
sizes = dict(sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute("SELECT lower(hex(person)), length(sealed) FROM photo"))
print(max(open(sys.argv[2], encoding="utf-8"), key=lambda line: sizes[json.loads(line)["person"]]), end="")
assert 18000 <= max(sizes.values()) <= 20100, max(sizes.values())
END
)
issue large "$large"
say "a portrait of nearly 20 kB"
echo "the whole way"
