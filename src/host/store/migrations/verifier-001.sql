-- SPDX-License-Identifier: Apache-2.0
-- Rows of a verifier. Times are seconds UTC, ids 16 random octets, hashes 32 octets.
CREATE TABLE service_key (hash BLOB PRIMARY KEY, service TEXT NOT NULL, created INTEGER NOT NULL) STRICT;
-- states: 1 REQUESTED, 2 FETCHED, 3 ANSWERED, 4 ACCEPTED, 5 REJECTED, 6 UNDECIDED, 7 CANCELLED, 8 EXPIRED.
-- nonce, key and request object go with the answer; claims stay sealed until they are fetched once.
CREATE TABLE presentation (
  id BLOB PRIMARY KEY, request TEXT NOT NULL UNIQUE, service TEXT NOT NULL, client TEXT NOT NULL, dcql TEXT NOT NULL, nonce TEXT, kid TEXT,
  enc BLOB, enc_sealed BLOB, token TEXT, state INTEGER NOT NULL, tries INTEGER NOT NULL, created INTEGER NOT NULL,
  expires INTEGER NOT NULL, decided INTEGER, report TEXT, claims BLOB, claims_until INTEGER) STRICT;
CREATE INDEX presentation_open ON presentation (expires) WHERE state < 4;
CREATE INDEX presentation_created ON presentation (created);
CREATE TABLE mso_seen (hash BLOB PRIMARY KEY, first INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;
CREATE INDEX mso_seen_until ON mso_seen (until);
