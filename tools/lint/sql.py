#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SQL stands in a service's rows.c, in the migrations and with the engines alone, and is plain: what two engines say
differently is named in a migration ({int}, {octets} …) or said by the engine."""
import os
import re

from lint import fault, files, read, verdict

STATEMENT = re.compile(r'"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|DROP|PRAGMA|BEGIN)\b')
# What one engine alone knows, and what would be known by number.
PARTIAL = [
    (re.compile(r"\?"), "arguments are $1, $2 …"),
    (re.compile(r"\b(STRICT|ROWID|PRAGMA|AUTOINCREMENT|GLOB|IFNULL|RETURNING|ILIKE|SERIAL|BYTEA|BLOB)\b"), "one engine's word"),
    (re.compile(r"\bOR (REPLACE|IGNORE|ROLLBACK)\b"), "one engine's word"),
    (re.compile(r"\b(state|kind)\s*(=|<>|<|>|<=|>=)\s*\d"), "states and kinds are arguments"),
    (re.compile(r"\b(state|kind) IN \(\s*\d"), "states and kinds are arguments"),
    (re.compile(r"<<|&(?!&)|\bSELECT EXISTS\b"), "one engine's arithmetic"),
]
STRING = re.compile(r'"((?:\\.|[^"\\])*)"')

count = 0
for name in files("src", ends=(".c", ".h")):
    text = read(name) or ""
    rows = os.path.basename(name) == "rows.c" and name.startswith("src/service/")
    for number, line in enumerate(text.split("\n"), 1):
        m = None if line.lstrip().startswith(("*", "/*")) else STATEMENT.search(line)
        if m and not rows and not name.startswith("src/host/store/"):
            fault(name, number, f"{m.group(1)} outside of rows.c")
        if not rows or line.startswith("#include"):
            continue
        for s in STRING.findall(line):
            count += 1
            for pattern, why in PARTIAL:
                if pattern.search(s):
                    fault(name, number, f"{pattern.search(s).group(0)}: {why}")
# What expires goes: a table with such a column has its DELETE; a card and a case stay as records.
STAYS = {"card", "desk_case"}
deleted = {t for n in files("src/service", ends=("rows.c",)) for t in re.findall(r"DELETE FROM (\w+)", read(n))}
for name in files("src/service/migrations"):
    for table, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\)\{", read(name), re.S):
        if re.search(r"\bexpires\b", body) and table not in deleted | STAYS:
            fault(name, 1, f"{table} expires and no rows.c deletes from it")
    for number, line in enumerate((read(name) or "").split("\n"), 1):
        m = None if line.startswith("--") else re.search(r"\b(STRICT|WITHOUT ROWID|INTEGER|BIGINT|BLOB|BYTEA|PRAGMA)\b", line)
        if m:
            fault(name, number, f"{m.group(1)}: one engine's word, which it says for a name")
verdict(f"{count} strings of rows.c")
