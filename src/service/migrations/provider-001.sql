-- SPDX-License-Identifier: Apache-2.0
-- Rows of the wallet provider: devices, never persons.
CREATE TABLE instance (jkt {octets} PRIMARY KEY, platform TEXT NOT NULL, first {int} NOT NULL, seen {int} NOT NULL, state {int} NOT NULL){};
CREATE TABLE spent (kind {int} NOT NULL, value {octets} NOT NULL, expires {int} NOT NULL, PRIMARY KEY (kind, value)){keyed};
CREATE INDEX spent_expires ON spent (expires);
