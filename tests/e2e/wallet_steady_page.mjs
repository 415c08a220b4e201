// SPDX-License-Identifier: Apache-2.0
// The wallet's page when things go wrong between two steps: a second tab, reload, the back button, a network that is cut before or after each
// request, a browser that keeps nothing for long. No card is lost, none is issued twice, no copy is shown twice, and the screen says how to go on.
import assert from 'node:assert/strict';
import { inside, run } from './_country.mjs';
import { browse, open, phone, screen } from './_browser.mjs';
import { around, button, heading, passkey, press, ready, stored, word } from './_wallet.mjs';

/* The @nth request to @path: 'before' it leaves, or 'after' the server has answered. Once. */
async function cut(page, path, when, nth = 0) {
  let left = nth, done = false;
  await page.route((url) => url.pathname.startsWith(path), async (route) => {
    if (done || route.request().method() === 'OPTIONS' || left-- > 0) return route.fallback();
    done = true;
    if (when === 'after') await route.fetch();
    return route.abort('connectionreset');
  });
  return () => assert.ok(done, `nothing was cut at ${path}`);
}

await inside(async (country) => {
  const { base, citizens } = country, w = await around(country);

  await browse(async (browser) => {
    const page = await w.wallet(browser), who = citizens[0];

    // -- reload and back while the clerk reads the code: the phone stays bound, and goes on
    const mine = await w.desk(who);
    await press(page, 'wallet.receive');
    await page.goBack();
    await heading(page, 'wallet.empty');
    await press(page, 'wallet.receive');
    await w.give(page, mine.uri);
    await page.waitForSelector('.sign');
    const sign = await page.textContent('.sign');
    await page.reload();
    await press(page, 'wallet.unlock');
    await button(page, 'wallet.continue').waitFor();
    await screen(page, 'steady-1-waiting');
    await press(page, 'wallet.continue');
    await page.waitForSelector('.sign');
    assert.equal(await page.textContent('.sign'), sign);
    await page.goBack();
    await page.waitForSelector('[role=alert]');
    await screen(page, 'steady-2-later');
    await press(page, 'wallet.to-home');
    await press(page, 'wallet.continue');
    await page.fill('#code', await w.code(mine.id));
    await press(page, 'wallet.next');
    await page.waitForSelector('.loss-code');
    await page.goBack();
    await page.waitForSelector('.face');
    assert.equal((await w.seen(mine.id)).state, 'ISSUED');

    // -- reload at consent: nothing went, nothing was used; back at consent is a no
    const kept = JSON.stringify((await stored(page)).state), asked = await w.ask();
    await press(page, 'wallet.show');
    await w.give(page, asked.invocation);
    await page.waitForSelector('.claims');
    await page.reload();
    await press(page, 'wallet.unlock');
    await page.waitForSelector('.face');
    assert.equal(JSON.stringify((await stored(page)).state), kept);
    await press(page, 'wallet.show');
    await w.give(page, asked.invocation);
    await press(page, 'wallet.agree');
    await heading(page, 'wallet.shown');
    assert.equal((await w.result(asked.id)).verdict, 'accepted');
    await press(page, 'wallet.to-home');
    const no = await w.ask();
    await press(page, 'wallet.show');
    await w.give(page, no.invocation);
    await page.waitForSelector('.claims');
    await page.goBack();
    await heading(page, 'wallet.declined');
    assert.notEqual((await w.result(no.id)).verdict, 'accepted');
    await press(page, 'wallet.to-home');

    // -- a second tab: says so, takes over, and the first one can do nothing any more, not even what its holder had begun
    const before = JSON.stringify((await stored(page)).state), open_ = await w.ask();
    await press(page, 'wallet.show');
    await w.give(page, open_.invocation);
    await page.waitForSelector('.claims');
    const second = await page.context().newPage();
    second.look = page.look;
    second.wrong = [];
    await open(second, w.url);
    await heading(second, 'wallet.elsewhere');
    await screen(second, 'steady-3-elsewhere');
    await press(second, 'wallet.take-over');
    await heading(second, 'wallet.locked');
    await heading(page, 'wallet.elsewhere');
    assert.equal(await page.locator('.claims').count(), 0);
    assert.equal(JSON.stringify((await stored(second)).state), before);
    await press(page, 'wallet.take-over');
    await heading(second, 'wallet.elsewhere');
    await press(page, 'wallet.unlock');
    await page.waitForSelector('.face');
    await second.close();

    // -- a tab that lost the wallet in the middle of work writes nothing and sends nothing
    let go;
    const held = new Promise((r) => { go = r; });
    await page.route((url) => url.pathname.startsWith('/request/'), async (route) => { await held; await route.fallback(); });
    const late = await w.ask();
    await press(page, 'wallet.show');
    await w.give(page, late.invocation);
    await heading(page, 'wallet.working');
    const third = await page.context().newPage();
    third.look = page.look;
    await open(third, w.url);
    await press(third, 'wallet.take-over');
    await heading(page, 'wallet.elsewhere');
    go();
    await page.unrouteAll({ behavior: 'wait' });
    assert.equal(JSON.stringify((await stored(third)).state), before);
    await third.close();
    await heading(page, 'wallet.elsewhere');
    await press(page, 'wallet.take-over');
    await press(page, 'wallet.unlock');
    await page.waitForSelector('.face');

    // -- showing without a network: a request that does not come is asked for again; of an answer that may have come nobody says that it had not
    for (const [path, when, again] of [['/request/', 'before', true], ['/request/', 'after', true], ['/response/', 'before', false], ['/response/', 'after', false]]) {
      const it = await w.ask(), did = await cut(page, path, when);
      await press(page, 'wallet.show');
      await w.give(page, it.invocation);
      if (!again) await press(page, 'wallet.agree');
      await page.waitForSelector('[role=alert]');
      did();
      assert.equal(await button(page, 'wallet.again').count(), again ? 1 : 0, `${path} ${when}`);
      if (when === 'before') await screen(page, `steady-4-cut${path.replaceAll('/', '-')}`);
      if (again) {
        await press(page, 'wallet.again');
        await press(page, 'wallet.agree');
        await heading(page, 'wallet.shown');
      }
      assert.equal((await w.result(it.id)).verdict === 'accepted', again || when === 'after', `${path} ${when}`);
      await press(page, 'wallet.to-home');
      await page.unrouteAll();
    }
    await page.context().close();

    // -- receiving over a network that breaks at each step in turn: from every one the same phone goes on to one card
    const steps = [['/offer/', 0], ['/.well-known/', 0], ['/provider/challenge', 0], ['/provider/attest', 0], ['/offer/', 1], ['/challenge', 0], ['/token', 0], ['/nonce', 0], ['/provider/attest', 1], ['/credential', 0], ['/credential', 1]];
    for (const [i, [path, nth]] of steps.entries())
      for (const when of /token|credential|offer/.test(path) ? ['before', 'after'] : [i % 2 ? 'before' : 'after']) {
        const by = await w.wallet(browser), it = await w.desk(citizens[1 + i % 8]), did = await cut(by, path, when, nth);
        await press(by, 'wallet.receive');
        await w.give(by, it.uri);
        for (let tries = 0; ; tries++) {
          assert.ok(tries < 4, `${path} ${nth} ${when}: no end`);
          await by.waitForSelector('.sign, .loss-code, [role=alert]');
          if (await by.locator('.loss-code').count()) break;
          if (await by.locator('.sign').count()) {
            await by.fill('#code', await w.code(it.id));
            await press(by, 'wallet.next');
            await by.waitForSelector('.loss-code, [role=alert]');
          } else {
            await by.getByRole('button', { name: new RegExp(`^(${word(by, 'wallet.again')}|${word(by, 'wallet.go-on')})$`) }).click();
            await by.waitForFunction(() => !document.querySelector('[role=alert]'));
          }
        }
        did();
        assert.equal((await w.seen(it.id)).state, 'ISSUED', `${path} ${nth} ${when}`);
        await press(by, 'wallet.to-home');
        await by.waitForSelector('.face');
        assert.equal(await by.locator('.face').count(), 1, `${path} ${nth} ${when}`);
        const it2 = await w.ask();
        await press(by, 'wallet.show');
        await w.give(by, it2.invocation);
        await press(by, 'wallet.agree');
        await heading(by, 'wallet.shown');
        assert.equal((await w.result(it2.id)).verdict, 'accepted', `${path} ${nth} ${when}`);
        await by.context().close();
      }

    // -- a browser that will not promise to keep it says so; a slow network is told
    for (const lasting of [false, true]) {
      const by = await phone(browser, { reach: w.reach });
      await by.addInitScript((yes) => { StorageManager.prototype.persisted = async () => yes; }, lasting);
      await by.clock.install();
      await passkey(by);
      await open(by, w.url);
      await ready(by);
      await press(by, 'wallet.make');
      await heading(by, 'wallet.empty');
      assert.equal(await by.getByText(word(by, 'wallet.fleeting')).count(), lasting ? 0 : 1);
      if (!lasting) await screen(by, 'steady-5-fleeting');
      let on;
      const until = new Promise((r) => { on = r; });
      await by.route((url) => url.pathname.startsWith('/offer/'), async (route) => { await until; await route.abort(); });
      await press(by, 'wallet.receive');
      await w.give(by, `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(`${base.issuer}/offer/x`)}`);
      await heading(by, 'wallet.working');
      await by.getByText(word(by, 'wallet.wait')).waitFor();
      await by.clock.fastForward(7000);
      await by.getByText(word(by, 'wallet.slow')).waitFor();
      on();
      await by.waitForSelector('[role=alert]');
      await by.context().close();
    }
  });
  run('a', 'audit', 'verify');
});
