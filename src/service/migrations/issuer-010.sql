-- SPDX-License-Identifier: Apache-2.0
-- D-201: a desk looks at its own day.
CREATE INDEX case_centre ON desk_case (centre, opened);
