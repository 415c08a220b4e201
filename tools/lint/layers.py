#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which room may include what. A public header belongs to the room that its "@file x.h  Room: name." line names."""
import os
import re

from lint import ROOT, fault, files, read, verdict

# The rooms that each may include besides itself.
ROOMS = {
    "base": "",
    "codec": "base",
    "crypto": "base codec",
    "cred": "base codec crypto",
    "zk": "base codec crypto",
    "ledger": "base codec crypto cred",
    "proto": "base codec crypto cred zk ledger",  # who is this and what may it do: trust.h
    "wallet": "base codec crypto cred zk proto ledger",
    "wasm": "base codec crypto cred zk proto ledger wallet",
}
CORE = [r for r in ROOMS if r != "wasm"]
for room in ("service", "host", "cmd", "main"):
    ROOMS[room] = " ".join(CORE)

BASE_C = {"stddef.h", "stdint.h", "stdbool.h", "string.h", "limits.h"}
CORE_C = BASE_C | {"assert.h"}  # compiled out in wasm
# No time, no threads; stdatomic.h for the flag around a pool in memory, which the host's threads share.
SERVICE_C = CORE_C | {"inttypes.h", "stdarg.h", "stdio.h", "stdlib.h", "ctype.h", "errno.h", "stdatomic.h"}

# What the host implements or serves.


INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def room_of_header(name):
    m = re.search(r"\bRoom:\s*([a-z]+)", read(name) or "")
    if m and m.group(1) in CORE:
        return m.group(1)
    if name.endswith(".def"):  # data for a header of the lowest room
        return "base"
    return None


header_room = {}
for name in files("include/jumin"):
    header_room[name] = room_of_header(name)
    if header_room[name] is None:
        fault(name, 1, f'no "Room: NAME." with one of {", ".join(CORE)}')


def place(name):
    """(room, folder inside of service or host or None)"""
    parts = name.split("/")
    if parts[0] == "include":
        return header_room.get(name), None
    return parts[1], parts[2] if parts[1] in ("service", "host") and len(parts) > 3 else None


def resolve(name, target):
    """The project's file that an include names, or None."""
    for folder in (os.path.dirname(name), "include", "src"):
        path = os.path.normpath(os.path.join(folder, target))
        if os.path.isfile(os.path.join(ROOT, path)):
            return path
    return None


def check_system(name, line, room, header):
    if room in ("host", "cmd", "main"):
        return
    allowed = BASE_C if room == "base" else SERVICE_C if room == "service" else CORE_C
    if header not in allowed:
        fault(name, line, f"{room} may not include <{header}>, only {' '.join(sorted(allowed))}")


def why_not(name, path):
    """Why the file may not include that one of ours, or None."""
    room, part = place(name)
    other, other_part = place(path)
    base = os.path.basename(path)
    if room in ("cmd", "main"):
        return None
    if other in CORE or other == "wasm":
        if other == room or other in ROOMS[room].split():
            return None
        return f"{room} may include {ROOMS[room] or 'nothing else'}"
    if other == "cmd":
        return "only cmd and main include cmd"
    if room not in ("service", "host"):
        return f"{room} knows no {other}"
    if other == "service":
        if room == "service" and base == "web.h" and os.path.basename(name).startswith("rules"):
            return "rules know no routes, requests, responses"
        if other_part is None or (room == "service" and other_part == part):
            return None  # web.h, env.h, signer.h and what else all services share
        if room == "service":
            if path == f"src/service/{other_part}/{other_part}.h":
                return None
            return f"of another service only service/{other_part}/{other_part}.h"
        if path in STORE_ONLY:
            return None
        return None if path in PORTS else "of services host knows the ports alone"
    if room == "service":
        return "service knows no host"
    if other_part is None or other_part == part or part is None:
        return None
    return "no other host room"


count = 0
for name in files("src", "include", ends=(".c", ".h", ".def")):
    text = read(name)
    room, _ = place(name)
    if text is None or room is None:
        continue
    if room not in ROOMS:
        fault(name, 1, f"src/{room} is no room")
        continue
    for number, line in enumerate(text.split("\n"), 1):
        m = INCLUDE.match(line)
        if not m:
            continue
        count += 1
        path = resolve(name, m.group(1) or m.group(2))
        if path is None:
            if m.group(2):
                check_system(name, number, room, m.group(2))
            elif room != "host":
                fault(name, number, f'"{m.group(1)}" is not found; other libraries\' headers stand in <>')
            continue
        reason = why_not(name, path)
        if reason:
            fault(name, number, f"includes {path}: {reason}")
verdict(f"{count} includes")
