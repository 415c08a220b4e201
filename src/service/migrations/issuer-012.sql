-- SPDX-License-Identifier: Apache-2.0
-- D-407: who took what, how it was paid, and which receipt takes which back: each once.
ALTER TABLE fee_receipt ADD COLUMN id {octets};
ALTER TABLE fee_receipt ADD COLUMN clerk TEXT NOT NULL DEFAULT '';
ALTER TABLE fee_receipt ADD COLUMN method {int} NOT NULL DEFAULT 0;
ALTER TABLE fee_receipt ADD COLUMN desk_case {octets};
ALTER TABLE fee_receipt ADD COLUMN voids {octets};
CREATE UNIQUE INDEX fee_receipt_id ON fee_receipt (id);
CREATE UNIQUE INDEX fee_receipt_voids ON fee_receipt (voids);
CREATE INDEX fee_receipt_desk ON fee_receipt (desk, at);
