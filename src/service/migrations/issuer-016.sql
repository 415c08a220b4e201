-- SPDX-License-Identifier: Apache-2.0
-- OpenID4VCI 1.0 11: what wallets say became of a batch. batch: hash of its notification_id.
ALTER TABLE copy ADD COLUMN batch {octets};
CREATE INDEX copy_batch ON copy (batch) WHERE batch IS NOT NULL;
CREATE TABLE notification (batch {octets} PRIMARY KEY, event TEXT NOT NULL, at {int} NOT NULL){};
