-- SPDX-License-Identifier: Apache-2.0
-- The front door (RFC 9126, RFC 6749 4.1): what a wallet pushed, and what came of it. stands: 1 PUSHED, 2 COMPLETED, 3 DENIED.
-- scope, details: configurations asked for by either, with a blank between them. jkt: a DPoP key that was there already.
CREATE TABLE pushed (
  uri {octets} PRIMARY KEY, client TEXT NOT NULL, instance {octets} NOT NULL, jkt {octets}, redirect_uri TEXT NOT NULL,
  challenge {octets} NOT NULL, scope TEXT NOT NULL, details TEXT NOT NULL, state TEXT, stands {int} NOT NULL, at {int} NOT NULL,
  expires {int} NOT NULL, desk_case {octets} UNIQUE){};
CREATE INDEX pushed_expires ON pushed (expires);
-- of a desk's case: both empty, and both formats are granted
ALTER TABLE token ADD COLUMN scope TEXT NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN details TEXT NOT NULL DEFAULT '';
-- thumbprints of the keys that the first batch may bind, one after another; NULL: any
ALTER TABLE desk_case ADD COLUMN keys {octets};
-- people of synthetic homes who sign in by name and password
CREATE TABLE login (name TEXT PRIMARY KEY, person {octets} NOT NULL, mac {octets} NOT NULL){};
-- D-310: 2 who got it stood at a desk, 1 not
ALTER TABLE card ADD COLUMN level {int} NOT NULL DEFAULT 2;
