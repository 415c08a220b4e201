// SPDX-License-Identifier: Apache-2.0
// The wallet in a phone's browser, served by the provider: set up with a passkey, a card received by link, shown with the holder's yes, declined,
// locked and opened again; what lies in the browser says nothing without the passkey (D-358); what goes is what consent listed.
import assert from 'node:assert/strict';
import { inside } from './_country.mjs';
import { browse, open, phone, screen } from './_browser.mjs';
import { around, button, heading, passkey, press, ready, stored, word } from './_wallet.mjs';

await inside(async (country) => {
  const { base, citizens } = country, w = await around(country);

  await browse(async (browser) => {
    for (const look of [{ lang: 'ko', theme: 'light' }, { lang: 'en', theme: 'dark' }]) {
      const who = citizens[look.lang === 'ko' ? 0 : 1], page = await phone(browser, { ...look, reach: w.reach });
      const verified = await passkey(page);

      // -- set up: who does not prove themselves has no wallet, and is told what to do
      const other = await phone(browser, { ...look, reach: [base.provider] });
      await passkey(other, { verified: false });
      await open(other, w.url);
      await ready(other);
      await press(other, 'wallet.make');
      await other.waitForSelector('[role=alert]');
      await screen(other, 'wallet-0-no-passkey');
      await other.context().close();

      await open(page, w.url);
      await ready(page);
      await screen(page, 'wallet-1-welcome');
      // without a network it is the network that is told, not the passkey
      await page.route('**/ui/trust.cbor', (r) => r.abort());
      await press(page, 'wallet.make');
      await page.getByRole('heading', { name: word(page, 'ui.server'), exact: true }).waitFor({ timeout: 8000 });
      await page.unroute('**/ui/trust.cbor');
      // and a server that never answers is not waited for: that is said; a wallet that has a trust set opens with it
      const silent = async (act) => {
        await page.evaluate(() => {
          globalThis.waits = [];
          AbortSignal.timeout = (ms) => { const c = new AbortController(); globalThis.waits.push(() => { c.abort(new DOMException('late', 'TimeoutError')); return ms; }); return c.signal; };
        });
        await page.route('**/ui/trust.cbor', () => {});
        await Promise.all([page.waitForRequest('**/ui/trust.cbor'), act()]);
        const ms = await page.evaluate(() => globalThis.waits[0]());
        await page.unroute('**/ui/trust.cbor');
        return ms;
      };
      assert.equal(await silent(() => press(page, 'wallet.make')), 20_000);
      await page.getByRole('heading', { name: word(page, 'ui.slow'), exact: true }).waitFor();
      await screen(page, 'wallet-1-slow');
      await press(page, 'wallet.make');
      await heading(page, 'wallet.empty');
      await screen(page, 'wallet-2-empty');
      await page.reload();
      assert.equal(await silent(() => press(page, 'wallet.unlock')), 5000);
      await heading(page, 'wallet.empty');

      // -- a card: nothing typed, the clerk's two digits and six digits; what is no QR of ours, or nothing, is told
      const mine = await w.desk(who);
      await press(page, 'wallet.receive');
      await w.give(page, ' ');
      await page.waitForSelector('[role=alert]');
      await w.give(page, 'https://example.com/menu');
      await page.getByText(look.lang === 'ko' ? '신분증에 쓰는 QR이 아닙니다' : 'That QR is not for an ID').waitFor();
      await screen(page, 'wallet-3-other-qr');
      await w.give(page, mine.uri);
      await page.waitForSelector('.sign');
      assert.equal(await page.textContent('.sign'), (await w.seen(mine.id)).sign, 'the same two digits on both screens');
      await screen(page, 'wallet-4-code');
      await page.fill('#code', await w.code(mine.id));
      await press(page, 'wallet.next');
      await page.waitForSelector('.loss-code');
      await screen(page, 'wallet-5-received');
      const loss = await page.textContent('.loss-code');
      await press(page, 'wallet.to-home');
      await page.waitForSelector('.face');
      await screen(page, 'wallet-6-card');

      // -- shown: consent lists what goes, and that is what the verifier has
      for (const yes of [true, false]) {
        const asked = await w.ask();
        await press(page, 'wallet.show');
        await w.give(page, asked.invocation);
        await page.waitForSelector('.claims');
        assert.equal(await page.locator('.claims li').count(), 1);
        assert.match(await page.textContent('h1'), look.lang === 'ko' ? /하나은행/ : /Hana Bank/);
        assert.equal(await page.locator('.box.good').count(), 1, 'registered');
        await screen(page, 'wallet-7-consent');
        await press(page, yes ? 'wallet.agree' : 'wallet.decline');
        await heading(page, yes ? 'wallet.shown' : 'wallet.declined');
        assert.equal(await page.locator('[role=alert]').count(), 0);
        await screen(page, yes ? 'wallet-8-shown' : 'wallet-9-declined');
        const heard = await w.result(asked.id);
        assert.deepEqual([heard.verdict === 'accepted', heard.claims ?? null], yes ? [true, { age_over_19: true }] : [false, null], JSON.stringify(heard));
        await press(page, 'wallet.to-home');
        await page.waitForSelector('.face');
      }
      await press(page, 'wallet.history');
      await page.waitForSelector('.history li');
      await screen(page, 'wallet-10-history');

      // -- what lies here: nothing of a person, no code, no key that could be read
      const { trust, ...kept } = await stored(page), all = Buffer.from(Object.values(kept).flat()).toString('latin1'); // the trust set is public
      assert.ok(trust.length > 1000);
      assert.ok(kept.state.length > 10000, 'the state is there');
      for (const text of [who.name, loss, 'age_over_19', 'refresh_token', 'jumin-wallet/1', 'org.iso.23220'])
        assert.ok(text.length > 1 && !all.includes(Buffer.from(text).toString('latin1')), `${text} lies in the browser`);

      // -- closed and opened again: the card is there; somebody else who has the phone does not open it
      for (const owner of [true, false]) {
        await page.reload();
        await button(page, 'wallet.unlock').waitFor();
        await verified(owner);
        await press(page, 'wallet.unlock');
        await page.waitForSelector(owner ? '.face' : '[role=alert]');
        assert.equal(await page.locator('.face').count(), owner ? 1 : 0);
        if (!owner) await screen(page, 'wallet-11-locked');
      }
      await page.context().close();
    }
  });
});
