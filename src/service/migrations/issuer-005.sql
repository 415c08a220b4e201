-- SPDX-License-Identifier: Apache-2.0
-- D-458: shards that get no more copies, and when this store was brought back from a copy.

ALTER TABLE shard ADD COLUMN closed {int} NOT NULL DEFAULT 0;
CREATE TABLE restored (n {row}, at {int} NOT NULL, lost {int} NOT NULL){};
