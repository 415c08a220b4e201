-- SPDX-License-Identifier: Apache-2.0
-- D-458: shards that get no more copies, and when this store was brought back from a copy.

ALTER TABLE shard ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
CREATE TABLE restored (n INTEGER PRIMARY KEY, at INTEGER NOT NULL, lost INTEGER NOT NULL) STRICT;
