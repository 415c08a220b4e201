// SPDX-License-Identifier: Apache-2.0
// spec/iccard.md 3.4: a wallet without a reader gets its card by one that stands elsewhere. The wallet is the web's own engine in node, the
// reader `jumin card bridge`; who lies on the way, is too late, is somebody else, or takes the card away, learns and gets nothing.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { webcrypto } from 'node:crypto';
import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { altered, at, between, heard, inside, program, run, send } from './_country.mjs';

globalThis.crypto ??= webcrypto; // Node 18
const root = fileURLToPath(new URL('../../', import.meta.url));
const { Wallet, octets } = await import(`${root}build/release/web/core.mjs`);
const { Bridge } = await import(`${root}build/release/web/bridge.mjs`);
const module = new WebAssembly.Module(readFileSync(`${root}build/wasm/jumin.wasm`));
const PIN = '482915', SELECT = '00a4040c07f04a554d494e01';

/* `jumin card bridge` as somebody sees it who stands beside it: its code, its digits, how it ended. */
async function reader(chip, { by = `memory:${at(chip)}`, more = [] } = {}) {
  const child = spawn(program, ['--home', at('a'), 'card', 'bridge', '--reader', by, '--json', '--quiet', ...more], { env: { ...process.env, LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = [], ended = once(child, 'close'), r = { child, err: '' };
  child.stderr.on('data', (d) => { r.err += d; });
  const input = createInterface(child.stdout)[Symbol.asyncIterator]();
  /** The next line that it says. */
  r.line = async () => { const { value, done } = await input.next(); assert.ok(!done, r.err); lines.push(value); return JSON.parse(value); };
  r.end = async () => {
    for (let n = await input.next(); !n.done; n = await input.next()) lines.push(n.value);
    const [exit] = await ended;
    return { exit, last: JSON.parse(lines.at(-1)), said: lines.join('\n') };
  };
  r.code = (await r.line()).code;
  return r;
}

/* A page's place, in memory, with a bridge. */
async function place(bridge, digits) {
  const kek = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  return {
    state: null, asked: [], carried: [], bridge,
    async seal(plain) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      return new Uint8Array([...iv, ...new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, kek, plain))]);
    },
    unseal: async (sealed) => new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: sealed.subarray(0, 12) }, kek, sealed.subarray(12))),
    async keep(state) { this.state = state; },
    async ask(q) { this.asked.push(q); this.bridge?.again(); return digits(q, this.asked.length); },
    transmit(capdu) { this.carried.push(Buffer.from(capdu).toString('hex')); return this.bridge.transmit(capdu); },
    now: () => Math.floor(Date.now() / 1000),
  };
}

await inside(async (country) => {
  const { base, citizens } = country, [holder] = citizens, passed = [];
  const trust = new Uint8Array(readFileSync(at('a/trust/set.cbor'))), pin = octets(Buffer.from(country.pin, 'hex').toString('base64url'));
  const open = (p) => Wallet.open(module, p, trust, pin, p.state);
  altered.asked = (path, json) => { passed.push(JSON.stringify(json)); };
  altered.told = (path, json) => { passed.push(JSON.stringify(json)); };

  run('a', 'register', 'event', 'plastic-replaced', '--person', holder.person, '--kind', 'ic', '--authority', holder.plastic.authority, '--reason', 'natural_wear');
  writeFileSync(at('pin'), `${PIN}\n`, { mode: 0o600 });
  const { can, serial } = JSON.parse(run('a', 'card', 'make', '--person', holder.person, '--pin-file', at('pin'), '--out', at('chip'), '--json'));

  // -- the relay, octet by octet: who is who, and in which order -------------------------------------------------------------------------
  const call = (method, path, body, key) => send({ url: base.issuer }, method, path, [...(key ? [`Authorization: Bearer ${key}`] : []), ...(body === undefined ? [] : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`])], body === undefined ? undefined : Buffer.from(body));
  const post = (path, body, key) => call('POST', path, JSON.stringify(body), key);
  const first = await reader('chip', { more: ['--qr', at('code.png')] }), [, host, word] = /^jumin-bridge:(.*)\/([\w-]{22})$/.exec(first.code);
  assert.equal(host, new URL(base.issuer).host);
  assert.ok(readFileSync(at('code.png')).subarray(1, 4).equals(Buffer.from('PNG')));
  assert.equal(statSync(at('code.png')).mode & 0o777, 0o600);
  assert.equal((await post('/bridge/join', { code: 'A'.repeat(22) })).code, 'JM_CARD_BRIDGE_OVER');
  const joined = (await post('/bridge/join', { code: word })).json;
  assert.match(joined.sign, /^\d\d$/);
  assert.equal((await first.line()).sign, joined.sign); // on both screens
  assert.equal((await post('/bridge/join', { code: word })).code, 'JM_CARD_BRIDGE_TAKEN');
  const mine = `/bridge/${joined.bridge}`, apdu = (seq, ...hex) => post(`${mine}/apdu`, { seq, capdus: hex.map((h) => Buffer.from(h, 'hex').toString('base64url')) }, joined.secret);
  const got = await apdu(1, SELECT, '00a4020c020011c', '00a4020c02011c'.slice(0, 14)), said = got.json?.rapdus?.map((r) => Buffer.from(r, 'base64url').toString('hex'));
  assert.equal(said?.[0], '9000', got.text);
  assert.equal(said.length, 3);
  assert.deepEqual((await apdu(1, SELECT, '00a4020c020011c', '00a4020c02011c'.slice(0, 14))).json, got.json); // told again
  assert.equal((await apdu(1, SELECT)).code, 'JM_CARD_BRIDGE_SEQ');
  assert.equal((await apdu(3, SELECT)).code, 'JM_CARD_BRIDGE_SEQ');
  assert.equal((await post(`${mine}/apdu`, { seq: 2, capdus: ['AKQ'] }, 'B'.repeat(43))).code, 'JM_CARD_BRIDGE_SECRET');
  assert.equal((await call('GET', `${mine}/next`, undefined, joined.secret)).code, 'JM_CARD_BRIDGE_SECRET'); // of the other side
  assert.equal((await post(`${mine}/rapdus`, { seq: 1, rapdus: ['kAA'] }, joined.secret)).code, 'JM_CARD_BRIDGE_SECRET');
  assert.equal((await apdu(2, ...Array(17).fill(SELECT))).code, 'JM_CARD_BRIDGE_SIZE');
  assert.equal((await post(`${mine}/end`, { reason: 'JM_CARD_PIN_BLOCKED' }, joined.secret)).status, 200);
  const over = await first.end();
  assert.deepEqual([over.exit, over.last.error.code], [1, 'JM_CARD_PIN_BLOCKED'], over.said);
  assert.equal((await apdu(2, SELECT)).code, 'JM_CARD_BRIDGE_OVER');
  assert.equal((await call('GET', `/bridge/${'0'.repeat(32)}/next`, undefined, joined.secret)).code, 'JM_CARD_BRIDGE_OVER');

  // -- the tap: from a code to a card ------------------------------------------------------------------------------------------------------
  const join = async (p, code) => {
    const sorted = (await open(p)).sort(code);
    assert.deepEqual([sorted.op, sorted.why], ['tap', undefined], JSON.stringify(sorted));
    const bridge = await Bridge.join(sorted);
    assert.ok(bridge.ok, JSON.stringify(bridge));
    return bridge.answer;
  };
  /* Everything from the reader's code to what came of it on both sides. */
  const tap = async (p, r) => {
    p.bridge = await join(p, r.code);
    assert.equal((await r.line()).sign, p.bridge.sign);
    const done = await (await open(p)).run('tap', { uri: p.bridge.offer });
    await p.bridge.end(done.code ?? '');
    return { done, ended: await r.end(), digits: p.asked.map((q) => [q.why, q.tries]) };
  };
  const w1 = await place(null, () => PIN);
  const { done, ended } = await tap(w1, await reader('chip'));
  assert.equal(done.state, 'done', JSON.stringify(done));
  assert.match(done.loss_code, /^([0-9A-Z]{5}-){4}[0-9A-Z]$/);
  assert.equal(ended.exit, 0, ended.said);
  assert.deepEqual((await open(w1)).look().cards.map((c) => [c.active, c.copies]), [[true, 10]]);
  assert.equal(w1.asked.length, 1);

  // what reader and relay saw is ciphertext: nothing of the person, of the card, or of what was typed
  const seen = passed.filter((t) => t.includes('apdu') || t.includes('capdus')).join('\n') + ended.said;
  assert.ok(passed.filter((t) => t.includes('"capdus":["')).length > 15);
  for (const secret of [holder.name, holder.birth_date, serial, PIN, can]) {
    assert.ok(!seen.includes(secret), secret);
    assert.ok(!w1.carried.join('').includes(Buffer.from(secret).toString('hex')), secret);
  }
  assert.doesNotMatch(heard(), new RegExp(`${holder.name}|${PIN}|${can}|${serial}|${word}`));

  // -- wrong PINs count, the last try wants the CAN; then the card is blocked, and the reader says so --------------------------------------------------
  copyFileSync(at('chip'), at('tried'));
  const words = ['000000', '111111', `${PIN} 000001`, `${PIN} ${can}`], w2 = await place(null, (q, n) => words[n - 1] ?? null);
  const twice = await tap(w2, await reader('tried'));
  assert.deepEqual(twice.digits, [[undefined, undefined], ['JM_CARD_PIN_WRONG', 2], ['JM_CARD_PIN_WRONG', 1], ['JM_CARD_CAN_WRONG', 1]], JSON.stringify(twice.digits));
  assert.equal(twice.done.state, 'done', JSON.stringify(twice));
  const blocked = await place(null, (q) => (q.why === 'JM_CARD_PIN_BLOCKED' ? null : `000000 ${can}`));
  copyFileSync(at('chip'), at('blocked'));
  const shut = await tap(blocked, await reader('blocked'));
  assert.deepEqual([shut.done.state, shut.done.code], ['failed', 'JM_CARD_PIN_BLOCKED'], JSON.stringify(shut));
  assert.deepEqual([shut.ended.exit, shut.ended.last.error.code], [1, 'JM_CARD_PIN_BLOCKED']);

  // -- who lies on the way: a flipped octet, a lost one, an answer of before; the wallet ends it, and nobody has a card --------------------------------------
  const lies = {
    flip: (r) => { const o = Buffer.from(r, 'base64url'); o[Math.max(0, Math.min(o.length - 3, 20))] ^= 1; return o.toString('base64url'); },
    drop: (r) => Buffer.from(r, 'base64url').subarray(1).toString('base64url'),
    repeat: (r, before) => before,
  };
  for (const [name, lie] of Object.entries(lies))
    for (const nth of [3, 6, 7, 8, 9]) {
      let n = 0, before = '';
      altered.asked = (path, json) => {
        if (!path.endsWith('/rapdus')) return undefined;
        const [r] = json.rapdus, other = ++n === nth ? lie(r, before) : r;
        before = r;
        return { ...json, rapdus: [other] };
      };
      copyFileSync(at('chip'), at('lied'));
      const w = await place(null, (q) => (q.why === undefined ? PIN : null)), got = await tap(w, await reader('lied'));
      assert.equal(got.done.state, 'failed', `${name} ${nth}`);
      assert.match(got.done.code, /^JM_CARD_(PACE_PROTOCOL|POINT|SM|SW|LENGTH|TLV|SIZE|PIN_WRONG|NOT_RESIDENT|ACCESS_INFO)$/, `${name} ${nth}`);
      if (nth >= 6 && name === 'flip') assert.match(got.done.code, /^JM_CARD_(PACE_PROTOCOL|POINT|SM)$/, `${name} ${nth}`);
      assert.equal((await open(w)).look().cards.length, 0);
      assert.equal(got.ended.exit !== 0, true);
    }
  altered.asked = undefined;

  // -- the card is taken away, and held there again: the tap goes on, with what was typed --------------------------------------------------------
  const port = await new Promise((r) => { const s = createServer().listen(0, '127.0.0.1', () => { const p = s.address().port; s.close(() => r(p)); }); });
  const hold = () => spawn(program, ['--home', at('a'), 'card', 'run', at('chip'), '--vpcd', `127.0.0.1:${port}`, '--wait', '20'], { stdio: 'ignore' });
  const vpcd = () => reader('', { by: `vpcd:${port}`, more: ['--wait', '20'] });
  let card = hold();
  const pulled = await place(null, async (q) => {
    if (q.why === 'JM_CARD_REMOVED') card = hold();
    return PIN;
  });
  const transmit = pulled.transmit;
  pulled.transmit = async function take(capdu) {
    if (this.carried.length === 12) {
      const gone = once(card, 'exit');
      card.kill('SIGKILL');
      await gone;
    }
    return transmit.call(this, capdu);
  };
  const went = await tap(pulled, await vpcd());
  assert.deepEqual(went.digits.map(([why]) => why), [undefined, 'JM_CARD_REMOVED'], JSON.stringify(went));
  assert.equal(went.done.state, 'done', JSON.stringify(went.done));
  assert.equal(went.ended.exit, 0);
  card.kill('SIGKILL');
  // and who does not hold it there again gives up
  const last = hold(), left = await place(null, (q) => (q.why === undefined ? PIN : null));
  left.transmit = async function take(capdu) {
    if (this.carried.length === 4) { const gone = once(last, 'exit'); last.kill('SIGKILL'); await gone; }
    return transmit.call(this, capdu);
  };
  const quit = await tap(left, await vpcd());
  assert.deepEqual([quit.done.code, quit.ended.last.error.code], ['JM_CARD_REMOVED', 'JM_CARD_REMOVED'], JSON.stringify(quit));

  // -- a look that is cut on its way is looked again; an issuer that is not there ends it ------------------------------------------------------
  let cuts = 0;
  between.issuer = (method, path) => (path.includes('/next') && cuts++ % 3 < 2 ? 'cut' : undefined);
  const cut = await tap(await place(null, (q) => (q.why === undefined ? PIN : null)), await reader('chip'));
  assert.deepEqual([cut.done.code ?? cut.done.state, cut.ended.exit], ['done', 0], JSON.stringify(cut));
  assert.ok(cuts > 30);
  const silent = await reader('chip');
  between.issuer = (method, path) => (path.startsWith('/bridge') ? 'cut' : undefined);
  assert.equal((await silent.end()).last.error.code, 'JM_HTTP_UNAVAILABLE');
  delete between.issuer;

  // -- a code of nobody, of another authority, and one whose reader has gone ----------------------------------------------------------------------
  const nobody = await open(await place(null, () => null));
  assert.deepEqual(nobody.sort(`jumin-bridge:127.0.0.1:1/${'A'.repeat(22)}`), { op: 'tap', why: 'JM_CARD_BRIDGE_ISSUER' });
  assert.deepEqual(nobody.sort(`jumin-bridge:${host}/short`), {});
  assert.deepEqual((await Bridge.join(nobody.sort(`jumin-bridge:${host}/${'A'.repeat(22)}`))).problem.code, 'JM_CARD_BRIDGE_OVER');
  const twin = await reader('chip'), one = await join(w1, twin.code);
  assert.deepEqual((await Bridge.join(nobody.sort(twin.code))).problem.code, 'JM_CARD_BRIDGE_TAKEN');
  await one.end('JM_CARD_BRIDGE_OVER');
  assert.deepEqual((await twin.end()).last.error.code, 'JM_CARD_BRIDGE_OVER');
  assert.equal(await one.transmit(Buffer.from(SELECT, 'hex')), 'unavailable');
  assert.equal(one.trouble.code, 'JM_CARD_BRIDGE_OVER');
  run('a', 'audit', 'verify');
}, ['issuer']);
