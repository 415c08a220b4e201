// SPDX-License-Identifier: Apache-2.0
// The page that a wallet opens in a browser: without script, in both languages and themes, by keyboard alone; a wrong password, a page too old, a
// "no", and the way back to the wallet that asked.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { at, inside, run, send, wallet } from './_country.mjs';
import { browse, open, phone, screen } from './_browser.mjs';

await inside(async (country) => {
  const { base: { issuer }, citizens } = country, mine = await wallet(country), asked = [];
  const back = createServer((q, s) => { asked.push(q.url); s.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>wallet</title><h1>wallet</h1>'); });
  await new Promise((r) => { back.listen(0, '127.0.0.1', r); });
  const home = `http://127.0.0.1:${back.address().port}`;
  writeFileSync(at('word'), 'a word of practice\n');
  run('a', 'register', 'login', '--person', citizens[0].person, '--name', 'kim', '--password-file', at('word'));
  run('a', 'register', 'login', '--person', citizens[1].person, '--name', 'lee', '--password-file', at('word'));
  run('a', 'register', 'event', 'plastic-lost', '--person', citizens[1].person);
  const pushed = async () => {
    const body = new URLSearchParams({ response_type: 'code', client_id: mine.product, redirect_uri: `${home}/back`, code_challenge: createHash('sha256').update('x'.repeat(43)).digest('base64url'),
      code_challenge_method: 'S256', scope: 'resident-sdjwt', state: 's' }).toString();
    const r = await send({ url: issuer }, 'POST', '/par', [...(await mine.headers('/par')), 'Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`], Buffer.from(body));
    return `${issuer}/authorize?client_id=${encodeURIComponent(mine.product)}&request_uri=${encodeURIComponent(r.json.request_uri)}`;
  };
  const html = await (await fetch(await pushed())).text();
  assert.doesNotMatch(html, /<script|\bstyle=|\son\w+=|https?:\/\/|\{[=?/]/, 'no script, nothing inline, nothing from elsewhere, nothing unfilled');

  try {
    await browse(async (browser) => {
      for (const look of [{ lang: 'ko', theme: 'light' }, { lang: 'en', theme: 'dark' }, { lang: 'ko', theme: 'dark' }, { lang: 'en', theme: 'light' }]) {
        const page = await phone(browser, { ...look, reach: [home] });
        await open(page, await pushed());
        assert.equal(await page.getAttribute('html', 'lang'), look.lang);
        await screen(page, 'authorize-1');
        // another language, and back
        await page.click('header a');
        assert.equal(await page.getAttribute('html', 'lang'), look.lang === 'ko' ? 'en' : 'ko');
        await page.click('header a');
        assert.equal(await page.getAttribute('html', 'lang'), look.lang);
        // a wrong password: said, and the page is there again, in the same language
        await page.fill('#login', 'kim');
        await page.fill('#password', 'another');
        await page.click('#approve');
        await page.waitForSelector('[role=alert] >> text=JM_OAUTH_LOGIN');
        assert.equal(await page.getAttribute('html', 'lang'), look.lang);
        await screen(page, 'authorize-2-wrong');
        // whose plastic is lost gets no card, and reads why
        await page.fill('#login', 'lee');
        await page.fill('#password', 'a word of practice');
        await page.click('#approve');
        await page.waitForSelector('[role=alert] >> text=JM_ELIG_CARD_LOST');
        await screen(page, 'authorize-3-not-eligible');
        // "no" is heard by the wallet
        await page.click('#deny');
        await page.waitForURL(/error=access_denied/);
        // and what was decided is over
        await page.goBack();
        await page.reload();
        await page.waitForSelector('[role=alert] >> text=JM_OAUTH_REQUEST_URI');
        assert.equal(await page.locator('form').count(), 0);
        await screen(page, 'authorize-4-over');
        assert.deepEqual(page.wrong, []);
        await page.context().close();
      }

      // -- by keyboard alone, without script ------------------------------------------------------------------------------------
      const context = await browser.newContext({ javaScriptEnabled: false, locale: 'ko-KR' }), page = await context.newPage();
      await page.goto(await pushed());
      const name = page.locator('#login');
      await page.keyboard.press('Tab'); // the other language
      await page.keyboard.press('Tab');
      await page.keyboard.type('kim');
      await page.keyboard.press('Tab');
      await page.keyboard.type('a word of practice');
      assert.equal(await name.inputValue(), 'kim');
      await page.keyboard.press('Enter'); // the first button is "yes"
      await page.waitForURL(/code=/);
      const got = new URL(page.url()).searchParams;
      assert.deepEqual([got.get('iss'), got.get('state'), got.get('code').length], [issuer, 's', 43]);
      await context.close();

      // -- a form that waited in a browser whose cookies went: nothing is decided -----------------------------------------------
      const late = await phone(browser, { reach: [home] });
      await open(late, await pushed());
      await late.context().clearCookies();
      await late.fill('#login', 'kim');
      await late.fill('#password', 'a word of practice');
      await late.click('#approve');
      await late.waitForSelector('[role=alert] >> text=JM_OAUTH_PAGE');
      await late.fill('#login', 'kim'); // and the page that says so works
      await late.fill('#password', 'a word of practice');
      await late.click('#approve');
      await late.waitForURL(/code=/);
      await late.context().close();
    });
  } finally {
    back.closeAllConnections();
    back.close();
  }
  assert.ok(asked.some((u) => u.startsWith('/back?error=access_denied')) && asked.some((u) => u.startsWith('/back?code=')), asked.join(' '));
});
