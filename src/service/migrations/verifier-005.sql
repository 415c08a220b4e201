-- SPDX-License-Identifier: Apache-2.0
-- The key of sealed values is the verifier's own, and lies here sealed by the signer: what the signer itself sealed, for minutes, goes, and
-- with it requests that are open. Request objects are signed when they are fetched. Of a report its findings are kept.
CREATE TABLE row_key (id {octets} PRIMARY KEY, sealed {octets} NOT NULL){};
UPDATE presentation SET state = 8, decided = expires WHERE state IN (1, 2);
UPDATE presentation SET state = 5 WHERE response_code IS NOT NULL;
UPDATE presentation SET nonce = NULL, kid = NULL, enc = NULL, enc_sealed = NULL, claims = NULL, response_code = NULL;
ALTER TABLE presentation DROP COLUMN token;
ALTER TABLE presentation DROP COLUMN report;
ALTER TABLE presentation ADD COLUMN report {octets};
