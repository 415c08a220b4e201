#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Who may see whom. A file sees what it includes and all that this includes: walls hold for the whole of it.
A public header belongs to the room that its "@file x.h  Room: name." line names.
"""
import os
import re

from lint import ROOT, fault, files, read, verdict

# The rooms that each may see besides itself.
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
for room, others in {"service": "", "host": "service", "cmd": "service host", "demo": "service host cmd",
                     "main": "service host cmd demo"}.items():
    ROOMS[room] = " ".join(CORE) + " " + others

# Services in their order, a role's in a row: each sees those before it in a row that it stands in.
SERVICES = {
    "issuer": "audit staff notices eligibility register fees devices status lifecycle cases nonces issuance desk events restore local",
    "verifier": "rp trust verification",
    "provider": "nonces provider",
    "signer": "signer",
}
# Of them all the host knows what it implements or serves.
PORTS = {"src/service/env.h", "src/service/sql.h", "src/service/signer.h", "src/service/signer/keys.h", "src/service/web/web.h"}
# HTTP is seen by those who answer it, and by who proves the callers.
DOORS = {"routes.c", "auth.c"}

# Inside cmd: each sees those before it in this list, and itself.
CMD_ROOMS = ["cli", "role", "inspect", "wallet", "init", "operator", "table"]

BASE_C = {"stddef.h", "stdint.h", "stdbool.h", "string.h", "limits.h"}
CORE_C = BASE_C | {"assert.h"}  # compiled out in wasm
# No time, no threads; stdatomic.h for the flag around a pool in memory, which the host's threads share.
SERVICE_C = CORE_C | {"inttypes.h", "stdarg.h", "stdio.h", "stdlib.h", "ctype.h", "errno.h", "stdatomic.h"}

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
    """(room, folder inside of service, host or cmd or None)"""
    parts = name.split("/")
    if parts[0] == "include":
        return header_room.get(name), None
    return parts[1], parts[2] if parts[1] in ("service", "host", "cmd") and len(parts) > 3 else None


def resolve(name, target):
    """The project's file that an include names, or None."""
    for folder in (os.path.dirname(name), "include", "src"):
        path = os.path.normpath(os.path.join(folder, target))
        if os.path.isfile(os.path.join(ROOT, path)):
            return path
    return None


def before(service):
    """The services that one may see, itself among them."""
    out = {service}
    for row in SERVICES.values():
        row = row.split()
        if service in row:
            out |= set(row[:row.index(service)])
    return out


def why_not(name, path):
    """Why the file may not see that one of ours, or None."""
    (room, part), (other, other_part) = place(name), place(path)
    if other != room and other not in ROOMS[room].split():
        return f"{room} may see {ROOMS[room] or 'nothing else'}"
    if room == "service" and other == "service" and other_part is not None and other_part != part:
        if other_part == "web":
            return None if os.path.basename(name) in DOORS else "HTTP is seen by routes.c alone"
        if part == "web" or other_part not in before(part):
            return f"{part or 'what all services share'} sees {' '.join(sorted(before(part) - {part})) or 'no service'}"
        if path != f"src/service/{other_part}/{other_part}.h" and os.path.basename(path) == "parts.h":
            return f"the inside of another service"
    if room == "host" and other == "service" and path not in PORTS:
        return "of services host knows the ports alone"
    if room == "host" and other == "host" and other_part != part and None not in (part, other_part):
        return "no other host room"
    if room == "cmd" and other == "cmd" and CMD_ROOMS.index(other_part) > CMD_ROOMS.index(part):
        return f"cmd/{part} sees cmd/{' '.join(CMD_ROOMS[:CMD_ROOMS.index(part)])}"
    return None


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
