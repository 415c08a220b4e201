-- SPDX-License-Identifier: Apache-2.0
-- D-357: a new PIN stands beside the one there is (live 0), until it has been shown to open: whatever breaks off, one of them opens.
CREATE TABLE pin_of (
  id {octets} PRIMARY KEY, jkt {octets} NOT NULL, auth {octets} NOT NULL, point {octets} NOT NULL, salt {octets}, tries {int} NOT NULL,
  next {int} NOT NULL, live {int} NOT NULL, UNIQUE (jkt, live)){};
INSERT INTO pin_of (id, jkt, auth, point, salt, tries, next, live) SELECT id, jkt, auth, point, salt, tries, next, 1 FROM pin;
DROP TABLE pin;
ALTER TABLE pin_of RENAME TO pin;
