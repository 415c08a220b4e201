// SPDX-License-Identifier: Apache-2.0
// asan
// A country whose trust set its own ledger proves: made, served, followed; copies that are put back, octets that were changed, one who says
// what takes two. The same set opens in the browser's core.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash, webcrypto } from 'node:crypto';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

globalThis.crypto ??= webcrypto; // Node 18
const root = fileURLToPath(new URL('../../', import.meta.url)), T = mkdtempSync(join(tmpdir(), 'jumin-ledger.')), at = (n) => join(T, n);
const servers = [];

/** Its last line of JSON. */
function run(home, ...words) {
  const r = spawnSync(process.env.JUMIN, [...words, '--home', at(home), '--json'], { encoding: 'utf8', cwd: T });
  const lines = r.stdout.trim().split('\n'), said = lines.at(-1) ? JSON.parse(lines.at(-1)) : {};
  return { rc: r.status, said, code: said.error?.code ?? (r.status === 0 ? 'JM_OK' : `exit ${r.status}: ${r.stderr}`) };
}
const ok = (...a) => { const r = run(...a); assert.equal(r.code, 'JM_OK', `${a.join(' ')}: ${JSON.stringify(r)}`); return r.said; };
const refused = (code, ...a) => { const r = run(...a); assert.equal(r.code, code, `${a.join(' ')}: ${JSON.stringify(r)}`); assert.notEqual(r.rc, 0); };

/** Serves until it is ended; the addresses by role, or why it did not. */
function serve(home, ...roles) {
  const p = spawn(process.env.JUMIN, ['serve', ...roles, '--home', at(home)], { stdio: ['ignore', 'pipe', 'pipe'] }), url = {};
  let said = '';
  servers.push(p);
  p.stderr.on('data', (d) => { said += d; });
  return new Promise((done) => {
    p.on('close', (rc) => done({ rc, said, p, url }));
    p.stdout.on('data', (d) => {
      for (const line of d.toString().split('\n')) { const m = /^ready (\S+) (\S+)$/.exec(line); if (m) url[m[1]] = m[2]; }
      if (Object.keys(url).length === roles.length) done({ rc: null, p, url });
    });
  });
}
const end = (s) => new Promise((done) => { if (s.p.exitCode !== null) done(); else { s.p.on('close', done); s.p.kill('SIGTERM'); } });
const get = async (url, path) => { const r = await fetch(`${url}${path}`); return { status: r.status, body: Buffer.from(await r.arrayBuffer()), head: r.headers }; };

async function story() {
  // -- made: what is proven is what a plain set says, and the file says it again from its first block on
  ok('a', 'init', '--synthetic', '--name', 'Saebyeol', '--ledger');
  const first = ok('a', 'ledger', 'show'), full = ok('a', 'ledger', 'verify', '--full');
  assert.equal(first.size, full.size);
  assert.equal(first.root, full.root);
  assert.deepEqual([first.issuers, first.relying_parties], [1, 0]);

  // -- served: checkpoint, tiles, proofs, each of which leads to the other
  let served = await serve('a', 'signer', 'ledger');
  assert.ok(served.url.ledger, JSON.stringify(served.said));
  const base = served.url.ledger, cp = (await get(base, '/checkpoint')).body.toString().split('\n');
  assert.deepEqual([cp[1], Buffer.from(cp[2], 'base64').toString('hex')], [String(first.size), first.root]);
  const tile = await get(base, `/tile/0/000.p/${first.size}`);
  assert.equal(tile.body.length, 32 * first.size);
  assert.match(tile.head.get('cache-control'), /immutable/);
  const entries = (await get(base, `/tile/entries/000.p/${first.size}`)).body, n = entries.readUInt16BE(0);
  const leaf = createHash('sha256').update(Buffer.concat([Buffer.from([0]), entries.subarray(2, 2 + n)])).digest();
  assert.deepEqual(leaf, tile.body.subarray(0, 32));
  assert.match((await get(base, '/v1/proof/0')).body.toString(), /^c2sp\.org\/tlog-proof@v1\nindex 0\n/);
  for (const path of ['/tile/0/000', `/tile/0/000.p/${first.size + 1}`, '/tile/0/00', '/tile/9/000', `/v1/proof/${first.size}`, '/v1/proof/x', `/v1/tx/${'0'.repeat(64)}`, '/v1/tx/zz', '/v1/bundle?rp=nobody-here'])
    assert.equal((await get(base, path)).status, 404, path);
  const tag = await get(base, '/v1/bundle');
  assert.equal((await fetch(`${base}/v1/bundle`, { headers: { 'if-none-match': tag.head.get('etag') } })).status, 304);

  // -- what is registered, for who wants no proofs; and one record with its proof, or the proof that there is none
  const json = async (path) => { const g = await get(base, path); assert.equal(g.status, 200, `${path}: ${g.body}`); return JSON.parse(g.body); };
  const issuers = await json('/v1/issuers');
  assert.deepEqual([issuers.as_of.size, issuers.as_of.root], [first.size, first.root]);
  assert.deepEqual(issuers.items.map((i) => [i.key, i.state, i.rev]), [['issuer/kr-saebyeol', 'active', 1]]);
  assert.equal((await json('/v1/certs?state=active')).items.length, 6);
  assert.equal((await json('/v1/certs?state=ended')).items.length, 0);
  assert.equal((await json(`/v1/certs?after=${(await json('/v1/certs')).items[3].key}`)).items.length, 2);
  assert.equal((await get(base, '/v1/certs?state=lost')).status, 400);
  assert.deepEqual((await json('/v1/rps')).items, []);
  assert.equal((await json('/v1/rps/check?rp=bank&use=open&fmt=mso_mdoc&type=t')).reason, 'unknown');
  assert.equal((await get(base, '/v1/rps/check?rp=bank')).status, 400);
  const there = await get(base, '/v1/state/issuer/kr-saebyeol'), gone = await get(base, '/v1/state/issuer/nobody');
  assert.deepEqual([there.status, gone.status], [200, 404]);
  assert.ok(there.body.includes('issuer/kr-saebyeol') && gone.body.includes('issuer/kr-saebyeol') && gone.body.includes('list/l1'));

  // -- what is no transaction, or nobody's
  const post = (body) => fetch(`${base}/v1/tx`, { method: 'POST', body });
  assert.equal((await post(Buffer.from('no'))).status, 400);
  assert.equal((await post(Buffer.alloc(20000))).status, 413);

  // -- one who holds the file holds it alone
  refused('JM_LEDGER_BUSY', 'a', 'ledger', 'verify');

  // -- a follower: the root is pinned once, newer bundles need no other word
  const pin = ok('a', 'trust', 'show').hash, set = at('a/trust/set.cbor');
  copyFileSync(set, at('old.cbor'));
  writeFileSync(at('words'), 'only the owner of this phone knows\n', { mode: 0o600 });
  ok('w', 'init', '--wallet', '--trust', set, '--pin', pin, '--passphrase-file', at('words'));
  const before = ok('w', 'ledger', 'show');
  refused('JM_LEDGER_REFUSED', 'a', 'ledger', 'state', 'list/l1', 'suspended', '--ledger-key', at('a/operator/ledger/supervisor.1.key'), '--yes');
  refused('JM_LEDGER_UNKNOWN', 'a', 'ledger', 'state', 'list/none', 'suspended', '--yes');
  refused('JM_CMD_OPERANDS', 'a', 'ledger', 'state', 'list/l1', 'away', '--yes');
  ok('a', 'ledger', 'state', 'list/l1', 'suspended', '--ledger-key', at('a/operator/ledger/kr-saebyeol.1.key'), '--yes');
  refused('JM_LEDGER_REFUSED', 'a', 'ledger', 'state', 'list/l1', 'active', '--ledger-key', at('a/operator/ledger/kr-saebyeol.1.key'), '--yes');
  ok('a', 'ledger', 'state', 'list/l1', 'active', '--yes');
  ok('w', 'trust', 'refresh');
  const after = ok('w', 'ledger', 'show');
  assert.equal(after.size, before.size + 4);
  ok('w', 'trust', 'bundle', at('carried.cbor'));
  refused('JM_LEDGER_BUNDLE_ROLLBACK', 'w', 'trust', 'import', at('old.cbor'));
  ok('w', 'trust', 'import', at('carried.cbor'));

  // -- governance: a draft, signed in two places, handed in by anybody
  const board = ok('a', 'trust', 'show'), key = (name) => at(`a/operator/ledger/${name}.key`);
  assert.ok(board.hash);
  writeFileSync(at('suspend.json'), JSON.stringify({ 1: 'supervisor', 2: 2, 3: 3, 4: 5 }));
  const draft = ok('a', 'ledger', 'tx', 'new', '--type', 'actor.state', '--actor', 'gov', '--body', at('suspend.json'), '--out', at('draft.tx'));
  assert.deepEqual([draft.type, draft.signatures, draft.seq], ['actor.state', 0, 1]);
  refused('JM_LEDGER_REFUSED', 'a', 'ledger', 'tx', 'submit', at('draft.tx'));
  const once = ok('a', 'ledger', 'tx', 'sign', at('draft.tx'), '--ledger-key', key('gov.1'), '--out', at('one.tx'));
  assert.equal(once.signatures, 1);
  assert.equal(once.txid, draft.txid);
  assert.match(run('a', 'ledger', 'tx', 'submit', at('one.tx')).said.error.detail, /AUTH/);
  ok('a', 'ledger', 'tx', 'sign', at('one.tx'), '--ledger-key', key('gov.1'), '--ledger-key', key('gov.3'), '--out', at('two.tx'));
  assert.equal(ok('a', 'ledger', 'tx', 'show', at('two.tx')).signatures, 2);
  const done = ok('a', 'ledger', 'tx', 'submit', at('two.tx'));
  assert.equal((await get(base, `/v1/tx/${done.txid}`)).status, 200);
  assert.match(run('a', 'ledger', 'tx', 'submit', at('two.tx')).said.error.detail, /SEQ/);
  for (const [words, code] of [[['--type', 'actor.none'], 'JM_CMD_OPTION_VALUE'], [['--type', 'actor.state', '--valid', '31'], 'JM_CMD_OPTION_VALUE'], [['--type', 'actor.state'], 'JM_CMD_FILE_READ', set]].map(([w, c, body = at('suspend.json')]) => [[...w, '--body', body], c]))
    refused(code, 'a', 'ledger', 'tx', 'new', '--actor', 'gov', '--out', at('no.tx'), ...words);
  refused('JM_CMD_FILE_READ', 'a', 'ledger', 'tx', 'show', set);
  ok('w', 'trust', 'refresh');
  const last = ok('w', 'ledger', 'show');
  assert.equal(last.size, after.size + 2);
  ok('w', 'trust', 'bundle', at('carried.cbor'));

  // -- any octet changed, anywhere in what is carried: refused, each by a code of its own kind
  const carried = readFileSync(at('carried.cbor')), codes = new Set();
  for (let i = 0; i < carried.length; i += 97) {
    const bent = Buffer.from(carried);
    bent[i] ^= 1 << i % 8;
    writeFileSync(at('bent.cbor'), bent);
    const r = run('w', 'trust', 'import', at('bent.cbor'));
    assert.notEqual(r.rc, 0, `octet ${i}`);
    codes.add(r.code);
  }
  assert.ok(codes.has('JM_TRUST_PIN') && [...codes].some((c) => /BUNDLE_(TRUSTSET|STATE|INCLUSION|NOTE)/.test(c)), [...codes].join(' '));

  // -- the same set in the browser's core: each signature is asked of the page
  const { Wallet, octets } = await import(`${root}build/release/web/core.mjs`), module = new WebAssembly.Module(readFileSync(`${root}build/wasm/jumin.wasm`));
  const place = { state: null, seal: async (o) => o.slice(), unseal: async (o) => o.slice(), async keep(s) { this.state = s; }, ask: async () => null, now: () => Math.floor(Date.now() / 1000) };
  const digest = async (o) => new Uint8Array(await crypto.subtle.digest('SHA-256', o)), page = new Uint8Array(carried);
  const w = await Wallet.open(module, place, page, await digest(page), null);
  assert.equal(w.version, last.size);
  assert.equal(Buffer.from(octets(w.root)).toString('hex'), pin);
  for (const i of [carried.indexOf('issuer/kr-saebyeol') + 8, carried.indexOf('127.0.0.1') + 9, carried.length - 3]) {
    const lie = page.map((o, k) => (k === i ? o ^ 1 : o));
    await assert.rejects(Wallet.open(module, place, lie, await digest(lie), null), /refuses/, `octet ${i}`);
  }
  await end(served);
  refused('JM_LEDGER_OFFLINE', 'w', 'trust', 'refresh');

  // -- a copy of before, put back: it is behind what the signer has signed, and is not served
  cpSync(at('a/ledger/ledger.jml'), at('whole.jml'));
  const whole = readFileSync(at('whole.jml'));
  served = await serve('a', 'signer');
  writeFileSync(at('a/ledger/ledger.jml'), whole.subarray(0, 40));
  let role = await serve('a', 'ledger');
  assert.ok(role.rc !== null && /JM_LEDGER_FILE/.test(role.said), JSON.stringify(role.said));
  // -- one octet of the file
  for (const i of [3, 20, 60, 500, whole.length >> 1]) {
    const bent = Buffer.from(whole);
    bent[i] ^= 4;
    writeFileSync(at('a/ledger/ledger.jml'), bent);
    refused('JM_LEDGER_FILE', 'a', 'ledger', 'verify');
  }
  // -- torn at its end: what was acknowledged is there
  writeFileSync(at('a/ledger/ledger.jml'), Buffer.concat([whole, whole.subarray(100, 190)]));
  assert.equal(ok('a', 'ledger', 'verify', '--full').size, last.size);
  role = await serve('a', 'ledger');
  assert.ok(role.url.ledger, role.said);
  await end(role);
  await end(served);

  // -- a copy of all of it, brought back: the ledger is not behind what was signed, and goes on
  ok('a', 'backup', at('safe'));
  ok('back', 'restore', at('safe'));
  assert.equal(ok('back', 'ledger', 'verify').size, last.size);

  rmSync(at('back/operator/ledger'), { recursive: true });
  refused('JM_LEDGER_KEYS', 'back', 'ledger', 'state', 'list/l1', 'suspended', '--yes');

  // -- a home without one says so
  ok('plain', 'init', '--synthetic', '--name', 'Old');
  refused('JM_LEDGER_NONE', 'plain', 'trust', 'refresh');
  refused('JM_LEDGER_NONE', 'plain', 'ledger', 'show');
  refused('JM_CMD_OPTION_REQUIRED', 'plain', 'trust', 'import', at('carried.cbor'));
}

try { await story(); } finally {
  for (const p of servers) if (p.exitCode === null) p.kill('SIGKILL');
  rmSync(T, { recursive: true, force: true });
}
