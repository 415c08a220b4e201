// SPDX-License-Identifier: Apache-2.0
// D-358: what lies on the disk of a phone that received a card, showed it, and set a PIN. Every file of the browser's profile is searched for every
// private scalar that the page ever had in clear, for its holder's name, numbers and address, for the loss code and the PIN: nothing. That the search
// would find such things is seen on what the test itself puts there.
import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { altered, at, inside } from './_country.mjs';
import { open, resident } from './_browser.mjs';
import { around, heading, passkey, press, ready } from './_wallet.mjs';

/* Every private key that leaves WebCrypto in clear, before the page has wrapped it: d of a JWK, PKCS#8. */
const listen = () => {
  const real = SubtleCrypto.prototype.exportKey;
  globalThis.scalars = [];
  SubtleCrypto.prototype.exportKey = async function exportKey(format, key) {
    const got = await real.call(this, format, key);
    if (format === 'jwk' && got.d) globalThis.scalars.push(got.d);
    if (format === 'pkcs8') globalThis.scalars.push(btoa(String.fromCharCode(...new Uint8Array(got).subarray(36, 68))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''));
    return got;
  };
};
const files = (dir) => readdirSync(dir, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? files(join(dir, e.name)) : e.isFile() ? [join(dir, e.name)] : []));
/* How octets and texts may lie: as they are, as text of them, as two octets a character. */
const ways = (octets) => [octets, ...['base64url', 'base64', 'hex'].flatMap((f) => [Buffer.from(octets.toString(f)), Buffer.from(octets.toString(f), 'utf16le')])];
const said = (text) => [Buffer.from(text), Buffer.from(text, 'utf16le'), Buffer.from(JSON.stringify(text).slice(1, -1))];

await inside(async (country) => {
  const { citizens } = country, w = await around(country), dir = at('profile'), values = new Map();
  /* What the issuer says of its holder, on its way. */
  altered.told = (path, json) => {
    for (const { credential } of path === '/credential' ? json.credentials ?? [] : [])
      if (credential.includes('~')) for (const d of credential.split('~').slice(1, -1)) { const [, name, value] = JSON.parse(Buffer.from(d, 'base64url')); if (typeof value === 'string') values.set(name, value); }
  };
  const scalars = new Set(), canary = { octets: randomBytes(32), text: `카나리아${randomInt(1e9)}` };
  let loss, pin;
  do pin = String(randomInt(1e6)).padStart(6, '0'); while (new Set(pin).size < 4);
  const collect = async (page) => { for (const d of await page.evaluate(() => globalThis.scalars)) scalars.add(d); };

  await resident(dir, w.reach, async (page) => {
    await page.addInitScript(listen);
    await passkey(page);
    await open(page, w.url);
    await ready(page);
    await press(page, 'wallet.make');
    await heading(page, 'wallet.empty');
    loss = await w.card(page, citizens[0]);
    const asked = await w.ask();
    await press(page, 'wallet.show');
    await w.give(page, asked.invocation);
    await press(page, 'wallet.agree');
    await heading(page, 'wallet.shown');
    assert.equal((await w.result(asked.id)).verdict, 'accepted');
    await press(page, 'wallet.to-home');
    await press(page, 'wallet.mine');
    await page.waitForSelector('.revealed');
    await press(page, 'wallet.care');
    await press(page, 'wallet.new-pin');
    await page.fill('#pin', pin);
    await press(page, 'wallet.next');
    await heading(page, 'wallet.care');
    await press(page, 'wallet.lost-code');
    await page.waitForSelector('.loss-code');
    await collect(page);
    /* The search is tried on what surely lies there. */
    await page.evaluate(([octets, text]) => new Promise((ok, no) => {
      const r = indexedDB.open('canary', 1);
      r.onupgradeneeded = () => r.result.createObjectStore('s');
      r.onsuccess = () => { const t = r.result.transaction('s', 'readwrite', { durability: 'strict' }); t.objectStore('s').put({ octets: Uint8Array.from(octets), text }, 'k'); t.oncomplete = () => { r.result.close(); ok(); }; t.onabort = () => no(t.error); };
    }), [[...canary.octets], canary.text]);
  });

  assert.ok(scalars.size >= 2 + 30, `${scalars.size} private keys were seen`); // two of the wallet, thirty of an issuance, more
  for (const name of ['full_name', 'resident_registration_number', 'birth_date', 'document_number', 'resident_address']) assert.ok(values.get(name)?.length > 1, name);
  const all = files(dir).map((f) => [f, readFileSync(f)]);
  const found = (needles) => all.filter(([, o]) => needles.some((n) => o.includes(n))).map(([f]) => f.slice(dir.length));
  assert.ok(found([canary.octets]).length > 0 && found(said(canary.text)).length > 0, 'the search finds what is there');
  for (const d of scalars) assert.deepEqual(found(ways(Buffer.from(d, 'base64url'))), [], 'a private key lies on the disk');
  for (const name of ['full_name', 'resident_registration_number', 'document_number', 'resident_address']) assert.deepEqual(found(said(values.get(name))), [], name);
  assert.deepEqual(found(said(citizens[0].name)), []);
  assert.deepEqual(found(said(loss)), [], 'the loss code');
  /* Six digits stand in many a number: the PIN would stand alone. */
  const alone = [new RegExp(`(?<!\\d)${pin}(?!\\d)`), new RegExp(`(?<!\\d\0)${[...pin].join('\0')}\0(?!\\d)`)];
  assert.deepEqual(all.filter(([, o]) => alone.some((r) => r.test(o.toString('latin1')))).map(([f]) => f.slice(dir.length)), [], 'the PIN');
}, ['issuer']);
