-- SPDX-License-Identifier: Apache-2.0
-- Statements know states by argument: what they look for is found by these, whatever the state.
CREATE INDEX case_person ON desk_case (person);
CREATE INDEX case_state ON desk_case (state);
CREATE INDEX device_person ON device (person);
