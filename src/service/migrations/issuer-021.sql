-- SPDX-License-Identifier: Apache-2.0
-- No statement reads a whole table (tools/lint/plans.py). A condition that is an argument finds no partial index: what was
-- known by state is found by the time, or by what says so itself.
CREATE INDEX token_case ON token (desk_case);
DROP INDEX card_expires;
CREATE INDEX card_expires ON card (expires);
CREATE INDEX card_moved ON card (due_since) WHERE refresh_due = 'ADDRESS';
DROP INDEX case_waits;
CREATE INDEX deferred_at ON deferred (at);
CREATE INDEX person_birth ON person (birth, id);
DROP INDEX physical_state;
DROP INDEX plastic_order_centre;
CREATE INDEX plastic_order_open ON plastic_order (centre) WHERE ended = '';
CREATE INDEX tap_expires ON tap (expires);
-- A copy is known by its index: an id of its own was read by nobody, and cost a page of an index for each copy.
CREATE TABLE copy_of (
  shard {int} NOT NULL, idx {int} NOT NULL, card {octets} NOT NULL, fmt {int} NOT NULL, jkt {octets} NOT NULL,
  issued {int} NOT NULL, until {int} NOT NULL, stale {int} NOT NULL DEFAULT 0, batch {octets}, PRIMARY KEY (shard, idx)){keyed};
INSERT INTO copy_of (shard, idx, card, fmt, jkt, issued, until, stale, batch)
  SELECT shard, idx, card, fmt, jkt, issued, until, stale, batch FROM copy;
DROP TABLE copy;
ALTER TABLE copy_of RENAME TO copy;
CREATE INDEX copy_card ON copy (card);
CREATE INDEX copy_jkt ON copy (jkt);
CREATE INDEX copy_batch ON copy (batch) WHERE batch IS NOT NULL;
-- A test person of a practice country may have a card on each of many phones: nth tells those apart, of everybody else it is 0.
ALTER TABLE person ADD COLUMN many {int} NOT NULL DEFAULT 0;
ALTER TABLE device ADD COLUMN nth {int} NOT NULL DEFAULT 0;
ALTER TABLE card ADD COLUMN nth {int} NOT NULL DEFAULT 0;
DROP INDEX device_open;
CREATE UNIQUE INDEX device_open ON device (person, nth) WHERE state = 1;
DROP INDEX card_live;
CREATE UNIQUE INDEX card_live ON card (person, type, nth) WHERE state IN (1, 2, 3);
