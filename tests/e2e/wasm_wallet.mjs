// SPDX-License-Identifier: Apache-2.0
// The core in WebAssembly holds a card: the same engine as the command line's, its asks answered by promises (WebCrypto, fetch), against a
// real issuer and a real verifier. D-358: what is kept opens with the key that wrapped it and with no other, and holds no private key in clear.
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { readFileSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { at, inside, matchCode, run } from './_country.mjs';

globalThis.crypto ??= webcrypto; // Node 18
const root = fileURLToPath(new URL('../../', import.meta.url)), wasm = `${root}build/wasm/jumin.wasm`;
const { Wallet, b64, octets } = await import(`${root}build/release/web/core.mjs`);
assert.ok(existsSync(wasm), 'make wasm');
const module = new WebAssembly.Module(readFileSync(wasm));

/* A page's place, in memory: one key wraps all. */
async function place(answers = {}) {
  const kek = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  return {
    state: null, kept: 0, asked: [],
    async seal(plain) {
      const iv = crypto.getRandomValues(new Uint8Array(12)), sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, kek, plain));
      return new Uint8Array([...iv, ...sealed]);
    },
    unseal: async (sealed) => new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: sealed.subarray(0, 12) }, kek, sealed.subarray(12))),
    async keep(state) { if (this.full) throw new Error('no room'); this.state = state; this.kept++; },
    async ask(q) { this.asked.push(q); return answers[q.question]?.(q) ?? null; },
    now: () => Math.floor(Date.now() / 1000),
  };
}

await inside(async (country) => {
  const trust = new Uint8Array(readFileSync(at('a/trust/set.cbor'))), pin = octets(Buffer.from(country.pin, 'hex').toString('base64url'));
  const desk = async (citizen) => {
    const opened = await country.post(country.base.issuer, '/desk/cases', JSON.stringify({ person: citizen.person, route: 'qr', issue_date: citizen.plastic.issue_date, authority: citizen.plastic.authority }), country.clerk);
    return { id: opened.case, uri: `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(opened.credential_offer_uri)}` };
  };
  const open = (p) => Wallet.open(module, p, trust, pin, p.state);

  // -- octets, both ways, of every length
  for (let n = 0; n < 70; n++) { const o = crypto.getRandomValues(new Uint8Array(n)); assert.equal(b64(o), Buffer.from(o).toString('base64url')); assert.deepEqual(octets(b64(o)), o); }

  // -- what is no trust set, or not the pinned one, opens nothing
  await assert.rejects(Wallet.open(module, await place(), trust, pin.map((o, i) => o ^ (i === 3)), null), /refuses/);
  await assert.rejects(Wallet.open(module, await place(), trust.map((o, i) => o ^ (i === 300)), pin, null), /refuses/);

  // -- a card: the first match code is wrong, and nothing is lost by it
  const mine = await desk(country.citizens[0]);
  let code = () => '000000';
  const page = await place({ code: (q) => { assert.match(q.sign, /^\d\d$/); return code(); }, consent: () => '', delete: () => '' });
  code = async () => { const real = await matchCode(country, mine.id); return real === '000000' ? '111111' : '000000'; };
  const wrong = await (await open(page)).run('receive', { uri: mine.uri });
  assert.deepEqual([wrong.state, wrong.code], ['failed', 'JM_WALLET_MATCH_CODE_WRONG'], JSON.stringify(wrong));
  assert.ok((await open(page)).look().pending);
  code = () => matchCode(country, mine.id);
  const done = await (await open(page)).run('continue');
  assert.equal(done.state, 'done', JSON.stringify(done));
  assert.match(done.loss_code, /^([0-9A-Z]{5}-){4}[0-9A-Z]$/);

  // -- kept: opened again it has the card, ten copies; with another key it has none, and no key stands in it in clear
  const [card] = (await open(page)).look().cards;
  assert.deepEqual([card.active, card.copies, card.left], [true, 10, 5], JSON.stringify(card));
  const nothing = await Wallet.open(module, await place(), trust, pin, null);
  const mineToSee = Object.fromEntries((await open(page)).reveal().map((c) => [c.name, c.value]));
  assert.ok(country.citizens[0].name.replace(/\s/g, '').startsWith(mineToSee.family_name), JSON.stringify(mineToSee).slice(0, 400));
  assert.match(mineToSee.expiry_date, /^20\d\d-\d\d-\d\d$/);
  assert.deepEqual([card.state, card.expires], ['active', mineToSee.expiry_date]);
  assert.deepEqual((await open(page)).loss(), { issuer: country.base.issuer, loss_code: done.loss_code });
  assert.throws(() => nothing.reveal(), /refuses/);
  await assert.rejects(Wallet.open(module, { ...(await place()), state: page.state }, trust, pin, page.state));
  await assert.rejects(Wallet.open(module, page, trust, pin, page.state.subarray(0, 100)), /refuses/);
  const again = await open(page);
  await assert.rejects(again.run('nothing'), /refuses/);

  // -- refreshed; a place that cannot keep ends it before a copy is asked for
  const fresh = await (await open(page)).run('refresh');
  assert.equal(fresh.state, 'done', JSON.stringify(fresh));
  const before = page.state;
  page.full = true;
  assert.equal((await (await open(page)).run('refresh')).state, 'failed');
  assert.equal(page.state, before);
  page.full = false;

  // -- shown: consent says who asks for what; what the verifier hears is that and nothing else; a no is heard, too
  const show = async (by) => {
    const asked = await country.post(country.base.verifier, '/api/requests', JSON.stringify({ service: 'age' }), country.service);
    const end = await (await open(by)).run('respond', { uri: asked.invocation });
    const result = await (await fetch(`${country.base.verifier}/api/requests/${asked.id}`, { headers: { Authorization: country.service[0].split(': ')[1] } })).json();
    return { end, result };
  };
  const shown = await show(page);
  assert.equal(shown.end.state, 'done', JSON.stringify(shown));
  assert.deepEqual([shown.result.verdict, shown.result.claims], ['accepted', { age_over_19: true }], JSON.stringify(shown.result));
  const consent = page.asked.filter((q) => q.question === 'consent').pop();
  assert.deepEqual([consent.who.ko, consent.purpose.en, consent.ways, consent.retention_days], ['하나은행', 'Age', ['age_over_19'], 0], JSON.stringify(consent));
  const shy = await show({ ...page, ask: async () => null, keep: (s) => page.keep(s) });
  assert.equal(shy.end.state, 'failed', JSON.stringify(shy));
  assert.notEqual(shy.result.verdict, 'accepted');
  const look = (await open(page)).look();
  assert.deepEqual(look.history.filter((h) => h.who === '하나은행').map((h) => [h.use, h.claims, h.outcome]), [['age', 'age_over_19', 'sent'], ['age', 'age_over_19', 'declined']]);
  assert.ok(!JSON.stringify(look.history).includes('true'), 'names of claims and never values');

  // -- an offer that is nobody's, and one of another phone
  assert.equal((await (await open(await place())).run('receive', { uri: `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(`${country.base.issuer}/offer/none`)}` })).state, 'failed');
  const second = await place({ code: () => null });
  const taken = await (await open(second)).run('receive', { uri: mine.uri });
  assert.equal(taken.state, 'failed', JSON.stringify(taken));

  // -- lost: the issuer pauses it, and this wallet hears it at its next refresh and wipes its copies
  const lost = await country.post(country.base.issuer, '/loss', JSON.stringify({ loss_code: done.loss_code, what: 'phone' }));
  assert.equal(lost.effect, 'paused');
  const off = await (await open(page)).run('refresh');
  assert.deepEqual([off.state, off.code], ['failed', 'JM_WALLET_CARD_ENDED'], JSON.stringify(off));
  assert.deepEqual([(await open(page)).look().cards[0].active, (await open(page)).look().cards[0].copies], [false, 0]);
  run('a', 'audit', 'verify');
});
