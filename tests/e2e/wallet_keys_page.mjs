// SPDX-License-Identifier: Apache-2.0
// The wallet by keyboard alone (D-470): made, a card received and shown, details seen, a PIN set and used. On each screen
// who reads by ear begins at its heading; nothing is out of reach of the Tab key, and nothing that is reached has no name.
import assert from 'node:assert/strict';
import { inside } from './_country.mjs';
import { browse, open, phone } from './_browser.mjs';
import { around, heading, passkey, word } from './_wallet.mjs';

const here = () => { const e = document.activeElement; return { tag: e.tagName, id: e.id, name: (e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.textContent ?? '').trim() }; };

await inside(async (country) => {
  const w = await around(country);
  await browse(async (browser) => {
    const page = await phone(browser, { lang: 'en', reach: w.reach });
    /* By Tab alone to what is called so, or has that id. */
    const to = async (key) => {
      const wanted = key.startsWith('#') ? key.slice(1) : word(page, key);
      for (let i = 0; i < 40; i++) {
        const at = await page.evaluate(here);
        if (at.tag !== 'BODY') assert.notEqual(at.name, '', `${at.tag} has no name`);
        if (at.id === wanted || at.name === wanted) return;
        await page.keyboard.press('Tab');
      }
      assert.fail(`${key} is out of reach`);
    };
    const press = async (key) => { await to(key); await page.keyboard.press('Enter'); };
    const type = async (key, text) => { await to(key); await page.keyboard.type(text); };
    const screen = async (key) => { await heading(page, key); await page.waitForFunction(() => document.activeElement.tagName === 'H1'); };
    const give = async (link) => { await press('wallet.by-link'); await type('#link', link); await page.keyboard.press('Enter'); };

    await passkey(page);
    await open(page, w.url);
    await heading(page, 'wallet.ask-plastic');
    for (const next of ['age', 'line', 'desk']) { await press('wallet.yes'); await screen(`wallet.ask-${next}`); }
    await press('wallet.yes');
    await heading(page, 'wallet.welcome');
    await press('wallet.make');
    await screen('wallet.empty');

    const mine = await w.desk(country.citizens[0]);
    await press('wallet.receive');
    await screen('wallet.scan');
    await give(mine.uri);
    await screen('wallet.sign');
    await type('#code', await w.code(mine.id));
    await page.keyboard.press('Enter');
    await screen('wallet.received');
    await press('wallet.to-home');
    await screen('wallet.home');

    const asked = await w.ask();
    await press('wallet.show');
    await screen('wallet.scan');
    await give(asked.invocation);
    await page.waitForSelector('.claims');
    await page.waitForFunction(() => document.activeElement.tagName === 'H1');
    await press('wallet.agree');
    await screen('wallet.shown');
    assert.equal((await w.result(asked.id)).verdict, 'accepted');
    await press('wallet.to-home');
    await screen('wallet.home');

    await press('wallet.mine');
    await page.waitForSelector('.revealed');
    await press('wallet.hide');
    await page.waitForFunction(() => !document.querySelector('.revealed'));
    await press('wallet.care');
    await screen('wallet.care');
    await press('wallet.new-pin');
    await screen('wallet.new-pin');
    await type('#pin', '482915');
    await page.keyboard.press('Enter');
    await screen('wallet.care');
    await page.reload();
    await heading(page, 'wallet.locked');
    await press('wallet.by-pin');
    await page.waitForSelector('#pin');
    await type('#pin', '482915');
    await page.keyboard.press('Enter');
    await screen('wallet.home');
    await page.context().close();
  });
});
