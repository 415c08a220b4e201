#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# soak.sh [SECONDS]: fuzz every target for that long, at least 60 s each; then kill the ledger 1,000 times (where build/release stands). What is found stays in the build tree
# (build/fuzz/found/<name>); crashes in build/fuzz/crashes: each becomes a corpus file and a row of a unit test.
set -eu

cd "$(dirname "$0")/.."
seconds=${1:-60}
[ "$seconds" -ge 60 ] || seconds=60
jobs=${JOBS:-$(nproc)}

cmake --preset fuzz >/dev/null
cmake --build --preset fuzz -j "$jobs"
mkdir -p build/fuzz/crashes
failed=''
n=0
for target in build/fuzz/fuzz/fuzz_*; do
    [ -x "$target" ] || continue
    name=${target##*/fuzz_}
    found=build/fuzz/found/$name
    mkdir -p "$found"
    set -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/crashes/$name-"
    dictionary=tests/fuzz/$name.dict
    [ ! -f "$dictionary" ] || set -- "$@" -dict="$dictionary"
    echo "== $name, $seconds s"
    # libFuzzer writes into the first folder named: never into the checkout's corpus.
    if "$target" "$@" "$found" "tests/fuzz/corpus/$name" >"build/fuzz/$name.log" 2>&1; then
        grep -E 'cov: ' "build/fuzz/$name.log" | tail -n 1
    else
        tail -n 40 "build/fuzz/$name.log"
        failed="$failed $name"
    fi
    n=$((n + 1))
done
if [ "$n" = 0 ]; then
    echo "soak: no fuzz target" >&2
    exit 1
fi
if [ -x build/release/fault/fault_ledger ]; then
    echo "== fault.ledger, 1,000 kills"
    JUMIN_ROUNDS=1000 build/release/fault/fault_ledger || failed="$failed fault.ledger"
fi
if [ -n "$failed" ]; then
    echo "soak: findings in:$failed (build/fuzz/crashes)" >&2
    exit 1
fi
echo "soak: $n targets, no finding"
