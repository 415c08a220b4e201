// SPDX-License-Identifier: Apache-2.0
// D-244: a wallet that was copied, keys and all, is found out when both of it refresh: the card is put on hold, and no copy of either is good.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { at, cardOnPhone, inside, program } from './_country.mjs';

const jumin = (home, ...words) => new Promise((resolve) => {
  const child = spawn(program, ['--home', at(home), ...words, '--passphrase-file', at('words')], { env: { ...process.env, LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'pipe'] });
  let err = '';
  child.stderr.on('data', (d) => { err += d; });
  child.on('close', (exit) => resolve({ exit, err, code: /^jumin: (JM_[A-Z0-9_]+)/m.exec(err)?.[1] }));
});

await inside(async (country) => {
  cardOnPhone(country, country.citizens[0]);
  const refresh = (home) => jumin(home, 'wallet', 'refresh');
  for (let i = 0; i < 3; i++) assert.equal((await refresh('w')).exit, 0); // one phone, however often
  cpSync(at('w'), at('stolen'), { recursive: true });
  assert.equal((await refresh('stolen')).exit, 0); // the thief is first, and nobody can know
  const holder = await refresh('w');
  assert.equal(holder.code, 'JM_WALLET_CARD_ENDED');
  assert.match(holder.err, /JM_VCI_REFRESH_COUNTER/);
  assert.equal((await refresh('stolen')).code, 'JM_WALLET_CARD_ENDED');
  assert.equal((await refresh('w')).code, 'JM_WALLET_CARD_ENDED');
});
