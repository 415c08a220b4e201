-- SPDX-License-Identifier: Apache-2.0
-- What is swept is found: rows stay a day, answers and values minutes.
CREATE INDEX presentation_answer ON presentation (expires) WHERE answer IS NOT NULL;
CREATE INDEX presentation_claims ON presentation (claims_until) WHERE claims IS NOT NULL;
CREATE INDEX presentation_code ON presentation (claims_until) WHERE response_code IS NOT NULL;
