# SPDX-License-Identifier: Apache-2.0
"""The rooms of the house, their order, and who may see whom: for lint.layers (includes) and lint.circles (symbols)."""
import os
import re

from lint import ROOT, fault, files, read

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
    "issuer": "audit staff notices eligibility register fees devices status lifecycle cases nonces issuance tap bridge desk events orders restore local",
    "verifier": "rp trust presentation",
    "provider": "nonces provider",
    "signer": "signer",
    "ledger": "ledger",
    "witness": "witness",
}
# Of them all the host knows what it implements or serves.
PORTS = {"src/service/env.h", "src/service/sql.h", "src/service/signer.h", "src/service/signer/keys.h", "src/service/ledger/engine.h", "src/service/web/web.h"}
# Rooms of the host that its others may see.
HOST_BASE = {"clock", "socket"}
# HTTP is seen by those who answer it, and by who proves the callers.
DOORS = {"routes.c", "auth.c"}

# Inside cmd: each sees those before it in this list, and itself.
CMD_ROOMS = ["cli", "ledger", "role", "inspect", "wallet", "init", "operator", "card", "table"]


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
    if room == "host" and other == "host" and other_part not in {part, None, *HOST_BASE}:
        return "no other host room"
    if room == "cmd" and other == "cmd" and CMD_ROOMS.index(other_part) > CMD_ROOMS.index(part):
        return f"cmd/{part} sees cmd/{' '.join(CMD_ROOMS[:CMD_ROOMS.index(part)])}"
    return None
