-- SPDX-License-Identifier: Apache-2.0
-- The key of sealed values is the verifier's own, and lies here sealed by the signer. What the signer itself sealed lives for minutes: open
-- requests end, claims that nobody fetched go. Request objects are signed when they are fetched.
CREATE TABLE row_key (id {octets} PRIMARY KEY, sealed {octets} NOT NULL){};
UPDATE presentation SET state = 8, decided = expires, nonce = NULL, kid = NULL, enc = NULL, enc_sealed = NULL WHERE state IN (1, 2);
UPDATE presentation SET nonce = NULL, kid = NULL, enc = NULL, enc_sealed = NULL, claims = NULL, response_code = NULL;
ALTER TABLE presentation DROP COLUMN token;
