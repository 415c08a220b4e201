-- SPDX-License-Identifier: Apache-2.0
-- More loss codes of a card beside its first; who a member of staff is as a person, and whom somebody reported a loss for (D-422);
-- tokens by their end, so that those past it can be swept.

CREATE TABLE loss_code (mac {octets} PRIMARY KEY, card {octets} NOT NULL, n {int} NOT NULL){keyed};
CREATE INDEX loss_code_card ON loss_code (card);
ALTER TABLE staff ADD COLUMN person {octets};
CREATE TABLE loss_reporter (person {octets} NOT NULL, reporter {octets} NOT NULL, at {int} NOT NULL, PRIMARY KEY (person, reporter)){keyed};
CREATE INDEX token_expires ON token (expires);
