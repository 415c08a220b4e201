-- SPDX-License-Identifier: Apache-2.0
-- D-223: another phone wants a person's card by tap. said: 0 nobody did, 1 yes, 2 no, by the phone that has it or a desk.
CREATE TABLE takeover (person {octets} PRIMARY KEY, instance {octets} NOT NULL, at {int} NOT NULL, said {int} NOT NULL){};
CREATE INDEX takeover_at ON takeover (at);
