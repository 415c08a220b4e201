// SPDX-License-Identifier: Apache-2.0
// A loss reported from the wallet (D-270, D-271): without typing the code, without proof, in plain words; a network that is gone loses nothing; the
// copies go here, too. The phone of before stops the one of now; where nothing is left to stop, that is said.
import assert from 'node:assert/strict';
import { at, inside, run } from './_country.mjs';
import { browse, screen } from './_browser.mjs';
import { around, heading, press, word } from './_wallet.mjs';

await inside(async (country) => {
  const { citizens } = country, w = await around(country);
  const thing = (page, name) => page.locator('.choice', { has: page.getByText(word(page, `loss.${name}`), { exact: true }) });
  const resume = (who) => run('a', 'desk', 'resume', '--as', at('kim.key'), '--person', who.person, '--issue-date', who.plastic.issue_date, '--authority', who.plastic.authority, '--json');
  await browse(async (browser) => {
    for (const look of [{ lang: 'ko', theme: 'light' }, { lang: 'en', theme: 'dark' }]) {
      const page = await w.wallet(browser, look), who = citizens[look.lang === 'ko' ? 0 : 1];
      await w.card(page, who);
      const to = async (name) => {
        await press(page, 'wallet.care');
        await press(page, 'wallet.lost-report');
        await thing(page, name).click();
      };
      // -- looked at, and gone back: nothing happens; the issuer is not to be reached: said, and nothing is lost
      await to('phone');
      await screen(page, 'lost-2-sure');
      await press(page, 'ui.back');
      await heading(page, 'loss.what');
      await screen(page, 'lost-1-what');
      await page.route('**/loss', (r) => r.abort());
      await thing(page, 'phone').click();
      await press(page, 'loss.pause');
      await page.waitForSelector('[role=alert]');
      await screen(page, 'lost-3-unheard');
      await page.unroute('**/loss');
      const sent = [];
      page.on('request', (r) => { if (r.method() === 'POST' && r.url().endsWith('/loss')) sent.push(JSON.parse(r.postData()).what); });

      // -- for each of the three: paused, and here without copies; released at the desk
      for (const name of ['phone', 'card', 'plastic']) {
        if (name !== 'phone') await to(name);
        else await thing(page, name).click();
        await press(page, 'loss.pause');
        await heading(page, 'loss.paused');
        assert.match(await page.locator('.receipt').last().textContent(), /^[0-9a-f]{32}$/);
        if (name !== 'card') await screen(page, `lost-4-${name}`);
        await press(page, 'wallet.to-home');
        await page.waitForSelector('.face.off');
        if (name !== 'plastic') {
          resume(who);
          await press(page, 'wallet.look-again');
          await press(page, 'wallet.to-home');
          await page.waitForSelector('.face:not(.off)');
        }
      }
      assert.deepEqual(sent, ['phone', 'card', 'plastic']);

      // -- another phone by now: this one's code stops that one, and once that is deleted, nothing
      const other = await w.wallet(browser, look);
      await w.card(other, who);
      await to('phone');
      await press(page, 'loss.pause');
      await heading(page, 'loss.paused');
      await press(page, 'wallet.to-home');
      resume(who); // it was paused, or there would be nothing to release
      await press(other, 'wallet.care');
      await press(other, 'wallet.delete');
      await press(other, 'wallet.delete-yes');
      await press(other, 'wallet.to-home');
      await to('phone');
      await press(page, 'loss.pause');
      await heading(page, 'loss.none');
      await screen(page, 'lost-5-none');
      await page.context().close();
      await other.context().close();
    }
  });
});
