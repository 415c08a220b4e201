// SPDX-License-Identifier: Apache-2.0
// Whoever issued a card does not learn that it is shown: after a day of showings, declined ones among them, the tables and words of issuer and
// provider are those of a day without, and nothing was asked of either. D-253: copies are not fetched as the consequence of a showing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { at, between, heard, inside, matchCode, reread } from './_country.mjs';

globalThis.crypto ??= webcrypto; // Node 18
const root = fileURLToPath(new URL('../../', import.meta.url));
const { Wallet, octets } = await import(`${root}build/release/web/core.mjs`);
const module = new WebAssembly.Module(readFileSync(`${root}build/wasm/jumin.wasm`));
/* Every row of every table, as text. */
const rows = (file) => execFileSync('python3', ['-c', 'import sqlite3,sys; c=sqlite3.connect(f"file:{sys.argv[1]}?mode=ro",uri=True); print("\\n".join(c.iterdump()))', at(file)], { encoding: 'utf8', maxBuffer: 1 << 28 });
const left = () => ({ issuer: rows('a/issuer/issuer.db'), provider: rows('a/provider/provider.db'), words: heard('a') });

await inside(async (country) => {
  const { base, citizens, post, service } = country, asked = [];
  for (const role of ['issuer', 'provider']) between[role] = (method, path) => { asked.push(`${role} ${method} ${path}`); };
  await reread();
  const kek = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  let said = true;
  const place = { state: null, now: () => Math.floor(Date.now() / 1000), async keep(state) { this.state = state; },
    async seal(plain) { const iv = crypto.getRandomValues(new Uint8Array(12)); return new Uint8Array([...iv, ...new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, kek, plain))]); },
    unseal: async (o) => new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: o.subarray(0, 12) }, kek, o.subarray(12))),
    ask: async (q) => (q.question === 'code' ? matchCode(country, mine.case) : said ? '' : null) };
  const trust = new Uint8Array(readFileSync(at('a/trust/set.cbor'))), pin = octets(Buffer.from(country.pin, 'hex').toString('base64url'));
  const run = async (op, uri) => (await Wallet.open(module, place, trust, pin, place.state)).run(op, uri === undefined ? {} : { uri });
  const [who] = citizens, mine = await post(base.issuer, '/desk/cases', JSON.stringify({ person: who.person, route: 'qr', issue_date: who.plastic.issue_date, authority: who.plastic.authority }), country.clerk);
  assert.equal((await run('receive', `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(mine.credential_offer_uri)}`)).state, 'done');
  assert.ok(asked.length > 5 && asked.some((a) => a.startsWith('provider')), 'both are looked at');

  asked.length = 0;
  const before = left();
  for (said of [true, true, false, true, false]) {
    const { id, invocation } = await post(base.verifier, '/api/requests', '{"service":"age"}', service);
    const end = await run('respond', invocation);
    assert.equal(end.state, said ? 'done' : 'failed', JSON.stringify(end));
    const result = await (await fetch(`${base.verifier}/api/requests/${id}`, { headers: { Authorization: service[0].split(': ')[1] } })).json();
    assert.equal(result.verdict === 'accepted', said, JSON.stringify(result));
  }
  assert.deepEqual(asked, [], 'nothing was asked of them');
  const after = left();
  assert.ok(before.issuer.length > 10000 && before.issuer.includes('INSERT INTO "copy"'), 'there are rows');
  assert.equal(after.issuer, before.issuer);
  assert.equal(after.provider, before.provider);
  assert.equal(after.words, before.words);

  // -- and it would be seen: a refresh is
  said = true;
  assert.equal((await run('refresh')).state, 'done');
  assert.ok(asked.length > 0);
  assert.notEqual(left().issuer, before.issuer);
}, ['issuer', 'provider']);
