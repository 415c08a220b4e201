-- SPDX-License-Identifier: Apache-2.0
-- More loss codes of a card beside its first; who a member of staff is as a person, and whom somebody reported a loss for (D-422);
-- tokens by their end, so that those past it can be swept.

CREATE TABLE loss_code (mac BLOB PRIMARY KEY, card BLOB NOT NULL, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX loss_code_card ON loss_code (card);
ALTER TABLE staff ADD COLUMN person BLOB;
CREATE TABLE loss_reporter (person BLOB NOT NULL, reporter BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (person, reporter)) STRICT, WITHOUT ROWID;
CREATE INDEX token_expires ON token (expires);
