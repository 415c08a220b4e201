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
