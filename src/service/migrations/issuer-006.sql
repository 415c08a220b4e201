-- SPDX-License-Identifier: Apache-2.0
-- D-423: what was typed from a plastic card and was wrong, for a day: who guesses is stopped.

CREATE TABLE plastic_try (person {octets} NOT NULL, staff TEXT NOT NULL, supervisor {int} NOT NULL, at {int} NOT NULL){};
CREATE INDEX plastic_try_person ON plastic_try (person);
CREATE INDEX plastic_try_staff ON plastic_try (staff);
CREATE INDEX plastic_try_at ON plastic_try (at);

-- A key belongs to one copy, and is nothing else: looked up before it is bound.
CREATE INDEX copy_jkt ON copy (jkt);
CREATE INDEX device_jkt ON device (jkt);
