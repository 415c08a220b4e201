-- SPDX-License-Identifier: Apache-2.0
-- The provider's share of a wallet's PIN (D-357): one an instance; without salt it is locked for good.
CREATE TABLE pin (id {octets} PRIMARY KEY, jkt {octets} NOT NULL UNIQUE, auth {octets} NOT NULL, point {octets} NOT NULL, salt {octets}, tries {int} NOT NULL, next {int} NOT NULL){};
