#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// A verifier over HTTP: requests created, answers to direct_post.jwt judged, 16 at once, durable, each as processor time of the server (role
// and its signer, user and system) beside what libcrypto alone does in the same run: one signature; one key agreement and the two signature
// checks of a known chain. The answers are a real wallet's (jumin.wasm), made before the clock starts.
import { execFileSync } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AT_ONCE, Line, mean, measured, octetsOf, peer, rush } from './_rush.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
process.env.JUMIN ??= `${root}build/release/jumin`;
globalThis.crypto ??= webcrypto;
const { at, inside, matchCode, pidOf, services } = await import('../tests/e2e/_country.mjs');
const { Wallet, octets } = await import(`${root}build/release/web/core.mjs`);
const WARM = 32 * AT_ONCE, COPIES = 5, ANSWERS = Number(process.env.ANSWERS ?? 800);

async function holder(country) {
  const kek = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const module = new WebAssembly.Module(readFileSync(`${root}build/wasm/jumin.wasm`)), trust = new Uint8Array(readFileSync(at('a/trust/set.cbor')));
  const pin = octets(Buffer.from(country.pin, 'hex').toString('base64url')), citizen = country.citizens[0];
  const opened = await country.post(country.base.issuer, '/desk/cases', JSON.stringify({ person: citizen.person, route: 'qr', issue_date: citizen.plastic.issue_date, authority: citizen.plastic.authority }), country.clerk);
  const place = { state: null,
    async seal(plain) { const iv = crypto.getRandomValues(new Uint8Array(12)); return new Uint8Array([...iv, ...new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, kek, plain))]); },
    unseal: async (o) => new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: o.subarray(0, 12) }, kek, o.subarray(12))),
    async keep(state) { this.state = state; }, ask: async (q) => (q.question === 'code' ? matchCode(country, opened.case) : ''), now: () => Math.floor(Date.now() / 1000) };
  const open = (p = place) => Wallet.open(module, p, trust, pin, p.state);
  const done = await (await open()).run('receive', { uri: `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(opened.credential_offer_uri)}` });
  if (done.state !== 'done') throw new Error(JSON.stringify(done));
  /* The answer that would be sent: caught on its way. Once all copies of a kind were shown the state goes back, so that there is always one; so a
     holder's key comes too seldom to have a table as the issuer's has (host/openssl/known.h): of a country's it comes once. */
  let state, shown = 0;
  return async (invocation) => {
    if (shown++ % COPIES === 0) state = place.state;
    const over = globalThis.fetch;
    let caught;
    globalThis.fetch = (url, init) => { if (!url.includes('/response/')) return over(url, init); caught = { url, body: Buffer.from(init.body) }; return Promise.resolve(new Response('{}', { status: 200, headers: { 'content-type': 'application/json' } })); };
    try { const end = await (await open({ ...place, state, async keep(next) { state = next; } })).run('respond', { uri: invocation }); if (!caught) throw new Error(JSON.stringify(end)); } finally { globalThis.fetch = over; }
    return caught;
  };
}

const claim = (format, type, path) => ({ format, type, path, required: true });
const common = { legal_basis: '금융실명법 제3조', privacy_uri: 'https://bank.example.kr/privacy', retention_days: 0, channels: ['remote'], cross_device: true, status_max_age_s: 300 };
services.push({ ...common, id: 'age-sdjwt', purpose: { ko: '나이 확인', en: 'Age' }, claims: [claim('dc+sd-jwt', 'urn:jumin:kr:resident:1', ['age_over_19'])] },
  { ...common, id: 'age-mdoc', purpose: { ko: '나이 확인', en: 'Age' }, claims: [claim('mso_mdoc', 'org.iso.23220.photoid.1', ['org.iso.23220.1', 'age_over_18'])] });

await inside(async (country) => {
  const answer = await holder(country), pid = pidOf('b'), lines = () => Array.from({ length: AT_ONCE }, () => new Line(country.base.verifier));
  const bare = await measured(pid, lines(), Array.from({ length: ANSWERS }, () => octetsOf(`${country.base.verifier}/healthz`, 'GET', {}, '')), 200);
  console.log(`http_bare    ${'/healthz'.padEnd(10)} ${bare.us.toFixed(0).padStart(5)} us of the server; ${bare.each.toFixed(0)}/s by the clock`);
  for (const service of ['age-sdjwt', 'age-mdoc']) {
    execFileSync(process.env.JUMIN, ['--home', at('b'), 'verifier', 'key', 'add', '--service', service, '--key-file', at(`${service}.key`)]);
    const auth = { Authorization: `Bearer ${readFileSync(at(`${service}.key`), 'utf8').trim()}`, 'Content-Type': 'application/json' };
    const before = peer();
    const made = await measured(pid, lines(), Array.from({ length: ANSWERS + WARM }, () => octetsOf(`${country.base.verifier}/api/requests`, 'POST', auth, JSON.stringify({ service }))), 201);
    const bodies = [];
    for (const m of made.out) bodies.push(await answer(JSON.parse(m.text).invocation));
    const jobs = bodies.map((b) => octetsOf(b.url, 'POST', { 'Content-Type': 'application/x-www-form-urlencoded' }, b.body));
    const places = lines();
    await rush(places, jobs.splice(0, WARM)); // each worker has its statements and its room, and the issuer's key its table
    const judged = await measured(pid, places, jobs, 200);
    const p = mean(before, peer()), floor = p.agree + 2 * p.verify;
    console.log(`http_request ${service.padEnd(10)} ${made.us.toFixed(0).padStart(5)} us of the server, a signature ${p.sign.toFixed(1)} us: ${(p.sign / made.us).toFixed(3)}; ${made.each.toFixed(0)}/s by the clock`);
    console.log(`http_answer  ${service.padEnd(10)} ${judged.us.toFixed(0).padStart(5)} us of the server, key agreement and two checks ${floor.toFixed(1)} us: ${(floor / judged.us).toFixed(3)}; ${judged.each.toFixed(0)}/s by the clock`);
  }
});
