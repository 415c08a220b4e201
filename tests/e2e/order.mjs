// SPDX-License-Identifier: Apache-2.0
// asan
// Plastic on order by the commands that people have: at a desk and online, paid by rule, produced, collected for the old one, its PIN set at
// the desk, tapped; then lost, and everything refused (D-023, D-024, D-070, D-071, D-101, D-102, D-160).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { at, cardOnPhone, heard, inside, program, run } from './_country.mjs';

const env = { ...process.env, LC_ALL: 'C' };
const jumin = (home, ...words) => new Promise((resolve) => {
  const child = spawn(program, ['--home', at(home), ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', err = '';
  child.stdout.on('data', (d) => { out += d; });
  child.stderr.on('data', (d) => { err += d; });
  child.on('close', (exit) => resolve({ exit, out, err, code: /^jumin: (JM_[A-Z0-9_]+)/m.exec(err)?.[1], json: out.trim().startsWith('{') ? JSON.parse(out.trim().split('\n').pop()) : null }));
});

await inside(async (country) => {
  const { base, citizens } = country, [holder, second] = citizens;
  const words = ['--passphrase-file', at('words')];
  for (const [name, text] of [['pin', '482915'], ['words', 'long enough words']]) writeFileSync(at(name), `${text}\n`, { mode: 0o600 });
  writeFileSync(at('boss.jwk'), run('a', 'staff', 'keygen', '--out', at('boss.key')));
  run('a', 'staff', 'add', 'boss', '--role', 'supervisor', '--centre', '3017000000', '--key', at('boss.jwk'));
  const desk = (verb, ...more) => jumin('a', 'desk', verb, '--as', at('kim.key'), ...more, '--json');
  const chief = (verb, ...more) => jumin('a', 'desk', verb, '--as', at('boss.key'), ...more, '--json');
  const good = async (p) => { const r = await p; assert.equal(r.exit, 0, r.err + r.out); return r.json; };
  const no = async (code, p) => { const r = await p; assert.equal(r.code, code, r.err + r.out); assert.notEqual(r.exit, 0); };
  const plasticOf = (who) => JSON.parse(run('a', 'register', 'find', '--person', who.person, '--json').trim().split('\n')[0]).plastic;

  // -- at a desk: the fee is the table's, one at a time, and the till knows it ---------------------------------------------------------
  const ic = ['--person', holder.person, '--kind', 'ic'], cash = ['--won', '10000', '--method', 'cash'];
  await no('JM_FEE_AMOUNT', desk('order', ...ic, '--won', '5000', '--method', 'cash'));
  await no('JM_API_FIELD_FORM', desk('order', '--person', holder.person, '--kind', 'gold'));
  await no('JM_CMD_OPTION_VALUE', desk('order', ...ic, '--won', 'ten', '--method', 'cash'));
  const first = await good(desk('order', ...ic, ...cash));
  assert.deepEqual([first.state, first.rule, first.won, first.paid, first.channel, first.name], ['ORDERED', 'F-5', 10000, true, 'desk', holder.name]);
  assert.equal(first.authority, holder.plastic.authority);
  await no('JM_ORDER_OPEN', desk('order', ...ic, ...cash));
  await no('JM_ORDER_STATE', desk('hand-over', first.order));
  assert.equal((await good(desk('till'))).won, 10000);
  // cancelled on its day: the money goes back
  assert.deepEqual(await good(desk('order-cancel', first.order, '--reason', 'changed their mind')), { state: 'CANCELLED', refunded_won: 10000 });
  assert.equal((await good(desk('till'))).won, 0);
  await no('JM_ORDER_STATE', desk('order-cancel', first.order, '--reason', 'again'));
  // a relief group is a fact of the register
  run('a', 'register', 'event', 'relief', '--person', holder.person, '--reason', 'veteran');
  const order = await good(desk('order', ...ic, '--won', '5000', '--method', 'card'));
  assert.deepEqual([order.rule, order.won], ['F-8', 5000]);

  // -- online, by the card on the phone: for oneself alone ---------------------------------------------------------------------------------
  cardOnPhone(country, second);
  const wallet = (...more) => jumin('w', 'wallet', ...more, ...words, '--json');
  await no('JM_WALLET_ORDER_REFUSED', wallet('order', '--kind', 'gold'));
  const own = await good(wallet('order', '--kind', 'ic', '--centre', '3017000000'));
  assert.deepEqual([own.state, own.channel, own.paid, own.won, own.name, own.person, own.serial], ['ORDERED', 'online', false, 10000, undefined, undefined, undefined]);
  await no('JM_WALLET_ORDER_REFUSED', wallet('order-cancel', order.order)); // somebody else's
  assert.equal((await good(wallet('order-cancel', own.order))).state, 'CANCELLED');
  const online = await good(wallet('order', '--kind', 'ic', '--centre', '3017000000'));
  assert.deepEqual((await good(wallet('orders'))).orders.map((o) => o.state), ['CANCELLED', 'ORDERED']);

  // -- produced: two chips whose PINs nobody knows --------------------------------------------------------------------------------------------
  mkdirSync(at('chips'));
  const batch = await good(jumin('a', 'card', 'produce', '--out', at('chips'), '--json'));
  assert.deepEqual(batch.orders.map((o) => o.order).sort(), [order.order, online.order].sort());
  assert.deepEqual(readdirSync(at('chips')).sort(), batch.orders.map((o) => `${o.serial}.chip`).sort());
  assert.deepEqual((await good(jumin('a', 'card', 'produce', '--out', at('chips'), '--json'))).orders, []);
  assert.deepEqual((await good(desk('orders'))).orders.map((o) => [o.state, o.paid]), [['READY', true], ['READY', false]]);
  await no('JM_ORDER_STATE', desk('order-cancel', order.order, '--reason', 'too late'));
  assert.deepEqual((await good(wallet('orders'))).orders.map((o) => o.state), ['CANCELLED', 'READY']);

  // -- collected: the old card is withdrawn, what is due is paid, a mobile card goes on with the new one ----------------------------------------
  const old = plasticOf(holder);
  assert.equal((await good(desk('hand-over', order.order))).state, 'COLLECTED');
  assert.equal(plasticOf(holder).state, 'valid');
  assert.notDeepEqual(plasticOf(holder).issue_date, old.issue_date);
  await no('JM_API_FIELD_MISSING', desk('hand-over', online.order));
  await no('JM_ORDER_TAKER', desk('hand-over', online.order, ...cash, '--taker', holder.person, '--proof', 'a friend'));
  assert.deepEqual([(await good(desk('hand-over', online.order, ...cash))).state, (await good(desk('till'))).won], ['COLLECTED', 15000]);
  assert.equal((await jumin('w', 'wallet', 'refresh', ...words)).exit, 0);

  // -- the PIN: set where its holder types it, by who may; not before, and the PUK is nobody's to read ------------------------------------------
  const chip = at(`chips/${order.serial}.chip`), can = batch.orders.find((o) => o.order === order.order).can;
  writeFileSync(at('can'), `${can}\n`, { mode: 0o600 });
  const setPin = (as, who, file) => as('chip-pin', '--person', who.person, '--reader', `memory:${file}`, '--reason', 'handed over', '--new-pin-file', at('pin'));
  await no('JM_STAFF_STEP_UP', setPin(desk, holder, chip)); // a clerk's key is no passkey
  await no('JM_CARD_PLAIN', setPin(chief, citizens[2], chip));
  const set = await chief('chip-pin', '--person', holder.person, '--reader', `memory:${chip}`, '--reason', 'handed over', '--new-pin-file', at('pin'));
  assert.deepEqual([set.exit, set.json], [0, { pin: 'reset' }], set.err);
  assert.doesNotMatch(set.out + set.err, /puk/);

  // -- tapped, another phone, lost ------------------------------------------------------------------------------------------------------------------
  const offer = `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(`${base.issuer}/offer`)}`;
  for (const home of ['w1', 'w2']) run(home, 'init', '--wallet', '--trust', at('a/trust/set.cbor'), '--pin', country.pin, ...words);
  const tap = (home, file = chip) => jumin(home, 'wallet', 'tap', offer, '--reader', `memory:${file}`, '--pin-file', at('pin'), ...words);
  assert.equal((await tap('w1')).exit, 0);
  assert.equal((await tap('w2')).exit, 0);
  assert.equal((await jumin('w1', 'wallet', 'refresh', ...words)).code, 'JM_WALLET_CARD_ENDED');
  // what another one would cost is said to its holder, and ordered is nothing
  const orders = async () => (await jumin('w2', 'wallet', 'orders', '--json', ...words)).json.orders.length, before = await orders();
  const price = await jumin('w2', 'wallet', 'order', '--kind', 'plain', '--price', '--json', ...words);
  assert.deepEqual([price.exit, price.json.rule, price.json.won], [0, 'F-8', 0], price.err);
  assert.equal(await orders(), before);
  assert.equal((await jumin('w2', 'wallet', 'order', '--kind', 'gold', '--price', ...words)).code, 'JM_WALLET_ORDER_REFUSED');
  await good(desk('plastic-lost', '--person', holder.person));
  assert.equal((await tap('w1')).code, 'JM_CARD_LOST');
  assert.equal((await jumin('w2', 'wallet', 'refresh', ...words)).code, 'JM_WALLET_CARD_ENDED');
  await no('JM_WALLET_CARD_ENDED', jumin('w2', 'wallet', 'order', '--kind', 'ic', ...words));
  assert.doesNotMatch(heard(), new RegExp(`${holder.name}|482915|${can}`));
});
