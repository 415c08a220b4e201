#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# serial
# The guide's own lines, run in an empty folder: what a reader types works.
set -eu
guide=$(cd "$(dirname "$0")/../.." && pwd)/docs/guide/issue.md
PATH=$(cd "$(dirname "$JUMIN")" && pwd):$PATH
T=$(mktemp -d /tmp/jumin-guide.XXXXXX)
server=''
end() { rc=$?; [ $rc = 0 ] || cat "$T/out" "$T/log" >&2 || :; [ -z "$server" ] || kill "$server" 2>/dev/null || :; rm -rf "$T"; exit $rc; }
trap end EXIT
sed -n '/^```sh$/,/^```$/{/^```/d;p}' "$guide" >"$T/steps"
[ "$(grep -c . "$T/steps")" -gt 20 ]
cd "$T"
. ./steps >out 2>&1
server=''
for want in 'the wallet waits for the code' 'refused, as it must be'; do
    grep -q "$want" out
done
[ -s loss ]
