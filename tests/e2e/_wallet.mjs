// SPDX-License-Identifier: Apache-2.0
// The wallet's page as a person uses it: buttons by their words, a passkey, a desk, a service that asks.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { matchCode, reread } from './_country.mjs';
import { open, phone } from './_browser.mjs';

export const texts = Object.fromEntries(['ko', 'en'].map((l) => [l, JSON.parse(readFileSync(new URL(`../../i18n/${l}.json`, import.meta.url), 'utf8')).web]));
/** wallet.home → its words in the page's language. */
export const word = (page, key) => { const [g, k] = key.split('.'); return texts[page.look.lang][g][k] ?? assert.fail(`no text ${key}`); };
export const button = (page, key) => page.getByRole('button', { name: word(page, key), exact: true });
export const press = (page, key) => button(page, key).click();
/** The screen of that heading has come. */
export const heading = (page, key) => page.getByRole('heading', { level: 1, name: word(page, key), exact: true }).waitFor();

/** A passkey that the phone keeps; @verified: its owner proves it by finger, face or PIN. Gives a way to change that. */
export async function passkey(page, { verified = true, prf = true } = {}) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal',
    hasResidentKey: true, hasUserVerification: true, isUserVerified: verified, hasPrf: prf, automaticPresenceSimulation: true } });
  const set = (yes) => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: yes });
  /** The same passkeys on another page of the same phone. */
  set.into = async (other) => {
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId }), on = await other.context().newCDPSession(other);
    await on.send('WebAuthn.enable');
    const { authenticatorId: id } = await on.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal',
      hasResidentKey: true, hasUserVerification: true, isUserVerified: verified, hasPrf: prf, automaticPresenceSimulation: true } });
    for (const credential of credentials) await on.send('WebAuthn.addCredential', { authenticatorId: id, credential });
  };
  return set;
}
/** The next time that the phone asks whether it is its owner, somebody presses "cancel". (An authenticator that saw a wrong finger is blocked.) */
export const cancelled = (page) => page.evaluate(() => {
  navigator.credentials.get = async () => { delete navigator.credentials.get; throw new DOMException('cancelled', 'NotAllowedError'); };
});
/** All octets of the wallet's database. */
export const stored = (page) => page.evaluate(() => new Promise((ok, no) => {
  const octets = (v) => (v === null || v === undefined ? [] : typeof v === 'object' && !ArrayBuffer.isView(v) ? Object.values(v).flatMap(octets) : ArrayBuffer.isView(v) ? [...v] : [...new TextEncoder().encode(String(v))]);
  const r = indexedDB.open('jumin');
  r.onerror = () => no(r.error);
  r.onsuccess = () => { const g = r.result.transaction('wallet').objectStore('wallet').get('one'); g.onsuccess = () => { r.result.close(); ok(g.result && Object.fromEntries(Object.entries(g.result).map(([n, v]) => [n, octets(v)]))); }; };
}));

/** Through the questions before a wallet is made. */
export async function ready(page) {
  for (const q of ['plastic', 'age', 'line', 'desk']) {
    await heading(page, `wallet.ask-${q}`);
    await press(page, 'wallet.yes');
  }
  await heading(page, 'wallet.welcome');
}

/** What a wallet's journey needs of the country. */
export async function around(country) {
  const { base, post, clerk } = country, bearer = (h) => ({ headers: { Authorization: h[0].split(': ')[1] } });
  await reread(); // the bank was registered when the provider ran already
  const at = {
    url: `${base.provider.replace('127.0.0.1', 'localhost')}/wallet`, // passkeys are of names, not of numbers
    reach: [base.issuer, base.provider, base.verifier, base.status],
    desk: async (who) => {
      const opened = await post(base.issuer, '/desk/cases', JSON.stringify({ person: who.person, route: 'qr', issue_date: who.plastic.issue_date, authority: who.plastic.authority }), clerk);
      assert.ok(opened.case, JSON.stringify(opened));
      return { id: opened.case, uri: `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(opened.credential_offer_uri)}` };
    },
    seen: async (id) => (await fetch(`${base.issuer}/desk/cases/${id}`, bearer(clerk))).json(),
    code: (id) => matchCode(country, id),
    ask: () => post(base.verifier, '/api/requests', JSON.stringify({ service: 'age' }), country.service),
    result: async (id) => (await fetch(`${base.verifier}/api/requests/${id}`, bearer(country.service))).json(),
    /** A phone with the page open and a wallet set up. */
    wallet: async (browser, look = {}) => {
      const page = await phone(browser, { ...look, reach: at.reach });
      page.verified = await passkey(page);
      await open(page, at.url);
      await ready(page);
      await press(page, 'wallet.make');
      await heading(page, 'wallet.empty');
      return page;
    },
    /** A link is given to the scan screen. */
    give: async (page, link) => {
      if (!(await page.locator('details[open]').count())) await page.getByText(word(page, 'wallet.by-link')).click();
      await page.fill('#link', link);
      await press(page, 'wallet.next');
    },
    /** A card, from the home screen to the home screen; gives its loss code. */
    card: async (page, who) => {
      const mine = await at.desk(who);
      await press(page, 'wallet.receive');
      await at.give(page, mine.uri);
      await page.waitForSelector('.sign');
      await page.fill('#code', await at.code(mine.id));
      await press(page, 'wallet.next');
      await page.waitForSelector('.loss-code');
      const loss = await page.textContent('.loss-code');
      await press(page, 'wallet.to-home');
      await heading(page, 'wallet.home');
      return loss;
    },
  };
  return at;
}
