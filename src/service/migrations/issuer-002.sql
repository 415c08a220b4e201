-- SPDX-License-Identifier: Apache-2.0
-- Life events in the order of their effect; since when plastic is what it is; copies that a refresh puts out of use.

ALTER TABLE life_event ADD COLUMN person {octets};
ALTER TABLE life_event ADD COLUMN kind TEXT;
ALTER TABLE life_event ADD COLUMN part TEXT;
ALTER TABLE life_event ADD COLUMN effective {int};
ALTER TABLE life_event ADD COLUMN outcome TEXT;
CREATE INDEX life_event_person ON life_event (person, part);
ALTER TABLE physical_card ADD COLUMN since {int} NOT NULL DEFAULT 0;
ALTER TABLE card ADD COLUMN due_since {int};
-- shows data that is no longer true: INVALID at the first refresh, or when the grace is over (D-152)
ALTER TABLE copy ADD COLUMN stale {int} NOT NULL DEFAULT 0;
