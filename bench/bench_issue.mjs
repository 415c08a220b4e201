#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Cards issued over HTTP, 16 at once, durable: token (attested instance, DPoP) and ten copies in two formats (attested keys), as processor time
// of the server (issuer and its signer, user and system) beside what libcrypto alone does for the signatures of one issuance in the same run:
// the ten that are made, and those of the wallet that are checked. What a wallet sends is made before the clock starts. Then 200 at once, each on
// its own; then the same rate beside a million cards (PRELOAD=0: without; it takes minutes and 4 GB).
import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { AT_ONCE, Line, mean, octetsOf, peer, rush, spent } from './_rush.mjs';

process.env.JUMIN ??= fileURLToPath(new URL('../build/release/jumin', import.meta.url));
const { at, end, inside, jws, matchCode, now, offered, pair, pidOf, preAuthorized, run, serve, wallet } = await import('../tests/e2e/_country.mjs');
const CARDS = Number(process.env.CARDS ?? 160), PRELOAD = Number(process.env.PRELOAD ?? 1e6), CROWD = 200, WARM = 48, COPIES = 5;
/* Checked of one issuance: at the token attestation, its signer's certificate, PoP, DPoP; at each of two batches DPoP, key attestation, its
   signer's certificate; of mdocs each copy once more, before anybody else sees it. */
const SIGNED = 2 * COPIES, CHECKED = 4 + 2 * 3 + COPIES;

async function attestedKeys({ base, post }, mine, nonce) {
  const asked = (await post(base.provider, '/provider/challenge', '{}')).challenge, { jwk } = mine.instance;
  const jkt = createHash('sha256').update(`{"crv":"P-256","kty":"EC","x":"${jwk.x}","y":"${jwk.y}"}`).digest('base64url');
  const keys = Array.from({ length: COPIES }, () => { const k = pair(); return jws({ typ: 'jumin-key+jwt', jwk: k.jwk }, { challenge: asked, instance: jkt }, k.key); });
  const answer = await post(base.provider, '/provider/attest', JSON.stringify({ keys,
    proof: jws({ typ: 'jumin-instance+jwt', jwk }, { aud: base.provider, challenge: asked, iat: now(), platform: 'bench', nonce }, mine.instance.key) }));
  return { attestation: [answer.key_attestation] };
}

/* A phone before a desk, its match code known; what it will send. */
async function phone(country, citizen) {
  const mine = await wallet(country), { base } = country, offer = await offered(country, citizen, mine), tx_code = await matchCode(country, offer.id), n = await mine.nonces();
  const form = new URLSearchParams({ grant_type: preAuthorized, 'pre-authorized_code': offer.code, tx_code }).toString();
  const lines = (list) => Object.fromEntries(list.map((h) => [h.slice(0, h.indexOf(': ')), h.slice(h.indexOf(': ') + 2)]));
  const token = octetsOf(`${base.issuer}/token`, 'POST', { ...lines([...(await mine.known()), mine.proof('/token', n.dpop)]), 'Content-Type': 'application/x-www-form-urlencoded' }, form);
  const proofs = [await attestedKeys(country, mine, (await mine.nonces()).c), await attestedKeys(country, mine, (await mine.nonces()).c)];
  const batch = (access, i) => octetsOf(`${base.issuer}/credential`, 'POST', { ...lines([`Authorization: DPoP ${access}`, mine.proof('/credential', n.dpop, access, { jti: randomUUID() })]), 'Content-Type': 'application/json' },
    JSON.stringify({ credential_configuration_id: ['photoid-mdoc', 'resident-sdjwt'][i], proofs: proofs[i] }));
  return { token, batch };
}

const good = (list) => { for (const o of list) if (o.status !== 200) throw new Error(`${o.status} ${o.text}`); return list; };

/* One step of all, then the next: what a phone signs in between is not the server's. */
async function issue(pid, places, some) {
  const steps = [];
  const step = async (jobs) => { const from = spent(pid), began = process.hrtime.bigint(), out = good(await rush(places, jobs)); steps.push({ cpu: spent(pid) - from, wall: Number(process.hrtime.bigint() - began) / 1e9 }); return out; };
  const access = (await step(some.map((p) => p.token))).map((o) => JSON.parse(o.text).access_token);
  for (const i of [0, 1]) await step(some.map((p, k) => p.batch(access[k], i)));
  return steps;
}
async function rate(country, people, what) {
  const pid = pidOf('a'), phones = [];
  for (const one of people) phones.push(await phone(country, one));
  const places = Array.from({ length: AT_ONCE }, () => new Line(country.base.issuer));
  await issue(pid, places, phones.splice(0, WARM));
  const before = peer(), steps = await issue(pid, places, phones), p = mean(before, peer());
  const us = steps.map((s) => s.cpu / phones.length * 1e6), all = us.reduce((a, b) => a + b), wall = steps.reduce((a, s) => a + s.wall, 0);
  const floor = SIGNED * p.sign + CHECKED * p.verify;
  console.log(`${what} ${us.map((u) => u.toFixed(0)).join(' + ')} us of the server (token, five mdocs, five SD-JWTs): ${(1e6 / all).toFixed(0)} cards/s of a processor; ${(phones.length / wall).toFixed(0)}/s by the clock`);
  console.log(`             ${SIGNED} signatures and ${CHECKED} checks ${floor.toFixed(0)} us: ${(floor / all).toFixed(3)}; the signatures alone ${(SIGNED * p.sign / all).toFixed(3)}`);
  return all / floor; // of the machine as it was in these seconds
}

/* Each of them asks for its card at the same moment, on a connection of its own: token, then both batches. */
async function crowd(country, people) {
  const phones = [], took = [];
  for (const one of people) phones.push(await phone(country, one));
  const lines = phones.map(() => new Line(country.base.issuer));
  await Promise.all(phones.map(async (p, k) => {
    const began = process.hrtime.bigint(), [token] = good([await lines[k].ask(p.token)]), access = JSON.parse(token.text).access_token;
    for (const i of [0, 1]) good([await lines[k].ask(p.batch(access, i))]);
    took.push(Number(process.hrtime.bigint() - began) / 1e6);
  }));
  took.sort((a, b) => a - b);
  const at = (part) => took[Math.ceil(part * took.length) - 1].toFixed(0);
  console.log(`issue crowd  ${people.length} at once: half within ${at(0.5)} ms, 99 of 100 within ${at(0.99)} ms (the wallets sign on the same machine)`);
}

await inside(async (country) => {
  const people = run('a', 'register', 'find', '--min-age', '20', '--plastic', 'valid', '--limit', String(2 * (CARDS + WARM) + CROWD), '--json').trim().split('\n').map((l) => JSON.parse(l));
  if (people.length < 2 * (CARDS + WARM) + CROWD) throw new Error(`${people.length} people`);
  const empty = await rate(country, people.splice(0, CARDS + WARM), 'issue       ');
  await crowd(country, people.splice(0, CROWD));
  if (PRELOAD === 0) return;
  await end();
  execFileSync('python3', [fileURLToPath(new URL('preload.py', import.meta.url)), at('a/issuer/issuer.db'), String(PRELOAD)], { stdio: ['ignore', 'inherit', 'inherit'] });
  await serve('a', 'signer', 'issuer', 'provider', 'status');
  const full = await rate(country, people, `issue ${(PRELOAD / 1e6).toFixed(1)} M `);
  console.log(`             beside ${PRELOAD} cards that are there: ${(empty / full).toFixed(2)} of the rate of the empty store`);
});
