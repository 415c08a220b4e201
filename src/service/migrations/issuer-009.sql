-- SPDX-License-Identifier: Apache-2.0
-- D-420: passkeys of staff, and the links by which one is made: each once, for a while. A challenge with an empty name is of whoever answers it.
CREATE TABLE staff_passkey (
  id {octets} PRIMARY KEY, name TEXT NOT NULL, key {octets} NOT NULL, uses {int} NOT NULL, created {int} NOT NULL, seen {int} NOT NULL){};
CREATE INDEX staff_passkey_name ON staff_passkey (name);
CREATE TABLE staff_link (hash {octets} PRIMARY KEY, name TEXT NOT NULL, expires {int} NOT NULL){};
CREATE INDEX staff_link_name ON staff_link (name);
