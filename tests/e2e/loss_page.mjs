// SPDX-License-Identifier: Apache-2.0
// D-270: a loss is reported in any browser by the loss code alone: no account, no phone, in either language, by hand, by keyboard and by ear;
// what is refused says why and keeps what was typed; while the network is gone, too. D-470, D-473 on the way.
import assert from 'node:assert/strict';
import { at, cardOnPhone, inside, run } from './_country.mjs';
import { browse, open, phone, screen } from './_browser.mjs';
import { texts } from './_wallet.mjs';

await inside(async (country) => {
  const loss = cardOnPhone(country, country.citizens[0]), url = `${country.base.issuer}/loss`;
  assert.match(loss, /^([0-9A-Z]{5}-){4}[0-9A-Z]$/);
  const typo = loss.replace(/.$/, (c) => (c === '0' ? '1' : '0'));

  // -- what every answer of a page carries -------------------------------------------------------------------------------------
  const got = await fetch(url), policy = got.headers.get('content-security-policy');
  assert.match(got.headers.get('content-type'), /^text\/html; charset=utf-8$/);
  for (const part of ["default-src 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]) assert.ok(policy.includes(part), part);
  assert.equal(got.headers.get('strict-transport-security'), null); // there is no TLS on loopback
  assert.equal(got.headers.get('cross-origin-opener-policy'), 'same-origin');
  const html = await got.text();
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|\bstyle=|\son\w+=/, 'nothing inline');
  assert.doesNotMatch(html, /https?:\/\//, 'nothing from elsewhere');
  assert.equal((await fetch(url, { headers: { 'If-None-Match': got.headers.get('etag') } })).status, 304);
  for (const none of ['/ui/', '/ui/none.js', '/ui/loss.html%00', '/ui/..%2fjumin.conf', '/nowhere'])
    assert.ok([400, 404].includes((await fetch(country.base.issuer + none)).status), none);

  await browse(async (browser) => {
    // -- every screen, both languages, both themes ---------------------------------------------------------------------------
    for (const look of [{ lang: 'ko', theme: 'light' }, { lang: 'en', theme: 'dark' }, { lang: 'ko', theme: 'dark' }, { lang: 'en', theme: 'light' }]) {
      const page = await phone(browser, look);
      await open(page, url);
      await page.waitForSelector('.choice');
      assert.equal(await page.getAttribute('html', 'lang'), look.lang);
      await screen(page, 'loss-1-what');
      await page.click('.choice >> nth=0');
      await page.waitForSelector('#code');
      await screen(page, 'loss-2-code');

      // nothing typed, and a mistyped one: one sentence, one next step, and what was typed stays
      await page.click('.deed');
      await page.waitForSelector('[role=alert]');
      await page.fill('#code', typo.toLowerCase().replaceAll('-', ' '));
      await page.click('.deed');
      await page.waitForSelector('text=JM_LOSS_CODE_UNKNOWN');
      assert.equal(await page.inputValue('#code'), typo.toLowerCase().replaceAll('-', ' '));
      assert.equal(await page.getAttribute('#code', 'aria-invalid'), 'true');
      await screen(page, 'loss-3-unknown');

      // the other language is a button away, and nothing is lost by it
      await page.click('header button');
      await page.waitForFunction((l) => document.documentElement.lang !== l, look.lang);
      assert.equal(await page.inputValue('#code'), typo.toLowerCase().replaceAll('-', ' '));
      await page.click('header button');

      // no network: said in words, and pressing again works
      await page.context().setOffline(true);
      await page.fill('#code', loss);
      await page.click('.deed');
      await page.waitForFunction(() => document.querySelector('[role=alert]') && !document.querySelector('.trace'));
      await screen(page, 'loss-4-offline');
      await page.context().setOffline(false);

      // a server that never answers: that, too, ends in a sentence, and pressing again works
      await page.evaluate(() => {
        AbortSignal.timeout = (ms) => { const c = new AbortController(); globalThis.late = () => { c.abort(new DOMException('late', 'TimeoutError')); return ms; }; return c.signal; };
      });
      await page.route('**/loss', () => {});
      await page.fill('#code', typo);
      const [asked] = await Promise.all([page.waitForRequest((r) => r.method() === 'POST'), page.click('.deed')]);
      assert.equal(await page.evaluate(() => globalThis.late()), 20_000);
      await page.getByText(texts[look.lang].ui.slow, { exact: true }).waitFor();
      assert.ok(asked.failure(), 'it is not waited for any more');
      await screen(page, 'loss-6-slow');
      await page.unroute('**/loss');
      await page.click('.deed');
      await page.waitForSelector('text=JM_LOSS_CODE_UNKNOWN');

      // back is the screen before, and forward again
      await page.goBack();
      await page.waitForSelector('.choice');
      await page.goForward();
      await page.waitForSelector('#code');
      await page.context().close();
    }

    // -- by keyboard alone, what it is for ------------------------------------------------------------------------------------
    const page = await phone(browser, { lang: 'en' });
    await open(page, url);
    await page.waitForSelector('.choice');
    for (let i = 0; i < 20 && !(await page.evaluate(() => document.activeElement.classList.contains('choice'))); i++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#code');
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1'); // who reads by ear is told where they are
    for (let i = 0; i < 20 && (await page.evaluate(() => document.activeElement.id)) !== 'code'; i++) await page.keyboard.press('Tab');
    await page.keyboard.type(loss);
    const [sent] = await Promise.all([page.waitForRequest((r) => r.method() === 'POST'), page.keyboard.press('Enter')]);
    assert.deepEqual(JSON.parse(sent.postData()), { loss_code: loss, what: 'phone' });
    await page.waitForSelector('.box.good');
    assert.match(await page.textContent('.receipt'), /^[0-9a-f]{32}$/);
    await screen(page, 'loss-5-paused');
    await page.reload(); // nothing is reported twice by it
    await page.waitForSelector('.box.good');
    await page.context().close();
  });

  // -- and it is so: the wallet hears it -------------------------------------------------------------------------------------
  assert.throws(() => run('w', 'wallet', 'refresh', '--passphrase-file', at('words')), /JM_/);
});
