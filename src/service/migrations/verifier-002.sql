-- SPDX-License-Identifier: Apache-2.0
-- SHA-256 of the answer that was taken, until the request expires: who sends the same octets again hears the same outcome.
ALTER TABLE presentation ADD COLUMN answer {octets};
