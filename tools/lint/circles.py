#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No circle between files: A needs B when it includes B, or names a symbol that B defines, as the objects below BUILD say (nm).

circles.py BUILD"""
import os
import re
import subprocess
import sys

from lint import ROOT, fault, files, read, verdict

# Circles that are still there. This list only gets shorter: one that is gone, or a file that left it, is a fault here.
KNOWN = [
    "host/http/call.c host/http/server.c",
    "service/cases/cases.c service/cases/rows.c",
    "service/events/apply.c service/events/events.c service/events/rows.c",
    "service/verification/answer.c service/verification/request.c",
]

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)
names = set(files("src", "include", ends=(".c", ".h", ".def")))


def resolve(name, target):
    for folder in (os.path.dirname(name), "include", "src"):
        path = os.path.normpath(os.path.join(folder, target))
        if path in names:
            return path
    return None


needs = {}  # file -> {file needed: why}


def arrow(a, b, why):
    if a != b:
        needs.setdefault(a, {}).setdefault(b, why)


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
            arrow(source, defined[symbol], f"{source} needs {symbol} of {defined[symbol]}")


def components():
    """Sets of files that all reach each other (Tarjan), those of two or more."""
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
symbols(os.path.abspath(sys.argv[1]))
circles = components()
known = [{f"src/{n}" for n in k.split()} for k in KNOWN]
for one in circles:
    if any(one <= k for k in known):
        continue
    for a in sorted(one):
        for b, why in sorted(needs[a].items()):
            if b in one:
                fault(a, 1, f"is in a circle with {b}: {why}")
for k in known:
    for name in sorted(k - set().union(*(c for c in circles if c <= k), set())):
        fault("tools/lint/circles.py", 1, f"{name} is in no circle any more: take it out of KNOWN")
verdict(f"{len(needs)} files, {sum(map(len, needs.values()))} arrows, {len(circles)} known circles")
