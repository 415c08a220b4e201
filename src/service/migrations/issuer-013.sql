-- SPDX-License-Identifier: Apache-2.0
-- D-403: a clerk asks for a fresh photo in the place of the register's; by: the supervisor who took it.
CREATE TABLE photo_ask (
  id {octets} PRIMARY KEY, person {octets} NOT NULL, centre TEXT NOT NULL, clerk TEXT NOT NULL, reason TEXT NOT NULL, at {int} NOT NULL, by TEXT){};
CREATE INDEX photo_ask_centre ON photo_ask (centre, at);
