-- SPDX-License-Identifier: Apache-2.0
-- D-070 F-8: the relief group that a person is in, or ''.
ALTER TABLE person ADD COLUMN relief TEXT NOT NULL DEFAULT '';
-- Plastic that is ordered (D-023, D-101, D-102); what became of it its physical_card says. kind, reason: as in the fee table; ended: CANCELLED,
-- UNCOLLECTED or '' ; its receipt has its id. taker: who took it for the person, and the proof that was seen.
CREATE TABLE plastic_order (
  id {octets} PRIMARY KEY, person {octets} NOT NULL, serial TEXT NOT NULL UNIQUE, reason TEXT NOT NULL, rule TEXT NOT NULL, won {int} NOT NULL,
  channel TEXT NOT NULL, centre TEXT NOT NULL, at {int} NOT NULL, batch {octets}, ended TEXT NOT NULL DEFAULT '', taker {octets}, proof TEXT NOT NULL DEFAULT ''){};
CREATE INDEX plastic_order_person ON plastic_order (person);
CREATE INDEX plastic_order_centre ON plastic_order (centre);
CREATE INDEX physical_state ON physical_card (state) WHERE state < 3;
-- pin: 0 while it is that of transport, which nobody knows; set at a desk.
ALTER TABLE chip ADD COLUMN pin {int} NOT NULL DEFAULT 1;
