#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bench.sh [NAME...]: run the benchmarks of build/release/bench three times each, beside what OpenSSL does on this machine
# at the same moment, and those of whole processes and pages (bench/bench_*.mjs) once: they repeat by themselves. Figures without the load and the peer mean nothing.
set -eu

cd "$(dirname "$0")/.."
echo "machine: $(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg)"
echo "== peer: openssl speed ecdsap256"
openssl speed -seconds 1 ecdsap256 2>/dev/null | tail -n 2
n=0
for program in build/release/bench/bench_*; do
    [ -x "$program" ] || continue
    name=${program##*/bench_}
    if [ $# -gt 0 ]; then
        case " $* " in *" $name "*) ;; *) continue ;; esac
    fi
    echo "== $name"
    for _ in 1 2 3; do "$program"; done
    n=$((n + 1))
done
for script in bench/bench_*.mjs; do
    name=${script##*/bench_}
    name=${name%.mjs}
    if [ $# -gt 0 ]; then
        case " $* " in *" $name "*) ;; *) continue ;; esac
    fi
    echo "== $name"
    node "$script"
    n=$((n + 1))
done
echo "$n benchmarks, load $(cut -d' ' -f1-3 /proc/loadavg)"
