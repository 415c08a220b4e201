-- SPDX-License-Identifier: Apache-2.0
-- Which of the issuer's card types a case is about; of those opened before, the one that is the default.
ALTER TABLE desk_case ADD COLUMN type TEXT NOT NULL DEFAULT '';
