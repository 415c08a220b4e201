#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No statement looks at every row of a table that grows with a country: each is planned over its role's migrations, empty, as the
program's connection would plan it. A partial index whose condition is an argument of the statement is none to a planner."""
import os
import re
import sqlite3
import subprocess

from lint import ROOT, fault, files, read, verdict

# SQLite's words for what a migration names; src/host/store/sqlite.c has the same.
WORDS = {"{int}": "INTEGER", "{octets}": "BLOB", "{row}": "INTEGER PRIMARY KEY", "{}": " STRICT", "{keyed}": " STRICT, WITHOUT ROWID"}
# As many rows as there are staff, shards, keys, requests of an hour.
SMALL = {"staff", "staff_challenge", "staff_session", "staff_link", "staff_passkey", "shard", "row_key", "service_key", "photo_ask", "restored"}
# Partial indices of what is going on, which is read whole.
BOUNDED = {"plastic_order_open"}
# Looks at all, by purpose: the chain is verified.
WHOLE = re.compile(r"SELECT COUNT\(\*\) FROM audit_head$|SELECT a\..* FROM audit a LEFT JOIN audit_head h ON h.n = a.n ORDER BY a.n$")

LITERALS = re.compile(r'"(?:\\.|[^"\\])*"(?:\s*"(?:\\.|[^"\\])*")*')


def store(role):
    c = sqlite3.connect(":memory:")
    for name in files("src/service/migrations"):
        if os.path.basename(name).startswith(role + "-"):
            c.executescript(re.sub(r"\{\w*\}", lambda m: WORDS[m.group()], re.sub(r"--[^\n]*", "", read(name))))
    return c


def statements(name):
    """What the preprocessor leaves of the file itself, literals that stand beside each other put together."""
    out = subprocess.run(["cc", "-std=c17", "-E", "-Iinclude", "-Isrc", name], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout.decode()
    for found in LITERALS.finditer("\n".join(of_itself(out, name))):
        said = re.sub(r"\s+", " ", "".join(re.findall(r'"((?:\\.|[^"\\])*)"', found.group()))).strip()
        if re.match(r"SELECT|INSERT|UPDATE|DELETE", said):
            yield said


def of_itself(out, name):
    """Its lines; those of what it includes are left out."""
    own = False
    for line in out.split("\n"):
        m = re.match(r'# \d+ "([^"]*)"', line)
        own = m.group(1) == name if m else own
        if own and not m:
            yield line


def planned(c, said):
    arguments = {a: None for a in re.findall(r"\$(\d+)", said)}
    return [row[3] for row in c.execute("EXPLAIN QUERY PLAN " + said, arguments)]


def tables(said):
    """What each alias stands for."""
    out = {}
    for table, alias in re.findall(r"(?:FROM|JOIN|UPDATE|INTO) (\w+)(?: (?:AS )?(?!ON\b|WHERE\b|SET\b|JOIN\b|LEFT\b|ORDER\b)(\w+))?", said):
        out[alias or table] = out[table] = table
    return out


stores = {role: store(role) for role in ("issuer", "provider", "verifier")}
count = 0
for name in files("src/service", ends=("rows.c",)):
    for said in statements(name):
        plan, why = None, ""
        for c in stores.values():
            try:
                plan = planned(c, said)
                break
            except sqlite3.OperationalError as e:
                why = why if why and "no such table" in str(e) else str(e)
        if plan is None:
            fault(name, 1, f"{why}: {said[:80]}")
            continue
        count += 1
        for step in plan:
            m = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", step)
            if "AUTOMATIC" in step:
                fault(name, 1, f"{step}: {said[:80]}")
            if not m or m.group(2) in BOUNDED or WHOLE.match(said):
                continue
            table = tables(said).get(m.group(1), m.group(1))
            ordered = re.search(r"ORDER BY (?:\w+\.)?n(?: DESC)? LIMIT", said)  # the first rows in the order that they have
            if table not in SMALL and not ordered:
                fault(name, 1, f"{step}: {said[:80]}")
verdict(f"{count} statements")
