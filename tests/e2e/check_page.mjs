// SPDX-License-Identifier: Apache-2.0
// A counter: opened by its service's key, a QR on the screen that a wallet scans as a picture, and what came of it by mark and words: accepted,
// refused by the holder, rejected because the card was lost; every check a tap away, nothing longer on the screen than it may be.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { at, cardOnPhone, inside, reread, run, services } from './_country.mjs';
import { browse, open, phone, screen } from './_browser.mjs';

const [age] = services;
services.push({ ...age, id: 'name', purpose: { ko: '이름 확인', en: 'Name' }, claims: [{ ...age.claims[0], path: ['full_name'] }] });

await inside(async (country) => {
  const { base, post } = country, key = readFileSync(at('age.key'), 'utf8').trim(), words = ['--passphrase-file', at('words')];
  await reread();
  const loss = cardOnPhone(country, country.citizens[0]);
  /* The picture on the counter's screen is what the wallet gets, and nothing else. */
  const scan = async (page, approve) => {
    await page.waitForSelector('.qr');
    await page.locator('.qr').screenshot({ path: at('seen.png') });
    try {
      return JSON.parse(run('w', 'wallet', 'respond', at('seen.png'), ...words, '--approve', approve ? 'age_over_19' : 'nothing', '--json'));
    } catch (e) {
      return e.stdout;
    }
  };

  await browse(async (browser) => {
    for (const look of [{ lang: 'ko', theme: 'light' }, { lang: 'en', theme: 'dark' }]) {
      const page = await phone(browser, look), press = (n = 0) => page.click(`.deeds button >> nth=${n}`);

      // -- opened by its key, and by no other
      await open(page, `${base.verifier}/check`);
      await page.waitForSelector('#key');
      await screen(page, 'check-1-key');
      await page.fill('#key', `${key}x`);
      await press();
      await page.waitForSelector('text=JM_VER_KEY');
      await screen(page, 'check-2-wrong-key');
      await page.fill('#key', key);
      await press();
      await page.waitForSelector('.claims');
      assert.match(await page.textContent('h1'), look.lang === 'ko' ? /하나은행/ : /Hana Bank/);
      await screen(page, 'check-3-ready');
      await open(page, `${base.verifier}/check?again=1#key=${key}`); // a counter's bookmark: the key does not stay in sight
      await page.waitForSelector('.claims');
      assert.ok(!page.url().includes(key));

      // -- a counter of two services: one is chosen, and the other is a press away
      run('b', 'verifier', 'key', 'add', '--service', 'name', '--key-file', at(`name-${look.lang}.key`));
      await open(page, `${base.verifier}/check?both=1#key=${key}&key=${readFileSync(at(`name-${look.lang}.key`), 'utf8').trim()}`);
      await page.waitForSelector('.choice');
      await screen(page, 'check-9-which');
      await page.click('.choice >> nth=1');
      assert.match(await page.textContent('.claims'), look.lang === 'ko' ? /이름/ : /[Nn]ame/);
      await page.click('.deeds .plain');
      await page.click('.choice >> nth=0');
      await page.waitForSelector('.claims');

      // -- accepted: mark, words, the value, how old its state is, every check
      await press();
      await page.waitForSelector('.qr');
      await screen(page, 'check-4-qr');
      await scan(page, true);
      await page.waitForSelector('.verdict.accepted');
      assert.match(await page.textContent('.values'), look.lang === 'ko' ? /19세 이상인지.*예/ : /19 or older.*Yes/);
      await screen(page, 'check-5-accepted');
      await page.click('summary');
      assert.ok(await page.locator('.checks li').count() > 10);
      await screen(page, 'check-8-report');

      // -- the next one says no; the one after goes away
      await press();
      await scan(page, false);
      await page.waitForSelector('.verdict.undecided');
      assert.match(await page.textContent('h1'), look.lang === 'ko' ? /보여 주지 않았습니다/ : /Not shown/);
      assert.equal(await page.locator('.values').count(), 0);
      await screen(page, 'check-6-declined');
      await press();
      await page.waitForSelector('.qr');
      await press();
      await page.waitForSelector('.claims');
      await page.context().close();
    }

    // -- a phone that was lost: not accepted
    const list = async () => (await fetch(`${base.status}/l/0`)).text(), before = await list();
    assert.equal((await post(base.issuer, '/loss', JSON.stringify({ loss_code: loss, what: 'phone' }))).effect, 'paused');
    for (let tries = 0; await list() === before; tries++) assert.ok(tries < 5000, 'no list was published');
    for (const look of [{ lang: 'ko', theme: 'light' }, { lang: 'en', theme: 'light' }]) {
      const page = await phone(browser, look);
      await open(page, `${base.verifier}/check#key=${key}`);
      await page.click('.deeds button');
      await scan(page, true);
      await page.waitForSelector('.verdict.rejected');
      assert.equal(await page.locator('.values').count(), 0);
      assert.ok(await page.locator('.reasons li').count() >= 1);
      await screen(page, 'check-7-lost');
      await page.context().close();
    }
  });
});
