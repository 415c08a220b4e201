// SPDX-License-Identifier: Apache-2.0
// Somebody looks into a store with another tool while its role runs: nothing that is written after that is lost. (A process that opens and closes
// the file once more lets go of all its locks on it; the tool then takes itself for the last one and removes the log that the role still writes.)
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { at, inside, restart, run } from './_country.mjs';

const look = (file, sql) => execFileSync('python3', ['-c', 'import sqlite3,sys; c=sqlite3.connect(sys.argv[1],timeout=10); print(c.execute(sys.argv[2]).fetchall()); c.commit(); c.close()', at(file), sql], { encoding: 'utf8' }).trim();

await inside(async ({ base }) => {
  const stores = { 'a/issuer/issuer.db': 'staff', 'a/provider/provider.db': 'instance', 'b/verifier/verifier.db': 'presentation' };
  for (const [file, table] of Object.entries(stores)) {
    assert.match(look(file, `SELECT count(*) FROM ${table}`), /^\[\(\d+,\)\]$/);
    assert.ok(existsSync(at(`${file}-wal`)), `${file}: its log is still there`);
  }
  run('a', 'staff', 'add', 'lee', '--role', 'clerk', '--centre', '3017000000', '--key', at('kim.jwk'));
  assert.equal(look('a/issuer/issuer.db', "SELECT count(*) FROM staff WHERE name = 'lee'"), '[(1,)]');
  await restart();
  assert.equal(look('a/issuer/issuer.db', "SELECT count(*) FROM staff WHERE name = 'lee'"), '[(1,)]');
  assert.equal((await fetch(`${base.issuer}/healthz`)).status, 200);
});
