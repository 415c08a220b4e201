#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The guide's own lines, run in an empty folder: what a reader types works.
set -eu
guide=$(cd "$(dirname "$0")/../.." && pwd)/docs/guide/by-hand.md
PATH=$(cd "$(dirname "$JUMIN")" && pwd):$PATH
T=$(mktemp -d /tmp/jumin-guide.XXXXXX)
server=''
bank=''
end() {
    rc=$?
    [ $rc = 0 ] || cat "$T/out" "$T/log" "$T/bank-log" >&2 || :
    for p in $bank $server; do kill "$p" 2>/dev/null || :; done
    rm -rf "$T"
    exit $rc
}
trap end EXIT
sed -n '/^```sh$/,/^```$/{/^```/d;p}' "$guide" >"$T/steps"
[ "$(grep -c . "$T/steps")" -gt 20 ]
cd "$T"
. ./steps >out 2>&1
server=''
bank=''
for want in 'the wallet waits for the code' 'Hanbit Bank' '^ACCEPTED' '^full_name = ' '^age_over_19 = true' JM_SDJWT_STATUS_REVOKED \
    '^REJECTED' 'the bank refuses' 'refused, as it must be' 'The audit chain is intact' 'CARD_SUSPENDED' 'state: COLLECTED' 'CARD_TAP'; do
    grep -q "$want" out
done
[ -s loss ]
