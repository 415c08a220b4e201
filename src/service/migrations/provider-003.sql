-- SPDX-License-Identifier: Apache-2.0
-- Statements know states by argument: rows past their time are found by this one.
DROP INDEX instance_seen;
CREATE INDEX instance_state ON instance (state, seen);
