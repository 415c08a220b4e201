-- SPDX-License-Identifier: Apache-2.0
-- Rows of the issuer. Times are seconds UTC, dates YYYY-MM-DD of Asia/Seoul, ids 16 random octets, hashes 32 octets.

CREATE TABLE audit (
  n {row}, at {int} NOT NULL, actor TEXT NOT NULL, channel TEXT NOT NULL, act TEXT NOT NULL,
  subject {octets}, reason TEXT NOT NULL, outcome TEXT NOT NULL, prev {octets} NOT NULL, hash {octets} NOT NULL UNIQUE){};
CREATE TABLE audit_head (n {row}, at {int} NOT NULL, hash {octets} NOT NULL, sig {octets} NOT NULL){};
CREATE INDEX audit_subject ON audit (subject) WHERE subject IS NOT NULL;

CREATE TABLE staff (
  name TEXT PRIMARY KEY, role {int} NOT NULL, centre TEXT NOT NULL, key {octets} NOT NULL, state {int} NOT NULL){};
CREATE TABLE staff_challenge (hash {octets} PRIMARY KEY, name TEXT NOT NULL, expires {int} NOT NULL){};
CREATE TABLE staff_session (hash {octets} PRIMARY KEY, name TEXT NOT NULL, seen {int} NOT NULL, created {int} NOT NULL){};

CREATE TABLE notice (
  n {row}, person {octets} NOT NULL, at {int} NOT NULL, kind TEXT NOT NULL, channel TEXT NOT NULL){};

-- register: history append-only, "now" is the row without an end
CREATE TABLE person (
  id {octets} PRIMARY KEY, kind {int} NOT NULL, state {int} NOT NULL, birth TEXT NOT NULL, sex {int} NOT NULL,
  version {int} NOT NULL){};
CREATE TABLE rrn (
  id {octets} PRIMARY KEY, person {octets} NOT NULL REFERENCES person (id), sealed {octets} NOT NULL, lookup {octets} NOT NULL UNIQUE,
  since {int} NOT NULL, until {int}, reason TEXT NOT NULL){};
CREATE UNIQUE INDEX rrn_now ON rrn (person) WHERE until IS NULL;
CREATE TABLE name (
  person {octets} NOT NULL REFERENCES person (id), surname TEXT NOT NULL, given TEXT NOT NULL, hanja TEXT, surname_latin TEXT,
  given_latin TEXT, since {int} NOT NULL, until {int}){};
CREATE UNIQUE INDEX name_now ON name (person) WHERE until IS NULL;
CREATE TABLE address (
  person {octets} NOT NULL REFERENCES person (id), region10 TEXT NOT NULL, road12 TEXT, building TEXT, postal TEXT,
  text TEXT NOT NULL, supplement TEXT, since TEXT NOT NULL, from_s {int} NOT NULL, until {int}){};
CREATE UNIQUE INDEX address_now ON address (person) WHERE until IS NULL;
CREATE INDEX address_region ON address (region10) WHERE until IS NULL;
CREATE TABLE photo (
  id {octets} PRIMARY KEY, person {octets} NOT NULL REFERENCES person (id), sealed {octets} NOT NULL, taken_on TEXT NOT NULL,
  until {int}){};
CREATE UNIQUE INDEX photo_now ON photo (person) WHERE until IS NULL;
CREATE TABLE physical_card (
  serial TEXT PRIMARY KEY, person {octets} NOT NULL REFERENCES person (id), kind {int} NOT NULL, issued_on TEXT NOT NULL,
  authority TEXT NOT NULL, state {int} NOT NULL){};
CREATE UNIQUE INDEX physical_valid ON physical_card (person) WHERE state = 3;
CREATE INDEX physical_person ON physical_card (person);
CREATE TABLE bar (person {octets} NOT NULL, barred {octets} NOT NULL, PRIMARY KEY (person, barred)){};
CREATE TABLE life_event (source TEXT NOT NULL, event TEXT NOT NULL, at {int} NOT NULL, hash {octets} NOT NULL, PRIMARY KEY (source, event)){};

CREATE TABLE fee_receipt (
  n {row}, person {octets} NOT NULL, at {int} NOT NULL, rule TEXT NOT NULL, won {int} NOT NULL, desk TEXT NOT NULL){};

-- one open device a person: D-030, D-180 (1)
CREATE TABLE device (
  id {octets} PRIMARY KEY, person {octets} NOT NULL, jkt {octets} NOT NULL, level {int} NOT NULL, state {int} NOT NULL,
  opened {int} NOT NULL, closed {int}){};
CREATE UNIQUE INDEX device_open ON device (person) WHERE state = 1;

CREATE TABLE shard (shard {row}, dirty {int} NOT NULL, published {int} NOT NULL){};
-- an index stands here from the moment it is burnt, and for ever: D-186
CREATE TABLE status_index (shard {int} NOT NULL, idx {int} NOT NULL, invalid {int} NOT NULL, PRIMARY KEY (shard, idx)){keyed};
CREATE TABLE copy (
  id {octets} PRIMARY KEY, card {octets} NOT NULL, fmt {int} NOT NULL, shard {int} NOT NULL, idx {int} NOT NULL, jkt {octets} NOT NULL,
  issued {int} NOT NULL, until {int} NOT NULL, UNIQUE (shard, idx)){};
CREATE INDEX copy_card ON copy (card);

-- states: 1 PENDING, 2 ACTIVE, 3 SUSPENDED, 4 REVOKED
CREATE TABLE card (
  id {octets} PRIMARY KEY, person {octets} NOT NULL, type TEXT NOT NULL, device {octets}, serial TEXT NOT NULL, number TEXT NOT NULL UNIQUE,
  issued {int} NOT NULL, expires {int} NOT NULL, state {int} NOT NULL, refresh_due TEXT, loss {octets} UNIQUE){};
CREATE UNIQUE INDEX card_live ON card (person, type) WHERE state IN (1, 2, 3);
CREATE INDEX card_person ON card (person);
CREATE TABLE hold (
  id {row}, card {octets} NOT NULL, kind {int} NOT NULL, channel TEXT NOT NULL, actor TEXT NOT NULL, opened {int} NOT NULL,
  closed {int}, evidence TEXT){};
CREATE INDEX hold_open ON hold (card) WHERE closed IS NULL;
CREATE TABLE card_event (
  n {row}, card {octets} NOT NULL, at {int} NOT NULL, event TEXT NOT NULL, reason TEXT NOT NULL, actor TEXT NOT NULL,
  channel TEXT NOT NULL, audit {int} NOT NULL){};
CREATE INDEX card_event_card ON card_event (card);

-- states: 1 CREATED, 2 SCANNED, 3 CODE_OK, 4 ISSUED, 5 EXPIRED, 6 CANCELLED, 7 CODE_EXHAUSTED, 8 REFUSED, 9 ABANDONED
CREATE TABLE desk_case (
  id {octets} PRIMARY KEY, person {octets} NOT NULL, centre TEXT NOT NULL, clerk TEXT NOT NULL, route {int} NOT NULL, serial TEXT NOT NULL,
  state {int} NOT NULL, opened {int} NOT NULL, scan_by {int} NOT NULL, case_by {int} NOT NULL, offer {octets} NOT NULL UNIQUE,
  code {octets} NOT NULL UNIQUE, jti TEXT NOT NULL, ticket TEXT NOT NULL, jkt {octets}, sign TEXT, tx_mac {octets},
  tries {int} NOT NULL, second {int} NOT NULL, reason TEXT, card {octets}){};
CREATE UNIQUE INDEX case_open ON desk_case (person) WHERE state IN (1, 2, 3);

-- kinds: 1 access, 2 refresh; hash of the token, bound to instance and DPoP key
CREATE TABLE token (
  hash {octets} PRIMARY KEY, kind {int} NOT NULL, desk_case {octets}, card {octets}, instance {octets} NOT NULL, jkt {octets} NOT NULL, client TEXT NOT NULL,
  created {int} NOT NULL, expires {int} NOT NULL){};
CREATE INDEX token_card ON token (card) WHERE card IS NOT NULL;
CREATE TABLE spent (kind {int} NOT NULL, value {octets} NOT NULL, expires {int} NOT NULL, PRIMARY KEY (kind, value)){keyed};
CREATE INDEX spent_expires ON spent (expires);
