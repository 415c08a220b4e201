-- SPDX-License-Identifier: Apache-2.0
-- Heads of the audit chain carry the signer's count (D-421); those without one are signed anew from the first row. The mark is
-- the highest count that this store has seen: a store that is older than its signer knows less, a chain that was cut does not.

DROP TABLE audit_head;
CREATE TABLE audit_head (
  n INTEGER PRIMARY KEY, count INTEGER NOT NULL UNIQUE, at INTEGER NOT NULL, hash BLOB NOT NULL, sig BLOB NOT NULL) STRICT;
CREATE TABLE audit_mark (one INTEGER PRIMARY KEY CHECK (one = 1), count INTEGER NOT NULL) STRICT;
