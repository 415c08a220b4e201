-- SPDX-License-Identifier: Apache-2.0
-- Rows of instances end: found by when they were seen.
CREATE INDEX instance_seen ON instance (seen) WHERE state = 1;
