// SPDX-License-Identifier: Apache-2.0
// D-200: what is asked before a wallet is made. Each "no", and each thing that the browser lacks, has a way out and no way on; no ID goes where the
// platform erases it (an iPhone's tab), but into the installed app.
import assert from 'node:assert/strict';
import { inside } from './_country.mjs';
import { browse, open, phone, screen } from './_browser.mjs';
import { around, button, heading, passkey, press, ready } from './_wallet.mjs';

await inside(async (country) => {
  const w = await around(country);
  const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';
  const made = (page) => button(page, 'wallet.make').count();

  await browse(async (browser) => {
    for (const look of [{ lang: 'ko', theme: 'light' }, { lang: 'en', theme: 'dark' }]) {
      const page = await phone(browser, { ...look, reach: w.reach });
      // -- no passkey; turned on, it goes on
      await open(page, w.url);
      await heading(page, 'wallet.lack-passkey');
      await screen(page, 'ready-1-passkey');
      await press(page, 'wallet.look-again');
      await heading(page, 'wallet.lack-passkey');
      assert.equal(await button(page, 'wallet.without-it').count(), 0);
      await passkey(page);
      await press(page, 'wallet.look-again');

      // -- each no
      for (const q of ['plastic', 'age', 'line', 'desk']) {
        await heading(page, `wallet.ask-${q}`);
        if (q === 'plastic') await screen(page, 'ready-2-ask');
        await press(page, 'wallet.no');
        await heading(page, `wallet.no-${q}`);
        await screen(page, `ready-3-no-${q}`);
        assert.equal(await made(page), 0);
        await press(page, 'ui.back');
        await press(page, 'wallet.yes');
      }
      await heading(page, 'wallet.welcome');
      assert.equal(await made(page), 1);
      await page.context().close();
    }

    // -- an iPhone's tab is erased; its home screen is not
    for (const installed of [false, true]) {
      const page = await phone(browser, { reach: w.reach });
      await page.addInitScript(([ua, app]) => {
        Object.defineProperty(navigator, 'userAgent', { get: () => ua });
        Object.defineProperty(navigator, 'standalone', { get: () => app });
      }, [iphone, installed]);
      await passkey(page);
      await open(page, w.url);
      if (installed) await ready(page);
      else {
        await heading(page, 'wallet.lack-tab');
        await screen(page, 'ready-4-tab');
        await press(page, 'wallet.look-again');
        await heading(page, 'wallet.lack-tab');
        assert.equal(await button(page, 'wallet.without-it').count(), 0);
      }
      await page.context().close();
    }

    // -- a browser that is too old
    const page = await phone(browser, { reach: w.reach });
    await page.addInitScript(() => { delete Navigator.prototype.locks; });
    await open(page, w.url);
    await heading(page, 'wallet.lack-engine');
    await page.context().close();
  });
});
