-- SPDX-License-Identifier: Apache-2.0
-- On the same device (V-07): where the wallet sends the browser back, the hash of the session that asked (of pages of our own), and that
-- of the code which comes back with it, until it is used.
ALTER TABLE presentation ADD COLUMN return_to TEXT;
ALTER TABLE presentation ADD COLUMN session {octets};
ALTER TABLE presentation ADD COLUMN response_code {octets};
CREATE UNIQUE INDEX presentation_session ON presentation (session);
