// SPDX-License-Identifier: Apache-2.0
// asan
// D-022, D-220 … D-226, D-240 by the commands that people have: an IC card at a reader gives a mobile card, another phone takes it over without a
// visit, wrong PINs end at the desk, what was reported is refused; and whoever carries the octets learns nothing of the person.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { altered, at, heard, inside, program, reread, run, serve } from './_country.mjs';

const env = { ...process.env, LC_ALL: 'C' };
const jumin = (home, ...words) => new Promise((resolve) => {
  const child = spawn(program, ['--home', at(home), ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', err = '';
  child.stdout.on('data', (d) => { out += d; });
  child.stderr.on('data', (d) => { err += d; });
  child.on('close', (exit) => resolve({ exit, out, err, code: /^jumin: (JM_[A-Z0-9_]+)/m.exec(err)?.[1] }));
});

await inside(async (country) => {
  const { base, citizens, pin, post, service } = country, [holder, other] = citizens, carried = [];
  altered.asked = (path, json) => { carried.push(JSON.stringify(json)); };
  altered.told = (path, json) => { if (path.startsWith('/tap')) carried.push(JSON.stringify(json)); };
  for (const [name, text] of [['pin', '482915'], ['bad', '000000'], ['can', ''], ['words', 'long enough words']]) writeFileSync(at(name), `${text}\n`, { mode: 0o600 });
  const words = ['--passphrase-file', at('words')];
  const wallet = (home) => run(home, 'init', '--wallet', '--trust', at('a/trust/set.cbor'), '--pin', pin, ...words);
  const offer = `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(`${base.issuer}/offer`)}`;
  const tap = (home, chip, file = 'pin', ...more) => jumin(home, 'wallet', 'tap', offer, '--reader', `memory:${at(chip)}`, '--pin-file', at(file), ...words, ...more);
  const refused = async (code, exit, ...words) => { const r = await tap(...words); assert.deepEqual([r.code, r.exit], [code, exit], r.err + r.out); return r; };

  // -- plastic with a chip, and the chip for it ---------------------------------------------------------------------------------
  const replaced = (who) => run('a', 'register', 'event', 'plastic-replaced', '--person', who.person, '--kind', 'ic', '--authority', who.plastic.authority, '--reason', 'natural_wear', '--json');
  const make = (who, chip) => jumin('a', 'card', 'make', '--person', who.person, '--pin-file', at('pin'), '--out', at(chip), '--json');
  assert.equal((await make(holder, 'chip')).code, 'JM_CARD_PLAIN'); // plain plastic has none
  const fee = JSON.parse(replaced(holder));
  assert.deepEqual([fee.fee_rule, fee.fee_won], ['F-6', 5000]);
  const made = await make(holder, 'chip'), { serial, can } = JSON.parse(made.out);
  assert.match(can, /^\d{6}$/);
  assert.equal(statSync(at('chip')).mode & 0o777, 0o600);
  assert.equal((await make(holder, 'again')).code, 'JM_CARD_EXISTS');
  writeFileSync(at('can'), `${can}\n`, { mode: 0o600 });
  writeFileSync(at('short'), '12345\n', { mode: 0o600 });
  assert.equal((await jumin('a', 'card', 'make', '--person', other.person, '--pin-file', at('short'), '--out', at('x'))).code, 'JM_CMD_OPTION_VALUE');

  // -- the tap: a card, without a desk ------------------------------------------------------------------------------------------------
  wallet('w1');
  const got = await tap('w1', 'chip', 'pin', '--json');
  assert.equal(got.exit, 0, got.err);
  const card = JSON.parse(got.out.trim().split('\n').pop());
  assert.deepEqual([card.state, card.copies], ['issued', 10]);
  const asked = await post(base.verifier, '/api/requests', '{"service":"age"}', service);
  const answered = await jumin('w1', 'wallet', 'respond', asked.invocation, '--approve', 'age_over_19', ...words);
  assert.equal(answered.exit, 0, answered.err);
  const shown = await (await fetch(`${base.verifier}/api/requests/${asked.id}`, { headers: { Authorization: service[0].split(': ')[1] } })).json();
  assert.equal(shown.verdict, 'accepted', JSON.stringify(shown));

  // -- another phone: no visit, and the first one's card ends with it (D-240) ------------------------------------------------------------
  wallet('w2');
  assert.equal((await tap('w2', 'chip')).exit, 0);
  const over = await jumin('w1', 'wallet', 'refresh', ...words);
  assert.equal(over.code, 'JM_WALLET_CARD_ENDED', over.err);

  // -- the phone that has the card renews it, in its last ninety days (D-250), and how its holder was known stays --------------------------------
  const early = await jumin('w2', 'wallet', 'renew', ...words);
  assert.deepEqual([early.code, early.exit], ['JM_VCI_RENEW_EARLY', 1], early.err);
  const rows = (sql) => execFileSync('python3', ['-c', 'import sqlite3,sys; c=sqlite3.connect(sys.argv[1],timeout=10); print(c.execute(sys.argv[2]).fetchall()); c.commit()', at('a/issuer/issuer.db'), sql], { encoding: 'utf8' }).trim();
  rows('UPDATE card SET expires = expires - 3 * 365 * 86400 + 10 * 86400 WHERE state = 2'); // nobody waits three years
  const renewed = await jumin('w2', 'wallet', 'renew', ...words, '--json');
  assert.equal(renewed.exit, 0, renewed.err);
  assert.deepEqual([JSON.parse(renewed.out).copies, JSON.parse(renewed.out).loss_code.length], [10, 25]);
  assert.equal(rows('SELECT count(*), min(level), max(expires - issued) >= 1095 * 86400 FROM card WHERE state = 2'), '[(1, 1, 1)]');
  assert.equal((await jumin('w2', 'wallet', 'refresh', ...words)).exit, 0);
  assert.equal((await jumin('w1', 'wallet', 'renew', ...words)).code, 'JM_WALLET_CARD_ENDED'); // whose card is another phone's now

  // -- where a country wants it so, another phone waits, and its owner may say no (D-223) ------------------------------------------------------------
  const conf = readFileSync(at('a/jumin.conf'), 'utf8');
  writeFileSync(at('a/jumin.conf'), conf.replace('[issuer]\n', '[issuer]\ntap.cooldown = 3600\n'));
  await reread();
  const look = async () => JSON.parse((await jumin('w2', 'wallet', 'takeover', ...words, '--json')).out);
  assert.equal((await look()).waiting, false);
  assert.equal((await jumin('w2', 'wallet', 'takeover', 'yes', ...words)).code, 'JM_WALLET_ORDER_REFUSED'); // nobody asked
  wallet('w4');
  await refused('JM_CARD_COOLDOWN', 1, 'w4', 'chip');
  assert.equal((await look()).waiting, true);
  assert.equal((await jumin('w2', 'wallet', 'takeover', 'no', ...words)).exit, 0);
  await refused('JM_CARD_COOLDOWN', 1, 'w4', 'chip');
  assert.equal((await look()).waiting, false);
  assert.equal((await jumin('w2', 'wallet', 'refresh', ...words)).exit, 0); // nothing was taken
  assert.equal(JSON.parse((await jumin('a', 'desk', 'takeover', '--as', at('kim.key'), '--person', holder.person, 'no', '--json')).out).waiting, false);
  writeFileSync(at('a/jumin.conf'), conf);
  await reread();
  rows('UPDATE tap SET at = at - 86400'); // five a day

  // -- what the phone carried names nobody -------------------------------------------------------------------------------------------------
  assert.ok(carried.filter((t) => t.includes('rapdus')).length >= 2);
  for (const t of carried) for (const secret of [holder.name, holder.birth_date, serial, '482915', can]) assert.ok(!t.includes(secret), secret);
  assert.doesNotMatch(heard(), new RegExp(`${holder.name}|482915|${can}|${serial}`));

  // -- PINs: each wrong one counts before it is compared; the last wants what is printed on the card; then a desk ----------------------------
  assert.match((await refused('JM_CARD_PIN_WRONG', 1, 'w2', 'chip', 'bad')).out, /: 2/);
  assert.match((await refused('JM_CARD_PIN_WRONG', 1, 'w2', 'chip', 'bad')).out, /: 1/);
  await refused('JM_CARD_PIN_NEEDS_CAN', 1, 'w2', 'chip');
  assert.equal((await tap('w2', 'chip', 'pin', '--can-file', at('can'))).exit, 0, 'with the CAN the right PIN opens it');
  copyFileSync(at('chip'), at('blocked'));
  for (const code of ['JM_CARD_PIN_WRONG', 'JM_CARD_PIN_WRONG', 'JM_CARD_PIN_BLOCKED']) await refused(code, 1, 'w2', 'blocked', 'bad', '--can-file', at('can'));
  await refused('JM_CARD_PIN_BLOCKED', 1, 'w2', 'blocked');

  // -- cards that are none --------------------------------------------------------------------------------------------------------------------
  wallet('w3'); // ten taps an hour are one phone's: D-222
  await refused('JM_CARD_NO_READER', 4, 'w3', 'nowhere');
  writeFileSync(at('noise'), 'x'.repeat(100), { mode: 0o600 });
  await refused('JM_CARD_NOT_RESIDENT', 3, 'w3', 'noise');
  assert.equal((await jumin('w3', 'wallet', 'tap', offer, '--reader', 'radio:1', ...words)).code, 'JM_CMD_OPTION_VALUE');
  // of another country, with everything in order but who signed it
  run('b2', 'init', '--synthetic', '--name', 'Nowhere');
  await serve('b2', 'signer');
  run('b2', 'register', 'generate', '--count', '200', '--seed', '1');
  const theirs = JSON.parse(run('b2', 'register', 'find', '--region', '3017', '--min-age', '20', '--plastic', 'valid', '--limit', '1', '--json').trim().split('\n')[0]);
  run('b2', 'register', 'event', 'plastic-replaced', '--person', theirs.person, '--kind', 'ic', '--authority', theirs.plastic.authority, '--reason', 'natural_wear');
  assert.equal((await jumin('b2', 'card', 'make', '--person', theirs.person, '--pin-file', at('pin'), '--out', at('foreign'))).exit, 0);
  await refused('JM_CARD_NOT_ACCEPTED', 1, 'w3', 'foreign');
  // one bit of the files changed: what the authority signed is another card's
  const bytes = readFileSync(at('chip')), spot = bytes.indexOf(Buffer.from(serial));
  assert.ok(spot > 0);
  bytes[spot + 3] ^= 1;
  writeFileSync(at('altered'), bytes, { mode: 0o600 });
  await refused('JM_CARD_NOT_ACCEPTED', 1, 'w3', 'altered');

  // -- a desk's offer is no business of the reader, and an open offer none of receive's ---------------------------------------------------------
  assert.equal((await jumin('w3', 'wallet', 'receive', offer, ...words)).code, 'JM_WALLET_OFFER_FORM');

  // -- the plastic is lost: whatever its chip can prove ---------------------------------------------------------------------------------------------
  run('a', 'register', 'event', 'plastic-lost', '--person', holder.person);
  assert.equal((await jumin('w2', 'wallet', 'refresh', ...words)).code, 'JM_WALLET_CARD_ENDED');
  await refused('JM_CARD_LOST', 1, 'w3', 'chip');
}, ['issuer']);
