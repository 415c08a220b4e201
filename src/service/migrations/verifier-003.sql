-- SPDX-License-Identifier: Apache-2.0
-- Statements know states by argument: those past their time are found by this one.
DROP INDEX presentation_open;
CREATE INDEX presentation_state ON presentation (state, expires);
