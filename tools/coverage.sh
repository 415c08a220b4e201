#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# coverage.sh: lines and branches that the tests reach, with the floor of each room. Run by make coverage.
set -eu

cd "$(dirname "$0")/.."
failed=0
floor() {
    room=$1
    [ -n "$(find "src/$room" -name '*.c' 2>/dev/null | head -n 1)" ] || return 0
    echo "== $room: at least $2 % of lines, $3 % of branches"
    gcovr --root . --filter "src/$room/" --fail-under-line "$2" --fail-under-branch "$3" build/coverage || failed=1
}

for room in base codec crypto cred zk proto ledger wallet; do floor $room 95 80; done
floor service 90 75
floor host 80 60
exit $failed
