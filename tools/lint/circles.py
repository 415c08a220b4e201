#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No circle between files: A needs B when it includes a header of B, or names a symbol that B defines. x.c and x.h are one,
but where a folder's files together are behind one header: <folder>.h and parts.h stand by themselves.

circles.py BUILD reads the objects below BUILD (nm); without BUILD it knows includes alone."""
import os
import re
import subprocess
import sys

from lint import fault, files, read, verdict
from rooms import place, resolve, why_not

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)
names = set(files("src", "include", ends=(".c", ".h", ".def")))


def unit(name):
    folder, base = os.path.split(name)
    if base in ("parts.h", os.path.basename(folder) + ".h"):
        return name
    return re.sub(r"\.(c|h|def)$", "", name)


needs = {}  # unit -> {unit needed: why}


def arrow(a, b, why):
    if unit(a) != unit(b):
        needs.setdefault(unit(a), {}).setdefault(unit(b), why)


def includes():
    for name in names:
        for target in INCLUDE.findall(read(name) or ""):
            path = resolve(name, target)
            if path:
                arrow(name, path, f"{name} includes {path}")


def objects(build):
    """(source, object) of each source of ours that was compiled below the build folder."""
    for folder, _, inside in os.walk(os.path.join(build, "CMakeFiles")):
        m = re.search(r"/CMakeFiles/(jm_[a-z]+|jumin|demo|signer|picture)\.dir/(src(?:/.*)?)$", folder)
        for f in inside if m else ():
            if f.endswith(".c.o") and m.group(2) + "/" + f[:-2] in names:
                yield m.group(2) + "/" + f[:-2], os.path.join(folder, f)


def symbols(build):
    defined, wanted = {}, []
    found = sorted(set(objects(build)))
    if not found:
        fault("tools/lint/circles.py", 1, f"no objects below {build}")
    out = subprocess.run(["nm", "-A", "--no-sort", *(o for _, o in found)], check=True, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL).stdout.decode()
    source_of = {o: s for s, o in found}
    for line in out.split("\n"):
        m = re.match(r"(.*?):\s*(?:[0-9a-f]+)?\s+([A-Za-z]) (\S+)$", line)
        if not m:
            continue
        source, kind, symbol = source_of[m.group(1)], m.group(2), m.group(3)
        if kind == "U":
            wanted.append((source, symbol))
        elif kind.isupper() and symbol != "main":
            defined[symbol] = source
    for source, symbol in wanted:
        if symbol in defined:
            of = defined[symbol]
            # sql.c is sql.h to who may see that; cmd links what it was given names of
            reason = why_not(source, of) and why_not(source, re.sub(r"c$", "h", of))
            if reason:
                fault(source, 1, f"needs {symbol} of {of}: {reason}")
            arrow(source, defined[symbol], f"{source} needs {symbol} of {defined[symbol]}")


def components():
    """Sets of units that all reach each other (Tarjan), those of two or more."""
    index, low, stack, on, out = {}, {}, [], set(), []

    def visit(v):
        index[v] = low[v] = len(index)
        stack.append(v)
        on.add(v)
        for w in sorted(needs.get(v, ())):
            if w not in index:
                visit(w)
                low[v] = min(low[v], low[w])
            elif w in on:
                low[v] = min(low[v], index[w])
        if low[v] == index[v]:
            one = set()
            while not one or w != v:
                w = stack.pop()
                on.discard(w)
                one.add(w)
            if len(one) > 1:
                out.append(one)

    for v in sorted(needs):
        if v not in index:
            visit(v)
    return out


sys.setrecursionlimit(10000)
includes()
if len(sys.argv) > 1:
    symbols(os.path.abspath(sys.argv[1]))
circles = components()
for one in circles:
    for a in sorted(one):
        for b, why in sorted(needs[a].items()):
            if b in one:
                fault(a, 1, f"is in a circle with {b}: {why}")
verdict(f"{len(needs)} units, {sum(map(len, needs.values()))} arrows")
