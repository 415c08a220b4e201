// SPDX-License-Identifier: Apache-2.0
// A device without passkeys (D-200, D-357): a wallet by PIN alone, said to be weaker. It opens and proves by PIN with the provider's share, and by
// nothing else; what breaks off leaves nothing behind; its PIN is changed by the one of before; locked, it ends, and another is made.
import assert from 'node:assert/strict';
import { altered, between, inside } from './_country.mjs';
import { browse, open, phone, screen } from './_browser.mjs';
import { around, button, heading, press, stored, word } from './_wallet.mjs';

const PIN = '739251', NEXT = '482915';

await inside(async (country) => {
  const { citizens } = country, w = await around(country), path = (said, p) => (_, q) => (q === p ? said : undefined);
  const questions = async (page) => {
    await heading(page, 'wallet.lack-passkey');
    await press(page, 'wallet.with-pin');
    for (const q of ['plastic', 'age', 'line', 'desk']) {
      await heading(page, `wallet.ask-${q}`);
      await press(page, 'wallet.yes');
    }
    await heading(page, 'wallet.first-pin');
  };
  const type = async (page, pin, deed) => { await page.fill('#pin', pin); await press(page, deed); };
  const told = (page, key) => page.getByRole('heading', { name: word(page, key), exact: true }).waitFor();
  await browse(async (browser) => {
    for (const look of [{ lang: 'ko', theme: 'light' }, { lang: 'en', theme: 'dark' }]) {
      const page = await phone(browser, { ...look, reach: w.reach }), who = citizens[look.lang === 'ko' ? 0 : 1];
      const cdp = await page.context().newCDPSession(page);
      await cdp.send('WebAuthn.enable'); // and no authenticator
      await open(page, w.url);
      await heading(page, 'wallet.lack-passkey');
      await screen(page, 'pin-only-1-lack');
      await questions(page);
      await screen(page, 'pin-only-2-first');

      // -- a weak one, and a provider that does not answer: there is no wallet then, also not after a reload
      await type(page, '123456', 'wallet.next');
      await told(page, 'ui.pin-run');
      for (const at of ['/provider/pin', '/provider/pin/try']) {
        between.provider = path('cut', at);
        await type(page, PIN, 'wallet.next');
        await told(page, 'ui.server');
      }
      assert.equal(await stored(page), undefined);
      delete between.provider;
      await page.reload();
      await questions(page);
      await type(page, PIN, 'wallet.next');
      await heading(page, 'wallet.empty');

      // -- a card; what is kept names neither PIN nor person
      await w.card(page, who);
      const kept = Buffer.from(Object.values(await stored(page)).flat()).toString('latin1');
      for (const word_ of [PIN, ...who.name.split(' ')]) assert.ok(!kept.includes(Buffer.from(word_).toString('latin1')), 'on the disk');

      // -- by PIN alone, and only with the provider; a wrong one opens nothing
      await page.reload();
      await heading(page, 'wallet.locked');
      await page.waitForSelector('#pin');
      assert.equal(await page.getByRole('button').filter({ hasText: word(page, 'ui.back') }).count(), 0);
      await screen(page, 'pin-only-3-door');
      between.provider = path('cut', '/provider/pin/try');
      await type(page, PIN, 'wallet.unlock');
      await told(page, 'ui.server');
      delete between.provider;
      await type(page, '739252', 'wallet.unlock');
      await told(page, 'ui.pin-wrong');
      assert.equal(await page.locator('.face').count(), 0);
      await type(page, PIN, 'wallet.unlock');
      await page.waitForSelector('.face');

      // -- it proves, for every showing
      const asked = await w.ask();
      await press(page, 'wallet.show');
      await w.give(page, asked.invocation);
      await press(page, 'wallet.agree');
      await heading(page, 'wallet.prove');
      assert.equal((await w.result(asked.id)).state, 'FETCHED');
      await type(page, PIN, 'wallet.unlock');
      await heading(page, 'wallet.shown');
      assert.equal((await w.result(asked.id)).verdict, 'accepted');
      await press(page, 'wallet.to-home');

      // -- changed by who knows the one of before
      await press(page, 'wallet.care');
      await press(page, 'wallet.pin-change');
      await type(page, NEXT, 'wallet.next');
      await heading(page, 'wallet.prove');
      await type(page, NEXT, 'wallet.unlock');
      await told(page, 'ui.pin-wrong');
      await type(page, PIN, 'wallet.unlock');
      await heading(page, 'wallet.care');
      await page.reload();
      await type(page, PIN, 'wallet.unlock');
      await told(page, 'ui.pin-wrong');
      await type(page, NEXT, 'wallet.unlock');
      await page.waitForSelector('.face');

      // -- the tenth try was right: a new PIN comes before all else, and by no further proof; so also where it proved
      const tenth = (p, json) => (p === '/provider/pin/try' ? { ...json, left: 0 } : undefined);
      await page.reload();
      altered.told = tenth;
      await type(page, NEXT, 'wallet.unlock');
      await heading(page, 'wallet.new-pin');
      delete altered.told;
      await screen(page, 'pin-only-4-tenth');
      between.provider = path('cut', '/provider/pin');
      await type(page, PIN, 'wallet.next');
      await told(page, 'ui.server');
      delete between.provider;
      await type(page, '123456', 'wallet.next');
      await told(page, 'ui.pin-run');
      await type(page, PIN, 'wallet.next');
      await page.waitForSelector('.face');
      await page.reload();
      await type(page, PIN, 'wallet.unlock');
      await page.waitForSelector('.face');
      const prove = async () => {
        await press(page, 'wallet.show');
        await w.give(page, (await w.ask()).invocation);
        await press(page, 'wallet.agree');
        await heading(page, 'wallet.prove');
      };
      await prove();
      altered.told = tenth;
      await type(page, PIN, 'wallet.unlock');
      await heading(page, 'wallet.shown');
      delete altered.told;
      await press(page, 'wallet.to-home');
      await heading(page, 'wallet.new-pin');
      await type(page, NEXT, 'wallet.next');
      await page.waitForSelector('.face');

      // -- locked for good, as the provider says, while it proves: another wallet, and nothing of this one comes back
      await prove();
      for (const [code, ends] of [['PIN_WAIT', 0], ['PIN_PROOF', 0], ['PIN_UNKNOWN', 1], ['WITHDRAWN', 1], ['PIN_LOCKED', 1]].map(([c, n]) => [`JM_PROVIDER_${c}`, n])) {
        between.provider = (_, q) => (q === '/provider/pin/try' ? { status: 403, body: JSON.stringify({ error: 'access_denied', error_description: 'refused', jumin_code: code, trace: '0123456789abcdef' }) } : undefined);
        await type(page, NEXT, 'wallet.unlock');
        await page.getByText(code).waitFor();
        assert.equal(await button(page, 'wallet.start-over').count(), ends, code);
      }
      await screen(page, 'pin-only-5-locked');
      delete between.provider;
      await press(page, 'wallet.start-over');
      await questions(page);
      assert.equal(await stored(page), undefined);
      await page.context().close();
    }
  });
}, ['provider']);
