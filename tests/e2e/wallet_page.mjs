// SPDX-License-Identifier: Apache-2.0
// The wallet in a phone's browser, served by the provider: set up with a passkey, a card received by link, shown with the holder's yes, declined,
// locked and opened again; what lies in the browser says nothing without the passkey (D-358); what goes is what consent listed.
import assert from 'node:assert/strict';
import { inside, matchCode, reread } from './_country.mjs';
import { browse, open, phone, screen } from './_browser.mjs';

/* A passkey that the phone keeps; @verified: its owner proves it by finger, face or PIN. */
async function passkey(page, verified = true) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal',
    hasResidentKey: true, hasUserVerification: true, isUserVerified: verified, hasPrf: true, automaticPresenceSimulation: true } });
  return (yes) => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: yes });
}
/* All octets of the wallet's database. */
const stored = (page) => page.evaluate(() => new Promise((ok, no) => {
  const r = indexedDB.open('jumin');
  r.onerror = () => no(r.error);
  r.onsuccess = () => { const g = r.result.transaction('wallet').objectStore('wallet').getAll(); g.onsuccess = () => { r.result.close(); ok(g.result.map((k) => Object.fromEntries(Object.entries(k).map(([n, v]) => [n, v && [...v]])))); }; };
}));

await inside(async (country) => {
  const { base, citizens, clerk, post } = country, citizen = citizens[0];
  const wallet = base.provider.replace('127.0.0.1', 'localhost') + '/wallet'; // passkeys are of names, not of numbers
  const desk = async (who) => {
    const opened = await post(base.issuer, '/desk/cases', JSON.stringify({ person: who.person, route: 'qr', issue_date: who.plastic.issue_date, authority: who.plastic.authority }), clerk);
    return { id: opened.case, uri: `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(opened.credential_offer_uri)}` };
  };
  const ask = () => post(base.verifier, '/api/requests', JSON.stringify({ service: 'age' }), country.service);
  const result = async (id) => (await fetch(`${base.verifier}/api/requests/${id}`, { headers: { Authorization: country.service[0].split(': ')[1] } })).json();

  await reread(); // the bank was registered when the provider ran already
  await browse(async (browser) => {
    for (const look of [{ lang: 'ko', theme: 'light' }, { lang: 'en', theme: 'dark' }]) {
      const who = look.lang === 'ko' ? citizen : citizens[1], page = await phone(browser, { ...look, reach: [base.issuer, base.provider, base.verifier, base.status] });
      const verified = await passkey(page), press = (n = 0) => page.click(`.deeds button >> nth=${n}`);

      // -- set up: who does not prove themselves has no wallet, and is told what to do
      const other = await phone(browser, { ...look, reach: [base.provider] });
      await passkey(other, false);
      await open(other, wallet);
      await other.click('.deeds button');
      await other.waitForSelector('[role=alert]');
      await screen(other, 'wallet-0-no-passkey');
      await other.context().close();

      await open(page, wallet);
      await page.waitForSelector('.deeds');
      await screen(page, 'wallet-1-welcome');
      await press();
      await page.waitForSelector('.deeds >> nth=0');
      await page.waitForFunction(() => !document.querySelector('[role=alert]'));
      await screen(page, 'wallet-2-empty');

      // -- a card: nothing typed, the clerk's two digits and six digits
      const mine = await desk(who);
      await press();
      await page.waitForSelector('#link');
      await press();
      await page.waitForSelector('[role=alert]');
      await page.fill('#link', mine.uri);
      await screen(page, 'wallet-3-receive');
      await press();
      await page.waitForSelector('.sign');
      const seen = (await (await fetch(`${base.issuer}/desk/cases/${mine.id}`, { headers: { Authorization: clerk[0].split(': ')[1] } })).json()).sign;
      assert.equal(await page.textContent('.sign'), seen, 'the same two digits on both screens');
      await screen(page, 'wallet-4-code');
      await page.fill('#code', await matchCode(country, mine.id));
      await press();
      await page.waitForSelector('.loss-code');
      await screen(page, 'wallet-5-received');
      const loss = await page.textContent('.loss-code');
      await press();
      await page.waitForSelector('.face');
      await screen(page, 'wallet-6-card');

      // -- shown: consent lists what goes, and that is what the verifier has
      for (const yes of [true, false]) {
        const asked = await ask();
        await press();
        await page.waitForSelector('#link');
        await page.fill('#link', asked.invocation);
        await press();
        await page.waitForSelector('.claims');
        assert.equal(await page.locator('.claims li').count(), 1);
        assert.match(await page.textContent('h1'), look.lang === 'ko' ? /하나은행/ : /Hana Bank/);
        assert.equal(await page.locator('.box.good').count(), 1, 'registered');
        await screen(page, 'wallet-7-consent');
        await press(yes ? 0 : 1);
        await page.waitForSelector('.deeds >> nth=0');
        await page.waitForFunction(() => document.querySelectorAll('.deeds button').length === 1);
        assert.equal(await page.locator('[role=alert]').count(), 0);
        await screen(page, yes ? 'wallet-8-shown' : 'wallet-9-declined');
        const heard = await result(asked.id);
        assert.deepEqual([heard.verdict === 'accepted', heard.claims ?? null], yes ? [true, { age_over_19: true }] : [false, null], JSON.stringify(heard));
        await press();
        await page.waitForSelector('.face');
      }
      await press(2);
      await page.waitForSelector('.history li');
      await screen(page, 'wallet-10-history');

      // -- what lies here: nothing of a person, no code, no key that could be read
      const [{ trust, ...kept }] = await stored(page), all = Buffer.from(Object.values(kept).flat()).toString('latin1'); // the trust set is public
      assert.ok(trust.length > 1000);
      assert.ok(kept.state.length > 10000, 'the state is there');
      for (const word of [who.name, loss, 'age_over_19', 'refresh_token', 'jumin-wallet/1', 'org.iso.23220'])
        assert.ok(word.length > 1 && !all.includes(Buffer.from(word).toString('latin1')), `${word} lies in the browser`);

      // -- closed and opened again: the card is there; somebody else who has the phone does not open it
      for (const owner of [true, false]) {
        await page.reload();
        await page.waitForSelector('.deeds');
        await verified(owner);
        await press();
        await page.waitForSelector(owner ? '.face' : '[role=alert]');
        assert.equal(await page.locator('.face').count(), owner ? 1 : 0);
        if (!owner) await screen(page, 'wallet-11-locked');
      }
      await page.context().close();
    }
  });
});
