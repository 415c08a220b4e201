-- SPDX-License-Identifier: Apache-2.0
-- Heads of the audit chain carry the signer's count (D-421); those without one are signed anew from the first row. The mark is
-- the highest count that this store has seen: a store that is older than its signer knows less, a chain that was cut does not.

DROP TABLE audit_head;
CREATE TABLE audit_head (
  n {row}, count {int} NOT NULL UNIQUE, at {int} NOT NULL, hash {octets} NOT NULL, sig {octets} NOT NULL){};
CREATE TABLE audit_mark (one {int} PRIMARY KEY CHECK (one = 1), count {int} NOT NULL){};
