-- SPDX-License-Identifier: Apache-2.0
-- Rows of the issuer. Times are seconds UTC, dates YYYY-MM-DD of Asia/Seoul, ids 16 random octets, hashes 32 octets.

CREATE TABLE audit (
  n INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, channel TEXT NOT NULL, act TEXT NOT NULL,
  subject BLOB, reason TEXT NOT NULL, outcome TEXT NOT NULL, prev BLOB NOT NULL, hash BLOB NOT NULL UNIQUE) STRICT;
CREATE TABLE audit_head (n INTEGER PRIMARY KEY, at INTEGER NOT NULL, hash BLOB NOT NULL, sig BLOB NOT NULL) STRICT;
CREATE INDEX audit_subject ON audit (subject) WHERE subject IS NOT NULL;

CREATE TABLE staff (
  name TEXT PRIMARY KEY, role INTEGER NOT NULL, centre TEXT NOT NULL, key BLOB NOT NULL, state INTEGER NOT NULL) STRICT;
CREATE TABLE staff_challenge (hash BLOB PRIMARY KEY, name TEXT NOT NULL, expires INTEGER NOT NULL) STRICT;
CREATE TABLE staff_session (hash BLOB PRIMARY KEY, name TEXT NOT NULL, seen INTEGER NOT NULL, created INTEGER NOT NULL) STRICT;

CREATE TABLE notice (
  n INTEGER PRIMARY KEY, person BLOB NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, channel TEXT NOT NULL) STRICT;

-- register: history append-only, "now" is the row without an end
CREATE TABLE person (
  id BLOB PRIMARY KEY, kind INTEGER NOT NULL, state INTEGER NOT NULL, birth TEXT NOT NULL, sex INTEGER NOT NULL,
  version INTEGER NOT NULL) STRICT;
CREATE TABLE rrn (
  id BLOB PRIMARY KEY, person BLOB NOT NULL REFERENCES person (id), sealed BLOB NOT NULL, lookup BLOB NOT NULL UNIQUE,
  since INTEGER NOT NULL, until INTEGER, reason TEXT NOT NULL) STRICT;
CREATE UNIQUE INDEX rrn_now ON rrn (person) WHERE until IS NULL;
CREATE TABLE name (
  person BLOB NOT NULL REFERENCES person (id), surname TEXT NOT NULL, given TEXT NOT NULL, hanja TEXT, surname_latin TEXT,
  given_latin TEXT, since INTEGER NOT NULL, until INTEGER) STRICT;
CREATE UNIQUE INDEX name_now ON name (person) WHERE until IS NULL;
CREATE TABLE address (
  person BLOB NOT NULL REFERENCES person (id), region10 TEXT NOT NULL, road12 TEXT, building TEXT, postal TEXT,
  text TEXT NOT NULL, supplement TEXT, since TEXT NOT NULL, from_s INTEGER NOT NULL, until INTEGER) STRICT;
CREATE UNIQUE INDEX address_now ON address (person) WHERE until IS NULL;
CREATE INDEX address_region ON address (region10) WHERE until IS NULL;
CREATE TABLE photo (
  id BLOB PRIMARY KEY, person BLOB NOT NULL REFERENCES person (id), sealed BLOB NOT NULL, taken_on TEXT NOT NULL,
  until INTEGER) STRICT;
CREATE UNIQUE INDEX photo_now ON photo (person) WHERE until IS NULL;
CREATE TABLE physical_card (
  serial TEXT PRIMARY KEY, person BLOB NOT NULL REFERENCES person (id), kind INTEGER NOT NULL, issued_on TEXT NOT NULL,
  authority TEXT NOT NULL, state INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX physical_valid ON physical_card (person) WHERE state = 3;
CREATE INDEX physical_person ON physical_card (person);
CREATE TABLE bar (person BLOB NOT NULL, barred BLOB NOT NULL, PRIMARY KEY (person, barred)) STRICT;
CREATE TABLE life_event (source TEXT NOT NULL, event TEXT NOT NULL, at INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (source, event)) STRICT;

CREATE TABLE fee_receipt (
  n INTEGER PRIMARY KEY, person BLOB NOT NULL, at INTEGER NOT NULL, rule TEXT NOT NULL, won INTEGER NOT NULL, desk TEXT NOT NULL) STRICT;

-- one open device a person: D-030, D-180 (1)
CREATE TABLE device (
  id BLOB PRIMARY KEY, person BLOB NOT NULL, jkt BLOB NOT NULL, level INTEGER NOT NULL, state INTEGER NOT NULL,
  opened INTEGER NOT NULL, closed INTEGER) STRICT;
CREATE UNIQUE INDEX device_open ON device (person) WHERE state = 1;

CREATE TABLE shard (shard INTEGER PRIMARY KEY, dirty INTEGER NOT NULL, published INTEGER NOT NULL) STRICT;
-- an index stands here from the moment it is burnt, and for ever: D-186
CREATE TABLE status_index (shard INTEGER NOT NULL, idx INTEGER NOT NULL, invalid INTEGER NOT NULL, PRIMARY KEY (shard, idx)) STRICT, WITHOUT ROWID;
CREATE TABLE copy (
  id BLOB PRIMARY KEY, card BLOB NOT NULL, fmt INTEGER NOT NULL, shard INTEGER NOT NULL, idx INTEGER NOT NULL, jkt BLOB NOT NULL,
  issued INTEGER NOT NULL, until INTEGER NOT NULL, UNIQUE (shard, idx)) STRICT;
CREATE INDEX copy_card ON copy (card);

-- states: 1 PENDING, 2 ACTIVE, 3 SUSPENDED, 4 REVOKED
CREATE TABLE card (
  id BLOB PRIMARY KEY, person BLOB NOT NULL, type TEXT NOT NULL, device BLOB, serial TEXT NOT NULL, number TEXT NOT NULL UNIQUE,
  issued INTEGER NOT NULL, expires INTEGER NOT NULL, state INTEGER NOT NULL, refresh_due TEXT, loss BLOB UNIQUE) STRICT;
CREATE UNIQUE INDEX card_live ON card (person, type) WHERE state IN (1, 2, 3);
CREATE INDEX card_person ON card (person);
CREATE TABLE hold (
  id INTEGER PRIMARY KEY, card BLOB NOT NULL, kind INTEGER NOT NULL, channel TEXT NOT NULL, actor TEXT NOT NULL, opened INTEGER NOT NULL,
  closed INTEGER, evidence TEXT) STRICT;
CREATE INDEX hold_open ON hold (card) WHERE closed IS NULL;
CREATE TABLE card_event (
  n INTEGER PRIMARY KEY, card BLOB NOT NULL, at INTEGER NOT NULL, event TEXT NOT NULL, reason TEXT NOT NULL, actor TEXT NOT NULL,
  channel TEXT NOT NULL, audit INTEGER NOT NULL) STRICT;
CREATE INDEX card_event_card ON card_event (card);

-- states: 1 CREATED, 2 SCANNED, 3 CODE_OK, 4 ISSUED, 5 EXPIRED, 6 CANCELLED, 7 CODE_EXHAUSTED, 8 REFUSED, 9 ABANDONED
CREATE TABLE desk_case (
  id BLOB PRIMARY KEY, person BLOB NOT NULL, centre TEXT NOT NULL, clerk TEXT NOT NULL, route INTEGER NOT NULL, serial TEXT NOT NULL,
  state INTEGER NOT NULL, opened INTEGER NOT NULL, scan_by INTEGER NOT NULL, case_by INTEGER NOT NULL, offer BLOB NOT NULL UNIQUE,
  code BLOB NOT NULL UNIQUE, jti TEXT NOT NULL, ticket TEXT NOT NULL, jkt BLOB, sign TEXT, tx_mac BLOB,
  tries INTEGER NOT NULL, second INTEGER NOT NULL, reason TEXT, card BLOB) STRICT;
CREATE UNIQUE INDEX case_open ON desk_case (person) WHERE state IN (1, 2, 3);

-- kinds: 1 access, 2 refresh; hash of the token, bound to instance and DPoP key
CREATE TABLE token (
  hash BLOB PRIMARY KEY, kind INTEGER NOT NULL, desk_case BLOB, card BLOB, instance BLOB NOT NULL, jkt BLOB NOT NULL, client TEXT NOT NULL,
  created INTEGER NOT NULL, expires INTEGER NOT NULL) STRICT;
CREATE INDEX token_card ON token (card) WHERE card IS NOT NULL;
CREATE TABLE spent (kind INTEGER NOT NULL, value BLOB NOT NULL, expires INTEGER NOT NULL, PRIMARY KEY (kind, value)) STRICT, WITHOUT ROWID;
CREATE INDEX spent_expires ON spent (expires);
