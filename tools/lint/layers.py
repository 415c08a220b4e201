#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Who may see whom. A file sees what it includes and all that this includes: walls hold for the whole of it.
A public header belongs to the room that its "@file x.h  Room: name." line names.
"""
import os
import re

from lint import fault, files, read, verdict
from rooms import CMD_ROOMS, ROOMS, SERVICES, place, resolve, why_not

BASE_C = {"stddef.h", "stdint.h", "stdbool.h", "string.h", "limits.h"}
CORE_C = BASE_C | {"assert.h"}  # compiled out in wasm
# No time, no threads; stdatomic.h for the flag around a pool in memory, which the host's threads share.
SERVICE_C = CORE_C | {"inttypes.h", "stdarg.h", "stdio.h", "stdlib.h", "ctype.h", "errno.h", "stdatomic.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def check_system(name, line, room, header):
    if room in ("host", "cmd", "demo", "main"):
        return
    allowed = BASE_C if room == "base" else SERVICE_C if room == "service" else CORE_C
    if header not in allowed:
        fault(name, line, f"{room} may not include <{header}>, only {' '.join(sorted(allowed))}")


count = 0
includes = {}  # file -> [(file, line)]
for name in files("src", "include", ends=(".c", ".h", ".def")):
    text = read(name)
    room, part = place(name)
    if text is None or room is None:
        continue
    if room not in ROOMS or (room == "cmd" and part not in CMD_ROOMS):
        fault(name, 1, f"{os.path.dirname(name)} is no room")
        continue
    if room == "service" and part not in {None, "web", "migrations", *" ".join(SERVICES.values()).split()}:
        fault(name, 1, f"{part} has no place in the order of services")
    for number, line in enumerate(text.split("\n"), 1):
        m = INCLUDE.match(line)
        if not m:
            continue
        count += 1
        path = resolve(name, m.group(1) or m.group(2))
        if path is not None:
            includes.setdefault(name, []).append((path, number))
        elif m.group(2):
            check_system(name, number, room, m.group(2))
        elif room != "host":
            fault(name, number, f'"{m.group(1)}" is not found; other libraries\' headers stand in <>')

pairs = 0
for name in includes:
    seen, todo = {name: None}, [name]
    while todo:
        at = todo.pop()
        for path, number in includes.get(at, ()):
            if path in seen:
                continue
            seen[path] = (at, number)
            todo.append(path)
            pairs += 1
            reason = why_not(name, path)
            if not reason:
                continue
            way = [path]
            while seen[way[-1]][0] != name:
                way.append(seen[way[-1]][0])
            fault(name, seen[way[-1]][1], f"sees {' through '.join(way)}: {reason}")
verdict(f"{count} includes, {pairs} pairs of a file and what it sees")
