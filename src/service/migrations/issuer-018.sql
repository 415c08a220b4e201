-- SPDX-License-Identifier: Apache-2.0
-- D-250: of how many days left its holder was told last; 0: of none.
ALTER TABLE card ADD COLUMN told_days {int} NOT NULL DEFAULT 0;
CREATE INDEX card_expires ON card (expires) WHERE state IN (2, 3);
-- D-244: the counter of the last refresh of a device.
ALTER TABLE device ADD COLUMN counter {int} NOT NULL DEFAULT 0;
