#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spec/cli.md 4: a role opens its own folder and the public ones, nothing else. The whole story is played while each role and the
# operator have a view of their home in which every other folder is missing. And a role misses its own where that is missing.
. "$(dirname "$0")/lib.sh"

TMPDIR=$T "$J" demo --apart --json >"$T/out" 2>"$T/story.log" || fail "$(tail -n 1 "$T/out")"
[ "$(wc -l <"$T/out")" -ge 29 ] || fail "$(wc -l <"$T/out") steps only"

view() { # home, name, folders… of its own
    mkdir "$T/$1-$2"
    for shared in jumin.conf trust public run; do [ ! -e "$T/$1/$shared" ] || ln -s "../$1/$shared" "$T/$1-$2/$shared"; done
    home=$1; name=$2; shift 2
    for own; do ln -s "../$home/$own" "$T/$home-$name/$own"; done
}
authority
view a signer signer
serve "$T/a-signer" "$T/a-signer.log" 1 signer
for role in issuer provider; do
    view a no-$role
    if "$J" --home "$T/a-no-$role" serve $role >/dev/null 2>"$T/no.log"; then fail "$role serves without its folder"; fi
    grep -q 'JM_[A-Z_]*' "$T/no.log" || fail "no code: $(cat "$T/no.log")"
    view a $role $role
    serve "$T/a-$role" "$T/a-$role.log" 1 $role
done
view a operator operator
"$J" --home "$T/a-operator" register generate --count 10 --seed 1 >/dev/null
view a no-operator issuer
refuse JM_CMD_FILE_READ "$J" --home "$T/a-no-operator" register find
echo "each role in a room of its own"
