-- SPDX-License-Identifier: Apache-2.0
-- D-401: when who holds the session was last proven by passkey; 0: never.
ALTER TABLE staff_session ADD COLUMN proven {int} NOT NULL DEFAULT 0;
