// SPDX-License-Identifier: Apache-2.0
// V-07: on one device a shop's page sends its visitor to the wallet and has her back in the same session, with what she showed. What she declines,
// what comes into another session, what is opened by itself: each is said in words, and no value is in any of them.
import assert from 'node:assert/strict';
import { inside, services } from './_country.mjs';
import { browse, open, screen } from './_browser.mjs';
import { around, heading, press } from './_wallet.mjs';

const [age] = services;
services.push({ ...age, id: 'shop', cross_device: false, origins: 'own' });

await inside(async (country) => {
  const { base, citizens } = country, w = await around(country), shop = `${base.verifier}/visit`;

  await browse(async (browser) => {
    for (const look of [{ lang: 'ko', theme: 'light' }, { lang: 'en', theme: 'dark' }]) {
      const page = await w.wallet(browser, look);
      await w.card(page, citizens[look.lang === 'ko' ? 0 : 1]);

      // -- to the wallet and back: the value is there, the code is not in sight
      await page.goto(`${shop}?service=shop&lang=${look.lang}`);
      await heading(page, 'visit.title');
      await screen(page, 'visit-1-start');
      await press(page, 'visit.open');
      await press(page, 'wallet.unlock');
      await page.waitForSelector('.claims');
      await press(page, 'wallet.agree');
      await page.waitForURL((u) => u.href.startsWith(shop));
      await page.waitForSelector('.verdict.accepted');
      assert.ok(!page.url().includes('response_code'));
      assert.match(await page.textContent('.values'), look.lang === 'ko' ? /19세 이상인지.*예/ : /19 or older.*Yes/);
      await screen(page, 'visit-2-accepted');
      // -- once: the same page again has nothing
      await page.reload();
      await page.waitForSelector('text=no-visit');
      assert.equal(await page.locator('.values').count(), 0);

      // -- a no comes back, too
      await page.goto(`${shop}?service=shop&lang=${look.lang}`);
      await press(page, 'visit.open');
      await press(page, 'wallet.unlock');
      await page.waitForSelector('.claims');
      await press(page, 'wallet.decline');
      await page.waitForURL((u) => u.href.startsWith(shop));
      await page.waitForSelector('.verdict.undecided');
      assert.equal(await page.locator('.values').count(), 0);
      await screen(page, 'visit-3-declined');

      // -- opened by itself; with a code that nobody gave; a service that names no page
      await page.context().clearCookies();
      await page.goto(`${shop}?lang=${look.lang}`);
      await page.waitForSelector('text=no-visit');
      await screen(page, 'visit-4-nobody');
      await page.goto(`${shop}?service=age&lang=${look.lang}`);
      await press(page, 'visit.open');
      await page.waitForSelector('text=JM_VER_ORIGIN');
      await screen(page, 'visit-5-not-allowed');
      await page.context().close();
    }

    // -- the relay: another person's answer is sent to the attacker's session, by its link alone
    const attacker = await browser.newContext(), victim = await w.wallet(browser);
    await w.card(victim, citizens[2]);
    const start = await attacker.newPage();
    await start.goto(`${shop}?service=shop`);
    const asked = new Promise((heard) => {
      void start.route('**/visit/start', async (route) => { const got = await route.fetch(); heard(await got.json()); await route.fulfill({ response: got }); });
    });
    await start.getByRole('button').last().click();
    const { wallets } = await asked;
    await open(victim, wallets[0].link);
    await press(victim, 'wallet.unlock');
    await victim.waitForSelector('.claims');
    let code;
    await victim.route('**/visit/end', async (route) => { code = route.request().postDataJSON().response_code; await route.continue(); });
    await press(victim, 'wallet.agree');
    await victim.waitForSelector('text=no-visit'); // she started nowhere: her browser has no session
    assert.equal(await victim.locator('.values').count(), 0);
    /* The attacker has the session and not the code; guessing erases, and then the code itself is too late. */
    const end = (body) => start.evaluate(async (b) => (await fetch('visit/end', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(b) })).json(), body);
    await start.goto(shop);
    const known = await end({});
    assert.deepEqual([known.state, known.verdict, known.claims], ['ANSWERED', null, undefined], JSON.stringify(known)); // not even that it was accepted
    const [first, ...rest] = code, guess = [first === 'x' ? 'y' : 'x', ...rest].join('');
    assert.equal((await end({ response_code: guess })).error.code, 'JM_VER_RESPONSE_CODE');
    assert.equal((await end({ response_code: code })).error.code, 'JM_VER_UNKNOWN'); // the session is over, too
  });
});
