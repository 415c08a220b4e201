-- SPDX-License-Identifier: Apache-2.0
-- Rows of a verifier. Times are seconds UTC, ids 16 random octets, hashes 32 octets.
CREATE TABLE service_key (hash {octets} PRIMARY KEY, service TEXT NOT NULL, created {int} NOT NULL){};
-- states: 1 REQUESTED, 2 FETCHED, 3 ANSWERED, 4 ACCEPTED, 5 REJECTED, 6 UNDECIDED, 7 CANCELLED, 8 EXPIRED.
-- nonce, key and request object go with the answer; claims stay sealed until they are fetched once.
CREATE TABLE presentation (
  id {octets} PRIMARY KEY, request TEXT NOT NULL UNIQUE, service TEXT NOT NULL, client TEXT NOT NULL, dcql TEXT NOT NULL, nonce TEXT, kid TEXT,
  enc {octets}, enc_sealed {octets}, token TEXT, state {int} NOT NULL, tries {int} NOT NULL, created {int} NOT NULL,
  expires {int} NOT NULL, decided {int}, report TEXT, claims {octets}, claims_until {int}){};
CREATE INDEX presentation_open ON presentation (expires) WHERE state < 4;
CREATE INDEX presentation_created ON presentation (created);
CREATE TABLE mso_seen (hash {octets} PRIMARY KEY, first {int} NOT NULL, until {int} NOT NULL){};
CREATE INDEX mso_seen_until ON mso_seen (until);
