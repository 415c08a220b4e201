-- SPDX-License-Identifier: Apache-2.0
-- Applications that wait for a clerk's word. waits: 0 for nobody, 1 for a clerk, 2 no more.
ALTER TABLE desk_case ADD COLUMN waits {int} NOT NULL DEFAULT 0;
CREATE INDEX case_waits ON desk_case (opened) WHERE waits = 1;
-- OpenID4VCI 1.0 9: what is issued once it was decided. id: hash of the transaction_id; keys: points of the proofs, one after another;
-- sealed_to: thumbprint of the key that the first answer was to be encrypted to.
CREATE TABLE deferred (
  id {octets} PRIMARY KEY, desk_case {octets} NOT NULL, instance {octets} NOT NULL, jkt {octets} NOT NULL, client TEXT NOT NULL,
  configuration TEXT NOT NULL, keys {octets} NOT NULL, key_level {int} NOT NULL, sealed_to {octets}, at {int} NOT NULL, asked {int} NOT NULL,
  UNIQUE (desk_case, configuration)){};
