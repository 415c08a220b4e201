#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""preload.py STORE CARDS: as many cards as that, each with person, phone, case, refresh token, ten copies and their status indices, into an
issuer's store that nobody has open. Nobody can use them; a store as large as a country's is what they are for."""
import sqlite3
import sys
import time

store, cards = sys.argv[1], int(sys.argv[2])
COPIES, SHARD, ACTIVE, VALID_FOR = 10, 1 << 20, 2, 3 * 365 * 86400
now = int(time.time())
db = sqlite3.connect(store, isolation_level=None)
db.create_function("shuffled", 1, lambda i: i * 589_833 % SHARD, deterministic=True)  # odd: each index of a shard once
for pragma in ("synchronous = OFF", "cache_size = -2000000", "journal_mode = MEMORY", "temp_store = MEMORY", "foreign_keys = OFF"):
    db.execute(f"PRAGMA {pragma}").fetchall()
own = [(name, sql) for name, sql in db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")]
db.execute("BEGIN")
for name, _ in own:
    db.execute(f"DROP INDEX {name}")
first = db.execute("SELECT coalesce(max(shard), -1) + 1 FROM shard").fetchone()[0]
each = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {cards})"
db.execute(f"CREATE TEMP TABLE one AS {each} SELECT i, randomblob(16) AS card, randomblob(16) AS person, randomblob(16) AS device, randomblob(32) AS jkt, randomblob(16) AS desk_case FROM n")
db.execute("INSERT INTO person (id, kind, state, birth, sex, version) SELECT person, 1, 1, date('1940-01-01', '+' || (i % 24000) || ' days'), 1 + i % 2, 1 FROM one")
db.execute(f"INSERT INTO device (id, person, jkt, level, state, opened) SELECT device, person, jkt, 2, 1, {now} FROM one")
db.execute(f"""INSERT INTO card (id, person, type, device, serial, number, issued, expires, state, loss)
    SELECT card, person, 'resident', device, 'P' || i, 'P' || i, {now}, {now + VALID_FOR} - i % 86400, {ACTIVE}, randomblob(32) FROM one""")
db.execute(f"""INSERT INTO desk_case (id, person, centre, clerk, route, serial, state, opened, scan_by, case_by, offer, code, jti, ticket, tries, second, card)
    SELECT desk_case, person, '3017000000', 'bulk', 1, 'P' || i, 4, {now}, {now}, {now}, randomblob(32), randomblob(32), 'P' || i, '', 0, 0, card FROM one""")
db.execute(f"""INSERT INTO token (hash, kind, desk_case, card, instance, jkt, client, created, expires)
    SELECT randomblob(32), 2, desk_case, card, jkt, randomblob(32), 'bulk', {now}, {now + VALID_FOR} FROM one""")
numbers = f"(SELECT i, card, {COPIES} * i + k AS at FROM one, (SELECT value AS k FROM json_each('[0,1,2,3,4,5,6,7,8,9]')))"
where = f"{first} + at / {SHARD}, shuffled(at % {SHARD})"
db.execute(f"INSERT INTO status_index (shard, idx, invalid) SELECT {where}, 0 FROM {numbers}")
db.execute(f"INSERT INTO copy (card, fmt, shard, idx, jkt, issued, until) SELECT card, 1 + at % 2, {where}, randomblob(32), {now}, {now + 14 * 86400} FROM {numbers}")
db.execute(f"INSERT INTO shard (shard, dirty, published, closed) SELECT DISTINCT shard, 0, {now}, 1 FROM status_index WHERE shard >= {first}")
for _, sql in own:
    db.execute(sql)
db.execute("COMMIT")
db.execute("PRAGMA journal_mode = WAL").fetchall()
db.close()
