-- SPDX-License-Identifier: Apache-2.0
-- Rows of the wallet provider: devices, never persons.
CREATE TABLE instance (jkt BLOB PRIMARY KEY, platform TEXT NOT NULL, first INTEGER NOT NULL, seen INTEGER NOT NULL, state INTEGER NOT NULL) STRICT;
CREATE TABLE spent (kind INTEGER NOT NULL, value BLOB NOT NULL, expires INTEGER NOT NULL, PRIMARY KEY (kind, value)) STRICT, WITHOUT ROWID;
CREATE INDEX spent_expires ON spent (expires);
