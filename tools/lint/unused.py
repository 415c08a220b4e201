#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No function or table that nobody uses: of each symbol that an object of ours defines, some other object but a test's needs it.

unused.py BUILD reads the objects below BUILD (nm). --list ROOM… names what those rooms have, and is never at fault."""
import os
import re
import subprocess
import sys

from lint import fault, files, verdict

# The rooms that hold it already; the others are listed with --list.
ROOMS = ("src/cmd/", "src/demo/", "src/main/")
build = os.path.abspath(sys.argv[1])
asked = tuple(sys.argv[3:]) if len(sys.argv) > 2 and sys.argv[2] == "--list" else None
sources = set(files("src", "tests", "bench", ends=(".c",)))


def objects():
    """(source, object): ours in src, and those of tests and benchmarks."""
    for folder, _, inside in os.walk(os.path.join(build, "CMakeFiles")):
        m = re.search(r"/CMakeFiles/[^/]+\.dir/((?:src|tests|bench)(?:/.*)?)$", folder)
        for f in inside if m else ():
            source = f"{m.group(1)}/{f[:-2]}"
            if f.endswith(".c.o") and source in sources:
                yield os.path.join(folder, f), source


source_of = dict(objects())
defined, used, same = {}, {}, set()
names = sorted(source_of)
out = subprocess.run(["nm", "-A", *names], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
for line in out.decode().split("\n"):
    m = re.match(r"(.*?):\s*(?:[0-9a-f]+)?\s+([A-Za-z]) (\S+)$", line)
    if not m or m.group(1) not in source_of:
        continue
    source, kind, symbol = source_of[m.group(1)], m.group(2), m.group(3)
    if kind == "U":
        used.setdefault(symbol, set()).add(source)
    elif kind in "TDRB" and symbol != "main" and source.startswith("src/"):
        defined[symbol] = source
n = 0
for symbol, source in sorted(defined.items(), key=lambda d: (d[1], d[0])):
    by = used.get(symbol, set())
    if any(u.startswith("src/") for u in by):
        continue
    who = "tests alone" if by else "no other file"
    if asked is not None:
        if source.startswith(asked or "src/"):
            print(f"{source}: {symbol}: {who}")
            n += 1
    elif source.startswith(ROOMS):
        fault(source, 1, f"{symbol} is needed by {who}: static, or gone")
verdict(f"{len(defined)} symbols of {len(names)} objects" if asked is None else f"{n} symbols")
