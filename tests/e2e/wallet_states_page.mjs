// SPDX-License-Identifier: Apache-2.0
// What the card's face says (D-351), one sentence and one action each: no network, and since when; a service that is down, and what works all the
// same; locked by its holder, who alone unlocks it; and what a refresh has changed.
import assert from 'node:assert/strict';
import { between, inside, run } from './_country.mjs';
import { browse, screen } from './_browser.mjs';
import { around, button, cancelled, heading, press, word } from './_wallet.mjs';

await inside(async (country) => {
  const { citizens } = country, w = await around(country);
  await browse(async (browser) => {
    for (const look of [{ lang: 'ko', theme: 'light' }, { lang: 'en', theme: 'dark' }]) {
      const page = await w.wallet(browser, look), who = citizens[look.lang === 'ko' ? 0 : 1], year = String(new Date().getFullYear());
      const note = (key) => page.getByText(word(page, key), { exact: true });
      await w.card(page, who);

      // -- the network goes: since when, and what works; it comes back by itself
      await page.context().setOffline(true);
      await note('wallet.without-network').waitFor();
      assert.match(await page.textContent('.box.note[role=status]'), new RegExp(year), 'when it was last heard');
      await screen(page, 'states-1-offline');
      await page.context().setOffline(false);
      await note('wallet.without-network').waitFor({ state: 'detached' });

      // -- the issuer's lists are silent: that is said when the wallet opens; a card is shown all the same
      between.status = () => 'cut';
      await page.reload();
      await press(page, 'wallet.unlock');
      await note('wallet.service-down').waitFor();
      assert.match(await page.textContent('.box.note[role=status]'), new RegExp(year));
      await screen(page, 'states-2-down');
      const while_down = await w.ask();
      await press(page, 'wallet.show');
      await w.give(page, while_down.invocation);
      await press(page, 'wallet.agree');
      await heading(page, 'wallet.shown');
      await press(page, 'wallet.to-home');
      delete between.status;
      await page.locator('.box.note[role=status]').getByRole('button').click();
      await note('wallet.service-down').waitFor({ state: 'detached' });

      // -- and the provider's
      between.provider = (_, path) => (path.startsWith('/ui/trust') ? 'cut' : undefined);
      await page.reload();
      await press(page, 'wallet.unlock');
      await note('wallet.service-down').waitFor();
      delete between.provider;
      await page.locator('.box.note[role=status]').getByRole('button').click();
      await note('wallet.service-down').waitFor({ state: 'detached' });

      // -- locked by its holder: it answers nobody, also after a reload; unlocked by who proves it
      await press(page, 'wallet.care');
      await press(page, 'wallet.lock');
      await note('wallet.means-locked').waitFor();
      assert.equal(await button(page, 'wallet.show').count(), 0);
      await screen(page, 'states-3-locked');
      const asked = await w.ask();
      await page.goto('about:blank');
      await page.goto(`${w.url}#${encodeURIComponent(asked.invocation)}`);
      await press(page, 'wallet.unlock');
      await page.waitForSelector('[role=alert]');
      assert.equal(await page.locator('.claims').count(), 0);
      assert.ok((await page.textContent('.trace')).includes('JM_WALLET_CARD_LOCKED'));
      await screen(page, 'states-4-answers-nobody');
      assert.equal((await w.result(asked.id)).state, 'FETCHED');
      await press(page, 'wallet.to-home');
      await cancelled(page);
      await press(page, 'wallet.unlock-card');
      await page.waitForSelector('[role=alert]');
      assert.equal(await button(page, 'wallet.show').count(), 0);
      await press(page, 'wallet.unlock-card');
      await button(page, 'wallet.show').waitFor();

      // -- its holder has moved: a refresh brings the new address, and that is said until it was looked at
      const shown = async (times) => {
        for (let i = 0; i < times; i++) {
          const one = await w.ask();
          await press(page, 'wallet.show');
          await w.give(page, one.invocation);
          await press(page, 'wallet.agree');
          await heading(page, 'wallet.shown');
          await press(page, 'wallet.to-home');
        }
      };
      await shown(2);
      await press(page, 'wallet.refresh');
      await press(page, 'wallet.to-home');
      assert.equal(await note('wallet.means-changed').count(), 0, 'nothing had changed');
      run('a', 'register', 'event', 'move', '--person', who.person, '--region', '1111010100', '--address', '서울특별시 종로구 중앙로 1', '--source', 'office', '--id', `m${look.lang}`);
      await shown(3);
      await press(page, 'wallet.refresh');
      await press(page, 'wallet.to-home');
      await note('wallet.means-changed').waitFor();
      assert.ok((await page.textContent('.box.note')).includes(word(page, 'wallet.claim-resident_address')));
      assert.ok(!(await page.textContent('.box.note')).includes('종로구'), 'names, no values');
      await screen(page, 'states-5-changed');
      await press(page, 'wallet.mine');
      await page.waitForSelector('.revealed');
      assert.ok((await page.textContent('.revealed')).includes('종로구 중앙로 1'));
      await note('wallet.means-changed').waitFor({ state: 'detached' });
      await page.reload();
      await press(page, 'wallet.unlock');
      await button(page, 'wallet.show').waitFor();
      assert.equal(await note('wallet.means-changed').count(), 0);
      await page.context().close();
    }
  });
}, ['provider', 'status']);
