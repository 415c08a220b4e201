-- SPDX-License-Identifier: Apache-2.0
-- Chips of IC resident cards: the key of chip authentication, and the PUK, sealed, for a desk that sets a new PIN.
CREATE TABLE chip (
  id {octets} PRIMARY KEY, serial TEXT NOT NULL UNIQUE, person {octets} NOT NULL, key {octets} NOT NULL, puk {octets} NOT NULL, made {int} NOT NULL){};
-- Taps (D-222). stands: 1 CREATED, 2 OPENED, 3 SPENT, 4 REFUSED, 5 ABANDONED. session: the issuer's channel, sealed.
CREATE TABLE tap (
  id {octets} PRIMARY KEY, pushed {octets} NOT NULL, client TEXT NOT NULL, instance {octets} NOT NULL, jkt {octets} NOT NULL, keys {octets} NOT NULL,
  nonce {octets} NOT NULL, stands {int} NOT NULL, opens {int} NOT NULL, serial TEXT NOT NULL, session {octets}, reason TEXT NOT NULL,
  at {int} NOT NULL, expires {int} NOT NULL){};
CREATE INDEX tap_pushed ON tap (pushed);
CREATE INDEX tap_serial ON tap (serial, at);
CREATE INDEX tap_instance ON tap (instance, at);
